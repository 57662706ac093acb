"""Agents ask for an erasure, somebody who may confirms or refuses it; what people ask of their own data never waits."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chat.core.clock import DAY, month_after, stamp
from chat.core.errors import Forbidden, InvalidField, NotFound
from chat.core.model import Actor
from chat.erasure.actions import asks, erasure, views
from chat.erasure.store import asks as rows
from chat.profiles.actions import profiles as contacts
from tests.inside import Guest, House, Served, found
from tests.test_roles import joined

pytestmark = pytest.mark.anyio


async def agent_of(house: House) -> Actor:
    """An agent of the house, who may only ask."""
    return house.acting((await joined(house, "agent")).id, "agent")


async def asked(house: House, actor: Actor, guest: Guest) -> str:
    """The number of what an agent asks for."""
    return await erasure.by_agent(house.services, actor, guest.contact.uid)


async def listed(house: House, actor: Actor | None = None) -> list[asks.ErasureAskView]:
    """What waits and was refused."""
    return await asks.page(house.services, actor or house.actor)


async def erasures_of(house: House) -> list[str]:
    """The states of the erasures that were filed."""
    return [each.state for each in (await views.page(house.services, house.actor, None, 10))[0]]


async def test_what_an_agent_asks_for_waits_and_nothing_is_erased(house: House) -> None:
    guest, agent = await house.visit("Zoe", "zoe@visitor.example"), await agent_of(house)
    number = await asked(house, agent, guest)
    assert await erasure.sweep(house.services) == 0
    assert await erasures_of(house) == []
    (one,) = await listed(house)
    assert (one.id, one.state, one.asked_by, one.contact_id) == (number, "waiting", agent.agent_id, guest.contact.uid)
    assert (await contacts.one(house.services, agent, guest.contact.uid)).erasure_ask == one
    assert await asked(house, agent, guest) == number  # twice the same
    assert await erasure.by_email(house.services, agent, "zoe@visitor.example") == [number]


async def test_an_admin_confirms_it_and_it_is_carried_out(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    number = await asked(house, agent, guest)
    made = await erasure.confirm(house.services, house.actor, number)
    assert await listed(house) == []
    assert await erasure.sweep(house.services) == 1
    state = await views.state(house.services, house.actor, made)
    assert state.state == "done"
    assert [each.left for each in state.places if each.place == "erasure_ask"] == [0]
    with pytest.raises(NotFound):
        await erasure.confirm(house.services, house.actor, number)


async def test_who_asked_cannot_confirm_or_refuse_it(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    number = await asked(house, agent, guest)
    with pytest.raises(Forbidden):
        await erasure.confirm(house.services, agent, number)
    with pytest.raises(Forbidden):
        await asks.refuse(house.services, agent, number, "no")
    assert [each.state for each in await listed(house)] == ["waiting"]


async def test_a_refusal_says_why_and_it_may_be_asked_for_again(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    number = await asked(house, agent, guest)
    for wrong in ("", "  ", "x" * 501):
        with pytest.raises(InvalidField):
            await asks.refuse(house.services, house.actor, number, wrong)
    await asks.refuse(house.services, house.actor, number, " An invoice is open. ")
    (one,) = await listed(house, agent)
    assert (one.state, one.reason, one.refused_by) == ("refused", "An invoice is open.", house.actor.agent_id)
    assert [each.reason for each in await listed(house, house.acting("x", "auditor"))] == [None]
    stored = await house.services.store.read(lambda tx: rows.of_contact(tx, guest.contact.id))
    assert stored is not None
    assert b"invoice" not in (stored.reason or b"")
    for late in (
        erasure.confirm(house.services, house.actor, number),
        asks.refuse(house.services, house.actor, number, "x"),
    ):
        with pytest.raises(NotFound):
            await late
    again = await asked(house, agent, guest)
    assert again != number
    assert [(each.id, each.state, each.reason) for each in await listed(house)] == [(again, "waiting", None)]


async def test_what_people_ask_of_their_own_data_waits_for_nobody(app: Served) -> None:
    guest, agent = await app.house.visit("Zoe"), await agent_of(app.house)
    await asked(app.house, agent, guest)
    answer = await app.client.delete(f"/widget/{app.house.key}/sessions", headers=guest.bearer)
    assert answer.status_code == 202
    assert await listed(app.house) == []
    assert await erasure.sweep(app.services) == 1


@pytest.mark.parametrize("first", ["confirm", "refuse"])
async def test_of_two_at_once_one_decides(house: House, first: str) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    number = await asked(house, agent, guest)
    work = [
        erasure.confirm(house.services, house.actor, number),
        asks.refuse(house.services, house.actor, number, "An invoice is open."),
    ]
    done = await asyncio.gather(*(work if first == "confirm" else work[::-1]), return_exceptions=True)
    assert sorted(isinstance(each, NotFound) for each in done) == [False, True]
    refused = [each.state for each in await listed(house)]
    assert (refused, await erasures_of(house)) in ((["refused"], []), ([], ["queued"]))


async def test_two_who_ask_at_once_ask_once(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    numbers = await asyncio.gather(*(asked(house, agent, guest) for _ in range(5)))
    assert len({*numbers}) == len(await listed(house)) == 1


async def test_another_account_sees_and_decides_nothing(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    number = await asked(house, agent, guest)
    other = await found(house.services, "Other", "owner@other.example")
    stranger = replace(other.actor, permissions=other.actor.permissions - {"erasure.confirm"})
    assert await listed(other) == []
    for wrong in (
        erasure.confirm(house.services, other.actor, number),
        asks.refuse(house.services, other.actor, number, "no"),
        erasure.by_agent(house.services, stranger, guest.contact.uid),
    ):
        with pytest.raises(NotFound):
            await wrong
    assert [each.state for each in await listed(house)] == ["waiting"]


async def test_it_waits_for_ever_and_says_by_when_the_law_wants_an_answer(house: House) -> None:
    guest, agent = await house.visit("Zoe"), await agent_of(house)
    await asked(house, agent, guest)
    (one,) = await listed(house)
    assert not one.is_late
    later = house.services.clock() + 40 * DAY
    (late,) = await asks.page(replace(house.services, clock=lambda: later), house.actor)
    assert late.is_late
    assert late.answer_by == one.answer_by


@pytest.mark.parametrize(
    ("asked_at", "until"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2027-12-15", "2028-01-15"),
        ("2028-01-30", "2028-02-29"),
        ("2026-04-30", "2026-05-30"),
    ],
)
def test_a_month_is_one_of_the_calendar(asked_at: str, until: str) -> None:
    at = round(datetime.fromisoformat(f"{asked_at}T12:30:00+00:00").timestamp() * 1000)
    assert stamp(month_after(at)).startswith(f"{until}T12:30:00")


async def test_each_step_is_in_the_audit_log(app: Served) -> None:
    guest, agent = await app.house.visit("Zoe"), await joined(app.house, "agent")
    answer = await app.client.delete(f"/api/v1/contacts/{guest.contact.uid}", headers=agent.bearer)
    assert answer.status_code == 202
    assert answer.json()["waits"] is True
    number = answer.json()["erasure_id"]
    assert (
        await app.rest("POST", f"/erasure-asks/{number}/refusal", {"reason": "An invoice is open."})
    ).status_code == 204
    answer = await app.client.post("/api/v1/erasures", json={"contact_id": guest.contact.uid}, headers=agent.bearer)
    assert answer.json()["waits"] is True
    confirmed = await app.rest("POST", f"/erasure-asks/{answer.json()['erasure_id']}/confirmation")
    assert (confirmed.status_code, confirmed.json()["waits"]) == (202, False)
    entries = (await app.rest("GET", "/audit?limit=200")).json()["items"]
    said: list[Any] = [
        (each["action"], each["contact"]) for each in reversed(entries) if each["action"].startswith("erasure.")
    ]
    assert [action for action, _ in said] == [
        "erasure.asked",
        "erasure.refused",
        "erasure.asked",
        "erasure.confirmed",
        "erasure.requested",
    ]
    assert {contact for _, contact in said} == {guest.contact.uid}


async def test_the_control_an_agent_who_may_confirm_asks_nobody(house: House) -> None:
    guest = await house.visit("Zoe")
    agent = await agent_of(house)
    agent = replace(agent, permissions=agent.permissions | {"erasure.confirm"})
    await asked(house, agent, guest)
    assert await listed(house) == []
    assert await erasures_of(house) == ["queued"]
