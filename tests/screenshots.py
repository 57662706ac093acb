"""
Draws every page of a demo with sample chats into `screenshots/`, in each language, theme and width.

`--readme` draws instead the two pictures of the README into `docs/images/`.
"""

import argparse
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, StorageState, sync_playwright

from chat.features import menu
from tests import browser as chromium
from tests import sample
from tests.agent import signed_in
from tests.demo import Demo

ROOT = Path(__file__).parent.parent
FOLDER, IMAGES = ROOT / "screenshots", ROOT / "docs" / "images"
LOCALES = {"en": "en-GB", "el": "el-GR"}
THEMES = ("light", "dark")
WIDTHS = {"desktop": (1440, 900), "phone": (390, 844)}
SETTLES = 250


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    locale: str
    theme: str
    width: str

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}-{self.locale}"

    def context(self, browser: Browser, state: StorageState | None = None) -> BrowserContext:
        """A context of this look; signed in where it is given the cookies of one that is."""
        width, height = WIDTHS[self.width]
        return browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if self.theme == "dark" else "light",
            reduced_motion="reduce",
            locale=LOCALES[self.locale],
            timezone_id="Europe/Athens",
            storage_state=state,
        )


Draw = Callable[[Page, Demo], None]
Shoot = Callable[[str], None]


def at(path: str, *clicks: str, key: str = "") -> Draw:
    """A page of the server, after some clicks and perhaps a key."""

    def draw(page: Page, demo: Demo) -> None:
        page.goto(demo.server + path)
        page.wait_for_load_state("networkidle")
        for each in clicks:
            page.locator(each).first.click()
            page.wait_for_timeout(SETTLES)
        if key:
            page.keyboard.press(key)

    return draw


def without(pattern: str, path: str) -> Draw:
    """A page of the server while requests like `pattern` fail."""

    def draw(page: Page, demo: Demo) -> None:
        page.route(pattern, lambda route: route.abort())
        page.goto(demo.server + path)

    return draw


def fewer(page: Page, demo: Demo) -> None:
    """What fewer days would take, before they are saved."""
    page.goto(demo.server + "/admin/retention")
    page.fill("#transcripts_days", "30")
    page.click("main form [type=submit]")


def wrong_profile(page: Page, demo: Demo) -> None:
    """What is wrong with a profile, beside its field."""
    page.goto(demo.server + "/profile")
    page.fill("#name", "")
    page.click("main form [type=submit]")


def agent_page(page: Page, demo: Demo) -> None:
    """The page of the agent who comes after the owner."""
    if len(demo.api("GET", "/agents")["items"]) == 1:
        demo.api("POST", "/agents", {"email": "mara@demo.example", "name": "Mara Vlachou"})
        for name in ("Sales", "Workshop"):
            demo.api("POST", "/departments", {"name": name})
    page.goto(demo.server + "/admin/agents")
    page.locator("tbody th a").last.click()
    page.wait_for_load_state()


def agent_deleted(page: Page, demo: Demo) -> None:
    """What is asked before an agent is deleted."""
    agent_page(page, demo)
    page.click("[popovertarget=sure-delete]")


FIRST, TALK = "ticket-list .row", "ticket-list .row:has-text('Zoe')"
OUTSIDE = {
    "signin": at("/signin"),
    "signin-wrong": at("/signin", "[type=submit]"),
    "error-404": at("/nothing/here"),
    "api-docs": at("/api/docs"),
    "api-docs-operation": at("/api/docs", "#post_api_v1_tokens summary"),
}
INSIDE = {
    "inbox": at("/inbox/open"),
    "inbox-empty": at("/inbox/mine"),
    "inbox-failed": without("**/api/v1/**", "/inbox/open"),
    "ticket": at("/inbox/open", TALK),
    "ticket-note": at("/inbox/open", TALK, key="n"),
    "ticket-more": at("/inbox/open", TALK, "ticket-actions summary"),
    "ticket-solved": at("/inbox/solved", FIRST),
    "ticket-missing": at("/inbox/open/999"),
    "quarantine": at("/inbox/quarantine", FIRST),
    "quarantine-shown": at("/inbox/quarantine", FIRST, ".held-actions button"),
    "keys": at("/inbox/open", key="?"),
    "menu": at("/inbox/open", ".me summary"),
    "profile": at("/profile"),
    "profile-wrong": wrong_profile,
    "password": at("/password"),
    "own-factor": at("/second-factor"),
    "step-up": at("/step-up"),
    "password-wrong": at("/password", "main [type=submit]"),
    **{line.path.rpartition("/")[2]: at(line.path) for lines in menu().values() for line in lines},
    "agent": agent_page,
    "agent-delete": agent_deleted,
    "retention-numbers": at("/admin/retention", "main details summary"),
    "retention-fewer": fewer,
    "retention-run": at("/admin/retention", "form[action$=runs] button"),
    "audit-none": at("/admin/audit?target=999999"),
    "audit-wrong": at("/admin/audit?target=Zoe"),
    "filter-run": at("/admin/filter", "tbody th a"),
    "held": at("/admin/quarantine"),
    "held-chosen": at("/admin/quarantine", "ul.held [name=held]"),
}


