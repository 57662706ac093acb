"""Passkeys: made, shown to sign in, after a password and again later, taken away, and what comes of them elsewhere."""

import uuid
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, select

from chat.agent_mail import actions as agent_mail
from chat.backup.actions import replay
from chat.core.errors import (
    Forbidden,
    InvalidField,
    NotFound,
    NotNow,
    SecondFactorRequired,
    StepUpRequired,
    Unauthorized,
)
from chat.core.events import CredentialsRevoked
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.factors.actions import by_passkey, factors, own_passkeys, requiring, resetting, step_up
from chat.infra.audit.schema import audit
from chat.lifecycle.actions import deleting
from chat.passkeys import actions as ceremonies
from chat.passkeys import domain
from chat.passkeys.schema import answered, passkey
from chat.team.actions import sessions, sign_ins
from chat.web.authentication import CEREMONY, COOKIE, HALF
from tests.authenticator import PARTY, Authenticator, added, raw, shown_alone
from tests.backups import backed_up, restored
from tests.factors import HOME, field_of, half, later, signed_in, turned_on
from tests.inside import CHAT, PASSWORD, House, Served, colleague, problem_of
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
ENTERED = select(audit.c.action).order_by(audit.c.number)
ORIGIN = {"origin": CHAT}


async def entered(house: House) -> list[str]:
    """What is in the audit log."""
    return list(await house.services.store.read(lambda tx: tx.execute(ENTERED).scalars().all()))


async def test_made_named_and_removed_each_mailed_to_whose_it_is(house: House, post: Post) -> None:
    services, heard = mailed(house.services, post.port), list[object]()
    actor, mine = await signed_in(house)
    other = (await signed_in(house))[1]
    services.bus.publish = lambda *events: heard.extend(events)  # type: ignore[method-assign]  # to hear
    first = await added(services, actor, Authenticator(), "  My   laptop ")
    assert (first.passkey.name, len(first.recovery_codes)) == ("My laptop", 10)
    assert CredentialsRevoked(actor.account_id, actor.agent_id) in heard
    await sessions.by_session(services, services.tokens.cookie(mine.secret))
    with pytest.raises(Unauthorized):
        await sessions.by_session(services, services.tokens.cookie(other.secret))
    # Recovery codes come once; those on paper stay good.
    assert (await added(services, actor, Authenticator(2), "Key")).recovery_codes == []
    await own_passkeys.rename(services, actor, first.passkey.id, "Phone")
    listed = await own_passkeys.list_own(services, actor)
    assert [(each.name, each.used_at) for each in listed] == [("Phone", None), ("Key", None)]
    await own_passkeys.remove(services, actor, first.passkey.id)
    assert (await factors.standing(services, actor)).codes == 10
    await own_passkeys.remove(services, actor, listed[1].id)
    assert await factors.standing(services, actor) == factors.FactorStanding(None, 0)
    for name, call in (
        ("", own_passkeys.rename(services, actor, listed[0].id, " ")),
        ("x", own_passkeys.rename(services, actor, listed[0].id, "x")),
        ("x", own_passkeys.remove(services, actor, listed[0].id)),
    ):
        with pytest.raises(NotFound if name else InvalidField):
            await call
    assert [each for each in await entered(house) if each.startswith("factor.")] == [
        *["factor.passkey_added"] * 2,
        "factor.passkey_renamed",
        *["factor.passkey_removed"] * 2,
    ]
    while await agent_mail.sweep(services):
        pass
    said = {mail["subject"]: mail.get_content() for mail in post.mails}
    assert {*said} == {"A passkey was added", "A passkey was removed"}


async def test_a_program_and_a_session_that_ended_change_none(house: House) -> None:
    actor, _ = await signed_in(house)
    made = await added(house.services, actor, Authenticator())
    await sign_ins.sign_out(house.services, actor)
    for who, error in ((house.actor, Forbidden), (actor, Unauthorized)):
        with pytest.raises(error):
            await added(house.services, who, Authenticator(2))
        with pytest.raises(error):
            await own_passkeys.remove(house.services, who, made.passkey.id)
        with pytest.raises(error):
            await own_passkeys.rename(house.services, who, made.passkey.id, "x")


