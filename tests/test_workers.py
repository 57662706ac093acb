"""Several processes on one port (`lethe serve --workers`), and a command beside a server without Redis."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from chat import serving
from chat.core.errors import Misconfigured
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from tests.lethe import Account, Contact, Lethe, Started
from tests.services import PostgreSQL, Valkey, free_port
from tests.sockets import PATIENCE, Socket

SOCKETS = 6


class Workers(Started):
    """A server of two processes."""

    def arguments(self) -> list[str]:
        """As anybody starts it."""
        return [*super().arguments(), "--workers", "2"]

    @property
    def parent(self) -> int:
        """The process that watches over the others."""
        assert self._process is not None
        return self._process.pid

    def serving(self) -> list[int]:
        """The processes that serve."""
        found = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text().split()
        return [int(pid) for pid in found if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def lines(self) -> list[Any]:
        """The log, without the line that says where it listens."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()[1:]]


@pytest.fixture(scope="module")
def workers(postgresql: PostgreSQL) -> Iterator[Workers]:
    """Started, and both ready."""
    with (
        Valkey() as redis,
        Workers(DATABASE_URL=postgresql.clone(), REDIS_URL=redis.url, LOG_LEVEL="INFO") as server,
    ):
        until(lambda: started(server) == 2)
        yield server


def started(server: Workers) -> int:
    """How many processes have said in the log that they have."""
    return sum(line["event"] == "started" for line in server.lines())


def until(true: Callable[[], bool]) -> None:
    """Waits until something is true."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.05)


def reopened(contact: Contact) -> Socket:
    """A socket of the contact's, as soon as a process takes it."""
    limit = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, WebSocketException):
            return contact.socket()
        assert time.monotonic() < limit, "no process takes it"
        time.sleep(0.05)


def test_workers_are_one_server_and_one_that_is_killed_is_started_again(workers: Workers) -> None:
    account = workers.account()
    contact = account.contact()
    with contextlib.ExitStack() as stack:
        visitors = [stack.enter_context(contact.socket()) for _ in range(SOCKETS)]
        agents = [stack.enter_context(account.agent()) for _ in range(SOCKETS)]
        for visitor in visitors:
            visitor.get("welcome")
        ticket = visitors[0].post("Good morning")["ticket"]
        for agent in agents:
            agent.get("welcome")
            agent.ask("open", "welcome", ticket=ticket)
        for number, agent in enumerate(agents):
            agent.post(f"answer {number}", ticket=ticket)
        for visitor in visitors:
            visitor.get("message", seq=1 + SOCKETS)
        before, known = workers.serving(), started(workers)
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        until(lambda: started(workers) == known + 1)
    with reopened(contact) as again:
        assert [each["seq"] for each in again.get("welcome")["messages"]] == list(range(1, 2 + SOCKETS))
        assert again.post("and I am back")["seq"] == 2 + SOCKETS
    assert len(workers.serving()) == 2


def test_a_signal_replaces_the_processes_and_another_ends_them_all(workers: Workers) -> None:
    before, known = set(workers.serving()), started(workers)
    os.kill(workers.parent, signal.SIGHUP)
    until(lambda: started(workers) == known + 2 and not before & set(workers.serving()))
    assert workers.alive()
    workers.terminate()
    assert workers._process is not None
    assert workers._process.wait(PATIENCE) == 143
    assert [line["event"] for line in workers.lines()][-2:] == ["stopped"] * 2


def test_processes_end_with_the_one_that_watches_over_them(workers: Workers) -> None:
    workers.stop()
    workers.start()
    until(lambda: len(workers.serving()) == 2)
    found = workers.serving()
    os.kill(workers.parent, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in found))


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize(("count", "said"), [(2, "Several workers need PostgreSQL and Redis"), (0, "from 1 up")])
@pytest.mark.parametrize("redis", ["", "redis://127.0.0.1:1/0"])
def test_several_workers_without_what_they_need_are_refused(
    settings: Settings, count: int, said: str, redis: str
) -> None:
    if redis and not settings.database_url.startswith("sqlite"):
        count, said = 0, "from 1 up"  # with both, two would be fine
    with pytest.raises(Misconfigured, match=said):
        serving.serve(replace(settings, redis_url=redis), "127.0.0.1", free_port(), count)


def test_a_second_server_on_one_folder_without_redis_is_refused(embedded: Lethe) -> None:
    with pytest.raises(Misconfigured, match="Another server runs on"):
        serving.serve(embedded.settings, "127.0.0.1", free_port(), 1)


@pytest.fixture
def account(embedded: Lethe) -> Account:
    """An account on one process with SQLite and no Redis."""
    return embedded.account()


def test_without_redis_windows_hear_what_a_command_beside_the_server_does(account: Account) -> None:
    email = "heard@x.example"
    contact = account.contact(email=email)
    with contact.socket() as visitor, account.agent() as agent:
        visitor.get("welcome")
        agent.get("welcome")
        ticket = visitor.post("Good morning")["ticket"]
        agent.ask("open", "welcome", ticket=ticket)
        account.lethe.perform(lambda services: erasure.now(services, email))
        agent.get("ticket", ticket=ticket, status="gone")
        assert visitor.closed() == 4410
