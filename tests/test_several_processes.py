"""
Several processes over one PostgreSQL and one Redis: visitors and agents hang on different servers, a worker runs
beside them, and what happens in one reaches all.
"""

import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update
from websockets.exceptions import WebSocketException

from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.infra.services import Services
from chat.retention.actions import retention
from chat.team.actions import agents
from chat.tickets.schema import ticket
from tests.inside import new_id
from tests.lethe import Account, Contact, Lethe, Started
from tests.services import PostgreSQL, Service, Valkey
from tests.sockets import PATIENCE, Frame, Socket, seqs
from tests.test_crash import Client, faults

HAM = ("where is my parcel", "the invoice has the wrong name")
SPAM = ("claim your prize now at http://win.example", "casino bonus for you, click here")


class Worker(Started):
    """`lethe worker` beside the servers."""

    def arguments(self) -> list[str]:
        """The sweeps, and nothing else."""
        return ["worker"]

    def alive(self) -> bool:
        """It answers nobody: what it does is waited for where it matters."""
        return True


@dataclass
class Several:
    """Two servers and a worker, and one account as each server's clients see it."""

    here: Account
    there: Account
    worker: Service
    redis: Valkey

    def both(self) -> tuple[Account, Account]:
        """The account at each server."""
        return self.here, self.there


@pytest.fixture(scope="module")
def several(postgresql: PostgreSQL) -> Iterator[Several]:
    """Everything of one house: a database, a Redis, a data folder."""
    with Valkey() as redis, contextlib.ExitStack() as stack:
        shared = {"DATABASE_URL": postgresql.clone(), "REDIS_URL": redis.url}
        # Started, not forked: what two processes agree on must not hang on the seed of their hashes.
        one = stack.enter_context(Started(**shared))
        shared["DATA"] = one.environment["LETHE_DATA"]
        other = stack.enter_context(Started(**shared))
        worker = stack.enter_context(Worker(**shared))
        account = one.account()
        yield Several(account, replace(account, lethe=other), worker, redis)


def until(true: Callable[[], Any]) -> Any:
    """What is asked for, once it is there."""
    limit = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.05)
    return found


def at(account: Account, contact: Contact) -> Contact:
    """The same contact, whose browser now reaches this server."""
    return replace(contact, account=account)


@contextlib.contextmanager
def chatting(several: Several, **options: Any) -> Iterator[tuple[Contact, Socket, Socket, int]]:
    """A contact whose socket is here, with a ticket that an agent has open there."""
    contact = several.here.contact(**options)
    with contact.socket() as visitor, several.there.agent() as agent:
        visitor.get("welcome")
        number = visitor.post("Good morning, a word about my order, please")["ticket"]
        agent.get("welcome")
        assert agent.ask("open", "welcome", ticket=number)["seq"] == 1
        yield contact, visitor, agent, number


def test_both_hear_each_other_across_processes_in_order(several: Several) -> None:
    with chatting(several) as (_, visitor, agent, number):
        for turn in range(20):
            visitor.say(f"question {turn}")
            agent.say(f"answer {turn}", ticket=number)
        for end in (visitor, agent):
            heard: list[Frame] = []
            while len(set(seqs(heard))) < 40:
                heard.append(end.next())
            others = [each["seq"] for each in heard if each["type"] == "message"]
            assert others == sorted(set(others))
            assert set(seqs(heard)) == set(range(2, 42))
        stored = several.here.messages(number)
        assert [each["seq"] for each in stored] == list(range(1, 42))


def test_typing_reading_and_who_is_there_cross_over(several: Several) -> None:
    with chatting(several) as (_, visitor, agent, number):
        visitor.send("typing", on=True)
        assert agent.get("typing", ticket=number, on=True)["author"]["kind"] == "visitor"
        agent.send("typing", ticket=number, on=True)
        assert visitor.get("typing", on=True)["author"]["kind"] == "agent"
        agent.send("read", ticket=number, seq=1)
        assert visitor.get("read")["seq"] == 1
        for status in ("away", "online"):
            agent.send("presence", status=status)
            visitor.get("presence", online=status == "online")


