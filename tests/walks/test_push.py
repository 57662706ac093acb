"""Being called on a device: asked for by keyboard, refused in words, and a worker that says numbers and no more."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests import browser as chromium
from tests.agent import session
from tests.demo import Demo
from tests.services import free_port
from tests.visitor import Visitor
from tests.walks.shop import until
from tests.walks.test_accessible import found

# The browser of the walks knows no push service: what it would give is given instead, all else is its own.
SERVICE = """
    PushManager.prototype.subscribe = async (wanted) => {
      if (!wanted.userVisibleOnly || wanted.applicationServerKey.length !== 87) throw new TypeError("key");
      return (globalThis.kept = { endpoint: ENDPOINT, unsubscribe: async () => true });
    };
    PushManager.prototype.getSubscription = async () => globalThis.kept ?? null;
"""
SHOWN = "async () => (await registration.getNotifications()).map(({ title, tag }) => [title, tag])"
CLOSE = "async () => (await registration.getNotifications()).forEach((each) => each.close())"


@pytest.fixture
def whole(playwright: Playwright) -> Iterator[Browser]:
    """The whole Chromium: the light one shows no notifications."""
    started = playwright.chromium.launch(executable_path=chromium.need(), args=chromium.flags())
    yield started
    started.close()


def wake(context: BrowserContext, page: Page, origin: str) -> None:
    """What a push service does, by the browser's own door for that."""
    cdp, known = context.new_cdp_session(page), list[dict[str, str]]()
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda said: known.extend(said["registrations"]))
    cdp.send("ServiceWorker.enable")
    until(page, lambda: known)
    named = {"origin": origin, "registrationId": known[-1]["registrationId"], "data": ""}
    cdp.send("ServiceWorker.deliverPushMessage", named)
    cdp.detach()


def profile(whole: Browser, demo: Demo, locale: str, *granted: str) -> tuple[BrowserContext, Page]:
    """The owner's profile on a phone, where the browser lets pages do these things."""
    context = whole.new_context(
        storage_state=session(demo), locale=locale, color_scheme="dark", viewport={"width": 320, "height": 640}
    )
    context.grant_permissions(list(granted), origin=demo.server)
    context.add_init_script(SERVICE.replace("ENDPOINT", f"'http://127.0.0.1:{free_port()}/push/1'"))
    page = context.new_page()
    page.goto(f"{demo.server}/profile")
    return context, page


def test_an_agent_is_called_on_a_device_that_asked_for_it(monkeypatch: pytest.MonkeyPatch, whole: Browser) -> None:
    monkeypatch.setenv("LETHE_OUTBOUND_ALLOW", "127.0.0.0/8")
    with Demo() as demo:
        context, page = profile(whole, demo, "el-GR")
        page.get_by_role("button", name="Ειδοποίηση εδώ").click()
        expect(page.locator("push-switch")).to_contain_text("δεν αφήνει το Lethe")
        context.close()

        context, page = profile(whole, demo, "en-GB", "notifications")
        button = page.get_by_role("button", name="Call me on this device")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("push-switch")).to_contain_text("until you sign out")
        assert found(page) == []
        page.reload()
        expect(page.get_by_role("button", name="Call me here no more")).to_be_visible()
        (worker,) = context.service_workers
        with Visitor(demo, "Zoe") as visitor:
            number = visitor.say("A secret question")["ticket"]
            wake(context, page, demo.server)
            until(page, lambda: worker.evaluate(SHOWN) == [[f"New chat: #{number}", f"lethe-{number}"]])
            worker.evaluate(CLOSE)
            page.goto(f"{demo.server}/inbox/solved")
            expect(page.locator(".presence[data-state=online]")).to_be_visible()
            wake(context, page, demo.server)
            # It is in focus. What opens a notification leads there.
            worker.evaluate("async (ticket) => { await open(ticket).catch(() => {}); }", number)
            page.wait_for_url(f"**/inbox/open/{number}")
            assert worker.evaluate(SHOWN) == []
        context.clear_cookies()
        page.goto("about:blank")
        wake(context, page, demo.server)
        until(page, lambda: worker.evaluate(SHOWN) == [["New message", "lethe-inbox"]])
        context.close()
