"""What programs show and from where they may: API tokens and allowed networks, by mouse and by keyboard alone."""

import re

import httpx2
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found

ENGLISH = {"locale": "en-GB"}
NARROW = {"locale": "el-GR", "color_scheme": "dark", "viewport": {"width": 320, "height": 640}}


def asked(demo: Demo, token: str, path: str) -> int:
    """What a program with a token is answered."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.get(f"{demo.server}/api/v1{path}", headers=headers).status_code


def test_a_token_is_made_used_and_revoked_by_mouse(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/site", storage_state=session(own_demo), **ENGLISH)
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("CRM <&>")
    page.get_by_label("Only from these networks").fill("10.0.0.1/8")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#scopes-error")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("CRM <&>")
    expect(page.get_by_label("Only from these networks")).to_have_value("10.0.0.1/8")
    assert found(page) == []
    page.get_by_label("Tickets").select_option("read")
    page.get_by_label("what visitors wrote or gave").check()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#networks-error")).to_be_visible()
    expect(page.get_by_label("Tickets")).to_have_value("read")
    expect(page.get_by_label("what visitors wrote or gave")).to_be_checked()
    page.get_by_label("Only from these networks").fill("127.0.0.0/8")
    page.get_by_role("button", name="Make it").click()
    token = page.locator("code.secret").inner_text()
    assert found(page) == []
    assert asked(own_demo, token, "/tickets") == 200
    assert asked(own_demo, token, "/agents") == 403
    page.get_by_role("link", name="API tokens").click()
    assert token not in page.content()
    row = page.get_by_role("row", name=re.compile("CRM <&>"))
    expect(row).to_contain_text("127.0.0.0/8")
    row.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Revoke “CRM <&>”?")
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_contain_text("Revoked")
    expect(page.get_by_role("row", name=re.compile("CRM"))).to_have_count(0)
    assert asked(own_demo, token, "/tickets") == 401


def reach(page: Page, selector: str) -> None:
    """Go on by Tab until this has the focus."""
    wanted = page.locator(selector)
    for _ in range(120):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def test_a_token_is_made_and_revoked_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/tokens", storage_state=session(own_demo), **NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reach(page, "#name")
    page.keyboard.type("Λογιστήριο")
    reach(page, "#scope_erasures")
    page.keyboard.press("ArrowDown")
    reach(page, "form.card > .form-actions button")
    page.keyboard.press("Enter")
    token = page.locator("code.secret").inner_text()
    assert found(page) == []
    assert asked(own_demo, token, "/erasures") == 200
    reach(page, "tbody tr:first-child .is-danger-plain")  # the newest comes first
    page.keyboard.press("Enter")
    reach(page, ".dialog:popover-open button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Ανακλήθηκε")
    assert asked(own_demo, token, "/erasures") == 401


def test_networks_are_allowed_by_keyboard_and_who_says_so_stays_inside(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/networks", storage_state=session(own_demo), **NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_text("127.0.0.1", exact=True)).to_be_visible()
    reach(page, "#networks")
    page.keyboard.type("203.0.113.0/24")
    reach(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.locator("#networks-error")).to_contain_text("κλειδωνόσασταν")
    expect(page.locator("#networks")).to_have_value("203.0.113.0/24")
    assert found(page) == []
    reach(page, "#networks")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n127.0.0.0/8")
    reach(page, "main button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("#networks")).to_have_value("127.0.0.0/8\n203.0.113.0/24")
    assert own_demo.api("GET", "/networks") == {"networks": ["127.0.0.0/8", "203.0.113.0/24"]}


def test_of_two_who_change_the_networks_the_second_sees_both(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/networks", storage_state=session(own_demo), **ENGLISH)
    page.get_by_label("Allowed networks").fill("127.0.0.0/8")
    own_demo.api("PUT", "/networks", {"networks": ["127.0.0.1", "10.0.0.0/8"]})
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#networks-error")).to_contain_text("Somebody changed the list meanwhile")
    expect(page.get_by_text("10.0.0.0/8 127.0.0.1/32")).to_be_visible()
    expect(page.get_by_label("Allowed networks")).to_have_value("127.0.0.0/8")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert own_demo.api("GET", "/networks") == {"networks": ["127.0.0.0/8"]}
