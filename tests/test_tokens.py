"""Tokens speak for one contact of one site, until they expire; nobody else can make one."""

import base64
import contextlib
import json
import zlib

import pytest
from itsdangerous import URLSafeSerializer

from chat.core import tokens
from chat.core.clock import DAY
from chat.core.errors import Unauthorized
from chat.core.ids import secret
from chat.core.tokens import VISITOR_DAYS, Tokens

NOW = 1_800_000_000_000
TOKENS = Tokens(b"k" * 32)
GOOD = TOKENS.visitor("contact", "site", NOW)


def test_a_token_says_whom_it_is_for() -> None:
    read = TOKENS.read_visitor(GOOD, NOW)
    assert (read.contact, read.site) == ("contact", "site")


def test_a_token_lasts_ninety_days_to_the_millisecond() -> None:
    end = NOW + VISITOR_DAYS * DAY
    assert TOKENS.read_visitor(GOOD, end - 1).until == end
    with pytest.raises(Unauthorized, match="expired"):
        TOKENS.read_visitor(GOOD, end)


def test_a_token_made_elsewhere_is_forged() -> None:
    with pytest.raises(Unauthorized):
        TOKENS.read_visitor(Tokens(b"x" * 32).visitor("contact", "site", NOW), NOW)


def test_a_cookie_is_no_visitors_token() -> None:
    cookie = TOKENS.cookie(secret())
    with pytest.raises(Unauthorized):
        TOKENS.read_visitor(cookie, NOW)
    with pytest.raises(Unauthorized):
        TOKENS.read_cookie(GOOD)


def test_a_changed_token_is_forged() -> None:
    body, _, signature = GOOD.partition(".")
    other = base64.urlsafe_b64encode(json.dumps(["other", "site", NOW + DAY]).encode()).decode().rstrip("=")
    for changed in (
        f"{other}.{signature}",
        f"{body}.{signature[:-2]}xx",
        f"{body}.",
        f".{signature}",
        f"{body}x.{signature}",
    ):
        with pytest.raises(Unauthorized):
            TOKENS.read_visitor(changed, NOW)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "é.ü", "\x00", "x" * 100_000, "null", "." + "A" * 27])
def test_nonsense_is_no_token_and_no_cookie(text: str) -> None:
    with pytest.raises(Unauthorized):
        TOKENS.read_visitor(text, NOW)
    with pytest.raises(Unauthorized):
        TOKENS.read_cookie(text)


@pytest.mark.parametrize("content", [[], ["a", "b"], {"a": 1}, 7, None])
def test_a_token_that_holds_something_else_is_refused(content: object) -> None:
    odd = URLSafeSerializer(b"k" * 32, salt="lethe/visitor").dumps(content)
    with pytest.raises(Unauthorized):
        TOKENS.read_visitor(str(odd), NOW)


def test_a_token_holds_ids_and_times_only() -> None:
    body = GOOD.partition(".")[0]
    padded = base64.urlsafe_b64decode(body.removeprefix(".") + "==")
    inside = json.loads(zlib.decompress(padded) if body.startswith(".") else padded)
    assert inside == ["contact", "site", NOW + VISITOR_DAYS * DAY]


def test_a_cookie_gives_back_its_secret() -> None:
    made = secret()
    assert TOKENS.read_cookie(TOKENS.cookie(made)) == made


def test_a_token_has_one_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the control: the library takes others, as the last letter of base64 has bits to spare."""
    others = [f"{GOOD}=", f"{GOOD}==", f"{GOOD}\u00e9", *(f"{GOOD[:-1]}{chr(ord(GOOD[-1]) + by)}" for by in (1, 2, 3))]
    taken = []
    for shown in others:
        with pytest.raises(Unauthorized):
            TOKENS.read_visitor(shown, NOW)
    monkeypatch.setattr(tokens._Serializer, "loads", URLSafeSerializer.loads)
    for shown in others:
        with contextlib.suppress(Unauthorized):
            taken.append(TOKENS.read_visitor(shown, NOW))
    assert taken