def widget(page: Page, demo: Demo, locale: str, shoot: Shoot) -> None:
    """The widget from the button to the last word: at the end it forgets, and leaves no chat behind."""
    page.goto(f"{demo.shop}/?locale={locale}")
    page.locator("lethe-chat button").wait_for()
    shoot("widget-closed")
    frame = opened(page)
    shoot("widget-notice")
    frame.locator("consent-notice form button.primary").click()
    shoot("widget-notice-missing")
    agree(frame)
    shoot("widget-chat-empty")
    say(frame, "Is the tall pot frost-proof?")
    sample.answer(demo, newest(demo), "It is, down to ten below. Turn it over in winter, so that no water stays in it.")
    say(frame, sample.HOSTILE)
    shoot("widget-chat")
    menu = frame.locator("header [popovertarget=menu]")
    menu.click()
    shoot("widget-menu")
    for name in ("kept", "receipt", "export"):
        frame.locator(f"#menu button.{name}").click()
        frame.locator("plain-page").wait_for()
        shoot(f"widget-{name}")
        if name == "export":
            frame.locator(".exporting button").click()
            frame.locator(".exporting button.quiet").wait_for()
            shoot("widget-export-ready")
        menu.click()
    frame.locator("#menu button").last.click()
    shoot("widget-withdraw")
    frame.locator("button.danger").click()
    frame.locator("code").wait_for()
    shoot("widget-done")


def opened(page: Page) -> FrameLocator:
    """Press the button; the frame once it shows the notice."""
    page.locator("lethe-chat button").click()
    frame = page.frame_locator("iframe")
    frame.locator("consent-notice").wait_for()
    return frame


def agree(frame: FrameLocator) -> None:
    """Tick the first box, and begin."""
    frame.locator("#purpose-chat").check()
    frame.locator("consent-notice form button.primary").click()
    frame.locator("textarea").wait_for()


def say(frame: FrameLocator, text: str) -> None:
    """Write as the visitor."""
    frame.locator("textarea").fill(text)
    frame.locator("textarea").press("Enter")
    frame.locator("message-list").get_by_text(text.split(maxsplit=1)[0]).last.wait_for()
    frame.owner.page.wait_for_timeout(SETTLES)


def newest(demo: Demo) -> int:
    """The number of the ticket that changed last."""
    number: int = demo.api("GET", "/tickets?limit=1")["items"][0]["number"]
    return number


def every_page(browser: Browser, demo: Demo, folder: Path, only: list[str] | None) -> None:
    """Draw everything, or `only` some, in every look."""
    state = signed_in(browser, demo)
    for look in itertools.starmap(Look, itertools.product(LOCALES, THEMES, WIDTHS)):
        for pages, cookies in ((OUTSIDE, None), (INSIDE, state)):
            for name, draw in ((name, draw) for name, draw in pages.items() if not only or name in only):
                context = look.context(browser, cookies)
                page = context.new_page()
                draw(page, demo)
                picture(page, folder / f"{name}-{look}.png")
                context.close()
        if not only or "widget" in only:
            context = look.context(browser)
            page = context.new_page()
            widget(page, demo, look.locale, partial(_widget_picture, page, folder, look))
            context.close()
        print(look, flush=True)


def readme(browser: Browser, demo: Demo, folder: Path) -> None:
    """Draw the two pictures of the README."""
    context = Look("en", "light", "desktop").context(browser, signed_in(browser, demo))
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 760})
    INSIDE["ticket"](page, demo)
    picture(page, folder / "inbox.png", full=False)
    page.set_viewport_size({"width": 1000, "height": 760})
    page.goto(demo.shop)
    opened(page)
    picture(page, folder / "widget.png", full=False)
    context.close()


def picture(page: Page, path: Path, *, full: bool = True) -> None:
    """Draw the page as it is once nothing moves."""
    page.wait_for_timeout(SETTLES)
    page.screenshot(path=path, full_page=full)


def _widget_picture(page: Page, folder: Path, look: Look, name: str) -> None:
    picture(page, folder / f"{name}-{look}.png", full=False)


def main(arguments: list[str]) -> int:
    """Start a demo, fill it, draw it."""
    parser = argparse.ArgumentParser(prog="./run screenshots", description=(__doc__ or "").strip())
    parser.add_argument("--readme", action="store_true", help="draw the README's two pictures")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help=f"some pages: {', '.join([*OUTSIDE, *INSIDE])}, widget"
    )
    asked = parser.parse_args(arguments)
    chromium.provide()
    folder = IMAGES if asked.readme else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with Demo() as demo, sync_playwright() as playwright:
        sample.fill(demo)
        if not asked.readme:
            sample.teach(demo)
            sample.hold(demo, "Rina", "Γιώργος", "")
        started = playwright.chromium.launch(executable_path=chromium.need(), args=chromium.flags())
        if asked.readme:
            readme(started, demo, folder)
        else:
            every_page(started, demo, folder, asked.only)
        started.close()
    print(f"Drawn into {folder.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
