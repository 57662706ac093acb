"""
Inbox and widget as Chromium tells them to screen readers: which landmarks, headings, live parts and controls, in which
order, under which names. In each language all is there alike, in the words of that language.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Frame, Page, expect

from chat.core.model import LOCALES
from chat.features import gathered
from tests.agent import session
from tests.demo import Demo
from tests.lethe import Account
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.heard import heard
from tests.walks.notice import LABELS, publish
from tests.walks.shop import Enter, Guest
from tests.walks.test_inbox import DESKTOP

WIDGET = Path(__file__).parents[2] / "widget" / "locales"
ASKED, ANSWERED, NOTED = "Is the tall pot frost-proof?", "It is.", "She asks often"
TEXTS = (ASKED, ANSWERED, NOTED)
CLOCK = re.compile(r"\d\d:\d\d")
INBOX = """
link [page.skip]
banner
link Lethe
navigation [page.places]
link [page.inbox]
link [page.contacts]
link [page.settings]
switch [inbox.presence]
button [keys.title]
DisclosureTriangle Anna
main
heading 1 [page.inbox]
button [inbox.skip]
navigation [inbox.views]
link [inbox.view.unassigned]
link [inbox.view.mine] 1 [inbox.views.tickets.one]
link [inbox.view.open] 1 [inbox.views.tickets.one]
link [inbox.view.waiting]
link [inbox.view.pending]
link [inbox.view.snoozed]
link [inbox.view.solved]
link [inbox.view.quarantine]
link [inbox.view.trash]
navigation [inbox.views.more]
button [inbox.saved.add]
button [palette.title]
region [inbox.tickets]
heading 2 [inbox.view.open]
combobox [inbox.sort]
link Zoe 00:00 [inbox.row.you] [inbox.row.assignee]
checkbox [inbox.pick]
region [inbox.ticket]
heading 2 Zoe #1
combobox [inbox.assignee]
DisclosureTriangle [inbox.snooze]
button [inbox.solve]
DisclosureTriangle [inbox.more]
status polite
log polite [inbox.transcript]
text Is the tall pot frost-proof?
button [inbox.redact]
text It is.
button [inbox.edit]
button [inbox.redact]
text She asks often
form
radio [inbox.mode.reply]
radio [inbox.mode.note]
status polite
status polite
textbox [inbox.placeholder.reply]
button [inbox.attach]
button [inbox.emoji]
button [inbox.send.solve]
button [inbox.send.reply]
region [inbox.contact]
heading 2 [inbox.contact]
button [contact.correct]
link [contact.merge]
heading 3 [inbox.tags.title]
textbox [tags.add]
status polite
heading 3 [contact.consents]
heading 3 [contact.tickets]
heading 3 [contact.export]
status polite
button [contact.export.do]
heading 3 [contact.block.heading]
button [contact.block]
heading 3 [hold.heading]
button [hold.button]
heading 3 [contact.forget]
button [contact.erase]
"""
CLOSED = """
main
heading 1 Pots that let roots breathe
button [open_chat]
"""
NOTICE = """
banner
button [close_chat]
main
heading 1 [chat_with]
form
DisclosureTriangle [read_whole]
link [privacy]
link [your_data]
textbox [site.fields.name] [optional]
textbox [site.fields.email] [optional]
checkbox [training]
checkbox [agreed]
alert assertive
button [start]
"""
CHAT = """
banner
navigation
button [menu]
button [close_chat]
main
heading 1 [chat_with]
log polite [messages]
text Is the tall pot frost-proof?
button [edit]
text It is.
status polite
form
button [attach]
textbox [write]
button [send]
"""
Say = Callable[[str], str]


def inbox_words(locale: str) -> Say:
    """What a key says in the inbox, of the ticket that is open."""
    t = gathered().locales.words(locale)
    return lambda key: t(key, text=ANSWERED, name="Zoe" if key == "inbox.pick" else "Anna", number=1)


def widget_words(locale: str, account: str) -> Say:
    """What a key says in the widget; `agreed` and `training` are the notice's own."""
    t, known = gathered().locales.words(locale), dict(zip(("agreed", "training"), LABELS[locale], strict=True))
    for part in ("", ".chat"):
        known |= json.loads((WIDGET / f"{locale}{part}.json").read_text("utf-8"))
    return lambda key: known[key].replace("{name}", account) if key in known else t(key)


def wanted(all_of_it: str, say: Say) -> list[str]:
    """What is to be heard, line by line."""
    lines = all_of_it.strip().splitlines()
    return [re.sub(r"\[(.+?)\]", lambda found: say(found[1]), each) for each in lines]


def spoken(page: Page, frame: Frame | None = None) -> list[str]:
    """What is heard; the same at any time of day."""
    found = [f"{each.role} {each.name}".strip() for each in heard(page, frame, TEXTS)]
    return [CLOCK.sub("00:00", each) for each in found]


def hears(page: Page, frame: Frame | None, lines: list[str]) -> None:
    """Wait until just this is heard: what is announced or filled late is there by then."""
    for _ in range(100):
        if spoken(page, frame) == lines:
            return
        page.wait_for_timeout(50)
    assert spoken(page, frame) == lines


SPOILT = {
    "hidden": "document.querySelector('message-composer').ariaHidden = 'true'",
    "out of order": "document.querySelector('inbox-app').prepend(document.querySelector('contact-card'))",
    "without a name": "document.querySelector('ticket-list').removeAttribute('aria-label')",
    "silent": "document.querySelector('ticket-transcript [role=log]').role = 'group'",
}


def test_the_inbox_with_an_open_ticket_is_read_in_order(own_demo: Demo, open_page: OpenPage) -> None:
    with Visitor(own_demo, "Zoe", email="zoe@visitor.example") as visitor:
        visitor.say(ASKED)
    for path, text in (("messages", ANSWERED), ("notes", NOTED)):
        own_demo.api("POST", f"/tickets/1/{path}", {"id": str(uuid4()), "text": text})
    for locale in LOCALES:
        page = open_page(
            f"{own_demo.server}/inbox/open/1", storage_state=session(own_demo), **DESKTOP | {"locale": locale}
        )
        lines = wanted(INBOX, inbox_words(locale))
        hears(page, None, lines)
    for name, spoil in SPOILT.items():  # the controls
        page.reload()
        hears(page, None, lines)
        page.evaluate(spoil)
        assert spoken(page) != lines, name


@pytest.mark.parametrize("locale", LOCALES)
def test_the_widget_is_read_in_order_closed_before_consent_and_in_a_chat(
    enter: Enter, account: Account, locale: str
) -> None:
    publish(account)
    say = widget_words(locale, "Acme")
    guest = enter(attributes={"locale": locale}, locale=locale)
    expect(guest.button).to_be_visible()
    hears(guest.page, None, wanted(CLOSED, say))
    guest.open()
    hears(guest.page, inside(guest), wanted(NOTICE, say))
    guest.agree().write(ASKED)
    guest.sees(ASKED)
    guest.until(lambda: len(account.tickets()) == 1)
    number = account.tickets()[0]["number"]
    account.rest("POST", f"/tickets/{number}/messages", {"id": str(uuid4()), "text": ANSWERED})
    hears(guest.page, inside(guest), lines := wanted(CHAT, say))
    guest.frame.locator("main").evaluate("main => main.before(document.querySelector('form'))")
    assert spoken(guest.page, inside(guest)) != lines, "the control: a form that is out of order"


def inside(guest: Guest) -> Frame:
    """The widget's own frame."""
    return next(each for each in guest.page.frames if each.url.startswith(guest.account.lethe.origin))
