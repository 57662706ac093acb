"""
What visitors and agents store is text in every window that shows it.

CVE-2022-0370, CVE-2022-1530, CVE-2022-1234 (Live Helper Chat: a name, a message, run as a template or as markup),
huntr 3874c055 (cskefu: a note), CVE-2026-24050 (Zulip: names of groups in dialogs), CVE-2024-27516 (a template made
of what was typed), CVE-2022-36048 (Zulip: a remote image that tells who looks).
"""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chat.account.actions import accounts
from chat.core.model import CustomField
from chat.departments import actions as departments
from chat.infra.services import Services
from chat.team.actions import agents, sessions
from tests.chance import dice
from tests.lethe import Account, Contact
from tests.walks.hostile import COUNTED, Watch, payloads
from tests.walks.shop import Guest, Shop

STATIC = Path(__file__).parent.parent.parent / "static"
ADMIN = (
    "site",
    "agents",
    "departments",
    "privacy",
    "exports",
    "erasures",
    "audit",
    "filter",
    "quarantine",
    "retention",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def texts() -> list[str]:
    """The payloads of this run."""
    return payloads(dice("stored markup"))


@pytest.fixture
def stored(account: Account, texts: list[str]) -> int:
    """Every field of an account that somebody may set holds one; the ticket with all of them as messages and notes."""
    field = account.lethe.perform(lambda services: _agents_fields(services, account, texts))
    with ExitStack() as lines:
        for text in texts[:20]:
            own: Any = {field: text}
            someone = account.contact(text, **own)
            line = lines.enter_context(someone.socket())
            line.get("welcome")
            line.say(text)
            line.get("ack")
        talker = account.contact(texts[3])
        return _said(account, talker, texts)


async def _agents_fields(services: Services, account: Account, texts: list[str]) -> str:
    """Set what agents may: the site's name, labels and notes, departments, agents; the id of the site's own field."""
    actor = await sessions.by_token(services, account.token)
    (site,) = await accounts.sites(services, actor)
    own = [CustomField(labels={"en": texts[3]})]
    fields = {"name": "optional", "email": "optional", "phone": "optional"}
    note = {"alternative": texts[4], "privacy_note": texts[5]}
    site = await accounts.change_site(services, actor, site.id, name=texts[6], fields=fields, custom_fields=own, **note)
    for number, text in enumerate(texts[:8]):
        await departments.add(services, actor, text, {})
        await agents.add_agent(services, actor, f"agent{number}.{account.site}@acme.example", text, "agent")
    return site.custom_fields[0].id


def _said(account: Account, talker: Contact, texts: list[str]) -> int:
    with talker.socket() as line, account.agent() as agent:
        line.get("welcome")
        for text in texts:
            line.say(text)
            number: int = line.get("ack")["ticket"]
        for text in texts:
            agent.say(text, ticket=number)
            agent.get("ack")
            agent.send("note", id=str(uuid.uuid4()), ticket=number, text=text)
            agent.get("ack")
        bearer = {"Authorization": f"Bearer {talker.token}"}
        files = [{"file": (f"{text[:60]}.txt", b"nothing", "text/plain")} for text in texts[:10]]
        sent = [
            account.lethe.http.post(f"/widget/{account.site}/attachments", files=each, headers=bearer) for each in files
        ]
        line.say("", attachments=[each.json()["id"] for each in sent if each.status_code == 201])
        line.get("ack")
    account.rest("PUT", f"/tickets/{number}/spam", {"spam": False})  # shows what the filter takes for spam, and holds
    return number


@pytest.fixture
def owner(browser: Browser, account: Account) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    context = browser.new_context(**DESKTOP)  # type: ignore[arg-type] # as a browser's context is told
    name, _, value = account.sign_in().partition("=")
    context.add_cookies([{"name": name, "value": value, "url": account.lethe.origin}])
    yield context
    context.close()


def watched(page: Page, account: Account) -> Watch:
    """A page that may talk to the server and to nobody else."""
    return Watch(page, {account.lethe.origin.partition("://")[2], account.origin.partition("://")[2]})


def test_what_anybody_stores_is_text_in_the_inbox(
    owner: BrowserContext, account: Account, texts: list[str], stored: int
) -> None:
    page = owner.new_page()
    seen = watched(page, account)
    page.goto(f"{account.lethe.origin}/inbox/open/{stored}#message-1")  # of a long ticket all up to there is read
    expect(page.locator(".entry.is-note")).to_have_count(len(texts))
    for kind in ("is-visitor", "is-agent", "is-note"):
        shown = page.locator(f".entry.{kind} :is(.bubble)").evaluate_all("all => all.map(each => each.textContent)")
        assert [each for each in texts if not any(each in one for one in shown)] == [], kind
    assert page.locator("ticket-transcript .bubble *:not(a, span.link-host, span:has(> a))").count() == 0
    assert seen.living() == []
    for number in range(1, 21, 4):
        page.goto(f"{account.lethe.origin}/inbox/open/{number}")
        expect(page.locator("contact-card .facts")).to_contain_text(texts[3].strip())
        page.get_by_role("button", name="Erase…").click()
        page.get_by_role("button", name="Cancel").click()
        page.locator("[data-action=more]").click()
        page.locator("[data-action=department]").select_option(index=2)
        expect(page.locator(".toast")).to_be_visible()
        assert page.title().endswith(f"#{number} · Lethe")
        assert seen.living() == []


def test_what_anybody_stores_is_text_on_the_owners_pages(
    owner: BrowserContext, account: Account, texts: list[str], stored: int
) -> None:
    assert stored
    for contact in account.rest("GET", "/contacts?limit=5")["items"][:2]:
        account.rest("PUT", f"/contacts/{contact['id']}/hold", {"reason": texts[3], "days": 5})
    page = owner.new_page()
    seen = watched(page, account)
    for path, locale in itertools.product(ADMIN, ("en", "el")):
        page.goto(f"{account.lethe.origin}/admin/{path}?locale={locale}")
        assert COUNTED not in page.content()
        assert seen.living() == [], path
    page.goto(f"{account.lethe.origin}/admin/agents")
    shown = page.locator("tbody th").all_text_contents()
    assert [each for each in texts[:8] if not any(each.strip() in one for one in shown)] == []


def test_what_agents_store_is_text_for_visitors(
    browser: Browser, account: Account, shop: Shop, texts: list[str]
) -> None:
    account.lethe.perform(lambda services: _agents_fields(services, account, texts))
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    seen = watched(page, account)
    page.goto(shop.embed(account))
    guest = Guest(page, account).open()
    assert seen.living() == []
    guest.agree().write("Hello")
    guest.sees("Hello")
    number = account.tickets()[0]["number"]
    with account.agent() as agent:
        for text in texts:
            agent.say(text, ticket=number)
            agent.get("ack")
    expect(guest.frame.locator("message-line .bubble")).to_have_count(len(texts) + 1)
    assert [each for each in texts if not any(each in one for one in guest.said)] == []
    assert seen.living() == []
    page.goto(f"{account.lethe.origin}/privacy/{account.site}")
    assert seen.living() == []
    context.close()


def test_the_walk_notices_markup_that_lives(owner: BrowserContext, account: Account, stored: int) -> None:
    whole, text = "  return element;\n}", (STATIC / "common" / "dom.js").read_text()
    assert whole in text
    lively = text.replace(whole, f"  if (name === 'p') element.innerHTML = element.textContent;\n{whole}", 1)
    owner.route("**/static/common/dom.js*", lambda route: route.fulfill(body=lively, content_type="text/javascript"))
    owner.route("https://pwn.example/**", lambda route: route.fulfill(status=204))
    page = owner.new_page()
    seen = watched(page, account)
    page.goto(f"{account.lethe.origin}/inbox/open/{stored}#message-1")  # of a long ticket all up to there is read
    for _ in range(300):
        if seen.done:
            break
        page.wait_for_timeout(100)
    assert any("pwn.example" in each for each in seen.done)