def test_a_redaction_reaches_windows_of_the_other_process(several: Several) -> None:
    with chatting(several) as (contact, visitor, agent, number):
        agent.post("your card number is 4111", ticket=number)
        visitor.get("message", seq=2)
        several.here.rest("DELETE", f"/tickets/{number}/messages/2")
        assert (visitor.get("redacted")["target"], agent.get("redacted")["target"]) == (2, 2)
        with at(several.there, contact).socket() as again:
            assert again.get("welcome")["messages"][1].get("text") is None


def test_who_withdraws_at_one_process_is_let_go_by_the_other_and_forgotten_by_both(several: Several) -> None:
    with chatting(several, email="zoe@x.example") as (contact, visitor, agent, number):
        known = several.there.rest("GET", f"/contacts/{contact.uid}")
        assert known["email"] == "zoe@x.example"
        made = at(several.there, contact).withdraw()
        assert visitor.closed() == 4410
        agent.get("ticket", ticket=number, status="gone")
        done = until(lambda: erased(several.here, made))
        assert done["certificate"]["certificate"]["places"]
        for each in several.both():
            each.rest("GET", f"/contacts/{contact.uid}", expect=404)
            with at(each, contact).socket() as socket:
                assert socket.closed() == 4401


def erased(account: Account, made: str) -> Any:
    """An erasure, once it is done; only the worker carries them out."""
    found = account.rest("GET", f"/erasures/{made}")
    return found if found["state"] == "done" else None


def test_a_new_notice_stops_chats_of_the_other_process_until_it_is_agreed_to(several: Several) -> None:
    with chatting(several) as (_, visitor, agent, number):
        version = several.there.publish("We keep it longer now.")
        several.here.version = version
        assert visitor.get("consent_required")["notice"]["version"] == version
        visitor.say("is anybody there?")
        assert visitor.refused() == "consent_required"
        agent.post("an answer meanwhile", ticket=number)
        assert "message" not in [each["type"] for each in visitor.settle()]
        visitor.send("consent", notice_version=version, consent={"chat": True})
        assert visitor.get("welcome")["messages"][-1]["text"] == "an answer meanwhile"
        visitor.post("I agree to that too")
        agent.get("message", text="I agree to that too")


def test_a_site_deleted_at_one_process_closes_its_chats_at_the_other(several: Several) -> None:
    made = several.here.rest("POST", "/sites", {"name": "Second", "origins": ["https://two.example"]})
    there = replace(several.there, site=made["key"])
    with there.contact().socket() as theirs, several.there.contact().socket() as neighbour:
        assert theirs.get("welcome")
        assert neighbour.get("welcome")
        several.here.rest("DELETE", f"/sites/{made['id']}")
        assert theirs.closed() == 4403
        neighbour.send("ping")
        assert neighbour.get("pong")
    assert [each.lethe.http.get(f"/widget/{made['key']}").status_code for each in several.both()] == [404, 404]


def test_marks_a_version_and_an_erasure_change_the_filter_of_every_process(several: Several) -> None:
    shipped = hashes(several)
    assert len(set(shipped)) == 1
    guests = [marked(several, text, spam=text in SPAM) for text in HAM + SPAM]
    until(lambda: same(several, labels=4))
    run = several.there.rest("POST", "/spam/training-runs")["id"]
    until(lambda: several.here.rest("GET", f"/spam/training-runs/{run}")["state"] == "done")
    several.here.rest("PUT", "/spam/model", {"version": 1})
    assert until(lambda: same(several, labels=4))["version"] == 1
    for guest in guests:
        guest.withdraw()
    until(lambda: same(several, labels=0))


