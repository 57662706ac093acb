"""Who left before their answer, in a real browser and by keyboard: the box, the mail, the way back, the end of it."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from chat.answer_mail import actions as answers
from chat.core.model import LOCALES
from chat.features import gathered
from chat.infra.services import Services
from tests.inside import new_id
from tests.lethe import Account, Lethe
from tests.post import Post, taking
from tests.walks.conftest import OpenPage
from tests.walks.notice import LABELS, NOTICE
from tests.walks.shop import Enter, Guest, Shop, until
from tests.walks.test_accessible import found

MAILED = {"en": "Mail me when an answer waits for me.", "el": "Στείλτε μου e-mail όταν με περιμένει απάντηση."}
STOP = re.compile(r"http://\S+/stop/\S+")
LATER = 11 * 60_000


@pytest.fixture(scope="module")
def mailing() -> Iterator[tuple[Lethe, Post]]:
    """A server that mails links which lead to itself."""
    with taking() as post:
        server = Lethe(SMTP_URL=f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example")
        server.environment["LETHE_BASE_URL"] = server.origin
        with server:
            yield server, post


@pytest.fixture
def account(mailing: tuple[Lethe, Post], shop: Shop) -> Account:
    """An account whose notice asks whether answers may be mailed."""
    made = mailing[0].account(origin=shop.origin)
    texts = [
        {
            "locale": locale,
            "text": NOTICE[locale],
            "privacy_url": "https://shop.example/privacy",
            "chat_label": LABELS[locale][0],
            "training_label": "",
            "mail_label": MAILED[locale],
        }
        for locale in LOCALES
    ]
    made.version = int(made.rest("POST", "/notices", {"texts": texts})["version"])
    return made


async def sweep(services: Services) -> int:
    """What the clock does minutes on."""
    return await answers.sweep(replace(services, clock=lambda: services.clock() + LATER))


def agreed(guest: Guest, locale: str) -> None:
    """By keyboard alone: ask for mail, hear that an address is missing, give it, begin."""
    page, frame = guest.page, guest.frame
    guest.open()
    frame.locator("#purpose-answers_by_mail").focus()
    page.keyboard.press("Space")
    frame.locator("#purpose-chat").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(frame.locator("#email")).to_be_focused()
    expect(frame.locator("#email-wrong")).not_to_be_empty()
    page.keyboard.type(f"zoe.{locale}@visitor.example")
    page.keyboard.press("Enter")
    expect(guest.text).to_be_visible()


@pytest.mark.parametrize("locale", LOCALES)
def test_who_left_comes_back_by_mail_and_ends_it(
    enter: Enter, open_page: OpenPage, account: Account, mailing: tuple[Lethe, Post], locale: str
) -> None:
    server, post = mailing
    say = gathered().locales.words(locale)
    guest = enter(locale=locale)
    agreed(guest, locale)
    guest.write("Is the tall pot frost-proof?")
    guest.until(lambda: len(account.tickets()) == 1)
    guest.page.close()
    account.rest("POST", f"/tickets/{account.tickets()[0]['number']}/messages", {"id": new_id(), "text": "It is."})
    before = len(post.took)
    assert server.perform(sweep) == 1
    (link,) = post.links(before)

    page = open_page(link, locale=locale, color_scheme="dark", viewport={"width": 320, "height": 640})
    expect(page.get_by_role("heading", name=say("answers.ready", name="Acme"))).to_be_visible()
    assert found(page) == []
    page.keyboard.press("Tab")
    page.get_by_role("button", name=say("answers.open")).focus()
    page.keyboard.press("Enter")
    expect(page.locator("message-line .bubble")).to_have_text(["Is the tall pot frost-proof?", "It is."])
    page.locator("textarea").fill("Then I take it")
    page.keyboard.press("Enter")
    until(page, lambda: "Then I take it" in str(account.tickets()[0]))

    (stop,) = STOP.findall(post.mails[-1].get_content())
    page.goto(stop)
    assert found(page) == []
    page.get_by_role("button", name=say("answers.stop.do")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(say("answers.stopped.how", name="Acme"))
    assert found(page) == []
    page.goto(link)
    expect(page.get_by_role("alert")).to_have_text(say("answers.used"))
    assert found(page) == []
