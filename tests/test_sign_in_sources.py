"""Sign-ins are in the audit log with network, device and how: what is told apart, and what can not be."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chat.audit.actions import verdicts
from chat.core.audited import NOTHING, AuditEntry, chained, digest
from chat.core.networks import Network
from chat.core.sources import SignInSource, read
from chat.infra.audit import audit, store
from chat.team.actions import attempts, sign_ins
from tests.factors import field_of, later, signed_in, turned_on
from tests.inside import CHAT, House, Served, found, problem_of

pytestmark = pytest.mark.anyio
WRONG = "not the password at all"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MONTH = 31 * 86_400_000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause."""
    monkeypatch.setattr(sign_ins, "EVEN", 0.0)
    monkeypatch.setattr(attempts, "MOMENT", 0.0)


async def sources(house: House, *actions: str) -> list[tuple[str, SignInSource]]:
    """What was entered of these actions, and from where, first to last."""
    chain = await house.services.store.read(lambda tx: list(store.chain(tx, house.actor.account_id)))
    named = [each for each in chain if each.action in actions or not actions]
    return [(each.action, read(each.source)) for each in named if each.source]


async def test_each_way_in_and_out_is_entered_with_network_device_and_how(app: Served) -> None:
    app.client.headers["user-agent"] = FIREFOX
    await app.sign_in("", WRONG)
    await app.sign_in()
    mine = (await app.client.get("/api/v1/sessions")).json()["items"][0]["id"]
    await app.rest("DELETE", f"/sessions/{mine}")
    await app.sign_in()
    await app.call("POST", "/signout", origin=CHAT)
    phone = await turned_on(app.services, (await signed_in(app.house))[0])
    for code in (phone.wrong(), phone.code(1), phone.recovery[0]):
        await app.sign_in()
        await app.client.post("/signin/second", data={"code": code}, headers={"origin": CHAT})
    page = await app.client.get("/step-up", headers={"accept": "text/html"})
    form = {"csrf": field_of(page, "csrf"), "step_up_password": WRONG}
    assert (await app.client.post("/step-up", data=form, headers={"origin": CHAT})).status_code == 422
    entered = [each for each in await sources(app.house) if each[1].device]
    assert [(action, source.method) for action, source in entered] == [
        ("agent.sign_in_failed", "password"),
        ("agent.signed_in", "password"),
        ("session.ended", ""),
        ("agent.signed_in", "password"),
        ("agent.signed_out", ""),
        ("factor.failed", "code"),
        ("agent.signed_in", "code"),
        ("agent.signed_in", "recovery"),
    ], "and the step-up that failed in the same ten minutes is the factor's"
    assert {source.device for _, source in entered} == {"Firefox/Linux"}
    ((network,),) = ({source.network for _, source in entered},)
    assert len(network) == 16
    assert (await verdicts.verify(app.services, app.house.actor.account_id)).whole

    async def listed(source: str) -> list[Any]:
        return list((await app.rest("GET", f"/audit?source={source}")).json()["items"])

    assert len(await listed(network)) == len(entered)
    assert len(await listed("Firefox/Linux")) == len(entered)
    assert [each["action"] for each in await listed("recovery")] == ["agent.signed_in"]
    assert (await listed("recovery"))[0]["source"] == {
        "network": network,
        "method": "recovery",
        "device": "Firefox/Linux",
    }
    assert await listed("passkey") == []
    refused = await app.rest("GET", "/audit?source=127.0.0.1")
    problem_of(refused, 422, "invalid_field")
    shown = await app.client.get(f"/admin/audit?source={network}&locale=en")
    assert "Firefox on Linux" in shown.text
    assert "By password and recovery code" in shown.text
    assert (await app.client.get("/admin/audit?source=127.0.0.1")).status_code == 422


async def test_a_network_is_the_same_in_one_account_and_month_alone(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await found(app.services, "Other", "owner@other.example")
    for made in (app.house, app.house, other):
        await app.sign_in(made.made.owner_email)
    later(monkeypatch, app.services, MONTH)
    await app.sign_in()
    here, again, next_month = [source.network for _, source in await sources(app.house, "agent.signed_in")]
    ((_, elsewhere),) = await sources(other, "agent.signed_in")
    assert here == again
    assert len({here, elsewhere.network, next_month}) == 3


@pytest.mark.parametrize("bad", ["203.0.113.9 password -", "- password Zoe/Linux", "- by-heart -", "zoe@mail.example"])
async def test_nothing_personal_can_be_entered_as_a_source(house: House, bad: str) -> None:
    who = house.actor
    made = SignInSource(*bad.partition(" ")[::2])
    with pytest.raises(ValueError, match="ids only"):
        await house.services.store.write(
            lambda tx: audit.record_from(house.services, tx, who.account_id, who.agent_id, "agent.signed_in", "", made)
        )


async def failures(house: House, networks: int) -> int:
    """How many entries so many networks make that guess twice each, and once at a name that nobody has."""

    async def guess(network: str, email: str) -> None:
        where = Network(network, "", "?/?", network)
        await asyncio.gather(sign_ins.sign_in(house.services, email, WRONG, where), return_exceptions=True)

    for number in range(networks):
        for email in (house.made.owner_email, house.made.owner_email, "nobody@acme.example"):
            await guess(f"net{number}", email)
    return len(await sources(house, "agent.sign_in_failed"))


async def test_who_guesses_fills_no_log(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await failures(house, 3) == 3
    assert await failures(house, audit.FROM_ANYWHERE + 2) == audit.FROM_ANYWHERE
    monkeypatch.setattr(audit, "FROM_ANYWHERE", 1000)  # the control: without the bound all are entered
    assert await failures(house, 14) == 14


async def test_what_was_entered_before_sources_were_verifies_as_it_did() -> None:
    old = AuditEntry("a", 1, 2, "system", "account.made", "3", "")
    # As they were worked out before entries had sources.
    assert chained(NOTHING, old) == "c855bc1b7d8cef30edc0b8762200b1801848f376283eb359516fb5457559ec1c"
    assert digest([replace(old, hash=NOTHING)]) == "fea7dd8b3339ad797fec91654b52d9d83f696fc473dcaab4c5bec121d9768b7c"
    with_source = replace(old, source="- password -")
    assert chained(NOTHING, with_source) != chained(NOTHING, old)
    assert digest([with_source]) != digest([old])
