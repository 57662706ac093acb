"""An origin is the one that browsers send: two sites are never one, however their names are written."""

import pytest

from chat.core import origins
from chat.core.errors import InvalidField
from chat.core.origins import checked_origins

ONE = [
    ("https://Shop.Example/", "https://shop.example"),
    ("https://shop.example:443", "https://shop.example"),
    ("http://shop.example:80", "http://shop.example"),
    ("http://shop.example:8080", "http://shop.example:8080"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
    ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("https://faß.example", "https://xn--fa-hia.example"),
    ("https://παράδειγμα.example", "https://xn--hxajbheg2az3al.example"),
    ("https://ΦΊΛΟΣ.example", "https://xn--kxaymql.example"),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("http://localhost", "http://localhost"),
]
APART = [
    ("https://faß.example", "https://fass.example"),
    ("https://φίλος.example", "https://φίλοσ.example"),
    ("https://bücher.example", "https://bucher.example"),
    ("http://shop.example", "https://shop.example"),
]
NONE = [
    "shop.example",
    "https://",
    "https://[",
    "https://shop.example/path",
    "https://a@shop.example",
    "https://☃.example",
    "https://a..é",
    "javascript://x",
    "https://shop.example?x",
    "ftp://x",
    "https://sh op.example",
    f"https://{'é' * 64}.example",
]


@pytest.mark.parametrize(("written", "sent"), ONE)
def test_an_origin_is_kept_as_browsers_send_it(written: str, sent: str) -> None:
    assert checked_origins([written]) == [sent]


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_sites_are_never_one(one: str, other: str) -> None:
    assert len(checked_origins([one, other])) == 2


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(InvalidField):
        checked_origins([written])


def test_an_older_reading_of_names_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "_host", lambda written: written.encode("idna").decode())
    assert len(checked_origins(list(APART[0]))) == 1
