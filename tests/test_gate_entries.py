"""
Each of the two that ask for consent holds by itself: the gate at the socket, and the transaction that stores.

Three servers are broken on purpose: without the one, without the other, without both.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from tests.lethe import Lethe
from tests.sockets import Socket, kinds

FRAMES: dict[str, dict[str, Any]] = {
    "typing": {"on": True},
    "read": {"seq": 2},
    "rate": {"score": 5, "comment": "good"},
    "message": {"text": "after the notice changed"},
    "end": {},
}
Said = dict[str, tuple[list[str], bool]]
"""Of each frame: the codes it was refused with, and whether it had an effect."""


def after_a_new_notice(server: Lethe) -> Said:
    """Somebody chats, a new notice is published, and they go on without agreeing to it."""
    account = server.account()
    contact = account.contact("Zoe")
    with contact.socket() as visitor, account.agent() as agent:
        visitor.get("welcome")
        number = visitor.post("Good morning")["ticket"]
        agent.get("welcome")
        agent.ask("open", "welcome", ticket=number)
        agent.say("And to you", ticket=number)
        visitor.get("message", seq=2)
        account.publish("We now keep it for longer.")
        visitor.get("consent_required")
        server.still()
        return {kind: tried(server, visitor, agent, kind) for kind in FRAMES}


def tried(server: Lethe, visitor: Socket, agent: Socket, kind: str) -> tuple[list[str], bool]:
    """One frame: how it was refused, and whether the agent heard of it or anything is stored otherwise."""
    before = server.still()  # what the frame before it did may still be going on
    agent.settle()
    known = len(visitor.heard)
    visitor.send(kind, **({"id": str(uuid4())} if kind == "message" else {}), **FRAMES[kind])
    while kind == "message" and not {"ack", "error"} & set(kinds(visitor.heard[known:])):
        visitor.next()  # its answer comes after the commit
    visitor.settle()
    answers = visitor.heard[known:-1]
    heard = [each for each in kinds(agent.settle()) if each in {"typing", "read", "message", "ticket"}]
    return [each["code"] for each in answers if each["type"] == "error"], bool(heard) or server.dump() != before


def broken(name: str) -> Iterator[Said]:
    """What a server says that is broken on purpose."""
    with Lethe(module=f"tests.broken.{name}") as server:
        yield after_a_new_notice(server)


def test_without_consent_no_frame_has_an_effect(embedded: Lethe) -> None:
    assert after_a_new_notice(embedded) == dict.fromkeys(FRAMES, (["consent_required"], False))


def test_without_the_gate_every_frame_but_a_message_would_have_one() -> None:
    (said,) = broken("ungated")
    assert {kind for kind, (_, effect) in said.items() if effect} == set(FRAMES) - {"message"}
    assert said["message"] == (["consent_required"], False)


def test_without_the_transaction_asking_the_gate_still_refuses() -> None:
    (said,) = broken("unasked")
    assert said["message"] == (["consent_required"], False)


def test_without_both_a_message_would_be_stored() -> None:
    (said,) = broken("careless")
    assert said["message"] == ([], True)
