"""A whole chat in Firefox and in WebKit, shop and server on sites of their own: consent first, nothing left after."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Playwright

from tests.lethe import Lethe
from tests.walks.engines import Engine, Firefox, WebKit, until
from tests.walks.shop import KEPT, NOTHING, Shop

LOOK = f"return ({KEPT})();"
AT_LEFT = "return document.querySelector('lethe-chat').shadowRoot.querySelector('button').offsetLeft < 20;"
LINES = "return [...document.querySelectorAll('message-line .bubble')].map((each) => each.textContent);"
SENDS = "return [...document.querySelectorAll('.standing')].at(-1)?.textContent;"
MADE = """const about = {{ keyCode: {code}, isComposing: {composing}, bubbles: true, cancelable: true }};
    const event = new KeyboardEvent("keydown", {{ key: "{key}", ...about }});
    (document.querySelector("textarea") ?? document.body).dispatchEvent(event);"""


def _there(engine: Engine, css: str) -> Any:
    return until(lambda: engine.inside(f"return !!document.querySelector({css!r})"))


# Selenium warns of its own way to begin.
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
@pytest.mark.parametrize("make", [Firefox, WebKit])
def test_a_whole_chat(make: Any, playwright: Playwright, lethe: Lethe, shop: Shop) -> None:
    site, port = f"http://shop.localhost:{shop.port}", lethe.port
    account = lethe.account(origin=site)
    shop.embed_from(f"http://chat.localhost:{port}", account)
    account.rest("PATCH", f"/sites/{account.rest('GET', '/sites')['items'][0]['id']}", {"position": "start"})
    with make(playwright) as engine:
        engine.go(f"{site}/")
        until(lambda: engine.outside("return document.querySelectorAll('lethe-chat').length === 1"))
        loaded = engine.outside("return performance.getEntriesByType('resource').map((each) => each.name)")
        assert loaded == [f"http://chat.localhost:{port}/widget.js"]
        assert engine.outside(LOOK) == NOTHING

        engine.press()
        _there(engine, "consent-notice")
        assert (engine.outside(LOOK), engine.inside(LOOK)) == (NOTHING, NOTHING)
        until(lambda: engine.outside(AT_LEFT))
        engine.click("consent-notice .primary")
        until(lambda: "tick" in engine.inside("return document.querySelector('#purpose-chat-wrong').textContent"))
        assert account.rest("GET", "/contacts")["items"] == []

        engine.click("#purpose-chat")
        engine.click("consent-notice .primary")
        _there(engine, "textarea")
        until(lambda: engine.inside("return document.activeElement.localName === 'textarea'"))
        engine.keys("Is the tall pot frost-proof?\n")
        until(account.tickets)
        ticket = account.tickets()[0]["number"]
        account.rest("POST", f"/tickets/{ticket}/messages", {"id": str(uuid4()), "text": "Ναι, είναι 🪴"})
        until(lambda: engine.inside(LINES) == ["Is the tall pot frost-proof?", "Ναι, είναι 🪴"])

        engine.go(f"{site}/?next")
        account.rest("POST", f"/tickets/{ticket}/messages", {"id": str(uuid4()), "text": "And guaranteed"})
        button = "document.querySelector('lethe-chat').shadowRoot.querySelector('button').ariaLabel"
        until(lambda: engine.outside(f"return {button}.includes('new message')"))
        engine.press()
        _there(engine, "message-line")
        engine.keys("at once")
        until(lambda: engine.inside("return document.querySelector('textarea').value === 'at once'"))
        assert len(engine.inside(LINES)) == 3

        for code, composing in ((229, "false"), (13, "true")):
            engine.inside(MADE.format(key="Enter", code=code, composing=composing))
            engine.inside(MADE.format(key="Escape", code=code if code == 229 else 27, composing=composing))
        assert engine.inside("return document.querySelector('textarea').value") == "at once"
        assert engine.outside("return !document.querySelector('lethe-chat').shadowRoot.querySelector('iframe').hidden")
        engine.keys("\n")
        until(lambda: [each["text"] for each in account.messages(ticket)][-1] == "at once")

        engine.click("nav > .round")
        engine.click("#menu .withdraw")
        engine.click(".danger.wide")
        number = until(lambda: engine.inside("return document.querySelector('.number code')?.textContent"))
        until(lambda: account.rest("GET", f"/erasures/{number}")["state"] == "done")
        until(lambda: (engine.outside(LOOK), engine.inside(LOOK)) == (NOTHING, NOTHING))
        assert account.rest("GET", "/contacts")["items"] == []


# As above.
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
def test_without_its_defence_webkit_loses_what_is_typed_first(playwright: Playwright, shop: Shop) -> None:
    site = f"http://shop.localhost:{shop.port}"
    with Lethe(module="tests.broken.unfocused") as broken, WebKit(playwright) as engine:
        shop.embed_from(f"http://chat.localhost:{broken.port}", broken.account(origin=site))
        engine.go(f"{site}/")
        engine.press()
        _there(engine, "consent-notice")
        engine.click("#purpose-chat")
        engine.click("consent-notice .primary")
        _there(engine, "textarea")
        engine.go(f"{site}/?next")
        engine.press()
        _there(engine, "textarea")
        engine.inside("window.pressed = 0; addEventListener('keydown', () => { pressed += 1; });")
        engine.keys("at once")
        until(lambda: engine.inside("return pressed === 7"))
        assert engine.inside("return document.querySelector('textarea').value") == ""
