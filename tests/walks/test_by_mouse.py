"""
By mouse what other walks do by keyboard: one's own page, passkeys, networks, second factors by a date, webhooks with
their log, customers' secrets, the reader of the API, sites, contacts; and departments and saved replies by both.
"""

import re
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found
from tests.walks.test_hands import NARROW, Fields
from tests.walks.test_inbox import DESKTOP
from tests.walks.test_passkeys import DEVICE
from tests.walks.test_people import OWN, joined, photo
from tests.walks.test_webhooks import keeping

INBOX = re.compile(r"^[^?]*/inbox")
SECOND = "nine slow rivers under snow"


@pytest.fixture(scope="module")
def there() -> Iterator[ThreadingHTTPServer]:
    """A receiver on loopback."""
    with keeping() as server:
        yield server


@pytest.fixture(scope="module")
def ours() -> Iterator[Demo]:
    """A demo of these walks, which may call the receiver."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LETHE_OUTBOUND_ALLOW", "127.0.0.0/8")
        with Demo() as started:
            yield started


def press(page: Page, name: str) -> None:
    """Press a button, and the one that is called alike in the dialog that asks whether it is meant."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def owners(open_page: OpenPage, demo: Demo, path: str) -> Page:
    """A page of the owner's."""
    return open_page(f"{demo.server}{path}", storage_state=session(demo), **DESKTOP)


def test_ones_own_picture_password_and_sessions(ours: Demo, open_page: OpenPage) -> None:
    hers = joined(ours, "Mara")
    page = open_page(f"{ours.server}/profile", storage_state=hers, **DESKTOP)
    picture = page.locator("portrait-field img.face")
    with page.expect_file_chooser() as chooser:
        page.locator("#portrait").click()
    chooser.value.set_files({"name": "me.png", "mimeType": "image/png", "buffer": photo("teal")})
    expect(picture).to_have_js_property("naturalWidth", 256)
    page.get_by_role("button", name="Remove").click()
    expect(picture).to_have_count(0)
    page.goto(f"{ours.server}/password")
    for old, new, wrong in (("not mine", SECOND, "#old-error"), (OWN, "password12", "#password-error")):
        change(page, old, new)
        expect(page.locator(wrong)).to_be_visible()
    change(page, OWN, SECOND)
    expect(page.get_by_role("status")).to_contain_text("Your password was changed.")
    others = [signed_in(open_page, ours, "mara@demo.example", SECOND) for _ in range(2)]
    page.goto(f"{ours.server}/profile")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(3)
    press(page, "End")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="End all others").click()
    page.get_by_role("dialog").get_by_role("button", name="End them").click()
    expect(rows).to_have_count(1)
    for each in others:
        expect(each).to_have_url(re.compile("/signin"))


def change(page: Page, old: str, new: str) -> None:
    """Change one's password."""
    for name, value in (("Your password now", old), ("New password", new), ("New password once more", new)):
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Change password").click()


def signed_in(open_page: OpenPage, demo: Demo, email: str, password: str) -> Page:
    """The inbox of somebody who signs in."""
    page = open_page(f"{demo.server}/signin", **DESKTOP)
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/inbox**")
    return page


def test_a_passkey_is_added_shown_and_removed(ours: Demo, open_page: OpenPage) -> None:
    named = ours.server.replace("127.0.0.1", "localhost")
    cookies = [{**each, "domain": "localhost"} for each in joined(ours, "Pia")["cookies"]]
    state: StorageState = {"cookies": cookies}  # type: ignore[typeddict-item] # as they were, but for where
    page = open_page("about:blank", storage_state=state, **DESKTOP)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(f"{named}/second-factor")
    page.get_by_label("Name of a new passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    page.context.clear_cookies()
    page.goto(f"{named}/signin")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(INBOX)
    page.context.clear_cookies()
    page.goto(f"{named}/signin")
    page.locator("#email").fill("pia@demo.example")
    page.locator("#password").fill(OWN)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(INBOX)
    page.goto(f"{named}/second-factor")
    press(page, "Remove")
    expect(page.get_by_role("status")).to_have_text("The second factor is off.")


def test_networks_and_the_day_from_which_a_second_factor_must_be_there(ours: Demo, open_page: OpenPage) -> None:
    page = owners(open_page, ours, "/admin/networks")
    field = page.get_by_label("Allowed networks")
    for text, shown in (("203.0.113.0/24", "#networks-error"), ("127.0.0.0/8", "[role=status]"), ("", "[role=status]")):
        field.fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(shown).first).to_be_visible()
        expect(field).to_have_value(text)
    page.goto(f"{ours.server}/admin/second-factor")
    for day in ("2099-01-01", ""):
        page.locator("#agent").fill(day)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.locator("#agent")).to_have_value(day)


