"""The browser the walks drive is real: it runs modules and draws what visitors write."""

from playwright.sync_api import Page


def test_chromium_draws_greek_and_emoji(page: Page) -> None:
    page.set_content("<p>Καλημέρα 👋</p>")
    assert page.inner_text("p") == "Καλημέρα 👋"
    assert page.evaluate("document.fonts.check('1em sans-serif', 'Κ')")
