"""
What an address or a form says comes back as text: no page makes an element or an attribute of it.

CVE-2020-26891 (Synapse: a parameter written into a page), CVE-2021-21332 (Synapse: the page of a password),
CVE-2024-27516 (Live Helper Chat: a search run as a template).
"""

from collections import Counter
from html.parser import HTMLParser
from urllib.parse import quote

import httpx2
import pytest
from starlette.routing import Route

from chat.routes import routes
from tests.chance import dice
from tests.inside import CHAT, Served
from tests.routes import taken
from tests.walks.hostile import COUNTED, payloads

pytestmark = pytest.mark.anyio
PAGES = [each for each in routes() if isinstance(each, Route) and each.methods and "GET" in each.methods]
REFLECTING = sorted(
    (each.path, name)
    for each in PAGES
    if "{" not in each.path and not each.path.startswith("/api/")
    for name in {*taken(each.endpoint), "locale"}
)


class Elements(HTMLParser):
    """Counts elements with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.found[f"{tag} {sorted(name for name, _ in attrs)}"] += 1


def strange(answer: httpx2.Response) -> list[str]:
    """What a payload would make of an answer that a browser shows as a page, and no page of ours has."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        return elements(answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    return []


def elements(page: str) -> list[str]:
    """The elements of a page that none of ours has."""
    made = Elements(page).found
    return [
        each
        for each in made
        if each.startswith(("pwn", "iframe", "object", "embed", "base", "marquee")) or "'on" in each
    ]


async def test_a_parameter_makes_no_element(app: Served) -> None:
    await app.sign_in()
    chance = dice("parameters")
    for path, name in REFLECTING:
        for text in chance.sample(payloads(chance), 3):
            for query in (f"{name}={quote(text)}", f"{quote(text)}=1"):
                page = await app.client.get(f"{path}?{query}")
                assert strange(page) == [], (path, query)
                assert COUNTED not in page.text, (path, query)


async def test_an_address_that_is_nowhere_makes_no_element(app: Served) -> None:
    for text in payloads(dice("nowhere"))[::2]:
        page = await app.client.get(f"/{quote(text)}", headers={"accept": "text/html"})
        assert page.status_code in {400, 404}
        assert strange(page) == [], text


async def test_what_is_typed_to_sign_in_comes_back_as_text(app: Served) -> None:
    for number, text in enumerate(payloads(dice("signing in"))[:20]):
        network = {"origin": CHAT, "x-forwarded-for": f"10.0.0.{number}"}
        form = {"email": f"{text}@x.example", "password": text, "next": text}
        page = await app.client.post("/signin", data=form, headers=network)
        assert strange(page) == [], text


def test_an_element_that_a_payload_made_is_found() -> None:
    assert elements('<p title="x"><pwn-ed>') == ["pwn-ed []"]
    assert elements("<img src=x onerror=pwned=1>") == ["img ['onerror', 'src']"]
    assert len(REFLECTING) > 10
