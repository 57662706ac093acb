"""How sockets end: what is too slow, too much, too many or too silent goes, with its code, and disturbs nobody else."""

import asyncio
import contextlib
import socket as sockets
import time
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from chat.core.frames import VisitorFrame, visitor_frame
from chat.tickets.sockets.context import BURST
from chat.web.sockets.connection import OUTBOX_FRAMES, Connection
from tests.lethe import Account, Contact, Lethe
from tests.sockets import PATIENCE, Socket, kinds

DAY = 86_400_000
LONG = "\N{HERB}" * 10_000


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite: what ends a socket asks no database."""
    return embedded


@pytest.fixture(scope="module", autouse=True)
def silent(account: Account) -> Iterator[Socket]:
    """A socket that says nothing, from before the other tests until after them: its time runs meanwhile."""
    with account.visitor() as socket:
        yield socket


@pytest.fixture
def zoe(account: Account) -> Contact:
    return account.contact("Zoe")


def welcomed(contact: Contact, **options: object) -> Socket:
    """A socket of the contact's, past its welcome."""
    socket = contact.socket(**options)  # type: ignore[arg-type] # options of the connection
    socket.get("welcome")
    return socket


def test_fifty_frames_too_many_close_with_4429(zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(400):
                visitor.send("typing", on=True)
        assert visitor.closed() == 4429
        refusals = [frame for frame in visitor.heard if frame["type"] == "error"]
        assert {(frame["code"], frame["retry_after"] > 0) for frame in refusals} == {("rate_limited", True)}
    with welcomed(zoe) as visitor:
        assert visitor.post("and now it passes")


def test_fifty_messages_too_many_close_with_4429(account: Account, zoe: Contact) -> None:
    account.rest("PATCH", "/account", {"message_rate": 1})
    try:
        with welcomed(zoe) as visitor:
            names = [str(uuid4()) for _ in range(90)]
            with contextlib.suppress(ConnectionClosed):
                for name in names:
                    visitor.say("Are you there?", name)
            assert visitor.closed() == 4429
            refused = [frame["id"] for frame in visitor.heard if frame["type"] == "error"]
        # All before the last that was refused was read: it is refused, or it is stored, if a moment after the close.
        taken = [name for name in names[: names.index(refused[-1])] if name not in refused]
        assert BURST <= len(taken) < len(refused)

        def stored() -> list[str]:
            with welcomed(zoe) as again:
                return [each["id"] for each in again.heard[0]["messages"]]

        until(lambda: len(stored()) >= len(taken))
        assert stored() == taken
    finally:
        account.rest("PATCH", "/account", {"message_rate": 0})


def test_the_eleventh_socket_of_a_contact_lets_go_of_the_first_with_4409(zoe: Contact) -> None:
    lines = [welcomed(zoe) for _ in range(11)]
    assert lines[0].closed() == 4409
    assert lines[10].post("I am here")
    assert [each["text"] for each in lines[1].get("welcome")["messages"]] == ["I am here"]
    for line in lines:
        line.close()


def reluctant(contact: Contact) -> tuple[Socket, int]:
    """A socket whose end takes little and reads nothing until asked to, and its port."""
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 32 * 1024)
    narrow.connect(("127.0.0.1", contact.account.lethe.port))
    return contact.socket(sock=narrow, max_queue=1), narrow.getsockname()[1]


