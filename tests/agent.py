"""An agent in a browser: signs in by the form, as anybody does."""

import httpx2
from playwright.sync_api import Browser, Page, StorageState

from tests.demo import Demo


def sign_in(page: Page, demo: Demo, email: str = "", password: str = "") -> None:
    """Fill in the form of a page that shows it; the owner's where nobody else is named."""
    page.fill("#email", email or demo.email)
    page.fill("#password", password or demo.password)
    page.press("#password", "Enter")


def choose(page: Page, old: str, new: str) -> None:
    """Change the password that was generated, as the page that comes first asks, and go on."""
    page.wait_for_url("**/password**")
    page.fill("#old", old)
    page.fill("#password", new)
    page.fill("#again", new)
    page.press("#again", "Enter")
    page.wait_for_url("**saved**")
    page.click("main a.button")


def signed_in(browser: Browser, demo: Demo, email: str = "", password: str = "", new: str = "") -> StorageState:
    """The cookies of somebody signed in, to begin contexts with; `new` where the password must be changed first."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{demo.server}/signin")
    sign_in(page, demo, email, password)
    if new:
        choose(page, password, new)
    page.wait_for_url("**/inbox**")
    state = context.storage_state()
    context.close()
    return state


def session(demo: Demo) -> StorageState:
    """The cookies of the owner, who signs in without a browser, which takes a third of the time."""
    form, here = {"email": demo.email, "password": demo.password}, demo.server
    answer = httpx2.post(f"{here}/signin", data=form, headers={"Origin": here})
    assert answer.status_code == 303, answer.text
    kept = [(each.name, each.value or "") for each in answer.cookies.jar]
    return {"cookies": [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in kept]}
