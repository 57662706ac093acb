"""Acked means stored: the server is killed again and again under load, and every ack must be found in the database."""

import contextlib
import copy
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import WebSocketException

from tests.lethe import Account, Lethe
from tests.sockets import Frame, Socket

KILLS = 20
VISITORS = 4
AGENTS = 2
IN_FLIGHT = 8
EACH_SOCKET = 100  # below the burst that a socket may send, as these clients know no pause
SEED = 20_261_123
PATIENCE = 20.0

Acks = dict[str, Frame]
Stored = dict[int, list[Frame]]


class Client:
    """Writes without a pause over one socket; what was not acked is sent again under the same id on the next one."""

    def __init__(self, name: str, ticket: int, reopen: Any, fields: dict[str, Any]) -> None:
        self.name, self.ticket, self._reopen, self._fields = name, ticket, reopen, fields
        self.sent: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        self.acks: Acks = {}
        self.again: list[tuple[Frame, Frame]] = []
        self.resent = 0
        self.refusals: list[Frame] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.stopping = threading.Event()

    def _run(self) -> None:
        while not (self.stopping.is_set() and not self.waiting):
            with contextlib.suppress(OSError, WebSocketException), self._reopen() as socket:
                self._talk(socket)
            time.sleep(0.01)

    def _talk(self, socket: Socket) -> None:
        for name in list(self.waiting):
            self.resent += 1
            self._send(socket, name)
        limit = len(self.sent) + EACH_SOCKET - IN_FLIGHT
        while len(self.sent) < limit and (self.waiting or not self.stopping.is_set()):
            while len(self.waiting) < IN_FLIGHT and not self.stopping.is_set():
                name = str(uuid.uuid4())
                self.sent[name] = self.waiting[name] = f"{self.name} says number {len(self.sent) + 1}"
                self._send(socket, name)
            self._hear(socket)

    def _send(self, socket: Socket, name: str) -> None:
        socket.say(self.waiting[name], name, **self._fields)

    def _hear(self, socket: Socket) -> None:
        frame = json.loads(socket.wire.recv(timeout=PATIENCE))
        if frame["type"] == "error":
            self.refusals.append(frame)
        if frame["type"] == "ack":
            before = self.acks.setdefault(frame["id"], frame)
            self.again.append((before, frame))
            self.waiting.pop(frame["id"], None)


def faults(acks: Acks, sent: dict[str, str], stored: Stored) -> list[str]:
    """What a database lost, doubled, changed or misnumbered, measured against what it acked."""
    places: dict[str, list[Frame]] = {}
    for each in (each for messages in stored.values() for each in messages):
        places.setdefault(each["id"], []).append(each)
    numbers = {ticket: [each["seq"] for each in messages] for ticket, messages in stored.items()}
    gaps = [ticket for ticket, seqs in numbers.items() if seqs != list(range(1, len(seqs) + 1))]
    doubled = [f"{name} is stored {len(here)} times" for name, here in places.items() if len(here) > 1]
    changed = [name for name in sent for each in places.get(name, []) if each["text"] != sent[name]]
    misplaced = [fault for name, ack in acks.items() if (fault := misplacement(ack, places.get(name)))]
    return [
        *(f"ticket {ticket} has a gap" for ticket in gaps),
        *doubled,
        *(f"{name} has another text" for name in changed),
        *misplaced,
    ]


def misplacement(ack: Frame, here: list[Frame] | None) -> str:
    """What is wrong with where an acked message is stored; nothing where nothing is."""
    if not here:
        return f"{ack['id']} was acked and is lost"
    fits = (ack["ticket"], ack["seq"]) == (here[0]["ticket"], here[0]["seq"])
    return "" if fits else f"{ack['id']} was acked with another number"


@pytest.fixture(scope="module")
def lethe() -> Iterator[Lethe]:
    """A server of its own, as it is killed."""
    with Lethe() as server:
        yield server


@pytest.fixture(scope="module")
def clients(account: Account) -> list[Client]:
    return clients_of(account)


def clients_of(account: Account) -> list[Client]:
    """Several visitors, each in a ticket, and agents who write into the first tickets beside them."""
    made = []
    for number in range(VISITORS):
        contact = account.contact()
        with contact.socket() as socket:
            socket.get("welcome")
            ticket = socket.post("Good morning, a word about my order, please")["ticket"]
        made.append(Client(f"Visitor {number}", ticket, contact.socket, {}))
    for number in range(AGENTS):
        ticket = made[number].ticket
        made.append(Client(f"Agent {number}", ticket, account.agent, {"ticket": ticket}))
    return made


