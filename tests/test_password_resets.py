"""Claims about setting a password by a link: once, within the hour, alike for every address, and nobody is let in."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select, update

from chat.agent_mail import actions as agent_mail
from chat.core.clock import now
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow
from chat.core.model import Agent
from chat.core.networks import Network
from chat.infra.services import Services
from chat.lifecycle.actions import changes
from chat.password_resets import store as resets
from chat.password_resets.actions import asking, using
from chat.password_resets.schema import password_reset
from chat.team import store
from chat.team.actions import agents, credentials, sessions, sign_ins
from chat.team.schema import agent
from tests.inside import CHAT, PASSWORD, House, Served, colleague, counted, found
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
YAN = "yan@acme.example"
NEW = "four quiet herons walk"
NEAR = Network("near", "")
LINK = re.compile(r"http://chat\.test/password/reset#([\w-]{43})")
OURS = {"origin": CHAT}
Claim = Callable[[House, Post], Awaitable[None]]
Break = Callable[[pytest.MonkeyPatch], None]


async def yan_of(house: House, role: str = "agent") -> Agent:
    made, _ = await colleague(house.services, house.actor, YAN, "Yan", role)
    return made


async def link_to(services: Services, post: Post, email: str = YAN) -> str:
    """The secret in the letter that asking brings."""
    await asking.ask(services, email, NEAR, "en")
    await agent_mail.sweep(services)
    seen = LINK.search(post.mails[-1].get_content())
    assert seen, post.mails[-1].get_content()
    return seen[1]


async def opens(services: Services, password: str, email: str = YAN) -> bool:
    """Whether a password signs an agent in."""
    try:
        await sign_ins.sign_in(services, email, password, Network("elsewhere", ""))
    except Exception:  # noqa: BLE001 - any refusal
        return False
    return True


async def stale(services: Services, link: str, password: str = NEW) -> None:
    """Neither opens it nor sets a password by it."""
    with pytest.raises(InvalidField, match="This link was used"):
        await using.open_link(services, link, NEAR)
    with pytest.raises(InvalidField, match="This link was used"):
        await using.use(services, link, password, NEAR)


async def a_link_sets_one_password(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await yan_of(house)
    link = await link_to(services, post)
    assert (await using.open_link(services, link, NEAR)).email == YAN
    await using.use(services, link, NEW, NEAR)
    assert await opens(services, NEW)
    await stale(services, link, "five loud herons walk by")
    assert await opens(services, NEW)


async def two_at_once_set_one_password(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await yan_of(house)
    link = await link_to(services, post)
    tried = [f"{NEW} {number}" for number in range(4)]
    done = await asyncio.gather(*(using.use(services, link, each, NEAR) for each in tried), return_exceptions=True)
    assert done.count(None) == 1, done
    assert [await opens(services, each) for each in tried] == [each is None for each in done]


async def a_link_ends_with_its_hour(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await yan_of(house)
    link = await link_to(services, post)
    await using.open_link(mailed(services, post.port, services.clock() + asking.GOOD - 60_000), link, NEAR)
    await stale(mailed(services, post.port, services.clock() + asking.GOOD), link)


async def a_new_link_ends_the_one_before(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await yan_of(house)
    first, second = await link_to(services, post), await link_to(services, post)
    await stale(services, first)
    await using.open_link(services, second, NEAR)


async def another_password_ends_every_link(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await yan_of(house)
    link = await link_to(services, post)
    await credentials.renew(services, YAN, PASSWORD, with_tokens=False)
    await stale(services, link)


async def a_deactivated_agent_has_no_link(house: House, post: Post) -> None:
    services, yan = mailed(house.services, post.port), await yan_of(house)
    link = await link_to(services, post)
    await changes.deactivate(services, house.actor, yan.id)
    await stale(services, link)
    before = len(post.took)
    await asking.ask(services, YAN, NEAR, "en")
    await agent_mail.sweep(services)
    assert len(post.took) == before
    with pytest.raises(NotNow):
        await asking.make(services, house.actor, yan.id)


async def a_row_of_ones_own_making_opens_nothing(house: House, post: Post) -> None:
    services, yan = mailed(house.services, post.port), await yan_of(house)
    row = await services.store.read(lambda tx: store.one(tx, house.actor.account_id, yan.id))
    made = {"id": yan.id, "agent_id": yan.id, "secret_hash": digest("mine"), "expires_at": now() + asking.GOOD}
    forged = made | {"password_mark": asking.password_mark(row)}
    await services.store.write(lambda tx: tx.execute(insert(password_reset).values(**forged)))
    await stale(services, "mine")
    owners = await link_to(services, post, house.made.owner_email)
    await services.store.write(lambda tx: resets.drop(tx, yan.id))
    # Or somebody's own link moved to the agent they are after.
    moved = {"agent_id": yan.id, "password_mark": forged["password_mark"]}
    await services.store.write(lambda tx: tx.execute(update(password_reset).values(**moved)))
    await stale(services, owners)


async def sessions_end_and_tokens_go_on(house: House, post: Post) -> None:
    services, yan = mailed(house.services, post.port), await yan_of(house)
    await credentials.renew(services, YAN, PASSWORD, with_tokens=False)
    await sign_ins.sign_in(services, YAN, PASSWORD, NEAR)
    await services.store.write(lambda tx: agents.give_token(tx, yan.id, "lethe_of_yan", "test", 0))
    await using.use(services, await link_to(services, post), NEW, NEAR)
    assert (await counted(services))["session"] == 0
    assert (await sessions.by_token(services, "lethe_of_yan")).agent_id == yan.id
    await agent_mail.sweep(services)
    assert (post.mails[-1]["to"], post.mails[-1]["subject"]) == (YAN, "Your password at Acme was set anew")


def believing(patch: pytest.MonkeyPatch) -> None:
    """Every row holds."""
    patch.setattr(resets, "holds", lambda *_: True)


def kept(patch: pytest.MonkeyPatch) -> None:
    """A link stays when it is used or another is made, and no password ends it."""
    patch.setattr(resets, "drop", lambda *_: None)
    patch.setattr(asking, "password_mark", lambda _: "same")
    patch.setattr(using, "password_mark", lambda _: "same")


def unmarked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "password_mark", lambda _: "same")
    patch.setattr(using, "password_mark", lambda _: "same")


def timeless(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(asking, "GOOD", 10 * asking.GOOD)
    real = resets.by_secret
    patch.setattr(resets, "by_secret", lambda tx, shown, _: real(tx, shown, 0))


def taking_anybody(patch: pytest.MonkeyPatch) -> None:
    """A deactivated agent is as good as any."""
    real = store.active

    def any_row(tx: Any, agent_id: str, *, lock: bool = False) -> Any:
        row = tx.execute(select(agent).where(agent.c.id == agent_id)).first()
        return row if row is not None and row.deactivated_at is not None else real(tx, agent_id, lock=lock)

    patch.setattr(store, "active", any_row)


def keeping_sessions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "end_sessions", lambda *_, **__: 0)


CLAIMS: dict[Claim, Break | None] = {
    a_link_sets_one_password: kept,
    two_at_once_set_one_password: kept,
    a_link_ends_with_its_hour: timeless,
    a_new_link_ends_the_one_before: None,
    another_password_ends_every_link: unmarked,
    a_deactivated_agent_has_no_link: taking_anybody,
    a_row_of_ones_own_making_opens_nothing: believing,
    sessions_end_and_tokens_go_on: keeping_sessions,
}


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_claim_about_links_to_a_password_holds(house: House, post: Post, claim: Any) -> None:
    await claim(house, post)


@pytest.mark.parametrize(("claim", "broken"), [(each, how) for each, how in CLAIMS.items() if how])
async def test_the_control_a_claim_is_false_without_its_defence(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, claim: Any, broken: Any
) -> None:
    broken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await claim(house, post)


def test_every_column_that_opens_something_is_bound() -> None:
    said = {"id", "agent_id", "secret_hash", "password_mark", "expires_at"}
    assert set(password_reset.info["bound"]) == said == {each.name for each in password_reset.c} - {"mac"}


async def ask(app: Served, email: str, **headers: str) -> httpx2.Response:
    return await app.client.post("/password/forgotten", data={"email": email}, headers=OURS | headers)


async def test_known_unknown_and_deactivated_addresses_are_answered_alike(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    yan = await yan_of(app.house)
    await changes.deactivate(app.services, app.house.actor, yan.id)
    emails = (app.house.made.owner_email, "nobody@acme.example", YAN)
    answers = [await ask(app, each) for each in emails]
    assert [each.status_code for each in answers] == [200, 200, 200]
    assert len({each.text.replace(email, "") for each, email in zip(answers, emails, strict=True)}) == 1
    assert min(each.elapsed.total_seconds() for each in answers) >= asking.EVEN
    assert (await counted(app.services))["password_reset"] == 1
    assert await agent_mail.sweep(app.services) == 1


async def test_asking_is_limited_by_address_and_by_network(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    answers = [(await ask(app, "one@acme.example")).status_code for _ in range(asking.ASKED_ADDRESS + 1)]
    assert answers == [200] * asking.ASKED_ADDRESS + [429]
    left = asking.ASKED_NETWORK - len(answers)
    more = [(await ask(app, f"{number}@acme.example")).status_code for number in range(left + 1)]
    assert more == [200] * left + [429]


async def test_no_link_gets_round_the_limit_on_signing_in(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    await yan_of(app.house)
    for _ in range(10):
        assert (await app.sign_in(YAN, "wrong")).status_code == 401
    link = await link_to(app.services, post)
    form = {"link": link, "password": NEW, "again": NEW}
    answer = await app.client.post("/password/reset", data=form, headers=OURS)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert (await app.sign_in(YAN, NEW)).status_code == 429


async def test_guessing_links_is_limited(app: Served) -> None:
    answers = [
        (await app.client.post("/password/reset", data={"link": f"{n}"}, headers=OURS)).status_code
        for n in range(using.TRIED + 1)
    ]
    assert answers == [422] * using.TRIED + [429]


async def test_what_is_wrong_is_said_beside_the_field_and_the_link_stays_good(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    await yan_of(app.house)
    link = await link_to(app.services, post)
    for password, again, field in (
        ("short", "short", "password"),
        (NEW, "other", "again"),
        ("password12", "password12", "password"),
    ):
        form = {"link": link, "password": password, "again": again}
        answer = await app.client.post("/password/reset", data=form, headers=OURS)
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert password not in answer.text.replace("password", "") or field == "password"
    assert (await using.open_link(app.services, link, NEAR)).email == YAN
    foreign = await app.client.post("/password/reset", data={"link": link}, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403


async def test_without_mail_a_link_is_shown_once_to_who_made_it_and_to_nobody_else(app: Served) -> None:
    yan = await yan_of(app.house)
    for verb in ("GET", "POST"):
        page = await app.client.request(verb, "/password/forgotten", data={"email": YAN}, headers=OURS)
        assert "sends no mail" in page.text
    assert (await counted(app.services))["password_reset"] == 0
    await app.sign_in()
    csrf = re.search(r'name="csrf" value="(\w+)"', (await app.client.get("/admin/agents")).text)
    assert csrf
    shown = await app.client.post(f"/admin/agents/{yan.id}/password-link", data={"csrf": csrf[1]}, headers=OURS)
    seen = LINK.search(shown.text)
    assert seen, shown.text
    assert seen[1] not in (await app.client.get("/admin/agents")).text
    await using.use(app.services, seen[1], NEW, NEAR)
    assert await opens(app.services, NEW)


async def test_nobody_makes_a_link_for_who_is_above_them_or_elsewhere(house: House) -> None:
    yan, services = await yan_of(house, "admin"), house.services
    other = await found(services, "Other", "owner@other.example", house.box)
    with pytest.raises(Forbidden, match="owner"):
        await asking.make(services, house.acting(yan.id, "admin"), house.actor.agent_id)
    with pytest.raises(Forbidden):
        await asking.make(services, house.acting(yan.id, "agent"), yan.id)
    with pytest.raises(NotFound):
        await asking.make(services, other.actor, yan.id)
    assert (await counted(services))["password_reset"] == 0
    assert (await asking.make(services, house.actor, yan.id)).path


async def test_a_link_is_in_no_backup_and_gone_when_its_hour_is_over(house: House) -> None:
    assert not password_reset.info["saved"]
    await asking.make_by_operator(house.services, house.made.owner_email)
    late = mailed(house.services, 1, house.services.clock() + asking.GOOD)
    assert await asking.sweep(late) == 1
    with pytest.raises(NotFound):
        await asking.make_by_operator(house.services, "nobody@acme.example")


async def test_who_is_let_in_again_gets_a_link_and_nobody_sees_a_password(app: Served) -> None:
    yan = await yan_of(app.house)
    await changes.deactivate(app.services, app.house.actor, yan.id)
    await app.sign_in()
    csrf = re.search(r'name="csrf" value="(\w+)"', (await app.client.get("/admin/agents")).text)
    assert csrf
    shown = await app.client.post(f"/admin/agents/{yan.id}/reactivate", data={"csrf": csrf[1]}, headers=OURS)
    secrets, seen = re.findall(r'class="secret">([^<]+)<', shown.text), LINK.search(shown.text)
    assert seen
    assert secrets == [seen[0]]
    await using.use(app.services, seen[1], NEW, NEAR)
    assert await opens(app.services, NEW)


async def test_where_mail_is_sent_a_link_goes_to_its_agent_and_not_to_who_made_it(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    yan = await yan_of(app.house)
    await app.sign_in()
    csrf = re.search(r'name="csrf" value="(\w+)"', (await app.client.get("/admin/agents")).text)
    assert csrf
    shown = await app.client.post(f"/admin/agents/{yan.id}/password-link", data={"csrf": csrf[1]}, headers=OURS)
    assert "is on its way" in shown.text
    assert LINK.search(shown.text) is None
    await agent_mail.sweep(app.services)
    assert post.mails[-1]["to"] == YAN
    assert LINK.search(post.mails[-1].get_content())
