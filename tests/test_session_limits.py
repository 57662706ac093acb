"""How long sessions last is the account's to say, within bounds, and holds for those that run already."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.account.actions import accounts
from chat.core.clock import DAY, now
from chat.core.errors import InvalidField, Unauthorized
from chat.core.networks import Network
from chat.infra.services import Services
from chat.team.actions import lasting, sessions, sign_ins
from chat.team.schema import session
from tests.inside import PASSWORD, House, Served, found
from tests.lethe import Account, Lethe
from tests.test_own_sessions import here, one  # noqa: F401 - a fixture

pytestmark = pytest.mark.anyio
MINUTE = 60_000


async def begun(house: House) -> tuple[str, str]:
    """A session's cookie and id."""
    made = await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, Network("here"))
    cookie = house.services.tokens.cookie(made.secret)
    return cookie, (await sessions.by_session(house.services, cookie)).session_id


def later(services: Services, ms: int) -> Services:
    """The same services so much later."""
    return replace(services, clock=lambda: now() + ms)


async def good(services: Services, cookie: str) -> bool:
    """Whether a cookie opens anything."""
    try:
        await sessions.by_session(services, cookie)
    except Unauthorized:
        return False
    return True


async def settle(house: House, **values: Any) -> None:
    """Set the account's limits."""
    await accounts.change_account(house.services, house.actor, **values)


async def test_usual_limits_are_what_they_were(house: House) -> None:
    cookie, _ = await begun(house)
    assert await good(later(house.services, 1439 * MINUTE), cookie)
    assert not await good(later(house.services, (1439 + 1441) * MINUTE), cookie)


async def test_a_shorter_idle_limit_ends_what_runs(house: House) -> None:
    cookie, _ = await begun(house)
    assert await good(later(house.services, 20 * MINUTE), cookie)
    other, _ = await begun(house)
    await settle(house, session_idle_minutes=15)
    assert not await good(later(house.services, 16 * MINUTE), other)


async def test_use_is_noted_often_enough_for_a_short_limit(house: House) -> None:
    await settle(house, session_idle_minutes=15)
    cookie, _ = await begun(house)
    for minutes in range(2, 60, 13):
        assert await good(later(house.services, minutes * MINUTE), cookie)


async def used(house: House, cookie: str, days: int) -> bool:
    """Whether it is good after so many days, on each of which it was used."""
    for day in range(1, days + 1):
        if not await good(later(house.services, day * DAY - MINUTE), cookie):
            return False
    return await good(later(house.services, days * DAY + MINUTE), cookie)


async def test_fewer_days_end_what_runs_and_more_let_it_go_on(house: House) -> None:
    cookie, _ = await begun(house)
    await settle(house, session_days=2, session_idle_minutes=20_160)
    assert await used(house, cookie, 1)
    assert not await good(later(house.services, 2 * DAY + MINUTE), cookie)
    other, _ = await begun(house)
    await settle(house, session_days=20)
    assert await used(house, other, 19)
    assert not await used(house, other, 20)


async def test_what_was_not_written_yet_ends_all_the_same(house: House) -> None:
    """A process that is killed between the change and what follows from it leaves no session longer than it may be."""

    async def nothing(*_: Any) -> None:
        pass

    cookie, _ = await begun(house)
    gathered = replace(house.services.gathered, account_changed=(nothing,))
    killed = replace(house, services=replace(house.services, gathered=gathered))
    await settle(killed, session_days=1, session_idle_minutes=20_160)
    assert not await good(later(house.services, DAY + MINUTE), cookie)


async def test_a_beginning_that_is_said_to_be_later_gains_no_more_than_from_now(house: House) -> None:
    cookie, mine = await begun(house)
    await settle(house, session_idle_minutes=20_160)
    moved = update(session).values(created_at=now() + 1000 * DAY, seen_at=now() + 1000 * DAY)
    await house.services.store.write(lambda tx: tx.execute(moved))
    assert not await good(later(house.services, 15 * DAY), cookie)  # its end is bound
    await settle(house, session_days=20)
    until = await house.services.store.read(lambda tx: tx.execute(select(session.c.expires_at)).scalar_one())
    assert until <= now() + 20 * DAY
    assert mine


async def test_a_forged_row_is_made_good_by_no_change(house: House) -> None:
    cookie, mine = await begun(house)
    spoilt = update(session).where(session.c.id == mine).values(expires_at=now() + 1000 * DAY)
    await house.services.store.write(lambda tx: tx.execute(spoilt))
    await settle(house, session_days=30)
    assert not await good(house.services, cookie)


async def test_the_sweep_takes_what_is_over_by_each_accounts_own_limit(house: House) -> None:
    services = house.services
    other = await found(services, "Other", "owner@other.example", house.box)
    mine, theirs = await begun(house), await begun(other)
    await settle(house, session_idle_minutes=15)
    assert await lasting.end_expired(later(services, 20 * MINUTE)) == 1
    assert not await good(services, mine[0])
    assert await good(services, theirs[0])


BAD: dict[str, tuple[str, int]] = {
    "none": ("session_days", 0),
    "for ever": ("session_days", 91),
    "at once": ("session_idle_minutes", 14),
    "half a year": ("session_idle_minutes", 20_161),
}


@pytest.mark.parametrize("why", BAD)
async def test_a_limit_has_limits(house: House, why: str) -> None:
    name, value = BAD[why]
    with pytest.raises(InvalidField):
        await settle(house, **{name: value})


async def test_the_page_saves_them_and_names_what_is_wrong(app: Served) -> None:
    await app.sign_in()
    page = await app.call("GET", "/admin/sign-in", accept="text/html")
    form = {"csrf": page.text.partition('name="csrf" value="')[2].partition('"')[0]}
    headers = {"origin": "http://chat.test"}
    sent = await app.client.post(
        "/admin/sign-in", data=form | {"session_days": "7", "session_idle_minutes": "60"}, headers=headers
    )
    assert sent.status_code == 303
    made = (await app.rest("GET", "/account")).json()
    assert (made["session_days"], made["session_idle_minutes"]) == (7, 60)
    wrong = await app.client.post(
        "/admin/sign-in", data=form | {"session_days": "99", "session_idle_minutes": "60"}, headers=headers
    )
    assert wrong.status_code == 422
    assert 'id="session_days-error"' in wrong.text
    cookie = (await app.sign_in()).headers["set-cookie"]
    assert f"Max-Age={7 * 86_400}" in cookie


def test_an_open_socket_goes_when_the_days_become_fewer(one: Lethe) -> None:  # noqa: F811 - the fixture
    account, socket = here(one)
    with socket:
        one.perform(lambda services: _begun_long_ago(services, account))
        account.rest("PATCH", "/account", {"session_days": 1})
        assert socket.closed() == 4401


async def _begun_long_ago(services: Services, account: Account) -> None:
    actor = await sessions.by_token(services, account.token)
    moved = update(session).where(session.c.agent_id == actor.agent_id).values(created_at=now() - 3 * DAY)
    await services.store.write(lambda tx: tx.execute(moved))
