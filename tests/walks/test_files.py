"""Files and redactions in real browsers: a visitor in the shop, an agent in the inbox."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, Page, StorageState, WebSocketRoute, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_inbox import DESKTOP, agreed, composer, entry, row

PASTED = """([element, name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name, {type: "text/plain"}));
    element.dispatchEvent(new ClipboardEvent("paste", {clipboardData: carried, bubbles: true, cancelable: true}));
}"""
DROPPED = """([element, name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name, {type: "text/plain"}));
    element.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


def picture() -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((600, 400)).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def chosen(frame: FrameLocator, name: str, kind: str, data: bytes) -> None:
    frame.locator("chat-composer input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": data})


@pytest.fixture
def inbox(open_page: OpenPage, demo: Demo, owner: StorageState) -> Page:
    """The inbox on a wide screen, signed in as the owner."""
    return open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)


def test_files_go_both_ways_and_what_is_deleted_leaves_every_window(
    inbox: Page, open_page: OpenPage, demo: Demo
) -> None:
    shop = open_page(demo.shop, locale="en-GB", accept_downloads=True)
    frame = agreed(shop)
    chosen(frame, "cracked pot.jpg", "image/jpeg", picture())
    expect(frame.locator("file-tray .chip")).to_have_text("cracked pot.jpg")
    frame.locator("textarea").fill("It came like this")
    frame.locator("textarea").press("Enter")
    expect(frame.locator("message-line .file img")).to_be_visible()
    expect(frame.locator("file-tray")).to_be_hidden()

    row(inbox, "It came like this").click()
    image = entry(inbox, "It came like this").locator(".files img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480

    composer(inbox).evaluate(f"element => ({PASTED})([element, 'form.txt', 'fill this in'])")
    expect(inbox.locator("file-tray .chip")).to_have_text("form.txt")
    composer(inbox).press("Enter")
    with shop.expect_download() as saved:
        frame.get_by_role("button", name="Save form.txt").click()
    assert (saved.value.suggested_filename, saved.value.path().read_text()) == ("form.txt", "fill this in")

    said = entry(inbox, "It came like this")
    said.get_by_role("button", name="Delete file").click()
    inbox.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(image).to_have_count(0)
    expect(frame.locator("message-line .file img")).to_have_count(0)
    expect(frame.get_by_text("It came like this")).to_be_visible()

    said.hover()
    said.get_by_role("button", name="Delete", exact=True).click()
    inbox.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(inbox.get_by_text("This message was removed.")).to_be_visible()
    expect(frame.get_by_text("This message was removed.")).to_be_visible()
    expect(frame.get_by_text("It came like this")).to_have_count(0)
    shop.reload()
    shop.locator("lethe-chat button").click()
    expect(frame.get_by_text("This message was removed.")).to_be_visible()
    expect(frame.get_by_text("It came like this")).to_have_count(0)


def test_a_file_that_is_refused_or_lost_on_the_way_says_so_and_goes_again(open_page: OpenPage, demo: Demo) -> None:
    shop = open_page(demo.shop, locale="en-GB")
    frame = agreed(shop)
    chosen(frame, "program.exe", "image/png", b"MZ\x90\x00\x01")
    expect(frame.locator("file-tray .chip")).to_have_text("program.exe")
    frame.locator("textarea").press("Enter")
    expect(frame.get_by_text(re.compile("Only images, PDF"))).to_be_visible()
    frame.get_by_role("button", name="Discard").click()
    expect(frame.locator("message-line")).to_have_count(0)

    shop.route("**/attachments", lambda route: route.abort())
    frame.locator("textarea").evaluate(f"element => ({DROPPED})([element, 'list.txt', 'pots'])")
    expect(frame.locator("file-tray .chip")).to_have_text("list.txt")
    frame.locator("textarea").press("Enter")
    expect(frame.get_by_text(re.compile("cannot be reached"))).to_be_visible()
    shop.unroute("**/attachments")
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("message-line", has_text="list.txt").locator(".standing")).to_contain_text("Sent")


def test_a_ticket_goes_to_the_trash_and_for_good(inbox: Page, open_page: OpenPage, demo: Demo) -> None:
    frame = agreed(open_page(demo.shop, locale="en-GB"))
    frame.locator("textarea").fill("Away with this one")
    frame.locator("textarea").press("Enter")
    row(inbox, "Away with this one").click()
    expect(entry(inbox, "Away with this one")).to_be_visible()
    inbox.locator("[data-action=more]").click()
    inbox.get_by_role("button", name="Move to the trash").click()
    inbox.locator("[data-view=trash]").click()
    row(inbox, "Away with this one").click()
    inbox.locator("[data-action=more]").click()
    inbox.get_by_role("button", name="Delete for good").click()
    inbox.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(row(inbox, "Away with this one")).to_have_count(0)
    expect(inbox.get_by_text(re.compile("is deleted for good"))).to_be_visible()


STATIC = Path(__file__).parents[2] / "static"
KNOWN = "this.tickets.isGone(number) ? undefined : "


@pytest.mark.parametrize(("without", "said"), [("", 1), (KNOWN, 0)], ids=["as it is", "without the look"])
def test_that_a_ticket_is_deleted_stays_said_where_the_socket_tells_it_last(
    open_page: OpenPage, demo: Demo, owner: StorageState, without: str, said: int
) -> None:
    late = list[Callable[[], None]]()

    def line(page: WebSocketRoute) -> None:
        def heard(frame: str | bytes) -> None:
            if '"gone"' in str(frame):
                late.append(lambda: page.send(frame))
            else:
                page.send(frame)

        page.connect_to_server().on_message(heard)

    numbers = list[int]()
    for text in ("Delete me", "I come next"):
        with Visitor(demo, text) as visitor:
            numbers.append(visitor.say(text)["ticket"])
    demo.api("PATCH", f"/tickets/{numbers[0]}", {"status": "trash"})
    inbox = open_page("about:blank", storage_state=owner, **DESKTOP)
    changed = (STATIC / "model.js").read_text("utf-8").replace(without, "") if without else None
    if changed:
        inbox.route("**/static/model.js*", lambda way: way.fulfill(body=changed, content_type="text/javascript"))
    inbox.route_web_socket(re.compile("/ws/agent"), line)
    inbox.goto(f"{demo.server}/inbox/trash/{numbers[0]}")
    expect(entry(inbox, "Delete me")).to_be_visible()
    inbox.locator("[data-action=more]").click()
    inbox.get_by_role("button", name="Delete for good").click()
    inbox.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    done = inbox.get_by_text(re.compile("is deleted for good"))
    expect(done).to_be_visible()
    until(inbox, lambda: late)
    for tell in late:
        tell()
    demo.api("PATCH", f"/tickets/{numbers[1]}", {"status": "trash"})
    expect(row(inbox, "I come next")).to_be_visible()
    expect(done).to_have_count(said)