def marked(several: Several, text: str, *, spam: bool) -> Contact:
    """Somebody who agreed to training and wrote here, marked by an agent there."""
    guest = several.here.contact(training=True)
    with guest.socket() as socket:
        socket.get("welcome")
        number = socket.post(text)["ticket"]
    several.there.rest("PUT", f"/tickets/{number}/spam", {"spam": spam})
    return guest


def hashes(several: Several) -> list[str]:
    """What each server's filter is, in one hash."""
    return [each.rest("GET", "/spam/model")["sha256"] for each in several.both()]


def same(several: Several, labels: int) -> Any:
    """The filter, where both servers have the same one with so many labels."""
    found = [each.rest("GET", "/spam/model") for each in several.both()]
    whole = all(sum(each["labels"].values()) == labels for each in found)
    return found[0] if whole and found[0] == found[1] else None


def test_an_erasure_by_the_worker_alone_leaves_no_key_in_any_process(several: Several) -> None:
    with chatting(several) as (contact, visitor, _, _):
        row = several.here.lethe.perform(
            lambda services: services.store.read(lambda tx: contacts.by_uid(tx, contact.uid))
        )
        several.there.rest("POST", "/erasures", {"contact_id": contact.uid})
        assert visitor.closed() == 4410
    until(lambda: gone(several.here.lethe, row.key_slot, contact.uid))


def gone(lethe: Lethe, slot: int, owner: str) -> bool:
    """Whether a key is destroyed."""

    async def look(services: Any) -> bool:
        with contextlib.suppress(NotFound):
            services.keys.get(slot, owner)
            return False
        return True

    return lethe.perform(look)


def test_what_the_worker_purges_by_age_is_gone_from_windows_of_every_process(several: Several) -> None:
    with chatting(several) as (_, visitor, agent, number):
        old = update(ticket).where(ticket.c.number == number).values(updated_at=0)
        several.here.lethe.perform(lambda services: services.store.write(lambda tx: tx.execute(old).rowcount))
        several.there.rest("POST", "/retention/runs", {"dry_run": False})
        agent.get("ticket", ticket=number, status="gone")
        visitor.get("ended")
        several.here.rest("GET", f"/tickets/{number}", expect=404)


def test_a_hold_is_heard_at_both_processes_when_it_begins_and_when_it_is_lifted(several: Several) -> None:
    with chatting(several) as (contact, _, agent, number), several.here.agent() as near:
        near.get("welcome")
        held(several.here, contact, number)
        for each in (agent, near):
            each.get("ticket", ticket=number, status="gone")
        several.here.rest("DELETE", f"/contacts/{contact.uid}/hold")
        for each in (agent, near):
            each.get("ticket", ticket=number, status="open")


def purged(account: Account, _contact: Contact, number: int) -> None:
    """An agent purges the ticket."""
    account.rest("DELETE", f"/tickets/{number}?permanent=true")


def held(account: Account, contact: Contact, _number: int) -> None:
    """The contact is held for a legal claim."""
    account.rest("PUT", f"/contacts/{contact.uid}/hold", {"reason": "a claim", "days": 30})


def aged(account: Account, _contact: Contact, number: int) -> None:
    """The ticket is over its days, and a command purges what is."""
    old = update(ticket).where(ticket.c.number == number).values(updated_at=0)
    account.lethe.perform(lambda services: services.store.write(lambda tx: tx.execute(old).rowcount))
    account.lethe.perform(lambda services: retention.now(services, dry_run=False))


