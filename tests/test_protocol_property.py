"""
The socket protocol under random frames: a visitor and an agent do what they like, and what the contract promises holds.

The machine keeps a plain list of what must be stored.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.lethe import Account, Contact, Lethe
from tests.sockets import Frame, Socket

SEED = 20_261_124
EXAMPLES, STEPS = 25, 30
SPAM = "BUY CHEAP VIAGRA now!!! casino bonus free money click http://win.example/casino http://win.example/pills"
TEXTS = st.one_of(
    st.just(SPAM),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip),
)
IDS = st.uuids(version=4).map(str)
NONSENSE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            '{"type":"message","id":"no","text":"x"}',
            '{"type":"typing","on":1}',
            '{"type":"message"}',
            '{"type":"shout"}',
            '{"type":"read","seq":-1}',
            "[]",
        ]
    ),
)


@dataclass
class Said:
    """A message that was acked."""

    id: str
    text: str
    author: str
    ack: Frame


@dataclass
class Ticket:
    """What a ticket must hold, in its order."""

    number: int
    said: list[Said] = field(default_factory=list)
    notes: int = 0
    ended: bool = False


class Chat(RuleBasedStateMachine):
    """One contact, one agent; each example has a contact of its own."""

    account: Account

    def __init__(self) -> None:
        super().__init__()
        self.contact: Contact = self.account.contact("Zoe")
        self.agreed = True
        self.tickets: list[Ticket] = []
        self.fresh = False
        self.agent = self.account.agent()
        self.agent.get("welcome")
        self.lines: list[Socket] = []
        self.resent: set[str] = set()
        self.visitor = self._joined(0)

    def _joined(self, last_seq: int) -> Socket:
        socket = self.contact.socket(last_seq)
        self.lines.append(socket)
        self.fresh = False
        if not self.agreed:
            assert socket.next()["type"] == "consent_required"
            return socket
        welcome = socket.next()
        assert welcome["type"] == "welcome"
        known = self.ticket.said if self.ticket else []
        assert welcome["ticket"] == (self.ticket.number if self.ticket else None)
        assert [each["seq"] for each in welcome["messages"]] == list(range(last_seq + 1, len(known) + 1))
        assert [each["text"] for each in welcome["messages"]] == [each.text for each in known[last_seq:]]
        return socket

    @property
    def ticket(self) -> Ticket | None:
        """The one a message would go to, unless a fresh one was asked for."""
        return self.tickets[-1] if self.tickets else None

    @property
    def open(self) -> bool:
        """Whether a message of the visitor's must be taken."""
        return self.agreed

    def _earlier(self, author: str) -> list[Said]:
        return [each for ticket in self.tickets for each in ticket.said if each.author == author]

    def _answer(self, socket: Socket, name: str) -> Frame:
        """The ack or error that names a message; what comes before it is heard."""
        while True:
            frame = socket.next()
            if frame["type"] in {"ack", "error"} and frame.get("id") == name:
                return frame

    def _enter(self, said: Said) -> None:
        if self.ticket is None or self.fresh:
            self.tickets.append(Ticket(said.ack["ticket"]))
            self.fresh = False
            self.agent.ask("open", "welcome", ticket=said.ack["ticket"], last_seq=0)
        assert self.ticket is not None
        self.ticket.said.append(said)
        self.ticket.ended = False
        assert (said.ack["ticket"], said.ack["seq"]) == (self.ticket.number, len(self.ticket.said))

    @rule(text=TEXTS, name=IDS)
    def the_visitor_writes(self, text: str, name: str) -> None:
        self.visitor.say(text, name)
        answer = self._answer(self.visitor, name)
        if self.open:
            assert answer["type"] == "ack", answer
            self._enter(Said(name, text, "visitor", answer))
        else:
            assert answer["type"] == "error"
            assert answer["code"] == "consent_required"

    @precondition(lambda self: self.ticket is not None)
    @rule(text=TEXTS, name=IDS)
    def the_agent_writes(self, text: str, name: str) -> None:
        assert self.ticket is not None
        self.agent.say(text, name, ticket=self.ticket.number)
        answer = self._answer(self.agent, name)
        assert answer["type"] == "ack", answer
        left, self.fresh = self.fresh, False
        self._enter(Said(name, text, "agent", answer))
        if left and self.agreed:
            self.visitor.get("welcome", ticket=self.ticket.number)

    @precondition(lambda self: self._earlier("visitor") and self.agreed)
    @rule(data=st.data())
    def a_message_of_the_visitors_comes_again(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(self._earlier("visitor")))
        self.visitor.say("another text", said.id)
        answer = self._answer(self.visitor, said.id)
        assert (answer["type"], answer["ticket"], answer["seq"]) == ("ack", said.ack["ticket"], said.ack["seq"])

    @precondition(lambda self: self._earlier("agent"))
    @rule(data=st.data())
    def a_message_of_the_agents_comes_again(self, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(self._earlier("agent")))
        self.agent.say("another text", said.id, ticket=said.ack["ticket"])
        answer = self._answer(self.agent, said.id)
        assert (answer["type"], answer["ticket"], answer["seq"]) == ("ack", said.ack["ticket"], said.ack["seq"])

    @precondition(lambda self: self.ticket is not None and self.open and not self.fresh)
    @rule(names=st.lists(IDS, min_size=1, max_size=6, unique=True), cut=st.booleans())
    def both_write_at_once_and_the_line_may_break(self, names: list[str], *, cut: bool) -> None:
        assert self.ticket is not None
        answers = [str(uuid.uuid5(uuid.UUID(name), "answer")) for name in names]
        for name, answer in zip(names, answers, strict=True):
            self.visitor.say(f"Hello {name}", name)
            self.agent.say(f"Answer {name}", answer, ticket=self.ticket.number)
        if cut:
            self.visitor.drop()
            self.visitor = self._rejoined()
            self.resent.update(names)
            for name in names:
                self.visitor.say(f"Hello {name}", name)
        acks = [self._answer(self.visitor, name) for name in names]
        acks += [self._answer(self.agent, answer) for answer in answers]
        assert {ack["type"] for ack in acks} == {"ack"}
        for ack in sorted(acks, key=lambda each: int(each["seq"])):
            mine = ack["id"] in names
            text = f"Hello {ack['id']}" if mine else f"Answer {names[answers.index(ack['id'])]}"
            self._enter(Said(ack["id"], text, "visitor" if mine else "agent", ack))

    def _rejoined(self) -> Socket:
        """A line whose welcome holds an unknown part of what was on its way."""
        assert self.ticket is not None
        socket = self.contact.socket(len(self.ticket.said))
        self.lines.append(socket)
        socket.get("welcome")
        return socket

    @precondition(lambda self: self.ticket is not None)
    @rule(text=TEXTS, name=IDS)
    def the_agent_notes(self, text: str, name: str) -> None:
        assert self.ticket is not None
        self.agent.send("note", ticket=self.ticket.number, id=name, text=f"private-word {text}")
        answer = self._answer(self.agent, name)
        self.ticket.notes += 1
        assert (answer["note"], answer["after_seq"]) == (self.ticket.notes, len(self.ticket.said))

    @rule(frame=NONSENSE, of_agent=st.booleans())
    def somebody_sends_nonsense(self, frame: str, *, of_agent: bool) -> None:
        socket = self.agent if of_agent else self.visitor
        socket.raw(frame)
        socket.get("error", code="invalid_frame")
        socket.send("close", ticket=10_000) if of_agent else socket.send("read", seq=0)  # no bad frames in a row

    @rule(data=st.data(), cut=st.booleans())
    def the_visitor_comes_back(self, data: st.DataObject, *, cut: bool) -> None:
        known = len(self.ticket.said) if self.ticket else 0
        last_seq = data.draw(st.integers(0, known))
        self.visitor.drop() if cut else self.visitor.close()
        self.visitor = self._joined(last_seq)

    @rule()
    def a_new_notice_is_published(self) -> None:
        self.account.publish()
        self.visitor.get("consent_required")
        self.agreed = False

    @rule(right=st.booleans(), chat=st.booleans())
    def the_visitor_answers_the_notice(self, *, right: bool, chat: bool) -> None:
        version = self.account.version if right else self.account.version + 1
        self.visitor.send("consent", notice_version=version, consent={"chat": chat})
        if right and chat:
            self.visitor.get("welcome")
            self.agreed = True
        else:
            wanted = "notice_outdated" if chat else "consent_required"
            assert self.visitor.get("error")["code"] == wanted
            if not self.agreed:
                self.visitor.get("consent_required")

    @precondition(lambda self: self.ticket is not None and self.open and not self.fresh and not self.ticket.ended)
    @rule()
    def the_visitor_ends_the_chat(self) -> None:
        assert self.ticket is not None
        self.visitor.ask("end", "ended")
        self.ticket.ended = True

    @precondition(lambda self: self.ticket is not None and self.agreed and not self.fresh)
    @rule(score=st.integers(1, 5))
    def the_visitor_rates_the_chat(self, score: int) -> None:
        self.visitor.send("rate", score=score, comment="")
        assert [frame for frame in self.visitor.settle() if frame["type"] == "error"] == []
        self.visitor.send("read", seq=0)

    @precondition(lambda self: self.ticket is not None and self.ticket.ended and self.agreed)
    @rule()
    def the_visitor_begins_anew(self) -> None:
        self.visitor.send("hello", token=self.contact.token, last_seq=0, fresh=True)
        self.visitor.get("welcome", ticket=None)  # what was said when it was opened again may come before
        self.fresh = True

    @invariant()
    def a_visitor_hears_of_no_note(self) -> None:
        assert "private-word" not in repr([line.heard for line in self.lines])

    def teardown(self) -> None:
        """What is stored is what was acked, once and in order; and every line that lives has heard it once."""
        try:
            for ticket in self.tickets:
                stored = self.account.messages(ticket.number)
                assert [(each["seq"], each["id"]) for each in stored] == [
                    (number, each.id) for number, each in enumerate(ticket.said, 1)
                ]
                shown = [(each.get("text"), said.text) for each, said in zip(stored, ticket.said, strict=True)]
                assert all(text in {None, said} for text, said in shown)
                assert [each["note"] for each in self.account.notes(ticket.number)] == list(range(1, ticket.notes + 1))
            self._everything_was_heard_once()
        finally:
            self.agent.close()
            for line in self.lines:
                line.close()

    def _everything_was_heard_once(self) -> None:
        for ticket in self.tickets:
            whole = list(range(1, len(ticket.said) + 1))
            while sorted(heard(self.agent, ticket.number)) != whole:
                self.agent.next()
            for line in self.lines:
                numbers = heard(line, ticket.number, self.resent)
                assert len(numbers) == len(set(numbers)), numbers


