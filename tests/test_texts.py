"""What is not seen is nothing, what is seen is not cut, no text is taken for another's."""

import json
import random
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from chat.account.actions import accounts, forms
from chat.core import frames, texts
from chat.core.errors import InvalidField, InvalidFrame
from chat.departments import actions as departments
from chat.team.actions import agents
from chat.tickets.actions import activity, posting, tickets, transcripts
from chat.tickets.schema import ticket
from chat.web.rendering import spoken
from tests.chance import dice
from tests.inside import House, Served, new_id, problem_of

BLANKS = (
    " \t\n\r\v\f\x00\x1f\x7f\x85\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b\u180e\u2000\u200a\u200b\u200c"
    "\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u202f\u205f\u2060\u2064\u2066\u2069\u206f\u2800\u3000\u3164\ufe00\ufe0f"
    "\ufeff\uffa0\ufff9\U0001d159\U0001d173\U000e0001\U000e0020\U000e0100"
)
"""Characters that are drawn as nothing, of every kind."""
SEEN = (
    "a",
    "α",
    "0",
    ".",
    "_",
    "…",
    "👋",
    "é",
    "e\u0301",
    "ا",
    "中",
    "\u0600",
    "\u2801",
    "\u115f\u1161",
    "👨\u200d👩",
    "\ufffd",
)
WHOLE = (
    "👨\u200d👩\u200d👧\u200d👦",
    "e\u0301",
    "🇬🇷",
    "👍🏽",
    "❤\ufe0f",
    "नि",
    "한",
    "ά",
    "a\u0302\u0323",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "x",
    " ",
)
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
TURNS = "\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\u200e\u200f"
ENTRY = re.compile(r"\[\d{4}-")
FILE = "File: invoice.pdf"
ENTRY_OF: Callable[..., str] = texts.entry
FORGED = "[2026-11-29T10:00:00.000Z] Agent Acme: Yes, you get all your money back."


def nothing(by: random.Random) -> str:
    """A random text of which nothing is seen."""
    return "".join(by.choices(BLANKS, k=by.randint(1, 12)))


def test_what_is_drawn_as_nothing_is_not_seen_and_all_else_is() -> None:
    by = dice("blanks")
    assert not texts.seen("")
    for _ in range(500):
        blank = nothing(by)
        assert not texts.seen(blank), ascii(blank)
        assert texts.line(blank) == ""
        assert texts.seen(blank + by.choice(SEEN) + blank), ascii(blank)
    for each in SEEN:
        assert texts.seen(each), ascii(each)


@pytest.mark.parametrize(
    "careless", [str.strip, lambda text: text.replace("\u200b", "").strip()], ids=["blanks", "one more"]
)
def test_stripping_alone_would_let_nothing_pass_for_something(careless: Callable[[str], str]) -> None:
    """The negative control."""
    assert any(careless(each) for each in BLANKS)


@pytest.mark.parametrize("kind", ["message", "note"])
def test_a_frame_with_nothing_to_see_is_refused(kind: str) -> None:
    by = dice(f"blank {kind}")
    for _ in range(50):
        frame = {"type": kind, "id": new_id(), "text": nothing(by)}
        with pytest.raises(InvalidFrame):
            frames.agent_frame(json.dumps(frame | {"ticket": 1}))
        if kind == "message":
            with pytest.raises(InvalidFrame):
                frames.visitor_frame(json.dumps(frame))
            frames.visitor_frame(json.dumps(frame | {"attachments": [new_id()]}))
        frames.agent_frame(json.dumps(frame | {"ticket": 1, "text": nothing(by) + "x"}))


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_name_of_nothing_is_none_at_every_door(app: Served) -> None:
    by, services, house = dice("blank names"), app.services, app.house
    blank = nothing(by)
    assert forms.checked(house.site, {"name": blank}) == {}
    for refused in (
        lambda: accounts.change_account(services, house.actor, name=blank),
        lambda: accounts.change_site(services, house.actor, house.site.id, name=blank),
        lambda: departments.add(services, house.actor, blank, {}),
        lambda: agents.add_agent(services, house.actor, "a@x.example", blank, "agent"),
    ):
        with pytest.raises(InvalidField):
            await refused()
    guest = await house.visit("Zoe")
    said = await guest.say("hello")
    number = (await app.rest("GET", "/tickets")).json()["items"][0]["number"]
    assert said.seq == 1
    problem_of(await app.rest("PATCH", f"/tickets/{number}", {"tags": [blank]}), 422, "invalid_field")
    for what in ("messages", "notes"):
        body = {"id": new_id(), "text": blank}
        problem_of(await app.rest("POST", f"/tickets/{number}/{what}", body), 422, "invalid_field")


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_comment_or_a_text_beside_a_file_of_which_nothing_is_seen_is_stored_as_none(house: House) -> None:
    by, guest = dice("blank comments"), await house.visit("Zoe")
    for _ in range(10):
        blank = nothing(by)
        for text, kept in ((blank, ""), (blank + "x", blank + "x")):
            number = (await guest.say(text)).number
            found = await tickets.one(house.services, house.actor, number)
            said = await transcripts.messages(house.services, guest.contact.id, found.ticket, agents=True)
            assert isinstance(said[-1], frames.MessageOut)
            assert said[-1].text == kept
            await activity.rate(house.services, guest.contact, found.ticket, 4, text)
            sealed = await house.services.store.read(
                lambda tx: tx.execute(select(ticket.c.rating_comment)).scalar_one()
            )
            assert (sealed is None) == (kept == ""), ascii(text)


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("careless", [posting, activity], ids=["texts", "comments"])
async def test_a_door_that_takes_nothing_for_something_is_found_out(
    house: House, monkeypatch: pytest.MonkeyPatch, careless: Any
) -> None:
    monkeypatch.setattr(careless, "seen", lambda _: True)
    with pytest.raises(AssertionError):
        await test_a_comment_or_a_text_beside_a_file_of_which_nothing_is_seen_is_stored_as_none(house)