@pytest.mark.parametrize("goes", [purged, held, aged])
def test_what_went_while_redis_was_away_is_heard_when_it_is_back(
    several: Several, goes: Callable[[Account, Contact, int], None]
) -> None:
    with chatting(several) as (contact, _, agent, number), chatting(several) as (_, _, other, stays):
        agent.ask("open", "welcome", ticket=stays)
        several.redis.stop()
        goes(several.here, contact, number)
        assert [each for each in agent.settle() if each.get("status") == "gone"] == [], "nobody could tell"
        several.redis.start()
        agent.get("ticket", ticket=number, status="gone")
        assert agent.get("welcome")["ticket"] is None, "its lists are to be read anew"
        for each in (agent, other):
            each.post("still here", ticket=stays)
            assert not any(frame.get("status") == "gone" and frame["ticket"] == stays for frame in each.heard)


@pytest.mark.parametrize("path", ["gone", "agent"])
def test_who_was_erased_while_redis_was_away_is_sent_to_every_page_when_it_is_back(several: Several, path: str) -> None:
    there = several.there.lethe
    with Socket(f"ws://127.0.0.1:{there.port}/ws/{path}", headers=several.there.bearer) as page:
        page.get("welcome")
        contact = several.here.contact()
        several.redis.stop()
        filed = contact.withdraw()
        assert [each for each in page.settle() if each.get("erasure") == filed] == [], "nobody could tell"
        several.redis.start()
        assert page.get("erasure", erasure=filed)["contact"] == contact.uid


def test_rights_that_change_at_one_process_close_what_is_open_at_the_other(several: Several) -> None:
    with joined(several.here) as (_, theirs), several.here.agent() as owners:
        owners.get("welcome")
        several.there.rest("PUT", "/roles", {"changed": {"agent": {"ticket.read": False}}})
        assert theirs.get("error")["code"] == "forbidden"
        assert theirs.closed()
        owners.send("ping")
        assert owners.get("pong")  # the control: another role is let be
    several.there.rest("PUT", "/roles", {"changed": {}})