def test_a_slow_reader_is_closed_with_4408_and_slows_nobody(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as writer:
        for _ in range(20):
            writer.post(LONG)
        slow, port = reluctant(zoe)
        with slow, welcomed(account.contact("Yan")) as other:
            for _ in range(40):
                slow.send("hello", token=zoe.token, last_seq=0)
            for number in range(20):
                assert other.post(f"number {number}")["seq"] == number + 1
            until(lambda: connected(account.lethe.port, port) is False)
            assert slow.closed() in {4408, 1006}
        with zoe.socket(19) as again:
            assert [each["seq"] for each in again.get("welcome")["messages"]] == [20]


@pytest.mark.anyio
@pytest.mark.parametrize(("frames", "code"), [(OUTBOX_FRAMES, 1000), (OUTBOX_FRAMES + 2, 4408)])
async def test_who_takes_nothing_gets_4408_where_the_outbox_is_full(frames: int, code: int) -> None:
    events: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    sent: list[MutableMapping[str, object]] = []
    reads, closed = asyncio.Event(), asyncio.Event()

    async def send(event: MutableMapping[str, object]) -> None:
        if event["type"] == "websocket.send":
            await reads.wait()
        sent.append(event)
        if event["type"] == "websocket.close":
            closed.set()

    line: Connection[VisitorFrame] = Connection({"subprotocols": ["lethe.v1"]}, events.get, send, visitor_frame)
    events.put_nowait({"type": "websocket.connect"})
    served = asyncio.create_task(line.run())
    await asyncio.sleep(0)
    for number in range(frames):
        line.say(str(number))
    line.close(1000)
    reads.set()
    await closed.wait()
    events.put_nowait({"type": "websocket.disconnect"})
    await served
    assert sent[-1]["code"] == code
    assert (len(sent) == frames + 2) is (code == 1000)


def connected(server: int, client: int) -> bool:
    """Whether the server's end of a connection is still there, by what the operating system says."""
    ends = f":{server:04X}", f":{client:04X}"
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(ends[0]) and row[2].endswith(ends[1]) and row[3] != "06" for row in table)


def until(true: Callable[[], bool]) -> None:
    """Waits until something is true."""
    limit = time.monotonic() + 2 * PATIENCE
    while not true():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.1)


def test_a_token_that_has_expired_is_closed_with_4401(account: Account, zoe: Contact) -> None:
    async def expired(services: object) -> str:
        tokens, clock = services.tokens, services.clock  # type: ignore[attr-defined] # the services
        return str(tokens.visitor(zoe.uid, account.site, clock() - 91 * DAY))

    token = account.lethe.perform(expired)
    with Contact(account, token, zoe.uid).socket() as socket:
        assert (socket.refused(), socket.closed()) == ("unauthorized", 4401)


def test_a_message_to_a_chat_in_the_trash_is_refused_and_one_stored_before_is_acked_again(
    account: Account, zoe: Contact
) -> None:
    with welcomed(zoe) as visitor:
        name = str(uuid4())
        before = visitor.post("Before", name)
        account.rest("PATCH", f"/tickets/{before['ticket']}", {"status": "trash"})
        visitor.get("ended")
        assert visitor.get("error", id=visitor.say("After"))["code"] == "ended"
        again = visitor.post("Before", name)
        assert (again["ticket"], again["seq"], again["at"]) == (before["ticket"], before["seq"], before["at"])


def test_a_chat_that_has_ended_can_be_rated(zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        visitor.post("Hello")
        visitor.ask("end", "ended")
        visitor.send("rate", score=4, comment="Kind")
        assert "error" not in kinds(visitor.settle())


def test_a_consent_that_changes_purposes_alone_is_answered(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        visitor.post("Hello")
        choices = {"chat": True, "spam_training": True}
        welcome = visitor.ask("consent", "welcome", notice_version=account.version, consent=choices)
        assert welcome["messages"] == []
        assert account.rest("GET", f"/contacts/{zoe.uid}/consents")["items"][-1]["receipt"]["consent"] == choices


def test_repeated_messages_are_counted_once(account: Account, zoe: Contact) -> None:
    def counted() -> float:
        text = account.lethe.http.get("/metrics").text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("lethe_messages_total{"))

    with welcomed(zoe) as visitor:
        name, before = str(uuid4()), counted()
        for _ in range(3):
            visitor.post("Once", name)
        assert counted() == before + 1


def test_a_socket_that_says_no_hello_in_ten_seconds_is_closed_with_4401(silent: Socket) -> None:
    assert silent.closed() == 4401
    assert silent.heard == []


def test_a_server_that_stops_says_1012_and_keeps_what_it_acked() -> None:
    with Lethe() as server:
        account = server.account()
        contact = account.contact()
        with welcomed(contact) as visitor, account.agent() as agent:
            agent.get("welcome")
            ticket = visitor.post("Before")["ticket"]
            server.terminate()
            assert {visitor.closed(), agent.closed()} <= {1001, 1012}
        server.kill()
        server.start()
        with contact.socket() as visitor:
            assert [each["text"] for each in visitor.get("welcome")["messages"]] == ["Before"]
            assert visitor.post("After")["ticket"] == ticket