def test_a_cut_is_at_the_end_of_what_is_seen_as_one() -> None:
    by = dice("cuts")
    for _ in range(500):
        parts = by.choices(WHOLE, k=by.randint(1, 40))
        text, most = "".join(parts), by.randint(12, 60)
        cut = texts.cut(text, most)
        assert len(cut) <= most
        ends = ["".join(parts[:count]) for count in range(len(parts) + 1)]
        # Two flags in a row are still two, and a letter behind a joiner its own: each part stands for itself.
        assert cut == max((each for each in ends if len(each) <= most), key=len), ascii((text, most))
    assert texts.cut("a" + "\u0301" * 500, 140) == "a" + "\u0301" * 139, "what never ends is cut where there is room"


def test_a_cut_by_number_alone_is_found_out() -> None:
    """The negative control: somewhere in each of these a cut by number takes a part."""
    for each in WHOLE:
        if len(each) > 1:
            text = "x" * 139 + each
            assert text[:140] not in {"x" * 139, text}
            assert texts.cut(text, 140) == "x" * 139


def unfold(text: str) -> list[str]:
    """The lines of a text as any program may break it."""
    return text.splitlines()


def hostile(by: random.Random) -> str:
    """A text that tries to be an entry."""
    parts = [
        "thanks",
        FORGED,
        "".join(by.choices(TURNS, k=3)),
        by.choice(BREAKS),
        by.choice(BREAKS),
        "שלום",
        "\x1b[2K\x08",
        "[invoice.pdf]",
        FILE,
    ]
    by.shuffle(parts)
    return "".join(parts)


def test_no_text_stands_where_an_entry_begins() -> None:
    by = dice("entries")
    for _ in range(500):
        text = hostile(by)
        files = [FILE] * by.randint(0, 2)
        made = texts.entry("[2026-11-29T11:00:00.000Z] Visitor Zoe: ", text, *files)
        lines = unfold(made)
        first, *rest = lines[: len(lines) - len(files)]
        assert lines[len(lines) - len(files) :] == files
        assert first.startswith("[2026-11-29T11")
        assert all(each.startswith(texts.INDENT) for each in rest), ascii(made)
        assert not [each for each in made if unicodedata.category(each) == "Cc" and each not in "\n\t"]
        assert all(each == "\n" for each in made if each in BREAKS)
        for each in (first, *rest):
            assert closed(each), ascii(each)


def closed(line: str) -> bool:
    """Whether what turns the direction of a line ends in it, within isolates that are opened and closed once each."""
    depth = 0
    for each in line:
        if each in "\u202a\u202b\u202d\u202e\u202c" and not depth:
            return False
        depth += (each in "\u2066\u2067\u2068") - (each == "\u2069")
        if depth < 0:
            return False
    return depth == 0


Broken = Callable[..., str]
BROKEN: dict[str, Broken] = {
    "as it is": lambda head, text, *below: "\n".join([head + text, *below]),
    "one kind of break": lambda head, text, *below: "\n".join([head + text.replace("\n", "\n    "), *below]),
    "one isolate around all": lambda head, text, *below: "\n".join(
        [head + "\u2068" + "\n    ".join(text.splitlines()) + "\u2069", *below]
    ),
    "files behind the text": lambda head, text, *below: ENTRY_OF(head, " ".join([text, *below])),
    "files as text": lambda head, text, *below: ENTRY_OF(head, "\n".join([text, *below])),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_entry_without_a_defence_is_found_out(monkeypatch: pytest.MonkeyPatch, broken: Broken) -> None:
    monkeypatch.setattr(texts, "entry", broken)
    with pytest.raises(AssertionError):
        test_no_text_stands_where_an_entry_begins()


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_nobody_speaks_as_somebody_else_in_a_transcript(house: House) -> None:
    """Each entry begins with its time and whose kind it is; whatever names and texts hold, there is one a message."""
    by = dice("transcripts")
    names = [
        "Agent Acme",
        "Acme: Yes, you get it all",
        f"\u202e{FORGED}",
        f"x\u2028{FORGED}",
        "\u2069\u202eemcA",
        "\u200b",
    ]
    for name in names:
        guest = await house.visit(name)
        for _ in range(4):
            await guest.say(hostile(by))
        made = await transcripts.as_text(house.services, guest.contact)
        begun = [each for each in unfold(made) if ENTRY.match(each)]
        assert len(begun) == 4, ascii(made)
        assert all(re.match(r"\[[^\]]+Z\] Visitor[ :]", each) for each in begun), ascii(begun)
        assert all(closed(each) for each in unfold(made))
        assert not [each for each in unfold(made) if each.startswith("File")], ascii(made)
    assert re.match(r"\[[^\]]+Z\] Visitor: ", begun[0]), "a name of nothing is none"


def test_on_a_page_nothing_turns_what_stands_around() -> None:
    by = dice("pages")
    for _ in range(200):
        text = "".join(by.choices(TURNS + "abשל", k=8))
        inner = spoken(text).removeprefix('<bdi dir="auto">').removesuffix("</bdi>")
        depth = [0]
        for each in inner:
            depth.append(depth[-1] + (each in "\u2066\u2067\u2068") - (each == "\u2069"))
        assert min(depth) == 0 == depth[-1], ascii(text)
