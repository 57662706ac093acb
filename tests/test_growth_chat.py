"""What a stranger's text, name, file name or header costs in the chat: for twice the length, twice the work at most."""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from typing import Final

import pytest
import regex
from python_multipart.multipart import parse_options_header

from bench.hostile.texts import Hostile, hostile
from chat.attachments import api as uploads
from chat.attachments.domain import filetypes
from chat.core import addresses, frames, networks, texts
from chat.core.errors import LetheError
from chat.core.locales import best_locale
from chat.export.actions import wording
from chat.features import gathered
from chat.infra.mail import Letter, Mailer
from chat.web import rendering
from tests.chance import dice
from tests.growth import CHEAP, Grown, Work, grows

MARKS: Final = ("\u0301\u0316", "\u0345\u0301\u05b0", "\u0327\u0301", "\u20dd\u0308\u0323")
"""Marks that stand in another order than the canonical one, so that whoever composes them has to sort them."""
FLAG: Final = "🇬🇷"
"""Whether a flag ends here, the first of the row says."""
NEARLY: Final = (
    "\r\n--", "\r\n--edg", "--edge\r\n", "\r\n", "Content-Disposition: form-data; ", "127.0.0.1,", "for=", "[::1],",
    "el;q=0.5,", ";q=", "%0D", "%22", '"', "\\", "../", "a/", ".png", ".", "con.", "\n%PDF-1.", "%%EOF", "🇬🇷",
    "👩\u200d", "\u200d", "e\u0301", "\u2066", "\u2069", "\u202e", "&", "<", "\n", "\r", "\u2028", "@", '"@', "a.", "(",
    "xn--",
)  # fmt: skip
"""Beginnings of what these look for."""
TEXTS: Final = 16


def pointed(chance: random.Random) -> Hostile:
    """Return a text at random: some of it what is looked for here, over and over."""
    if chance.random() < 1 / 3:
        return hostile(chance)
    unit = "".join(chance.choice((*NEARLY, *MARKS)) for _ in range(chance.randint(1, 2)))
    return replace(hostile(chance), unit=unit)


def known(chance: random.Random, number: int) -> Hostile:
    """Return one of the marks, or flags, for the first few, and else one at random."""
    units = (*MARKS, FLAG)
    return Hostile("a", units[number], "") if number < len(units) else pointed(chance)


def tolerant(work: Work) -> Work:
    """What is refused costs too."""

    def worked(text: str) -> object:
        try:
            return work(text)
        except (LetheError, UnicodeError):
            return None

    return worked


def read(name: bytes, data: bytes) -> uploads.Parts:
    """Read a form with one file."""
    parts = uploads.Parts(b"edge")
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    parts.feed(head + data + b"\r\n--edge--\r\n")
    return parts


def fed(text: str) -> object:
    """Read a form whose file holds it."""
    return read(b"x", text.encode("utf-8", "surrogatepass"))


