"""What Chromium tells a screen reader of a page, in the order in which it is read aloud."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from playwright.sync_api import Frame, Page

LANDMARKS = {"banner", "complementary", "contentinfo", "form", "main", "navigation", "region", "search"}
LIVE = {"alert", "log", "status", "timer", "marquee"}
CONTROLS = {
    *("button", "checkbox", "combobox", "link", "listbox", "radio", "searchbox", "switch", "textbox", "menuitem"),
    *("DisclosureTriangle", "PopUpButton", "tab"),
}


class Heard(NamedTuple):
    """One thing: its role (with a heading's level, or how a live part speaks), and its name."""

    role: str
    name: str


def heard(page: Page, frame: Frame | None = None, texts: Collection[str] = ()) -> list[Heard]:
    """
    All landmarks, headings, live parts and controls of a page, or of a frame of it of the same site; and of all text
    that is in it these.
    """
    cdp = page.context.new_cdp_session(page)
    where = {"frameId": _id_of(cdp.send("Page.getFrameTree")["frameTree"], frame.url)} if frame else {}
    nodes = {each["nodeId"]: each for each in cdp.send("Accessibility.getFullAXTree", where)["nodes"]}
    cdp.detach()
    root = next(each for each in nodes.values() if each.get("parentId") not in nodes)
    return [*_read(root, nodes, texts)]


def _read(node: dict[str, Any], nodes: dict[str, dict[str, Any]], texts: Collection[str]) -> Iterator[Heard]:
    if not node["ignored"]:
        role, more = node["role"]["value"], {each["name"]: each["value"].get("value") for each in node["properties"]}
        name = " ".join(str(node.get("name", {}).get("value", "")).split())
        speaks = more.get("live", "off") if more.get("root") or role in LIVE else "off"
        if role == "heading":
            yield Heard(f"heading {more['level']}", name)
        elif speaks != "off" or role in LIVE:
            yield Heard(f"{role} {speaks}", name)
        elif role in LANDMARKS | CONTROLS:
            yield Heard(role, name)
        elif role == "StaticText" and name in texts:
            yield Heard("text", name)
    for each in node.get("childIds", []):
        if each in nodes:
            yield from _read(nodes[each], nodes, texts)


def _id_of(tree: dict[str, Any], url: str) -> str:
    """The id of the frame that shows this address."""
    if tree["frame"]["url"] == url.partition("#")[0]:
        return str(tree["frame"]["id"])
    return next((found for each in tree.get("childFrames", []) if (found := _id_of(each, url))), "")