def test_attempts_to_sign_in_are_counted_over_all_processes(several: Several) -> None:
    turns = itertools.cycle(several.both())
    answers = [attempt(next(turns)) for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


def attempt(account: Account) -> int:
    """What somebody who guesses is answered."""
    form = {"email": "owner-of-nothing@acme.example", "password": "a guess"}
    network = {"Origin": account.lethe.origin, "X-Forwarded-For": "10.99.0.1"}
    return account.lethe.http.post("/signin", data=form, headers=network).status_code


def test_a_killed_process_loses_and_doubles_nothing_and_its_visitors_go_to_the_other(several: Several) -> None:
    """Visitors hang on the process that is killed, agents on the other; meanwhile the worker erases somebody else."""
    turns = [several.here, several.there]
    clients = [client for number in range(2) for client in pair(several, turns, number)]
    victims = [several.there.contact() for _ in range(3)]
    for client in clients:
        client.thread.start()
    progress(clients, 20)
    for victim in victims:
        victim.withdraw()
    several.here.lethe.kill()
    progress(clients, 40)
    several.here.lethe.start()
    turns.reverse()  # from now on the next socket goes to the one that is back
    progress(clients, 20)
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.thread.join(2 * PATIENCE)
    check(several.there, clients)
    until(lambda: not unfinished(several.there))


def pair(several: Several, turns: list[Account], number: int) -> tuple[Client, Client]:
    """A visitor who goes to whichever process answers, and an agent of the other in the same ticket."""
    contact = several.here.contact()

    def reach() -> Socket:
        for account in turns:
            with contextlib.suppress(OSError, WebSocketException):
                return at(account, contact).socket()
        raise OSError("no process answers")

    with contact.socket() as socket:
        socket.get("welcome")
        where = socket.post("Good morning")["ticket"]
    visitor = Client(f"Visitor {number}", where, reach, {})
    return visitor, Client(f"Agent {number}", where, several.there.agent, {"ticket": where})


def check(account: Account, clients: list[Client]) -> None:
    """Everything acked is stored once, in order, with its text, and nothing was refused."""
    acks = {name: ack for client in clients for name, ack in client.acks.items()}
    sent = {name: text for client in clients for name, text in client.sent.items()}
    numbers = {client.ticket for client in clients}
    for number in numbers:
        account.rest("PUT", f"/tickets/{number}/spam", {"spam": False})
    assert faults(acks, sent, {number: account.messages(number) for number in numbers}) == []
    assert acks.keys() == sent.keys()
    assert [client.refusals for client in clients] == [[] for _ in clients]


def progress(clients: list[Client], more: int) -> None:
    """Wait until every client has had so many more acks."""
    goal = [len(client.acks) + more for client in clients]
    until(lambda: all(len(client.acks) >= each for client, each in zip(clients, goal, strict=True)))


def unfinished(account: Account) -> list[Frame]:
    """The erasures that are not done yet."""
    return [each for each in account.rest("GET", "/erasures")["items"] if each["state"] != "done"]


def test_who_looks_and_types_at_one_process_is_seen_at_the_other(several: Several) -> None:
    with chatting(several) as (_, _visitor, agent, number), joined(several.here) as (_, colleague):
        colleague.ask("open", "welcome", ticket=number)
        colleague.send("looking", ticket=number)
        assert [each["name"] for each in agent.get("looking", ticket=number)["agents"]] == ["Xenia"]
        colleague.send("typing", ticket=number, on=True)
        assert agent.get("typing", ticket=number, on=True)["author"]["name"] == "Xenia"
        agent.send("looking", ticket=number)
        assert colleague.get("looking", ticket=number)["agents"] != []
        colleague.close()
        assert agent.get("looking", ticket=number)["agents"] == []


def test_a_ticket_is_given_out_once_by_processes_that_all_look(several: Several) -> None:
    """Both servers and the worker give out every few seconds what waits: each ticket goes to one agent, once."""
    with joined(several.here) as (one, near), joined(several.there) as (other, far):
        department = several.here.rest("POST", "/departments", {"name": f"Workshop {new_id()}"})["id"]
        for agent, socket in ((one, near), (other, far)):
            several.here.rest("PATCH", f"/agents/{agent}", {"departments": [department]})
            socket.send("presence", status="online")
        waiting = []
        for account in several.both() * 3:
            with account.contact().socket() as visitor:
                visitor.get("welcome")
                waiting.append(visitor.post("Good morning, a word about my order, please")["ticket"])
            account.rest("PATCH", f"/tickets/{waiting[-1]}", {"department": department})
        for most, left in ((2, 2), (3, 0)):
            rule = {"mode": "round_robin", "most": most, "minutes": 0}
            several.there.rest("PUT", f"/departments/{department}/routing", rule)
            until(partial(has, several, waiting, left))
        assert whose(several, waiting) == {one: 3, other: 3}
        for number in waiting:
            done = several.here.rest("GET", f"/tickets/{number}/events")["items"]
            assert [each["kind"] for each in done].count("assigned") == 1


@contextlib.contextmanager
def joined(account: Account, name: str = "Xenia") -> Iterator[tuple[str, Socket]]:
    """An agent beside the owner, and their socket at the account's server."""
    made = account.rest("POST", "/agents", {"email": f"x-{new_id()}@acme.example", "name": name})["id"]
    token = f"lethe_{new_id()}"

    async def given(services: Services) -> None:
        await services.store.write(lambda tx: agents.give_token(tx, made, token, "test", 0))

    account.lethe.perform(given)
    with account.agent({"Authorization": f"Bearer {token}"}) as socket:
        socket.get("welcome")
        yield made, socket


def has(several: Several, numbers: list[int], left: int) -> bool:
    """Whether so many of some tickets are nobody's."""
    return whose(several, numbers)[None] == left


def whose(several: Several, numbers: list[int]) -> Counter[str | None]:
    """How many of some tickets each agent has, and nobody."""
    found = (several.here.rest("GET", f"/tickets/{each}")["assignee"] for each in numbers)
    return Counter(None if each is None else each["id"] for each in found)