def named(text: str) -> object:
    """Read a form whose file has this name, as much of it as a part's headers may have."""
    return read(text[: uploads.HEADER_MOST // 4].encode("utf-8", "surrogatepass"), b"x")


def sniffed(text: str) -> object:
    """Sniff bytes and wide text; and what begins and ends nearly as a PDF does."""
    data = text.encode("utf-8", "surrogatepass")
    wide = text.encode("utf-16", "surrogatepass")
    return filetypes.sniff(data), filetypes.sniff(wide), filetypes.sniff(wide[2:]), filetypes.sniff(data + b"\n%PDF-1.")


def shown(text: str) -> object:
    """Make what an export's page shows of it."""
    return SAY.is_moment(text), rendering.spoken(text), SAY.text({"a": text}), SAY.text([text, text])


def lettered(text: str) -> object:
    """Make a letter of it, as mail carries it; half a surrogate pair is refused where texts come in."""
    text = SURROGATE.sub("", text)
    letter = Letter("019aaf2e-0000-7000-8000-000000000000", "a@x.example", texts.line(text)[:200], text)
    return MAILER._written(letter).as_bytes()


SAY: Final = wording.Say(gathered().locales, "en")
SURROGATE: Final = re.compile("[\ud800-\udfff]")
MAILER: Final = Mailer("smtp://127.0.0.1:1")
TRUSTED: Final = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
WORKS: Final[dict[str, Callable[[str], object]]] = {
    "preview": lambda text: texts.cut(text, 140),
    "cut within": lambda text: texts.cut(text, max(1, len(text) - 1)),
    "seen": texts.seen,
    "line": texts.line,
    "composed": texts.composed,
    "entry of a transcript": partial(texts.entry, "[2026-11-29T10:00:00.000Z] Visitor: "),
    "balanced": texts.balanced,
    "address": addresses.address,
    "identity": addresses.identity,
    "file name": lambda text: filetypes.tidy(text, "image/png"),
    "file name shortened": lambda text: filetypes.shortened(text, max(1, len(text.encode("utf-8", "replace")) - 1)),
    "sniffed": sniffed,
    "form": fed,
    "form's file name": named,
    "content type": lambda text: parse_options_header(text[:65_536]),
    "language": lambda text: best_locale(["en", "el"], [text], text),
    "forwarded": lambda text: networks.asked_from("127.0.0.1", [text, text], TRUSTED),
    "forwarded by ours": lambda text: networks.asked_from("127.0.0.1", ["127.0.0.1," * len(text)], TRUSTED),
    "export's page": shown,
    "letter": lettered,
    "frame": frames.visitor_frame,
}


SETTING_OUT: Final = {"letter": 0.02}
"""Seconds that these may take for the shortest text."""


def dearest(name: str, chance: random.Random, count: int) -> tuple[Hostile, Grown] | None:
    """Return a text that costs too much there, and how much."""
    work = tolerant(WORKS[name])
    for number in range(count):
        text = known(chance, number)
        if grown := grows(work, text.of, cheap=SETTING_OUT.get(name, CHEAP)):
            return text, grown
    return None


@pytest.mark.parametrize("name", WORKS)
def test_a_strangers_text_costs_no_more_than_its_length(name: str) -> None:
    assert dearest(name, dice(name), TEXTS) is None


BROKEN: Final[dict[str, tuple[object, str, object]]] = {
    "cut within": (texts, "_GRAPHEME", regex.compile(r"\X")),
    "composed": (texts, "composed", partial(unicodedata.normalize, "NFC")),
    "identity": (addresses, "LONGEST", 10**9),
    "file name": (filetypes, "composed", partial(unicodedata.normalize, "NFC")),
    "entry of a transcript": (texts, "isolated", lambda text: "".join(text[:end] for end in range(len(text)))[:1]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_control_a_square_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*BROKEN[name])
    monkeypatch.setitem(WORKS, "composed", texts.composed)
    assert dearest(name, random.Random(2), 2 * TEXTS) is not None


WRITTEN: Final = ("e\u0301", "ά", "한", "नि", "a\u0302\u0323", "x", " ", "👩\u200d👩")


def test_composed_keeps_what_people_write_and_sheds_the_heap() -> None:
    by = dice("composed")
    for _ in range(300):
        plain = "".join(by.choices(WRITTEN, k=by.randint(0, 30)))
        assert texts.composed(plain) == unicodedata.normalize("NFC", plain)
        heap = "".join(by.choices("\u0301\u0316\u0327\u05b0", k=by.randint(31, 400)))
        assert len(texts.composed(f"{plain}q{heap}z")) <= len(unicodedata.normalize("NFC", plain)) + 32


def test_two_long_texts_that_are_no_addresses_stay_two() -> None:
    long = "a" * addresses.LONGEST
    assert addresses.identity(long + "b") != addresses.identity(long + "c")
    assert "@" not in addresses.identity(long).split(" ", 1)[0]