def test_a_webhook_is_tried_sent_again_and_given_a_new_secret(
    ours: Demo, there: ThreadingHTTPServer, open_page: OpenPage
) -> None:
    page = owners(open_page, ours, "/admin/webhooks")
    page.get_by_label("Name").fill("The shop's own")
    page.get_by_label("Address").fill(f"http://127.0.0.1:{there.server_address[1]}/hook")
    page.get_by_label("a message was written").check()
    page.get_by_role("button", name="Add it").click()
    first = page.locator(".secret").inner_text()
    kept = there.kept  # type: ignore[attr-defined] # what it was sent
    for count, button in enumerate(("Send a test", "Send again"), 1):
        page.get_by_role("button", name=button).click()
        until(page, partial(has, kept, count))
        until(page, partial(is_sent, page))
    press(page, "New secret")
    assert page.locator(".secret").inner_text() != first
    expect(page.locator(".status-line")).to_contain_text("old")
    page.get_by_role("link", name="sent", exact=True).click()
    expect(page.get_by_role("row", name="webhook.test")).to_contain_text("204")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Somebody of yours paused it.")).to_be_visible()
    press(page, "Delete")
    expect(page.get_by_text("The shop's own")).to_have_count(0)


def has(kept: list[object], count: int) -> bool:
    """Whether so many came."""
    return len(kept) == count


def is_sent(page: Page) -> bool:
    """Whether the log says so of the test, read anew."""
    page.reload()
    return "sent" in page.get_by_role("row", name="webhook.test").inner_text()


def test_customers_secrets_and_the_reader_of_the_api(ours: Demo, open_page: OpenPage) -> None:
    page = owners(open_page, ours, "/admin/customers")
    page.locator("form .form-actions button").click()
    secret = page.locator("code.secret").inner_text()
    page.get_by_role("link", name="Signed-in customers").click()
    assert secret not in page.content()
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.locator("main tbody .is-danger-plain").click()
    page.locator(".dialog:popover-open button[type=submit]").click()
    expect(page.locator("main tbody tr")).to_have_count(0)
    page.goto(f"{ours.server}/api/docs")
    page.locator("#q").click()
    page.keyboard.type("portrait")
    page.locator("details:visible summary").first.click()
    expect(page.locator("details[open] .api-needs").first).to_be_visible()


def test_a_site_is_added_moved_and_deleted(ours: Demo, open_page: OpenPage) -> None:
    page = owners(open_page, ours, "/admin/sites")
    page.locator("#name").fill("The outlet")
    page.locator("#origins").fill("outlet")
    page.get_by_role("button", name="Add the site").click()
    expect(page.locator("#origins-error")).to_be_visible()
    page.locator("#origins").fill("https://outlet.example")
    page.get_by_role("button", name="Add the site").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Site: The outlet")
    page.get_by_text("Left", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("pre code")).to_contain_text('data-position="start"')
    press(page, "Delete this site")
    expect(page.get_by_role("status")).to_contain_text("Its key opens nothing any more.")