async def test_another_agent_of_the_account_has_none_of_it(house: House) -> None:
    device = Authenticator()
    made = await added(house.services, (await signed_in(house))[0], device)
    other, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    theirs, _ = await signed_in(house, other.email, password)
    mine = device.handle
    assert await own_passkeys.list_own(house.services, theirs) == []
    for call in (
        own_passkeys.rename(house.services, theirs, made.passkey.id, "Mine"),
        own_passkeys.remove(house.services, theirs, made.passkey.id),
    ):
        with pytest.raises(NotFound):
            await call
    # Nor can they have the same one beside: an answer would not say whose it is.
    with pytest.raises(InvalidField, match="somebody's already"):
        await added(house.services, theirs, device)
    # What a device knows an agent by differs, and says nothing of them.
    asked = [(await own_passkeys.begin(house.services, theirs, PARTY)).options["user"] for _ in range(2)]
    assert asked[0]["id"] == asked[1]["id"] != domain.encoded(mine)
    assert uuid.UUID(other.id).bytes not in raw(asked[0]["id"])


async def test_so_many_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "MOST", 2)
    actor, _ = await signed_in(house)
    waiting = await own_passkeys.begin(house.services, actor, PARTY)
    for number in (1, 2):
        await added(house.services, actor, Authenticator(number))
    with pytest.raises(NotNow):
        await own_passkeys.begin(house.services, actor, PARTY)
    with pytest.raises(NotNow):
        await own_passkeys.add(house.services, actor, PARTY, "x", Authenticator(3).make(waiting), waiting.cookie)


async def test_one_signs_in_alone_follows_a_password_and_shows_again_who_it_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, device = house.services, Authenticator()
    await added(services, (await signed_in(house))[0], device)
    assert (await shown_alone(services, device, HOME)).secret
    # After a password the device need not make sure who holds it.
    device.verified = False
    step = await half(house)
    ceremony = await by_passkey.ask_after_password(services, step, PARTY)
    assert [each["id"] for each in ceremony.options["allowCredentials"]] == [domain.encoded(device.id)]
    made = await by_passkey.finish(services, step, device.answer(ceremony), HOME)
    actor = await sessions.by_session(services, services.tokens.cookie(made.secret))
    later(monkeypatch, services, step_up.FRESH)
    with pytest.raises(StepUpRequired) as refused:
        await step_up.require_fresh(services, actor)
    assert refused.value.extra == {"has_codes": False, "has_passkeys": True, "has_provider": False}
    with pytest.raises(InvalidField):  # alone, it must
        await step_up.show(
            services, actor, "", "", HOME, device.answer(await by_passkey.ask_again(services, actor, PARTY))
        )
    device.verified = True
    await step_up.show(services, actor, "", "", HOME, device.answer(await by_passkey.ask_again(services, actor, PARTY)))
    await step_up.require_fresh(services, actor)
    assert (await own_passkeys.list_own(services, actor))[0].used_at is not None


async def test_it_counts_as_the_second_factor_that_an_account_wants(house: House) -> None:
    actor, mine = await signed_in(house)
    await added(house.services, actor, Authenticator())
    await requiring.require(house.services, house.actor, {"owner": "2026-01-01"})
    await sessions.by_session(house.services, house.services.tokens.cookie(mine.secret))
    # Codes from an app may stand beside it, and go again: the passkey is still asked for.
    phone = await turned_on(house.services, actor)
    assert phone.recovery == []
    await factors.turn_off(house.services, actor)
    assert (await factors.standing(house.services, actor)).codes == 10
    with pytest.raises(SecondFactorRequired):
        await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, HOME)


