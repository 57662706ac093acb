"""Mail that a sweep queues: a process killed between sending and noting it sends the same mail again, and no other."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, update

from chat.agent_mail.schema import agent_letter
from chat.answer_mail.schema import answer_letter
from chat.tickets.actions import changing
from chat.tickets.schema import message, ticket
from tests.forks import Fork
from tests.inside import CHAT, House, counted
from tests.post import Post
from tests.test_answer_mail import LATER, left
from tests.test_migrations import environment
from tests.test_waiting_mail import waits

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]


async def worked(house: House, post: Post, *, killed: bool) -> int:
    """What `lethe worker --once` ends with, killed when its mail was taken and it has not noted that, or not."""
    of = house.services.settings
    environ = environment(
        of.data.parent,
        of.database_url,
        LETHE_DATA=str(of.data),
        LETHE_BASE_URL=CHAT,
        LETHE_SMTP_URL=f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example",
    )
    streams = [Path(os.devnull), of.data.parent / "said", of.data.parent / "wrong"]
    worker = Fork(["worker", "--once"], environ, Path.cwd(), streams, leads=False)
    post.then = worker.kill if killed else lambda: None
    return await asyncio.to_thread(worker.wait, 100)


async def aged(house: House, by: int) -> None:
    """What was said was said so many ms earlier."""

    def work(tx: Any) -> None:
        tx.execute(update(message).values(at=message.c.at - by))
        moved = {"updated_at": ticket.c.updated_at - by, "waiting_since": ticket.c.waiting_since - by}
        tx.execute(update(ticket).values(moved))

    await house.services.store.write(work)


async def goes_once(house: House, post: Post, letters: Table) -> None:
    """Killed when it has sent, it sends the same again, and then nothing."""
    assert await worked(house, post, killed=True) == -signal.SIGKILL
    assert (await counted(house.services))[letters.name] == 1
    # The claim is over.
    await house.services.store.write(lambda tx: tx.execute(update(letters).values(due_at=0)))
    for _ in range(2):
        assert await worked(house, post, killed=False) == 0
    assert len({each["message-id"] for each in post.mails}) == 1
    assert (len(post.mails), (await counted(house.services))[letters.name]) == (2, 0)


async def test_an_answer_is_mailed_again_under_its_id_and_disclosed_once(house: House, post: Post) -> None:
    await left(house)
    await aged(house, LATER)
    await goes_once(house, post, answer_letter)
    kept = await counted(house.services)
    assert (kept["answer_mail"], kept["answer_link"], kept["disclosure"]) == (1, 1, 1)


async def test_that_a_visitor_waits_is_mailed_again_under_its_id_and_noted_once(house: House, post: Post) -> None:
    await waits(house)
    await changing.change(house.services, house.actor, 1, {"assignee": "me"})
    await aged(house, LATER)
    await goes_once(house, post, agent_letter)
    assert (await counted(house.services))["waiting_mail"] == 1
