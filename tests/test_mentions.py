"""Colleagues named in a note: who may see the ticket hears of it at once, and nobody else can be named."""

from typing import Any

import pytest

from chat.account.store import put_agent_in
from chat.departments import actions as departments
from chat.roles import actions as roles
from chat.team.actions import agents
from chat.tickets.actions import mentions
from tests.inside import Served, inner_socket, new_id, problem_of
from tests.test_roles import joined

pytestmark = pytest.mark.anyio
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