async def test_who_lost_it_gets_in_again_by_an_admin_and_who_is_deleted_takes_it_along(house: House) -> None:
    lost, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    actor, _ = await signed_in(house, lost.email, password)
    device = Authenticator()
    await added(house.services, actor, device)
    await turned_on(house.services, actor)
    await resetting.reset(house.services, house.actor, lost.id)
    assert (await sign_ins.sign_in(house.services, lost.email, password, HOME)).secret
    with pytest.raises(Unauthorized):
        await shown_alone(house.services, device, HOME)
    said = [each.what for each in house.services.ledger.entries() if each.did == "passkey"]
    assert [(each["made"] is None, each["has"]) for each in said] == [(False, True), (True, False)]
    await added(house.services, (await signed_in(house, lost.email, password))[0], Authenticator(2))
    await deleting.delete(house.services, house.actor, lost.id)
    await erasure.sweep(house.services)
    assert (
        await house.services.store.read(lambda tx: tx.execute(select(func.count()).select_from(passkey)).scalar()) == 0
    )


async def test_no_key_and_no_name_can_be_read_where_they_are_kept(house: House) -> None:
    device = Authenticator()
    await added(house.services, (await signed_in(house))[0], device, "Zyxomma")
    held: Any = await house.services.store.read(lambda tx: tx.execute(select(passkey)).one())
    kept = b"".join(each if isinstance(each, bytes) else str(each).encode() for each in held)
    assert not any(word in kept for word in (b"Zyxomma", device.id, domain.encoded(device.id).encode()))


async def test_challenges_that_are_old_are_forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Authenticator()
    await added(house.services, (await signed_in(house))[0], device)
    await shown_alone(house.services, device, HOME)

    async def kept() -> int:
        query = select(func.count()).select_from(answered)
        return int(await house.services.store.read(lambda tx: tx.execute(query).scalar_one()))

    assert (await ceremonies.sweep(house.services), await kept()) == (0, 2)
    later(monkeypatch, house.services, domain.PATIENCE)
    assert (await ceremonies.sweep(house.services), await kept()) == (2, 0)