def test_a_contact_is_corrected_and_taken_for_another(ours: Demo, open_page: OpenPage) -> None:
    with (
        Visitor(ours, "Adda", email="ad@visitor.example") as visitor,
        Visitor(ours, "Ada", email="al@x.example") as too,
    ):
        number = visitor.say("Where is my parcel?")["ticket"]
        too.say("From my desk")
    page = owners(open_page, ours, f"/inbox/open/{number}")
    page.get_by_role("button", name="Correct…").click()
    page.locator("#correct-name").fill("Ada Lovelace")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator("contact-card")).to_contain_text("Ada Lovelace")
    page.get_by_role("link", name="Same person as…").click()
    page.get_by_label("The other contact").fill("al@x.example")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="The same person?")).to_be_visible()
    page.get_by_role("button", name="Take them for one person").click()
    page.wait_for_url("**/contacts/**")
    (one,) = ours.api("GET", "/contacts?email=al@x.example")["items"]
    assert one["email"] == "ad@visitor.example"


@pytest.mark.parametrize(("hand", "look"), [("mouse", DESKTOP), ("keyboard", NARROW)], ids=["mouse", "keyboard"])
def test_departments_and_saved_replies_are_added_changed_and_deleted(
    ours: Demo, open_page: OpenPage, hand: str, look: dict[str, object]
) -> None:
    page = open_page(f"{ours.server}/admin/departments", storage_state=session(ours), **look)
    fields = Fields(page, hand)
    fields.write("new-name", f"Sales by {hand}")
    fields.save("new-name")
    expect(page.get_by_role("heading", name=f"Sales by {hand}")).to_be_visible()
    one = of(ours, "departments", "name", f"Sales by {hand}")
    fields.write(f"{one}-name", f"Returns by {hand}")
    fields.save(f"{one}-name")
    expect(page.get_by_role("heading", name=f"Returns by {hand}")).to_be_visible()
    assert found(page) == []
    members(ours, fields, one, f"Member by {hand}")
    fields.sure(f"sure-{one}")
    expect(fields.at(f"{one}-name")).to_have_count(0)

    page.goto(f"{ours.server}/admin/canned-responses")
    for field, text in (("title", f"Greeting by {hand}"), ("shortcut", f"by-{hand}"), ("text", "Good day")):
        fields.write(f"new-{field}", text)
    fields.save("new-title")
    expect(page.locator("summary", has_text=f"Greeting by {hand}")).to_be_visible()
    reply = of(ours, "canned-responses", "title", f"Greeting by {hand}")
    fields.press(page.locator("details", has=fields.at(f"{reply}-title")).locator("summary"))
    fields.write(f"{reply}-title", f"Farewell by {hand}")
    fields.save(f"{reply}-title")
    expect(page.locator("summary", has_text=f"Farewell by {hand}")).to_be_visible()
    assert found(page) == []
    fields.press(page.locator("details", has=fields.at(f"{reply}-title")).locator("summary"))
    fields.sure(f"sure-{reply}")
    expect(fields.at(f"{reply}-title")).to_have_count(0)


def members(demo: Demo, fields: Fields, department: str, name: str) -> None:
    """Let a colleague work in a department and no more, and go from there to the rule of who gets what waits in it."""
    page = fields.page
    made = demo.api("POST", "/agents", {"email": f"{name.replace(' ', '.')}@x.example", "name": name, "role": "agent"})
    for works in (True, False):
        fields.press(page.locator(f"a[href='/admin/departments/{department}/members']"))
        box = page.get_by_role("checkbox", name=name)
        expect(box).to_be_checked(checked=not works)
        assert found(page) == []
        fields.press(box, "Space")
        fields.press(page.locator("main form [type=submit]"))
        expect(page.get_by_role("status")).to_be_visible()
        named = page.locator("section", has=fields.at(f"{department}-name")).get_by_text(name)
        expect(named).to_have_count(int(works))
        assert demo.api("GET", f"/agents/{made['id']}")["departments"] == [department] * works
    fields.press(page.locator(f"a[href='/admin/routing#rule-{department}']"))
    expect(fields.at(f"{department}-mode")).to_be_in_viewport()
    page.go_back()


def of(demo: Demo, kind: str, field: str, value: str) -> str:
    """The id of the one that is called so."""
    (one,) = (each["id"] for each in demo.api("GET", f"/{kind}")["items"] if each[field] == value)
    return str(one)