def acked(clients: list[Client]) -> int:
    """How many acks have come so far."""
    return sum(len(client.acks) for client in clients)


def kill_under_load(lethe: Lethe, clients: list[Client], dice: random.Random) -> int:
    """Kills once acks flow again, at no particular moment; how many messages were waiting for their ack just then."""
    before, limit = acked(clients), time.monotonic() + PATIENCE
    while acked(clients) < before + 5:
        assert time.monotonic() < limit, "no ack comes any more"
        time.sleep(0.005)
    time.sleep(dice.uniform(0, 0.2))
    lethe.kill()
    flying = sum(len(client.waiting) for client in clients)
    lethe.start()
    return flying


@pytest.fixture(scope="module")
def history(lethe: Lethe, account: Account, clients: list[Client]) -> tuple[Acks, dict[str, str], Stored]:
    return history_of(lethe, account, clients, KILLS)


def history_of(
    lethe: Lethe, account: Account, clients: list[Client], kills: int
) -> tuple[Acks, dict[str, str], Stored]:
    """What was acked, what was sent and what is stored after all the kills."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    for client in clients:
        client.thread.start()
    flying = [kill_under_load(lethe, clients, dice) for _ in range(kills)]
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.thread.join(2 * PATIENCE)
    print(f"acked {acked(clients)}, sent again {sum(client.resent for client in clients)}, in flight {flying}")
    assert min(flying) > 0, flying
    for ticket in {client.ticket for client in clients}:
        account.rest("PUT", f"/tickets/{ticket}/spam", {"spam": False})
    acks = {name: ack for client in clients for name, ack in client.acks.items()}
    sent = {name: text for client in clients for name, text in client.sent.items()}
    return acks, sent, {ticket: account.messages(ticket) for ticket in {client.ticket for client in clients}}


def test_no_acked_message_is_lost_doubled_or_renumbered_by_twenty_kills(
    history: tuple[Acks, dict[str, str], Stored], clients: list[Client]
) -> None:
    acks, sent, stored = history
    assert faults(acks, sent, stored) == []
    assert acks.keys() == sent.keys()
    assert sum(client.resent for client in clients) > 0
    assert [client.refusals for client in clients] == [[] for _ in clients]


def test_a_message_acked_twice_is_acked_with_one_number(
    history: tuple[Acks, dict[str, str], Stored], clients: list[Client]
) -> None:
    assert history[0]
    for before, again in (pair for client in clients for pair in client.again):
        assert (before["ticket"], before["seq"], before["at"]) == (again["ticket"], again["seq"], again["at"])


def test_the_checker_sees_an_ack_that_was_never_stored(history: tuple[Acks, dict[str, str], Stored]) -> None:
    acks, sent, stored = history
    ticket, messages = next(iter(stored.items()))
    forged = {"type": "ack", "id": "x", "ticket": ticket, "seq": len(messages) + 1}
    assert faults(acks | {"x": forged}, sent, stored) == ["x was acked and is lost"]


def test_the_checker_sees_a_double_a_gap_a_loss_and_another_text(history: tuple[Acks, dict[str, str], Stored]) -> None:
    acks, sent, stored = history
    ticket = next(iter(stored))
    last = stored[ticket][-1]
    doubled, gapped, lost, changed = (copy.deepcopy(stored) for _ in range(4))
    doubled[ticket].append(last | {"seq": last["seq"] + 1})
    assert faults(acks, sent, doubled) == [f"{last['id']} is stored 2 times"]
    gapped[ticket][-1]["seq"] += 1
    assert f"ticket {ticket} has a gap" in faults(acks, sent, gapped)
    lost[ticket].pop()
    assert faults(acks, sent, lost) == [f"{last['id']} was acked and is lost"]
    changed[ticket][-1]["text"] += "!"
    assert faults(acks, sent, changed) == [f"{last['id']} has another text"]


def test_a_server_that_acks_before_it_commits_is_found_out() -> None:
    with Lethe(module="tests.broken.early") as server:
        account = server.account()
        found = faults(*history_of(server, account, clients_of(account), KILLS // 2))
    print(f"{len(found)} faults, the first: {found[:3]}")
    assert any("is lost" in fault for fault in found)