async def test_a_restore_brings_none_back_that_was_removed_since(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    kept, lost = Authenticator(), Authenticator(2)
    actor, _ = await signed_in(house)
    await added(house.services, actor, kept)
    made = await added(house.services, actor, lost)
    path = await backed_up(house, vault)
    await own_passkeys.remove(house.services, actor, made.passkey.id)
    async with restored(elsewhere, path) as (services, _):
        assert (await shown_alone(services, kept, HOME)).secret
        with pytest.raises(Unauthorized):
            await shown_alone(services, lost, HOME)


@pytest.mark.parametrize("change", ["added", "reset", "codes off"])
async def test_what_a_replay_does_with_a_factor_that_is_lost(house: House, change: str) -> None:
    services, actor = house.services, (await signed_in(house))[0]
    await turned_on(services, actor) if change == "codes off" else None
    await added(services, actor, Authenticator())
    if change == "codes off":
        await factors.turn_off(services, actor)
    before = len([*services.ledger.entries()]) if change == "reset" else 0
    if change == "reset":
        await resetting.reset_by_operator(services, house.made.owner_email)
    # As a backup of before is: the passkey is not there.
    await services.store.write(lambda tx: tx.execute(delete(passkey)))
    await replay.run(services, [*services.ledger.entries()][before:])
    refused = "password is wrong" if change != "reset" else None
    with pytest.raises(Unauthorized, match=refused) if refused else nullcontext():
        await sign_ins.sign_in(services, house.made.owner_email, PASSWORD, HOME)


async def asked(app: Served, path: str, **headers: str) -> ceremonies.Ceremony:
    """What a page of ours is answered that asks for a challenge."""
    answer = await app.client.post(path, headers=ORIGIN | headers)
    assert answer.status_code == 200, answer.text
    return ceremonies.Ceremony(answer.json(), answer.cookies[CEREMONY])


def written(said: Any) -> str:
    """An answer as a page sends it in its form's field."""
    return msgspec.json.encode(said).decode()


async def test_all_of_it_by_the_pages(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Authenticator()
    await app.sign_in()
    csrf = field_of(await app.client.get("/second-factor"), "csrf")
    ceremony = await asked(app, "/second-factor/challenge", **{"x-csrf-token": csrf})
    form = {"csrf": csrf, "name": "My <laptop>", "passkey": "{}"}
    wrong = await app.client.post("/second-factor/passkeys", data=form, headers=ORIGIN)
    assert (wrong.status_code, "My &lt;laptop&gt;" in wrong.text) == (422, True)
    form["passkey"] = written(device.make(ceremony))
    made = await app.client.post("/second-factor/passkeys", data=form, headers=ORIGIN)
    assert (made.status_code, "recovery-codes" in made.text) == (200, True)
    uid = (await app.client.get("/second-factor")).text.partition('id="name-')[2].partition('"')[0]
    path = f"/second-factor/passkeys/{uid}"
    spoilt = await app.client.post(path, data={"csrf": csrf, f"name-{uid}": " "}, headers=ORIGIN)
    assert (spoilt.status_code, f"name-{uid}-error" in spoilt.text) == (422, True)
    done = await app.client.post(path, data={"csrf": csrf, f"name-{uid}": "Phone"}, headers=ORIGIN)
    assert done.headers["location"] == "/second-factor?saved=1"

    app.client.cookies.clear()
    ceremony = await asked(app, "/signin/challenge")
    assert not ceremony.options.get("allowCredentials")  # nothing is said of who has one
    answer = {"passkey": written(device.show(ceremony)), "next": "/inbox/solved"}
    foreign = await app.client.post("/signin/passkey", data=answer, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    inside = await app.client.post("/signin/passkey", data=answer, headers=ORIGIN)
    assert (inside.status_code, inside.headers["location"], COOKIE in inside.cookies) == (303, "/inbox/solved", True)
    replayed = await app.client.post("/signin/passkey", data=answer, headers=ORIGIN)
    assert (replayed.status_code, COOKIE in replayed.cookies) == (401, False)
    assert "This passkey was not accepted" in replayed.text

    app.client.cookies.clear()
    problem_of(await app.client.post("/signin/second/challenge", headers=ORIGIN), 401, "unauthorized")
    assert HALF in (await app.sign_in()).cookies
    assert "passkey-button" in (await app.client.get("/signin/second")).text
    answer = {"passkey": written(device.show(await asked(app, "/signin/challenge"))), "next": "/inbox"}
    wrong = await app.client.post("/signin/second", data=answer, headers=ORIGIN)  # asked for something else
    assert (wrong.status_code, COOKIE in wrong.cookies) == (422, False)
    answer["passkey"] = written(device.show(await asked(app, "/signin/second/challenge")))
    assert COOKIE in (await app.client.post("/signin/second", data=answer, headers=ORIGIN)).cookies

    csrf = field_of(await app.client.get("/second-factor"), "csrf")
    later(monkeypatch, app.services, step_up.FRESH)
    ceremony = await asked(app, "/step-up/challenge", **{"x-csrf-token": csrf})
    form = {"csrf": csrf, "step_up_next": path + "/remove", "step_up_how": "post"}
    wrong = await app.client.post("/step-up", data=form | {"step_up_passkey": "[]"}, headers=ORIGIN)
    assert (wrong.status_code, "step_up_passkey-error" in wrong.text) == (422, True)
    form["step_up_passkey"] = written(device.show(ceremony))
    right = await app.client.post("/step-up", data=form, headers=ORIGIN)
    assert (right.status_code, right.headers["location"]) == (307, path + "/remove")
    gone = await app.client.post(path + "/remove", data=form, headers=ORIGIN)
    assert gone.headers["location"] == "/second-factor?saved=1"


def test_a_server_that_has_only_an_address_has_no_passkeys() -> None:
    for origin in ("http://127.0.0.1:8000", "http://[::1]:8000"):
        with pytest.raises(NotNow, match="by one"):
            domain.relying_party(origin)
    assert domain.relying_party("https://chat.example:8443") == domain.RelyingParty(
        "chat.example", "https://chat.example:8443"
    )
