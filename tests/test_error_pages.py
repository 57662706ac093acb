"""The pages for what went wrong: each says its own number and what to do, in both languages, to whoever it is for."""

import re
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from chat.core.errors import (
    InvalidField,
    LetheError,
    NetworkNotAllowed,
    PasswordDue,
    ProviderRequired,
    RateLimited,
    SecondFactorDue,
    StepUpRequired,
    TooSlow,
    Unauthorized,
)
from chat.core.locales import SHARED
from chat.core.model import LOCALES
from chat.web import pages
from tests.inside import CHAT, Served

pytestmark = pytest.mark.anyio
NUMBER = re.compile(r'class="error-status">(\d+)<')
TITLE = re.compile(r"<h1>(.+?)</h1>")
INBOX = 'href="/inbox"'


def kinds(root: type[LetheError] = LetheError) -> Iterator[type[LetheError]]:
    """Every kind of error that is answered with this page; the others lead to another, or ask something."""
    if not issubclass(root, Unauthorized | PasswordDue | ProviderRequired | SecondFactorDue | StepUpRequired):
        yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def made(kind: type[LetheError]) -> LetheError:
    """One of a kind."""
    if issubclass(kind, RateLimited):
        return kind(retry_after=61.2)
    return InvalidField("Not right", field="name") if issubclass(kind, InvalidField) else kind()


def shown(error: LetheError, locale: str = "en", path: str = "/admin/site") -> tuple[str, dict[str, str]]:
    """The page for an error and its headers."""
    headers = [(b"accept-language", locale.encode())]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    answer = pages.error_page(Request(scope), error)
    assert answer.status_code == error.status
    return bytes(answer.body).decode(), dict(answer.headers)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_number_and_words(kind: type[LetheError], locale: str) -> None:
    error = made(kind)
    page, _ = shown(error, locale)
    number, title = NUMBER.search(page), TITLE.search(page)
    assert number is not None
    assert title is not None
    assert int(number[1]) == error.status
    own: int | str = error.status if error.status in pages.ERRORS else 500 if error.status >= 500 else 400
    own = "network" if kind is NetworkNotAllowed else own  # whoever meets it is to go elsewhere, and not to reload
    assert title[1] == SHARED.strings(locale)[f"error.{own}.title"]
    assert str(SHARED.strings(locale)[f"error.{own}.how"])[:20] in page


def test_a_number_without_words_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ERRORS", pages.ERRORS | {TooSlow.status})
    with pytest.raises(KeyError):
        shown(TooSlow())


def test_a_page_says_too_when_to_come_back() -> None:
    assert shown(made(RateLimited))[1]["retry-after"] == "62"
    assert shown(TooSlow())[1]["connection"] == "close"
    assert "retry-after" not in shown(TooSlow())[1]


def test_visitors_are_not_sent_to_the_inbox() -> None:
    assert INBOX in shown(LetheError())[0]
    assert INBOX not in shown(LetheError(), path="/privacy/site_x")[0]


async def test_a_browser_is_answered_with_pages(app: Served) -> None:
    html = {"accept": "text/html"}
    many = {"origin": CHAT, "content-type": "application/x-www-form-urlencoded"} | html
    answers = {
        404: await app.client.get("/nothing", headers=html),
        405: await app.client.get("/signout", headers=html),
        403: await app.client.post("/signin", data={"email": "a"}, headers=html | {"origin": "https://else.example"}),
        413: await app.client.post("/signin", content="a=1&" * 301, headers=many),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert f'class="error-status">{status}<' in answer.text
    assert "POST" in answers[405].headers["allow"]
