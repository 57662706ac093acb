"""The wire protocol refuses whatever it does not define, and says so without repeating what was sent."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from chat.core import frames
from chat.core.errors import BadInput, InvalidFrame, TooLarge
from chat.core.frames import inbound

ID = "01935f2e-7d6b-7000-8000-000000000001"
VISITOR: list[dict[str, Any]] = [
    {"type": "hello", "token": "t", "last_seq": 3, "fresh": True},
    {"type": "consent", "notice_version": 4, "consent": {"chat": True, "spam_training": False}},
    {"type": "message", "id": ID, "text": "Γεια 👋", "attachments": []},
    {"type": "typing", "on": True},
    {"type": "read", "seq": 12},
    {"type": "rate", "score": 5, "comment": ""},
    {"type": "end"},
]
AGENT: list[dict[str, Any]] = [
    {"type": "open", "ticket": 17, "last_seq": 0},
    {"type": "close", "ticket": 17},
    {"type": "message", "ticket": 17, "id": ID, "text": "hello"},
    {"type": "note", "ticket": 17, "id": ID, "text": "hello"},
    {"type": "typing", "ticket": 17, "on": False},
    {"type": "read", "ticket": 17, "seq": 12},
    {"type": "presence", "status": "away"},
    {"type": "shown", "contacts": [ID], "tickets": [17]},
]
WRONG: list[dict[str, Any]] = [
    {"type": "message", "id": "not-a-uuid", "text": "x"},
    {"type": "message", "id": ID, "text": ""},
    {"type": "message", "id": ID, "text": 7},
    {"type": "message", "id": ID, "text": None},
    {"type": "message", "id": ID, "text": "x", "attachments": ["a"]},
    {"type": "typing", "on": "true"},
    {"type": "typing", "on": 1},
    {"type": "read", "seq": -1},
    {"type": "read", "seq": 2**31},
    {"type": "read", "seq": 1.5},
    {"type": "rate", "score": 0},
    {"type": "rate", "score": 6},
    {"type": "hello", "token": 5},
    {"type": "consent", "notice_version": 0, "consent": {"chat": True}},
    {"type": "consent", "notice_version": 1, "consent": {"chat": 1}},
    {"type": "consent", "notice_version": 1, "consent": {"chat": "true"}},
    {"type": "consent", "notice_version": 1, "consent": {"chat": None}},
    {"type": "consent", "notice_version": 1, "consent": {}},
    {"type": "consent", "notice_version": 1, "consent": {"chat": True, "marketing": True}},
]


def name(frame: dict[str, Any]) -> str:
    return json.dumps(frame).replace(ID, "ID").replace('"', "")


@pytest.mark.parametrize("frame", VISITOR, ids=name)
def test_every_frame_of_a_visitor_is_understood(frame: dict[str, Any]) -> None:
    assert type(frames.visitor_frame(json.dumps(frame))).__struct_config__.tag == frame["type"]


@pytest.mark.parametrize("frame", AGENT, ids=name)
def test_every_frame_of_an_agent_is_understood(frame: dict[str, Any]) -> None:
    assert type(frames.agent_frame(json.dumps(frame))).__struct_config__.tag == frame["type"]


@pytest.mark.parametrize("frame", WRONG, ids=name)
def test_a_wrong_value_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(json.dumps(frame))


@pytest.mark.parametrize("frame", VISITOR, ids=name)
def test_a_field_too_many_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(json.dumps(frame | {"more": 1}))


@pytest.mark.parametrize("frame", VISITOR[:-1], ids=name)
def test_a_missing_field_is_refused(frame: dict[str, Any]) -> None:
    required = next(field for field in frame if field not in {"type", "last_seq", "fresh"})
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(json.dumps({key: value for key, value in frame.items() if key != required}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "{",
        "[]",
        "null",
        "7",
        '"hello"',
        "{}",
        '{"type":"nonsense"}',
        '{"type":null}',
        '{"type":["end"]}',
        "[" * 5000,
        '{"type":"message","id":"' + ID + '","text":"\\ud800"}',
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_frame_is_refused(text: str) -> None:
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(text)
    with pytest.raises(InvalidFrame):
        frames.agent_frame(text)


@pytest.mark.parametrize(
    "said", ['{"chat":false,"chat":true}', '{"chat":true,"chat":true}', '{"chat":false},"consent":{"chat":true}']
)
def test_who_says_no_and_yes_has_not_agreed(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the control: read as JSON usually is, the last one counts."""
    text = f'{{"type":"consent","notice_version":1,"consent":{said}}}'
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(text)
    monkeypatch.setattr(inbound, "repeated", lambda _: None)
    assert frames.visitor_frame(text) == frames.Consent(1, frames.Choices(chat=True))


