"""What an answer needs is read once: the statements that a request runs are counted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from chat.team.actions import agents
from chat.tickets.actions import tickets
from tests.inside import Served, new_id
from tests.test_widget_http import agree

pytestmark = pytest.mark.anyio
BODIES = re.compile(r"SELECT message\.(?=.*message\.body)", re.DOTALL)
"""A statement that reads what was said; the one that finds a ticket reads its last text too, for the list."""


@contextmanager
def counted(table: str) -> Iterator[list[str]]:
    """The statements that read a table, as they run."""
    found: list[str] = []
    reads = re.compile(rf"\b(FROM|JOIN) {table}\b")

    def saw(_c: Any, _u: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if statement.lstrip().startswith("SELECT") and reads.search(statement):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", saw)


async def test_an_answer_over_rest_is_not_read_back_and_is_what_the_list_says(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    number = (await guest.say("hello")).number
    sent: dict[str, Any] = {"files": {"file": ("a.txt", b"content", "text/plain")}, "headers": app.house.bearer}
    file = (await app.client.post(f"/api/v1/tickets/{number}/attachments", **sent)).json()["id"]
    for attachments in ([], [file]):
        body = {"id": new_id(), "text": "Γεια σας", "attachments": attachments}
        with counted("message") as reads:
            made = await app.rest("POST", f"/tickets/{number}/messages", body)
        assert made.status_code == 201, made.text
        assert list(filter(BODIES.match, reads)) == []
        with counted("message") as reads, counted("agent") as names:
            again = await app.rest("POST", f"/tickets/{number}/messages", body)
        assert again.status_code == 200
        listed = (await app.rest("GET", f"/tickets/{number}/messages")).json()["items"]
        assert made.json() == again.json() == listed[-1]
        assert len(listed[-1].get("attachments", [])) == len(attachments)
        assert [each for each in names if "agent.id = " not in each], (
            "the control: what is read back asks for all names"
        )


async def test_agreeing_reads_the_site_once(app: Served) -> None:
    with counted("site") as reads:
        assert (await agree(app)).status_code == 201
    whole = [each for each in reads if "site.origins" in each]  # beside it, whether it is still open is asked
    assert len(whole) == 1
    with counted("site") as reads:
        await app.house.visit()
        await app.house.visit()
    whole = [each for each in reads if "site.origins" in each]
    assert len(whole) == 2, "the control: each agreement that reads it is counted"


async def test_opening_a_ticket_reads_nothing_of_what_was_said(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    number = (await guest.say("hello")).number
    with counted("message") as reads:
        await tickets.one(app.services, app.house.actor, number)
    assert reads == []
    with counted("message") as reads:
        summary = await tickets.summary(app.services, app.house.actor, number)
    assert summary.preview
    assert summary.preview.text == "hello"
    assert len(reads) == 1, "the control: a summary reads the last of it"


async def test_a_page_reads_no_agent_but_its_reader(app: Served) -> None:
    for name in ("Ada", "Bob"):
        await agents.add_agent(app.services, app.house.actor, f"{name}@x.example", name, "agent")
    await app.sign_in()
    with counted("agent") as reads:
        assert (await app.call("GET", "/admin/site")).status_code == 200
    assert reads
    assert [each for each in reads if "agent.id = " not in each] == []
    with counted("agent") as reads:
        assert (await app.call("GET", "/admin/agents")).status_code == 200
    assert [each for each in reads if "agent.id = " not in each], "the control: a page about all of them"
