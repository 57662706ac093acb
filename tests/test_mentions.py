"""Colleagues named in a note: who may see the ticket hears of it at once, and nobody else can be named."""

from typing import Any

import pytest

from chat.account.store import put_agent_in
from chat.core.events import TicketAssigned
from chat.departments import actions as departments
from chat.roles import actions as roles
from chat.routing.actions import giving
from chat.team.actions import agents
from chat.tickets.actions import calling, mentions, tickets
from tests.inside import Served, inner_socket, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
NOTES = "/tickets/1/notes"


async def test_who_is_named_in_a_note_hears_of_it_and_who_may_not_see_the_ticket_is_not_named(
    app: Served, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await app.house.visit("Ada")).say("A question")
    ann = await joined(app.house, "agent")
    ben, cut = [
        (await agents.add_agent(app.services, app.house.actor, f"{name}@acme.example", name, "agent"))[0].id
        for name in ("ben", "cut")
    ]
    assert (await app.rest("POST", f"/agents/{cut}/deactivation", {})).status_code < 300
    department = (await departments.add(app.services, app.house.actor, "Returns", {})).id
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, ann.id, [department]))
    await roles.change(app.services, app.house.actor, {"agent": {"ticket.read_all": False}})
    await app.rest("PATCH", "/tickets/1", {"department": department})

    async def note(*named: str, **more: Any) -> Any:
        return await app.rest("POST", NOTES, {"id": new_id(), "text": "@you, look", "mentions": list(named)} | more)

    for why, agent in {"of another department": ben, "deactivated": cut, "nobody": new_id()}.items():
        with subtests.test(why):
            problem_of(await note(ann.id, agent), 422, "mention_refused")
    assert (await app.rest("GET", NOTES)).json()["items"] == [], "nothing is stored of a note that is refused"
    async with (
        inner_socket(app, "/ws/agent", ann.bearer) as hears,
        inner_socket(app, "/ws/agent", app.house.bearer) as writes,
    ):
        await hears("", "welcome")
        same = {"id": new_id()}
        assert (await note(ann.id.upper(), ann.id, app.house.actor.agent_id, **same)).status_code == 201
        assert (await note(ann.id, **same)).status_code == 200, "sent again nobody is told again"
        heard = await hears("", "mentioned")
        assert (heard["ticket"], heard["note"], heard["author"]["kind"]) == (1, 1, "agent")
        await writes("", "welcome")
        said = {"ticket": 1, "text": "x"}
        refused = await writes("note", "ack", id=new_id(), mentions=[cut], **said)
        assert refused["code"] == "mention_refused"
        assert (await writes("note", "ack", id=new_id(), mentions=[ann.id], **said))["note"] == 2
        assert (await hears("", "mentioned"))["note"] == 2
    monkeypatch.setattr(mentions, "_sees", lambda *_: True)
    assert (await note(ben)).status_code == 201, "the control"


async def test_who_is_away_finds_where_they_are_named_until_they_look(app: Served) -> None:
    ann = await joined(app.house, "agent")
    for number in (1, 2, 3):
        await (await app.house.visit("Ada")).say("A question")
        said = {"id": new_id(), "text": "@ann, look", "mentions": [ann.id, app.house.actor.agent_id]}
        assert (await app.rest("POST", f"/tickets/{number}/notes", said)).status_code == 201
    await app.rest("POST", "/tickets/3/notes", said | {"id": new_id()})

    async def unseen() -> list[tuple[int, int]]:
        answer = await app.call("GET", "/api/v1/mentions", **ann.bearer)
        return [(each["ticket"], each["note"]) for each in answer.json()["items"]]

    assert await unseen() == [(3, 1), (2, 1), (1, 1)]
    assert (await app.rest("GET", "/mentions")).json()["items"] == [], "who names themselves knows"
    assert (await app.rest("DELETE", "/mentions/3")).status_code == 204, "nobody else's are theirs"
    for _ in range(2):
        assert (await app.call("DELETE", "/api/v1/mentions/3", **ann.bearer)).status_code == 204
    assert await unseen() == [(2, 1), (1, 1)]
    department = (await departments.add(app.services, app.house.actor, "Returns", {})).id
    await roles.change(app.services, app.house.actor, {"agent": {"ticket.read_all": False}})
    await app.rest("PATCH", "/tickets/2", {"department": department})
    assert await unseen() == [(1, 1)]
    await app.rest("PATCH", "/tickets/1", {"status": "trash"})
    assert await unseen() == []


async def test_who_is_given_a_ticket_hears_of_it_and_by_whom_and_who_takes_it_does_not(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await joined(app.house, "agent")
    for _ in range(4):
        await (await app.house.visit("Ada")).say("A question")
    await tickets.hold(app.services, app.house.actor, 2, held=True)
    free = (await tickets.one(app.services, app.house.actor, 3)).ticket
    note = {"id": new_id(), "note": "Please", "assignee": ann.id}
    async with inner_socket(app, "/ws/agent", ann.bearer) as hears:
        await hears("", "welcome")
        assert (await app.call("POST", "/api/v1/tickets/1/take", **ann.bearer)).status_code == 200
        await app.rest("PATCH", "/tickets/2", {"assignee": ann.id})
        app.services.bus.publish(
            *await app.services.store.write(lambda tx: giving._assign(app.services, tx, free, ann.id))
        )
        await app.rest("POST", "/tickets/4/transfer", note)
        while (heard := await hears("", "assigned"))["ticket"] != 4:
            assert heard == {"type": "assigned", "ticket": 3, "author": {"kind": "system", "name": None}}
        assert heard["author"]["kind"] == "agent"
        assert [each["ticket"] for each in hears.heard if each["type"] == "assigned"] == [3, 4]
        monkeypatch.setattr(
            calling, "events_of", lambda was, to, _by="": [TicketAssigned(was.account_id, to, "", was.ref)]
        )
        await app.rest("PATCH", "/tickets/4", {"assignee": app.house.actor.agent_id})
        await app.call("POST", "/api/v1/tickets/4/transfer", note | {"id": new_id()}, **ann.bearer)
        assert (await hears("", "assigned"))["ticket"] == 4, "the control: one's own act"
