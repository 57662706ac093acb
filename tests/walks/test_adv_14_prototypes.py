"""
No parameter of the widget is called as what every object has, and none changes it.

GHSA-rx6j-4c33-9h3r (FreeScout: `__proto__[x]` in a query).
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.lethe import Account
from tests.walks.shop import PAGE, Enter, Guest, Shop

LOADER = Path(__file__).parents[2] / "widget" / "loader.js"
NAMES = ("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__")
GIVEN = ("locale", "position", "color")
QUERY = "&".join(f"{name}[pwned]=1&{name}.pwned=1&{name}=pwned&constructor[prototype][{name}]=1" for name in NAMES)
LIVES = """() => [{}.pwned, [].pwned, (() => 0).pwned, "".pwned, Object.pwned, globalThis.pwned]
    .some((each) => each !== undefined) || Object.keys(Object.prototype).length > 0"""
SAID = """([names, target]) => {
    for (const name of names) {
        parent.postMessage({ lethe: name, pwned: 1 }, "*");
        parent.postMessage(JSON.parse(`{"lethe": "unread", "${name}": {"pwned": 1}, "count": 0, "label": "x"}`), "*");
    }
}"""

SENT = """names => {
    const frame = document.querySelector("lethe-chat").shadowRoot.querySelector("iframe").contentWindow;
    for (const name of names) frame.postMessage({ lethe: name, pwned: 1 }, "*");
}"""


def standing(shop: Shop, account: Account, name: str) -> str:
    """A page whose tag and address both name what every object has."""
    more = "".join(f' data-{given}="{name}"' for given in GIVEN) + "".join(f' data-{each}="pwned"' for each in NAMES)
    server = account.lethe.origin
    page = PAGE.format(server=server, site=account.site, more=more).replace("/widget.js", f"/widget.js?{QUERY}")
    return f"{shop.serve(page)}?{QUERY}#{QUERY}"


def walked(page: Page, shop: Shop, account: Account, name: str) -> bool:
    """Somebody chats on such a page, which is then sent such messages; whether any object was changed by it."""
    page.goto(standing(shop, account, name))
    guest = Guest(page, account).open().agree().write("Hello")
    guest.sees("Hello")
    inside = next(each for each in page.frames if each.url.startswith(account.lethe.origin))
    inside.evaluate(SAID, [NAMES, shop.origin])
    page.evaluate(SENT, NAMES)
    guest.write("Still here")
    guest.sees("Hello", "Still here")
    return bool(page.evaluate(LIVES) or inside.evaluate(LIVES))


@pytest.mark.parametrize("name", NAMES[:3])
def test_the_widget_takes_what_every_object_has_for_no_parameter(
    enter: Enter, account: Account, shop: Shop, name: str
) -> None:
    guest: Guest = enter()
    assert not walked(guest.page, shop, account, name)


@pytest.mark.parametrize("name", NAMES)
def test_the_server_takes_no_such_parameter_or_field(account: Account, name: str) -> None:
    http, frame = account.lethe.http, f"/widget/{account.site}"
    assert http.get(f"{frame}?{name}[pwned]=1").status_code == 422
    assert http.get(f"{frame}?locale={name}").status_code == 200
    bodies: list[Any] = [{name: {"pwned": 1}}, {"fields": {name: "pwned"}}, {"consent": {"chat": True, name: True}}]
    for body in bodies:
        agreed = {"notice_version": account.version, "consent": {"chat": True}} | body
        assert http.post(f"{frame}/sessions", json=agreed).status_code == 422


def test_a_message_that_is_looked_up_without_care_is_found(page: Page, account: Account, shop: Shop) -> None:
    whole, broken = "Object.hasOwn(heard, data.lethe)", "data.lethe in heard"
    text, errors = LOADER.read_text(), list[str]()
    assert whole in text
    body = text.replace(whole, broken)
    page.route("**/widget.js*", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    walked(page, shop, account, "__proto__")
    expect(page.locator("lethe-chat")).to_have_count(1)
    assert errors
