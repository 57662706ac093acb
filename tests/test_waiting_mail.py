"""Claims about mail to agents when a visitor waits, before a real SMTP server: who it concerns gets one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import true

from chat.account.actions import accounts
from chat.account.store import put_agent_in
from chat.agent_mail import actions as agent_mail
from chat.agent_profile.actions import profile
from chat.contacts.store import contacts
from chat.core.clock import DAY, stamp
from chat.departments import actions as departments
from chat.erasure.actions import erasure
from chat.holds.actions import place_hold
from chat.infra.bus.memory import Bus
from chat.infra.services import Services
from chat.tickets.actions import changing, snoozing, tickets
from chat.waiting_mail import actions as waiting
from chat.waiting_mail import store
from chat.waiting_mail.domain import AGAIN, AN_HOUR
from tests.inside import CHAT, Guest, House, colleague
from tests.post import Post, mailed
from tests.test_answer_mail import answered

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
WHO = ("ann", "ben", "cut")
LATER = 11 * 60_000
HOUR = timedelta(hours=1)
Break = Callable[[pytest.MonkeyPatch], None]


async def wrote(house: House, post: Post, after: int = LATER) -> list[str]:
    """To whom letters went, minutes on."""
    before, services = len(post.mails), later(house, post, after)
    await waiting.sweep(services)
    await agent_mail.sweep(services)
    return sorted(each["to"] for each in post.mails[before:])


def later(house: House, post: Post, after: int) -> Services:
    """Services that send there, so many ms on."""
    return mailed(house.services, post.port, house.services.clock() + after)


async def waits(house: House, minutes: int = 10) -> Guest:
    """Somebody waits at an account that mails its agents after so many minutes."""
    if minutes:
        await waits_from(house, minutes)
    guest = await house.visit("Zoe", "zoe@visitor.example")
    await guest.say("A secret question")
    return guest


async def waits_from(house: House, minutes: int) -> None:
    """Agents are mailed after so many minutes."""
    await accounts.change_account(house.services, house.actor, waiting_minutes=minutes)


async def test_the_agent_of_a_chat_is_written_to_once_for_each_wait(house: House, post: Post) -> None:
    guest = await waits(house, 0)
    await changing.change(house.services, house.actor, 1, {"assignee": "me"})
    assert await wrote(house, post) == []  # off, until an owner says otherwise
    await waits_from(house, 10)
    assert await wrote(house, post, LATER // 2) == []
    assert await wrote(house, post) == [house.made.owner_email]
    letter = post.mails[-1]
    assert f"#1: {CHAT}/inbox/open/1" in letter.get_content()
    assert not any(each in letter.as_string() for each in ("question", "Zoe", guest.contact.uid))
    await guest.say("Still here")
    assert await wrote(house, post, 2 * LATER) == []
    await answered(house, guest)
    assert await wrote(house, post, 3 * LATER) == []
    await guest.say("Another question")
    assert await wrote(house, post, 3 * LATER) == [house.made.owner_email]


async def test_what_nobody_has_taken_concerns_those_of_its_department_who_ask_for_it(house: House, post: Post) -> None:
    services = house.services
    ann, ben, cut = [(await colleague(services, house.actor, f"{each}@acme.example", each, "agent"))[0] for each in WHO]
    for each in (ann, ben, cut):
        await profile.change(services, house.acting(each.id, "agent"), notifications={"waiting": True})
    part = (await departments.add(services, house.actor, "Returns", {})).id
    await services.store.write(lambda tx: put_agent_in(tx, house.actor.account_id, ann.id, [part]))
    await waits(house)
    assert await wrote(house, post) == ["ann@acme.example", "ben@acme.example", "cut@acme.example"]
    await waits(house)
    await changing.change(services, house.actor, 2, {"department": part})
    assert await wrote(house, post) == ["ann@acme.example"]
    await profile.change(services, house.acting(ann.id, "agent"), notifications={"waiting": False})
    await waits(house)
    await changing.change(services, house.actor, 3, {"department": part})
    assert await wrote(house, post) == []


async def test_quiet_hours_and_many_waits_put_it_off_and_then_one_letter_names_them_all(
    house: House, post: Post
) -> None:
    at = datetime.fromtimestamp((house.services.clock() + LATER) / 1000, UTC)
    hours = {"quiet_from": f"{at - HOUR:%H:%M}", "quiet_until": f"{at + timedelta(minutes=10):%H:%M}"}
    await profile.change(house.services, house.actor, notifications=hours)
    for number in (1, 2):
        await waits(house)
        await changing.change(house.services, house.actor, number, {"assignee": "me"})
    assert await wrote(house, post) == []
    assert await wrote(house, post, LATER + AGAIN) == [house.made.owner_email]
    links = [f"#{each}: {CHAT}/inbox/open/{each}" for each in (1, 2)]
    assert [each for each in post.mails[-1].get_content().splitlines() if each.startswith("#")] == links
    await profile.change(house.services, house.actor, notifications={"quiet_from": "", "quiet_until": ""})
    for number in range(3, 3 + AN_HOUR):
        await waits(house)
        await changing.change(house.services, house.actor, number, {"assignee": "me"})
        assert bool(await wrote(house, post)) == (number < 2 + AN_HOUR)


async def test_nothing_is_said_of_what_is_quarantined_put_aside_held_by_law_or_erased(house: House, post: Post) -> None:
    await profile.change(house.services, house.actor, notifications={"waiting": True})
    guests = [await waits(house) for _ in range(4)]
    await tickets.hold(house.services, house.actor, 1, held=True)
    await snoozing.snooze(house.services, house.actor, 2, stamp(house.services.clock() + DAY))
    await place_hold(house.services, house.actor, guests[2].contact.uid, "A court asked", 30)
    await erasure.by_agent(house.services, house.actor, guests[3].contact.uid)
    assert await wrote(house, post) == []


async def test_two_sweeps_at_once_write_once(house: House, post: Post) -> None:
    await waits(house)
    await changing.change(house.services, house.actor, 1, {"assignee": "me"})
    services = later(house, post, LATER)
    due = await services.store.read(lambda tx: store.list_due(tx, services.clock(), 9))
    assert [await waiting._tell(services, house.actor.account_id, due) for _ in range(2)] == [1, 0]
    await agent_mail.sweep(services)
    assert len(post.mails) == 1


def never_quiet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(waiting, "is_quiet", lambda *_: False)


def unlimited(patch: pytest.MonkeyPatch) -> None:
    async def allow(*_: object) -> float:
        return 0.0

    patch.setattr(Bus, "allow", allow)


def asked_of_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(waiting, "_wants", lambda *_: True)


def anything_waits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "_waits", lambda _: true())


def readable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(contacts, "readable", true())


CONTROLS: list[tuple[Any, Break]] = [
    (test_the_agent_of_a_chat_is_written_to_once_for_each_wait, anything_waits),
    (test_what_nobody_has_taken_concerns_those_of_its_department_who_ask_for_it, asked_of_nobody),
    (test_quiet_hours_and_many_waits_put_it_off_and_then_one_letter_names_them_all, never_quiet),
    (test_quiet_hours_and_many_waits_put_it_off_and_then_one_letter_names_them_all, unlimited),
    (test_nothing_is_said_of_what_is_quarantined_put_aside_held_by_law_or_erased, anything_waits),
    (test_nothing_is_said_of_what_is_quarantined_put_aside_held_by_law_or_erased, readable),
    (test_two_sweeps_at_once_write_once, anything_waits),
]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("claim", "broken"), CONTROLS)
async def test_the_control_somebody_is_written_to_who_should_not_be(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, claim: Any, broken: Break
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(house, post)
