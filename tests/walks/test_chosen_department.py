"""Where the site asks, a visitor chooses a department by keyboard; nothing is chosen before, and nobody has to."""

import pytest
from playwright.sync_api import expect

from tests.lethe import Account
from tests.walks.notice import publish
from tests.walks.shop import Enter, Guest
from tests.walks.test_accessible import found as objections

LABELS = {"en": ("Department", "Any"), "el": ("Τμήμα", "Οποιοδήποτε")}


@pytest.fixture
def asking(account: Account) -> Account:
    """An account with two departments, whose site asks for one."""
    publish(account)
    for name in ("Returns", "Sales"):
        account.rest("POST", "/departments", {"name": name})
    (site,) = account.rest("GET", "/sites")["items"]
    account.rest("PATCH", f"/sites/{site['id']}", {"fields": site["fields"] | {"department": "optional"}})
    return account


def opened_in(account: Account, guest: Guest, text: str) -> object:
    """In which department the ticket is that the guest opens by writing."""
    guest.agree().write(text)
    guest.until(lambda: any((each["preview"] or {}).get("text") == text for each in account.tickets()))
    (ticket,) = (each for each in account.tickets() if (each["preview"] or {}).get("text") == text)
    return ticket["department"] and ticket["department"]["name"]


@pytest.mark.parametrize("locale", LABELS)
def test_a_department_is_chosen_by_keyboard(enter: Enter, asking: Account, locale: str) -> None:
    guest = enter(None, {"locale": locale}).open()
    label, anyone = LABELS[locale]
    choice = guest.frame.get_by_label(label)
    expect(choice.locator("option")).to_have_text([anyone, "Returns", "Sales"])
    expect(choice).to_have_value("")
    assert objections(guest.page) == []
    choice.focus()
    guest.page.keyboard.type("Sal")
    assert opened_in(asking, guest, f"To sales, {locale}") == "Sales"


def test_nobody_has_to_choose_and_a_site_that_does_not_ask_shows_nothing(enter: Enter, asking: Account) -> None:
    assert opened_in(asking, enter().open(), "To anybody") is None
    (site,) = asking.rest("GET", "/sites")["items"]
    asking.rest("PATCH", f"/sites/{site['id']}", {"fields": {"name": "optional"}})
    guest = enter().open()
    expect(guest.frame.locator("#name")).to_be_visible()
    expect(guest.frame.locator("#department")).to_have_count(0)