def heard(socket: Socket, number: int, resent: Collection[str] = ()) -> list[int]:
    """
    The numbers of one ticket's messages that a socket got, each as often as it got it; its own acks among them.

    What was sent again on it may be acked before it comes as what another line of the same visitor's said.
    """
    found: list[int] = []
    for frame in socket.heard:
        if frame["type"] == "welcome" and frame["ticket"] == number:
            found += [each["seq"] for each in frame["messages"]]
        if frame["type"] == "message" and frame["ticket"] == number:
            found += [frame["seq"]] if frame["id"] not in resent or frame["seq"] not in found else []
        if frame["type"] == "ack" and frame["ticket"] == number and "seq" in frame and frame["seq"] not in found:
            found.append(frame["seq"])
    return found


def play(account: Account, examples: int, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    """Runs the machine against an account; raises what it finds."""
    print(f"seed {SEED}")

    class Here(Chat):
        pass

    Here.account = account
    chosen: Callable[[Any], Any] = seed(SEED)
    run_state_machine_as_test(
        chosen(Here),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_promises_hold_whatever_is_sent(account: Account) -> None:
    play(account, EXAMPLES)


@pytest.fixture(scope="module", params=["doubles", "gaps", "careless"])
def broken(request: pytest.FixtureRequest) -> Iterator[Lethe]:
    """A server that breaks one promise."""
    with Lethe(module=f"tests.broken.{request.param}") as server:
        yield server


def test_a_server_that_breaks_a_promise_is_found_out(broken: Lethe) -> None:
    with pytest.raises((AssertionError, ExceptionGroup)):
        play(broken.account(), 4 * EXAMPLES, (Phase.generate,))
