"""An agent in a browser: signs in by the form, as anybody does."""

from playwright.sync_api import Browser, Page, StorageState

from tests.demo import Demo


def sign_in(page: Page, demo: Demo, email: str = "", password: str = "") -> None:
    """Fill in the form of a page that shows it; the owner's where nobody else is named."""
    page.fill("#email", email or demo.email)
    page.fill("#password", password or demo.password)
    page.press("#password", "Enter")


def signed_in(browser: Browser, demo: Demo, email: str = "", password: str = "") -> StorageState:
    """The cookies of somebody signed in, to begin contexts with."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{demo.server}/signin")
    sign_in(page, demo, email, password)
    page.wait_for_url("**/inbox")
    state = context.storage_state()
    context.close()
    return state
