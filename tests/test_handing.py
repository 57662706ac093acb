"""Whose a ticket is: who answers first has it, of two who take it one is told, and who hands it on says why."""

import asyncio
from collections.abc import Sequence

import pytest

from chat.account.store import put_agent_in
from chat.core.errors import AlreadyTaken, NotFound
from chat.core.frames import AgentMessage, SystemOut
from chat.core.model import Actor
from chat.departments import actions as departments
from chat.team import store as agents
from chat.tickets.actions import changing, entries, handing, posting, tickets, transcripts
from tests.inside import House, Served, new_id, problem_of
from tests.test_roles import joined

pytestmark = pytest.mark.anyio


async def agent(house: House, name: str) -> Actor:
    """Another agent of the house."""
    return house.acting((await joined(house, "agent", name)).id, "agent")


async def answer(house: House, actor: Actor, number: int = 1) -> None:
    """Answer in a ticket."""
    opened = await tickets.one(house.services, actor, number)
    said = AgentMessage(ticket=number, id=new_id(), text="Good day")
    await house.box.post(posting.from_agent(actor, opened, said, house.services.clock()))


async def whose(house: House, number: int = 1) -> str | None:
    """The assignee's id."""
    found = await tickets.summary(house.services, house.actor, number)
    return None if found.assignee is None else found.assignee.id


async def done(house: House, number: int = 1) -> Sequence[SystemOut]:
    """The ticket's system entries."""
    opened = await tickets.one(house.services, house.actor, number)
    return await entries.page(house.services, opened.contact.id, opened.ticket)


async def test_who_answers_first_has_it_and_of_many_at_once_one(house: House) -> None:
    await (await house.visit()).say("hello")
    team = [await agent(house, name) for name in "abc"]
    await asyncio.gather(*(answer(house, each) for each in team))
    assert await whose(house) in {each.agent_id for each in team}
    assert [(each.kind, each.assignee and each.assignee.id) for each in await done(house)] == [
        ("taken", await whose(house))
    ]
    await answer(house, house.actor)
    assert len(await done(house)) == 1


async def test_of_many_who_take_it_at_once_one_has_it_and_the_others_hear_who(house: House) -> None:
    await (await house.visit()).say("hello")
    team = [await agent(house, name) for name in "abcd"]
    took = await asyncio.gather(*(handing.take(house.services, each, 1) for each in team), return_exceptions=True)
    (first,) = [each for each in took if not isinstance(each, BaseException)]
    assert first.assignee
    refused = [each for each in took if isinstance(each, AlreadyTaken)]
    assert len(refused) == len(team) - 1
    assert {each.extra["current"]["assignee"].id for each in refused} == {first.assignee.id}
    assert [each.kind for each in await done(house)] == ["taken"]
    (winner,) = [each for each in team if each.agent_id == first.assignee.id]
    await handing.take(house.services, winner, 1)  # theirs already
    assert len(await done(house)) == 1


async def test_the_refusal_says_over_rest_how_it_is_now(app: Served) -> None:
    await (await app.house.visit()).say("hello")
    other = await joined(app.house, "agent")
    assert (await app.rest("POST", "/tickets/1/take")).json()["assignee"]["name"] == "Acme"
    late = await app.client.post("/api/v1/tickets/1/take", headers=other.bearer)
    assert problem_of(late, 409, "already_taken")["current"]["assignee"]["name"] == "Acme"


@pytest.mark.parametrize("left", ["", "deactivated", "elsewhere"])
async def test_what_is_opened_again_goes_back_to_its_agent_while_there_is_one(house: House, left: str) -> None:
    guest, actor = await house.visit(), await agent(house, "a")
    sales = await departments.add(house.services, house.actor, "sales", {})
    opened = await guest.say("hello")
    member = house.actor.agent_id if left == "elsewhere" else actor.agent_id
    await house.services.store.write(lambda tx: put_agent_in(tx, house.actor.account_id, member, [sales.id]))
    await changing.change(
        house.services, house.actor, 1, {"assignee": actor.agent_id, "department": sales.id, "status": "solved"}
    )
    if left == "deactivated":
        await house.services.store.write(lambda tx: agents.deactivate(tx, actor.agent_id, 1))
    await house.box.post(guest.draft("again", ticket=opened.ticket_id))
    assert await whose(house) == (None if left else actor.agent_id)
    assert [each.kind for each in await done(house)][3:] == ["reopened", *(["unassigned"] if left else [])]


async def test_a_transfer_and_its_note_are_one_and_done_once(house: House) -> None:
    await (await house.visit()).say("hello")
    sales, actor = await departments.add(house.services, house.actor, "sales", {}), await agent(house, "a")
    await handing.take(house.services, actor, 1)
    wanted = handing.Transfer(new_id(), "They ask for an invoice", department=sales.id)
    for _ in range(2):
        summary = await handing.transfer(house.services, actor, 1, wanted)
    assert (summary.assignee, summary.department and summary.department.name) == (None, "sales")
    assert [each.kind for each in await done(house)] == ["taken", "unassigned", "department"]
    opened = await tickets.one(house.services, house.actor, 1)
    noted = await transcripts.notes(house.services, opened.contact.id, opened.ticket)
    assert [each.text for each in noted] == ["They ask for an invoice"]

    await house.services.store.write(lambda tx: agents.deactivate(tx, actor.agent_id, 1))
    gone = handing.Transfer(new_id(), "It is yours", assignee=actor.agent_id)
    with pytest.raises(NotFound):
        await handing.transfer(house.services, house.actor, 1, gone)
    assert len(await transcripts.notes(house.services, opened.contact.id, opened.ticket)) == 1