@pytest.mark.parametrize("frame", AGENT[:5] + AGENT[6:], ids=name)
def test_an_agents_frame_is_none_of_the_visitors(frame: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame):
        frames.visitor_frame(json.dumps(frame))


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "canary-7351"},
        {"type": "end", "canary-7351": 1},
        {"type": "read", "seq": "canary-7351"},
        {"type": "message", "id": "canary-7351", "text": "x"},
    ],
    ids=name,
)
def test_a_refusal_does_not_repeat_what_was_sent(frame: dict[str, Any]) -> None:
    with pytest.raises(InvalidFrame) as caught:
        frames.visitor_frame(json.dumps(frame))
    assert "canary" not in caught.value.detail


def test_a_text_holds_ten_thousand_characters_and_no_more() -> None:
    most = {"type": "message", "id": ID, "text": "😀" * frames.TEXT_CHARS}
    frames.visitor_frame(json.dumps(most, ensure_ascii=False))
    with pytest.raises(TooLarge) as caught:
        frames.visitor_frame(json.dumps(most | {"text": most["text"] + "!"}, ensure_ascii=False))
    assert caught.value.extra["id"] == ID


def test_only_hello_and_consent_need_no_consent() -> None:
    free = {frame["type"] for frame in VISITOR if not frames.visitor_frame(json.dumps(frame)).needs_consent}
    assert free == {"hello", "consent"}


def test_a_held_message_for_agents_has_no_text_at_all() -> None:
    author = frames.Author("visitor")
    held = frames.MessageOut(ticket=1, seq=1, id=ID, author=author, at="", held=True)
    assert "text" not in json.loads(frames.encode(held))


NAMED = [
    f'{{"type":"message","id":"{ID}","text":"\\ud83d"}}',
    f'{{"type":"message","text":"\\udc00","id":"{ID}"}}',
    f'{{"type":"message","id":"{ID}","text":""}}',
    f'{{"type":"message","id":"{ID}","text":"x","more":1}}',
    f'{{"type":"message","id":"{ID}","text":7}}',
    f'{{"type":"message","id":"{ID}"}}',
    f'{{"type":"shout","id":"{ID}","text":"x"}}',
    f'{{"id" : "{ID}"}}',
    f'{{"type":"message","id":"{ID}","text":"a\x00b"}}',
    f'{{"type":"message","id":"{ID}","text":"breaks o',
    f'{{"type":"message","id":"{ID}","text":"x"}}}}',
    f'{{"type":"message","id":"{ID}","n":{"9" * 5000}}}',
    f'{{"type":"message","id":"{ID}","n":{"[" * 30_000}',
    f'{{"type":"message","id":"{ID}","text":"{"x" * 10_001}"}}',
]
NAMELESS = [
    "",
    "x",
    "[]",
    "null",
    '"id"',
    '{"id":7}',
    '{"id":"private-word"}',
    f'["{ID}"]',
    f'{{"id":"{ID}x"}}',
    f'{{"id":"{ID}\\n"}}',
]


@pytest.mark.parametrize("text", NAMED)
@pytest.mark.parametrize("read", [frames.visitor_frame, frames.agent_frame])
def test_a_refusal_names_the_frame_however_wrong_it_is(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(text)
    assert refused.value.extra["id"] == ID


@pytest.mark.parametrize("text", NAMELESS)
def test_what_is_no_id_is_not_repeated(text: str) -> None:
    assert frames.id_of(text) is None


@pytest.mark.parametrize("seed", range(50))
def test_a_frame_with_anything_done_to_its_other_fields_keeps_its_id(seed: int) -> None:
    dice = random.Random(seed)
    wrong = ['"\\ud800"', "[]", "{}", "1e999", "-0", '"\\u0000"', "true", '{"id":"other"}', "9" * 300]
    fields = [f'"id":"{ID}"', f'"text":{dice.choice(wrong)}', f'"{dice.randbytes(3).hex()}":{dice.choice(wrong)}']
    dice.shuffle(fields)
    assert frames.id_of("{" + ",".join(fields) + "}") == ID
