"""Whatever can be pressed is at least 24 px wide and high, however narrow its text; no table breaks a word."""

from playwright.sync_api import Page, StorageState, expect

from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS

NARROW = ("i", "1", "l", "ί")

# What is shown only when asked for is shown, every text is made narrow, and each target measured with its labels.
SMALL = """text => {
    const pressed = "a[href], button, summary, input:not([type=hidden]), select, textarea, [role=button], [role=switch]"
    for (const details of document.querySelectorAll("details")) details.open = true
    for (const element of document.querySelectorAll(`${pressed}, label`)) {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
        while (walker.nextNode()) if (walker.currentNode.data.trim()) walker.currentNode.data = text
    }
    const small = []
    const measure = root => {
        for (const element of root.querySelectorAll(pressed)) {
            if (!element.checkVisibility({opacityProperty: false, visibilityProperty: true})) continue
            const boxes = [element, ...(element.labels ?? [])].map(each => each.getBoundingClientRect())
            const [wide, high] = ["width", "height"].map(side => Math.max(...boxes.map(box => box[side])))
            if (wide < 24 || high < 24) small.push([element.outerHTML.slice(0, 120), wide, high])
        }
    }
    measure(document)
    for (const dialog of document.querySelectorAll("[popover]")) {
        dialog.showPopover()
        measure(dialog)
        dialog.hidePopover()
    }
    return small
}"""

BROKEN = """() => [...document.querySelectorAll("thead th, td, tbody th")]
    .filter(cell => !cell.querySelector("code, bdi, .cut"))
    .filter(cell => cell.checkVisibility()).flatMap(cell => {
        const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
        const broken = []
        while (walker.nextNode()) for (const {0: word, index} of walker.currentNode.data.matchAll(/\\p{L}+/gu)) {
            const range = document.createRange()
            range.setStart(walker.currentNode, index)
            range.setEnd(walker.currentNode, index + word.length)
            if (new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size > 1) broken.push(word)
        }
        return broken
    })"""


UNRULED = """() => { for (const sheet of document.styleSheets)
    for (let place = sheet.cssRules.length - 1; place >= 0; place -= 1)
        if (sheet.cssRules[place].selectorText?.startsWith(":where(a")) sheet.deleteRule(place) }"""

SQUEEZED = """() => { for (const table of document.querySelectorAll("table"))
    Object.assign(table.style, {overflowWrap: "anywhere", width: "90px"}) }"""


def test_a_small_target_is_found(open_page: OpenPage, filled: Demo, looking: StorageState) -> None:
    page = open_page(f"{filled.server}/admin/audit", storage_state=looking, **LOOKS[0])
    page.evaluate(UNRULED)
    small = page.evaluate(SMALL, "i")
    assert any("/admin/audit?target=" in element for element, _, _ in small)


WIDTHS = (1440, 1100, 820)


def test_a_broken_word_is_found(open_page: OpenPage, filled: Demo, looking: StorageState) -> None:
    page = open_page(f"{filled.server}/admin/agents", storage_state=looking, **LOOKS[0])
    page.evaluate(SQUEEZED)
    assert broken(page).keys() == set(WIDTHS)


def broken(page: Page) -> dict[int, list[str]]:
    """At which widths of the window tables break words, and which; or where the page is wider than the window."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[width] = [*page.evaluate(BROKEN), *(["wider"] if wider else [])]
    return {width: words for width, words in found.items() if words}


def talking(page: Page, demo: Demo) -> None:
    """Opens a ticket with everything beside it."""
    page.goto(f"{demo.server}/inbox/open")
    page.locator("a.row", has_text="rim need any care").click()
    expect(page.locator(".entry.is-note")).to_be_visible()
    expect(page.locator("contact-card .facts")).to_be_attached()
