"""How the agents' pages look where they are seldom looked at: on the narrowest phones, in Greek, in the dark."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from chat.core.model import LOCALES
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found

STATIC = Path(__file__).parents[2] / "static"
WIDE = {"viewport": {"width": 1366, "height": 625}, "locale": "en-GB"}
BEYOND = "() => document.documentElement.scrollWidth"


def styled(page: Page, sheet: str, whole: str, instead: str) -> None:
    """Changes a style sheet, as a mistake would."""
    css = (STATIC / sheet).read_text("utf-8")
    assert whole in css, "the rule is written so"
    page.route(
        f"**/static/{sheet}*",
        lambda route: route.fulfill(body=css.replace(whole, instead), content_type="text/css"),
    )


def phone(width: int, locale: str) -> dict[str, object]:
    """A phone, on which a page that is too wide makes all of it smaller."""
    return {"viewport": {"width": width, "height": 667}, "locale": f"{locale}-GR", "is_mobile": True, "has_touch": True}


PHONES = (375, 320)


def wider(page: Page) -> list[int]:
    """Which phones the page is wider than."""
    found = []
    for width in PHONES:
        page.set_viewport_size({"width": width, "height": 667})
        if page.evaluate(BEYOND) > width:
            found.append(width)
    return found


def test_a_page_that_is_too_wide_is_found(open_page: OpenPage, filled: Demo, looking: StorageState) -> None:
    page = open_page("about:blank", storage_state=looking, **phone(375, "el"))
    styled(
        page,
        "inbox.css",
        "grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);",
        "grid-template: auto 1fr / auto;",
    )
    styled(page, "page.css", ".topbar:has(presence-switch) .brand span {", ".brand u {")
    page.goto(f"{filled.server}/inbox/open")
    expect(page.locator("presence-switch button")).to_have_text("Σε σύνδεση")
    assert 320 in wider(page)


GAP = """row => {
    const range = document.createRange();
    range.selectNodeContents(row.querySelector("bdi"));
    return row.querySelector(".tag").getBoundingClientRect().left - range.getBoundingClientRect().right;
}"""


@pytest.mark.parametrize(("instead", "fine"), [(" {\n  min-width: 12ch;", True), (" bdi {\n  min-width: 12ch;", False)])
def test_what_is_said_of_a_name_stands_beside_it(
    open_page: OpenPage, filled: Demo, looking: StorageState, instead: str, *, fine: bool
) -> None:
    page = open_page("about:blank", storage_state=looking, **WIDE)
    styled(page, "admin.css", ":is(th, td):has(bdi) {\n  min-width: 12ch;", f":is(th, td){instead}")
    page.goto(f"{filled.server}/admin/agents")
    assert (page.locator("tr", has=page.locator(".tag")).first.evaluate(GAP) < 16) == fine


GROUNDS = "notice => [notice, notice.closest('.card')].map((each) => getComputedStyle(each).backgroundColor)"


@pytest.mark.parametrize(("ground", "fine"), [("--surface-pressed", True), ("--surface-hover", False)])
def test_a_plain_notice_has_a_ground_of_its_own_in_the_dark(
    open_page: OpenPage, filled: Demo, looking: StorageState, ground: str, *, fine: bool
) -> None:
    page = open_page("about:blank", storage_state=looking, color_scheme="dark", **WIDE)
    styled(
        page,
        "filter.css",
        ".notice.is-plain {\n  background: var(--surface-pressed);",
        f".notice.is-plain {{\n  background: var({ground});",
    )
    page.goto(f"{filled.server}/admin/filter")
    own, card = page.locator(".notice.is-plain").first.evaluate(GROUNDS)
    assert (own != card) == fine


@pytest.fixture(scope="module")
def erased(filled: Demo) -> str:
    """The number of an erasure that is done."""
    with Visitor(filled, "Gone") as visitor:
        ticket = visitor.say("Forget me")["ticket"]
    contact = filled.api("GET", f"/tickets/{ticket}")["contact"]["id"]
    number: str = filled.api("POST", "/erasures", {"contact_id": contact})["erasure_id"]
    for _ in range(300):
        if filled.api("GET", f"/erasures/{number}")["state"] == "done":
            return number
        time.sleep(0.1)
    raise AssertionError("it was not erased")


STACKED = ".card .facts {\n    grid-template-columns: minmax(0, 1fr);"
FOLDED = ".table-scroll tbody :is(th, td) {\n    display: block;"


@pytest.mark.parametrize(
    ("instead", "fine"), [(STACKED, True), (".card .facts {\n    grid-template-columns: auto 1fr;", False)]
)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_certificate_is_read_on_a_phone(
    open_page: OpenPage, filled: Demo, looking: StorageState, erased: str, locale: str, instead: str, *, fine: bool
) -> None:
    page = open_page("about:blank", storage_state=looking, **phone(375, locale))
    styled(page, "admin.css", STACKED, instead)
    page.goto(f"{filled.server}/admin/erasures/{erased}")
    widths = page.locator(".facts dd").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert len(widths) > 4
    assert (min(widths) > 200) == fine


@pytest.mark.parametrize(("instead", "fine"), [(FOLDED, True), (".table-scroll u {\n    display: block;", False)])
def test_how_far_an_erasure_is_stands_on_a_phones_screen(
    open_page: OpenPage, filled: Demo, looking: StorageState, erased: str, instead: str, *, fine: bool
) -> None:
    page = open_page("about:blank", storage_state=looking, **phone(375, "en"))
    styled(page, "admin.css", FOLDED, instead)
    page.goto(f"{filled.server}/admin/erasures")
    state = page.locator("tr", has_text=erased).locator(".tag").first.bounding_box()
    assert state
    assert (state["x"] + state["width"] <= 375) == fine


SPOILT = {
    "agents": "#email",
    "departments": "#new-name",
    "notice": "#privacy_url",
    "retention": "#audit_days",
    "site": "#name",
}
"""On each of these pages a field that may not hold what is put in it."""


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_on_one_of_a_list_on_a_question_and_on_what_is_refused(
    open_page: OpenPage, filled: Demo, looking: StorageState, erased: str, look: dict[str, object]
) -> None:
    run = filled.api("POST", "/retention/runs", {"dry_run": True})["id"]
    page = open_page("about:blank", storage_state=looking, **look)
    for path in (f"/admin/erasures/{erased}", f"/admin/retention/runs/{run}", "/password"):
        page.goto(filled.server + path)
        page.wait_for_load_state("networkidle")
        assert found(page) == [], path
    for name, field in SPOILT.items():
        page.goto(f"{filled.server}/admin/{name}")
        sent(page, field, "" if field.endswith("name") else "no")
        expect(page.locator("[aria-invalid=true]").first).to_be_attached()
        assert found(page) == [], name
    page.goto(f"{filled.server}/admin/notice")
    sent(page, "[id='en.text']", "We read what you write, and answer.")
    expect(page.locator(".change").first).to_be_visible()
    assert found(page) == []


def sent(page: Page, field: str, text: str) -> None:
    """Sends the form of a field with this in it, past what the browser itself would refuse."""
    page.locator(field).evaluate(
        """(field, text) => {
            if (field.type === "number") field.type = "text";
            field.value = text;
            field.form.noValidate = true;
            field.form.requestSubmit();
        }""",
        text,
    )
