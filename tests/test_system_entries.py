"""What was done with a ticket stands in it, once and in order, for its agents alone: who, what, when."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from chat.core.frames import SystemOut
from chat.departments import actions as departments
from chat.infra.store.tx import Tx
from chat.quarantine import actions as quarantine
from chat.tickets.actions import activity, changing, entries, tickets
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.domain import SERVER, Fact
from tests.inside import Guest, House, Served, inner_socket, new_id
from tests.test_roles import joined

pytestmark = pytest.mark.anyio
TAG = "Zyxtag"


async def ticket_of(house: House, guest: Guest) -> OpenedTicket:
    """What the guest wrote in, opened by the owner."""
    return await tickets.one(house.services, house.actor, (await guest.say("hello")).number)


async def entered(house: House, opened: OpenedTicket, after: int = 0) -> list[SystemOut]:
    """The ticket's entries."""
    return await entries.page(house.services, opened.contact.id, opened.ticket, after)


async def test_each_change_of_a_ticket_is_entered_with_who_made_it(house: House) -> None:
    services, owner, guest = house.services, house.actor, await house.visit("Zoe")
    other = await joined(house, "agent")
    sales = await departments.add(services, owner, "sales", {})
    opened = await ticket_of(house, guest)
    for values in (
        {"assignee": "me"},
        {"assignee": other.id, "department": sales.id},
        {"assignee": other.id, "tags": [TAG, "new"]},  # whose it is already is nothing new
        {"assignee": None, "tags": ["new"]},
        {"status": "pending"},
        {"status": "trash"},
        {"status": "open", "department": None},
        {"status": "solved"},
    ):
        await changing.change(services, owner, opened.ticket.number, values)
    await guest.say("again")  # to another ticket: this one is solved
    said = [
        (each.kind, each.author.name, each.assignee and each.assignee.name) for each in await entered(house, opened)
    ]
    assert [kind for kind, *_ in said] == [
        *("taken", "assigned", "department", "tagged", "unassigned", "tagged"),
        *("pending", "trashed", "restored", "no_department", "solved"),
    ]
    assert {name for _, name, _ in said} == {"Acme"}
    found = await entered(house, opened)
    assert [each.entry for each in found] == [*range(1, len(found) + 1)]
    assert (found[0].assignee.name, found[1].assignee.name) == ("Acme", "Agent")
    assert found[2].department.name == "sales"
    assert [(each.tags.added, each.tags.removed) for each in found if each.tags] == [([TAG, "new"], []), ([], [TAG])]
    assert {each.after_seq for each in found} == {1}


async def test_who_ends_opens_again_and_judges_is_entered(house: House) -> None:
    services, owner, guest = house.services, house.actor, await house.visit("Zoe")
    opened = await ticket_of(house, guest)
    await activity.end(services, opened.ticket, "Zoe")
    await house.box.post(guest.draft("one more", ticket=opened.ticket.id))
    await tickets.hold(services, owner, opened.ticket.number, held=True)
    await tickets.hold(services, owner, opened.ticket.number, held=True)  # nothing changes
    await quarantine.judge(services, owner, "release", [(1, 1)])
    assert [(each.kind, each.author.kind) for each in await entered(house, opened)] == [
        *(("ended", "visitor"), ("reopened", "visitor"), ("spam", "agent"), ("not_spam", "agent"))
    ]


async def test_agents_hear_of_them_at_once_and_read_them_again(app: Served) -> None:
    house, guest, bearer = app.house, await app.house.visit("Zoe"), app.house.bearer
    await ticket_of(house, guest)
    async with inner_socket(app, "/ws/agent", bearer) as agent, inner_socket(app, "/ws/visitor", {}) as visitor:
        await agent("", "welcome")
        await visitor("hello", "welcome", token=guest.begun.token)
        welcome = await agent("open", "welcome", ticket=1)
        assert (welcome["entries"], welcome["last_entry"]) == ([], 0)
        await app.rest("PATCH", "/tickets/1", {"assignee": "me", "tags": [TAG]})
        await agent("", "system")
        said = await agent("", "system")
        assert (said["ticket"], said["entry"], said["kind"], said["tags"]["added"]) == (1, 2, "tagged", [TAG])
        await app.rest("POST", "/tickets/1/messages", {"id": new_id(), "text": "here"})
        await visitor("", "message")
        assert "system" not in {each["type"] for each in visitor.heard}
        again = await agent("open", "welcome", ticket=1)
        assert [each["kind"] for each in again["entries"]] == ["taken", "tagged"]
    page = (await app.rest("GET", "/tickets/1/events?limit=1")).json()
    assert page["items"] == [{**again["entries"][0], "type": "system"}]
    rest = (await app.rest("GET", f"/tickets/1/events?cursor={page['next']}")).json()
    assert ([each["entry"] for each in rest["items"]], rest["next"]) == ([2], None)


async def test_two_at_once_get_two_numbers_and_what_is_rolled_back_none(house: House) -> None:
    opened = await ticket_of(house, await house.visit())
    store, ref = house.services.store, opened.ticket.ref

    async def one(kind: str) -> None:
        await store.write(lambda tx: entries.enter(house.services, tx, ref, SERVER, [Fact(kind=kind)]))

    def fails(tx: Tx) -> None:
        entries.enter(house.services, tx, ref, SERVER, [Fact(kind="lost")])
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fails)
    await asyncio.gather(*(one(f"kind{number}") for number in range(8)))
    found = await entered(house, opened)
    assert [each.entry for each in found] == [*range(1, 9)]
    assert {each.kind for each in found} == {f"kind{number}" for number in range(8)}


async def test_no_word_of_a_tag_is_in_the_clear(house: House) -> None:
    opened = await ticket_of(house, await house.visit())
    await changing.change(house.services, house.actor, 1, {"tags": [TAG]})

    def rows(tx: Tx) -> Sequence[Any]:
        return tx.exec_driver_sql("SELECT kind, tags FROM system_entry").all()

    ((kind, sealed),) = await house.services.store.read(rows)
    assert kind == "tagged"
    assert TAG.encode() not in bytes(sealed)
    assert (await entered(house, opened))[0].tags is not None
