"""What a socket answers to frames that are not of the protocol: an error, and it stays; after ten in a row it goes."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from tests.lethe import Account, Contact, Lethe
from tests.sockets import Socket

ID = "0192f0c1-2345-7abc-8def-0123456789ab"
HELLO = '{"type":"hello","token":"'

NONSENSE = {
    "not JSON": "good morning",
    "nothing": "",
    "half of it": '{"type":"typing","on":tr',
    "two at once": '{"type":"typing","on":true}{"type":"typing","on":true}',
    "an array": '[{"type":"typing","on":true}]',
    "a string": '"typing"',
    "null": "null",
    "a number": "17",
    "no type": '{"on":true}',
    "a type that is null": '{"type":null}',
    "an unknown type": '{"type":"shout","text":"private-word"}',
    "an extra field": '{"type":"typing","on":true,"private-word":1}',
    "a missing field": '{"type":"typing"}',
    "a wrong field": '{"type":"typing","on":"private-word"}',
    "not a number": '{"type":"read","seq":NaN}',
    "a fraction": '{"type":"read","seq":1.5}',
    "a number below": '{"type":"read","seq":-1}',
    "a number above": '{"type":"read","seq":2147483648}',
    "truth for a number": '{"type":"read","seq":true}',
    "a NUL in the raw": '{"type":"typing","on":true}\x00',
    "deep nesting": '{"type":' + "[" * 5000 + "]" * 5000 + "}",
}
TO_VISITORS = {
    "an empty text": f'{{"type":"message","id":"{ID}","text":""}}',
    "a text that is null": f'{{"type":"message","id":"{ID}","text":null}}',
    "no id": '{"type":"message","text":"private-word"}',
    "an id of other form": '{"type":"message","id":"private-word","text":"x"}',
    "an id and a line feed": f'{{"type":"message","id":"{ID}\\n","text":"x"}}',
    "an agent's field": f'{{"type":"message","ticket":1,"id":"{ID}","text":"x"}}',
    "an agent's type": f'{{"type":"note","ticket":1,"id":"{ID}","text":"x"}}',
    "a NUL in a string": f'{{"type":"message","id":"{ID}","text":"a\x00b"}}',
    "half a surrogate pair": f'{{"type":"message","id":"{ID}","text":"\\ud800"}}',
    "the other half": f'{{"type":"message","id":"{ID}","text":"a\\udc00b"}}',
    "an attachment that cannot be": f'{{"type":"message","id":"{ID}","text":"x","attachments":["y"]}}',
    "a rating of nought": '{"type":"rate","score":0}',
    "a rating of six": '{"type":"rate","score":6}',
    "consent in words": '{"type":"consent","notice_version":1,"consent":{"chat":"true"}}',
    "consent to another thing": '{"type":"consent","notice_version":1,"consent":{"chat":true,"private-word":true}}',
    "a token that is none": '{"type":"hello","token":7}',
}
TO_AGENTS = {
    "a ticket of nought": '{"type":"open","ticket":0}',
    "a ticket in words": '{"type":"open","ticket":"1"}',
    "a message to nowhere": f'{{"type":"message","id":"{ID}","text":"x"}}',
    "an id and a line feed": f'{{"type":"message","ticket":1,"id":"{ID}\\n","text":"x"}}',
    "half a surrogate pair": f'{{"type":"note","ticket":1,"id":"{ID}","text":"\\udfff"}}',
    "a status that is none": '{"type":"presence","status":"private-word"}',
    "a visitor's type": '{"type":"hello","token":"private-word"}',
}


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """Frames are read before any database is asked."""
    return embedded


@pytest.fixture(scope="module")
def zoe(account: Account) -> Contact:
    return account.contact("Zoe")


@pytest.fixture
def visitor(zoe: Contact) -> Iterator[Socket]:
    with zoe.socket() as socket:
        socket.get("welcome")
        yield socket


@pytest.fixture
def agent(account: Account) -> Iterator[Socket]:
    with account.agent() as socket:
        socket.get("welcome")
        yield socket


def refused_and_there(socket: Socket, frame: str | bytes) -> None:
    """The socket answers with an error that repeats nothing of the frame, and goes on."""
    socket.raw(frame)
    error = socket.get("error")
    assert error["code"] == "invalid_frame"
    assert "private-word" not in json.dumps(error)
    socket.settle()


@pytest.mark.parametrize("frame", (NONSENSE | TO_VISITORS).values(), ids=(NONSENSE | TO_VISITORS))
def test_a_visitors_bad_frame_is_answered_and_the_socket_stays(lethe: Lethe, visitor: Socket, frame: str) -> None:
    before = lethe.still()
    refused_and_there(visitor, frame)
    assert lethe.dump() == before
    assert visitor.post("and now a good one")["held"] is False


@pytest.mark.parametrize("frame", (NONSENSE | TO_AGENTS).values(), ids=(NONSENSE | TO_AGENTS))
def test_an_agents_bad_frame_is_answered_and_the_socket_stays(
    lethe: Lethe, visitor: Socket, agent: Socket, frame: str
) -> None:
    ticket = visitor.post("a ticket to speak of")["ticket"]
    before = lethe.still()
    refused_and_there(agent, frame)
    assert lethe.dump() == before
    assert agent.post("a good one", ticket=ticket)["ticket"] == ticket


def test_a_ping_is_answered_on_both_sides_and_needs_no_hello(account: Account, visitor: Socket, agent: Socket) -> None:
    with account.visitor() as stranger:
        for socket in (stranger, visitor, agent):
            assert socket.ask("ping", "pong") == {"type": "pong"}
            socket.send("pong")
            assert socket.settle() == []


def test_a_frame_in_binary_is_a_bad_frame_whatever_it_says(visitor: Socket) -> None:
    frame = f'{{"type":"message","id":"{uuid4()}","text":"x"}}'
    refused_and_there(visitor, frame.encode())
    visitor.raw(frame)
    assert visitor.get("ack")


def test_text_that_is_not_utf8_closes_with_1007(visitor: Socket) -> None:
    visitor.raw(b'{"type":"typing","on":true, "\xff\xfe":1}', text=True)
    assert visitor.closed() == 1007


def test_a_frame_of_64_kib_is_read_and_a_larger_one_closes_with_1009(zoe: Contact) -> None:
    frame = f'{{"type":"message","id":"{uuid4()}","text":"fits"}}'
    with zoe.socket() as fits, zoe.socket() as larger:
        fits.get("welcome")
        larger.get("welcome")
        fits.raw(frame + " " * (65_536 - len(frame)))
        assert fits.get("ack")
        larger.raw(frame + " " * (65_537 - len(frame)))
        assert larger.closed() == 1009
        assert fits.post("nobody else is disturbed")


@pytest.mark.parametrize("letter", ["x", "ω", "😀", "\x00"])
def test_a_text_holds_ten_thousand_characters_and_no_more(account: Account, visitor: Socket, letter: str) -> None:
    fits, over = letter * 10_000, letter * 10_001
    if letter == "\x00":  # six bytes each in JSON
        fits, over = fits[:9_000] + "x" * 1_000, over[:9_000] + "x" * 1_001
    name = visitor.say(over)
    error = visitor.get("error")
    assert (error["code"], error["id"]) == ("too_large", name)
    ack = visitor.post(fits)
    account.rest("PUT", f"/tickets/{ack['ticket']}/spam", {"spam": False})
    assert [each["text"] for each in account.messages(ack["ticket"]) if each["seq"] == ack["seq"]] == [fits]


def test_too_large_a_text_of_an_agent_is_refused_by_name(visitor: Socket, agent: Socket) -> None:
    ticket = visitor.post("Hello")["ticket"]
    for kind in ("message", "note"):
        agent.send(kind, ticket=ticket, id=ID, text="x" * 10_001)
        error = agent.get("error")
        assert (error["code"], error["id"]) == ("too_large", ID)


@pytest.mark.parametrize("side", ["visitor", "agent"])
def test_ten_bad_frames_in_a_row_close_with_4400_and_nine_do_not(request: pytest.FixtureRequest, side: str) -> None:
    socket: Socket = request.getfixturevalue(side)
    good = '{"type":"read","seq":0}' if side == "visitor" else '{"type":"close","ticket":1}'
    for _ in range(2):
        for _ in range(9):
            socket.raw("bad")
            assert socket.refused() == "invalid_frame"
        socket.raw(good)
    for _ in range(10):
        socket.raw("bad")
    assert socket.closed() == 4400
    assert [frame["code"] for frame in socket.heard[-10:]] == ["invalid_frame"] * 10


def test_too_large_texts_count_as_bad_frames(visitor: Socket) -> None:
    for _ in range(10):
        visitor.say("x" * 10_001)
    assert visitor.closed() == 4400


@pytest.mark.parametrize("path", ["visitor", "agent"])
def test_a_socket_that_speaks_another_protocol_is_closed_with_4400(account: Account, path: str) -> None:
    opened = account.visitor if path == "visitor" else account.agent
    with opened(subprotocols=["lethe.v2", "chat"], create_connection=None) as socket:
        assert socket.wire.subprotocol is None
        assert socket.closed() == 4400
        assert not socket.heard


def test_of_several_protocols_ours_is_spoken_and_none_need_be_named(account: Account) -> None:
    with account.agent(subprotocols=["chat", "lethe.v1"]) as named, account.agent(subprotocols=[]) as silent:
        assert named.wire.subprotocol == "lethe.v1"
        assert named.get("welcome")["epoch"] == silent.get("welcome")["epoch"]


def test_there_is_no_socket_elsewhere(account: Account) -> None:
    with pytest.raises(InvalidStatus):
        Socket(f"ws://127.0.0.1:{account.lethe.port}/ws/nobody")
