"""Fields of tickets, by mouse and by keyboard alone: an admin defines them, agents fill them beside the ticket."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found
from tests.walks.test_hands import NARROW, Fields
from tests.walks.test_inbox import DESKTOP

GREEK = DESKTOP | {"locale": "el-GR", "color_scheme": "dark"}


@pytest.fixture(scope="module")
def ours() -> Iterator[Demo]:
    """A demo of these walks: fields are of the whole account."""
    with Demo() as started:
        yield started


def keys(demo: Demo, hand: str) -> list[str]:
    """The keys of those that a hand made, in their order."""
    fields = demo.api("GET", "/ticket-fields")["fields"]
    return [each["key"].removesuffix(f"_{hand}") for each in fields if hand in each["key"] and not each["retired"]]


@pytest.mark.parametrize(("hand", "look"), [("mouse", DESKTOP), ("keyboard", NARROW)], ids=["mouse", "keyboard"])
def test_an_admin_adds_moves_renames_and_retires_fields(
    ours: Demo, open_page: OpenPage, hand: str, look: dict[str, object]
) -> None:
    page = open_page(f"{ours.server}/admin/ticket-fields", storage_state=session(ours), **look)
    fields = Fields(page, hand)

    def of(key: str) -> str:
        return f"{key}_{hand}"

    def opened(key: str) -> None:
        fields.press(page.locator(f"#field-{of(key)} > summary"))

    fields.write("new-label", f"Order {hand}")
    expect(fields.at("new-options")).to_be_hidden()
    fields.save("new-label")
    expect(page.locator(f"#field-{of('order')}")).to_be_visible()
    fields.write("new-label", f"order {hand}")
    fields.choose("new-kind", "choice", 2)
    fields.write("new-options", "Broken\nLate")
    fields.save("new-label")
    expect(fields.at("new-label-error")).to_be_visible()
    expect(fields.at("new-options")).to_have_value("Broken\nLate")
    assert found(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fields.write("new-label", f"Reason {hand}")
    fields.save("new-label")
    opened("reason")
    fields.press(fields.at(f"up-{of('reason')}"))
    until(page, lambda: keys(ours, hand) == ["reason", "order"])
    opened("order")
    fields.write(f"{of('order')}-label", f"Order number {hand}")
    fields.save(f"{of('order')}-label")
    expect(page.locator("summary", has_text=f"Order number {hand}")).to_be_visible()
    opened("reason")
    fields.press(fields.at(f"retire-{of('reason')}"))
    until(page, lambda: keys(ours, hand) == ["order"])
    fields.press(page.locator(f"button#field-{of('reason')}"))
    until(page, lambda: keys(ours, hand) == ["reason", "order"])


def given(hand: str, **more: Any) -> list[dict[str, Any]]:
    """Three fields of a hand's."""
    kinds: dict[str, dict[str, Any]] = {
        "Ref": {"kind": "text"},
        "Pieces": {"kind": "number"},
        "Cause": {"kind": "choice", "options": ["Broken", "Late"]},
    }
    return [
        {"key": f"{label.lower()}_{hand}", "label": f"{label} {hand}"} | said | more.get(label, {})
        for label, said in kinds.items()
    ]


def define(demo: Demo, hand: str, **more: Any) -> None:
    """Put a hand's fields behind those of others."""
    own = given(hand, **more)
    mine = {each["key"] for each in own}
    others = [each for each in demo.api("GET", "/ticket-fields")["fields"] if each["key"] not in mine]
    demo.api("PUT", "/ticket-fields", {"fields": [*others, *own]})


@pytest.mark.parametrize(("hand", "look"), [("mouse", DESKTOP), ("keyboard", GREEK)], ids=["mouse", "keyboard"])
def test_an_agent_fills_them_beside_the_ticket_and_other_windows_follow(
    ours: Demo, open_page: OpenPage, hand: str, look: dict[str, object]
) -> None:
    define(ours, hand)
    with Visitor(ours, f"Fielda {hand}") as visitor:
        number = visitor.say(f"What is my order by {hand}?")["ticket"]
        page, other = (
            open_page(f"{ours.server}/inbox/open/{number}", storage_state=session(ours), **look) for _ in range(2)
        )
        fill(ours, page, other, number, hand)


def fill(demo: Demo, page: Page, other: Page, number: int, hand: str) -> None:
    """Write in each field, wrongly once, take one back, and meet an option that is gone."""
    fields = Fields(page, hand)

    def at(label: str, where: Page = page) -> Any:
        return where.locator("ticket-fields").get_by_label(f"{label} {hand}", exact=True)

    def said() -> dict[str, Any]:
        return dict(demo.api("GET", f"/tickets/{number}")["fields"])

    at("Ref").wait_for()
    ids = {label: str(at(label).get_attribute("id")) for label in ("Ref", "Pieces", "Cause")}
    fields.write(ids["Ref"], "4711")
    page.keyboard.press("Tab")
    expect(at("Ref", other)).to_have_value("4711")
    fields.choose(ids["Cause"], "Late", 2)
    until(page, lambda: said() == {f"ref_{hand}": "4711", f"cause_{hand}": "Late"})
    fields.press(page.locator("toast-line button").first)
    until(page, lambda: said().get(f"cause_{hand}") != "Late")
    demo.api("PATCH", f"/tickets/{number}", {"fields": {f"cause_{hand}": "Late"}})
    expect(at("Cause")).to_have_value("Late")

    at("Pieces").focus()
    page.keyboard.type("--")
    page.keyboard.press("Tab")
    error = page.locator(f"[id='{ids['Pieces']}-error']")
    expect(error).to_be_visible()
    expect(at("Pieces")).to_have_attribute("aria-invalid", "true")
    assert found(page) == []
    fields.write(ids["Pieces"], "2.5")
    page.keyboard.press("Enter")
    until(page, lambda: said().get(f"pieces_{hand}") == 2.5)
    expect(error).to_be_hidden()

    define(demo, hand, Cause={"options": ["Broken", "Lost"]}, Ref={"retired": True})
    fields.choose(ids["Cause"], "Broken", -1)  # as this window still knows it
    until(page, lambda: said().get(f"cause_{hand}") == "Broken")
    demo.api("PATCH", f"/tickets/{number}", {"fields": {f"cause_{hand}": "Lost"}})
    page.reload()
    expect(page.locator("ticket-fields .chip")).to_contain_text("4711")
    define(demo, hand, Cause={"options": ["Broken"]}, Ref={"retired": True})
    page.reload()
    expect(page.locator("ticket-fields .field-hint", has_text="Lost")).to_be_visible()
    expect(at("Cause")).to_have_value("")
    fields.press(page.locator("ticket-fields .chip button"))
    until(page, lambda: f"ref_{hand}" not in said())
    expect(page.locator("ticket-fields .chip")).to_have_count(0)
