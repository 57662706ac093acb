"""
The people who work in it, by keyboard alone: a picture, an erasure that is asked for and answered, an auditor, an agent
of one department, one's own sessions, and the reader of the API, with scripts and without.
"""

import io
import re
from collections.abc import Iterator

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Page, StorageState, expect

from tests.agent import session
from tests.demo import Demo
from tests.lethe import Account
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.notice import publish
from tests.walks.shop import Enter
from tests.walks.test_accessible import found

ENGLISH = {"locale": "en-GB"}
NARROW = {"locale": "el-GR", "color_scheme": "dark", "viewport": {"width": 320, "height": 640}}
OWN = "seven lamps over quiet water"
CSRF = re.compile(r'name="csrf" value="(\w+)"')


@pytest.fixture(scope="module")
def ours() -> Iterator[Demo]:
    """A demo of these walks, which add people and chats to it."""
    with Demo() as started:
        yield started


def joined(demo: Demo, name: str, role: str = "agent", departments: tuple[str, ...] = ()) -> StorageState:
    """The cookies of somebody new, who has changed the password that was made for them."""
    email = f"{name.lower()}@demo.example"
    body = {"email": email, "name": name, "role": role, "departments": []}
    made = demo.api("POST", "/agents", body)
    if departments:
        demo.api("PATCH", f"/agents/{made['id']}", {"departments": list(departments)})
    with httpx2.Client(base_url=demo.server, headers={"Origin": demo.server}) as client:
        client.post("/signin", data={"email": email, "password": made["password"]})
        form = {"old": made["password"], "password": OWN, "again": OWN}
        mark = CSRF.search(client.get("/password").text)
        assert mark is not None
        answer = client.post("/password", data=form | {"csrf": mark[1]})
        assert answer.status_code == 303, answer.text
        kept = [(each.name, each.value or "") for each in client.cookies.jar]
    return {"cookies": [{"name": one, "value": value, "domain": "127.0.0.1", "path": "/"} for one, value in kept]}


def reach(page: Page, selector: str) -> None:
    """Go on by Tab until this has the focus."""
    wanted = page.locator(selector).first
    wanted.wait_for()
    for _ in range(150):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def press(page: Page, selector: str) -> None:
    """Reach it and press Enter."""
    reach(page, selector)
    page.keyboard.press("Enter")


def photo(colour: str, kind: str = "PNG") -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, kind)
    return out.getvalue()


def choose(page: Page, name: str, data: bytes) -> None:
    """Choose a file as its field asks, by keyboard."""
    reach(page, "#portrait")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": data})


def test_a_picture_is_chosen_refused_and_removed(ours: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{ours.server}/profile", storage_state=session(ours), **NARROW)
    page.on("filechooser", lambda _: None)  # from now on the browser shows no window of its own for it
    field, picture = page.locator("portrait-field"), page.locator("portrait-field img.face")
    choose(page, "me.png", photo("teal"))
    expect(field.get_by_role("status")).to_have_text("Αποθηκεύτηκε.")
    expect(picture).to_have_js_property("naturalWidth", 256)
    choose(page, "me.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    expect(field.get_by_role("alert")).to_contain_text("δεν μπορεί να χρησιμοποιηθεί")
    expect(picture).to_have_js_property("naturalWidth", 256)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found(page) == []
    press(page, "portrait-field button")
    expect(picture).to_have_count(0)
    expect(page.locator("portrait-field span.face")).to_be_visible()
    expect(page.locator("#portrait")).to_be_focused()
    assert ours.api("GET", "/agents/me")["portrait"] == ""


def test_visitors_see_who_answers(enter: Enter, account: Account) -> None:
    publish(account)
    guest = enter().open().agree().write("Is anybody there?")
    guest.until(lambda: len(account.tickets()) == 1)
    path = f"/tickets/{account.tickets()[0]['number']}/messages"
    face = guest.frame.locator("message-line.agent.first .face")
    account.rest("POST", path, {"id": "00000000-0000-4000-8000-00000000000a", "text": "Yes"})
    expect(face).to_have_text("A")  # of Acme, and to nobody's ears
    headers = {"Authorization": f"Bearer {account.token}"}
    file = {"file": ("me.png", photo("teal"), "image/png")}
    address = f"{account.lethe.origin}/api/v1/agents/me/portrait"
    assert httpx2.put(address, files=file, headers=headers).status_code == 200
    guest.page.reload()
    guest.open()
    expect(face).to_have_js_property("naturalWidth", 256)


def test_an_erasure_is_asked_for_and_confirmed_or_refused(ours: Demo, open_page: OpenPage) -> None:
    agent = joined(ours, "Mara")
    with Visitor(ours, "Zoe") as zoe, Visitor(ours, "Yan") as yan:
        numbers = [zoe.say("Hello")["ticket"], yan.say("Hello")["ticket"]]
        page = open_page(f"{ours.server}/inbox/open/{numbers[0]}", storage_state=agent, **ENGLISH)
        for number in numbers:
            page.goto(f"{ours.server}/inbox/open/{number}")
            press(page, "contact-card section:last-of-type button.is-danger-plain")
            reach(page, "dialog[open] button.is-danger, dialog[open] button[type=submit]")
            page.keyboard.press("Enter")
            expect(page.locator(".erasure-asked")).to_contain_text("waits for confirmation")
        assert found(page) == []
        asks = {each["contact_id"]: each["id"] for each in ours.api("GET", "/erasure-asks")["items"]}
        whose = [ours.api("GET", f"/tickets/{number}")["contact"]["id"] for number in numbers]
        owner = open_page(f"{ours.server}/admin/erasures", storage_state=session(ours), **ENGLISH)
        refusing = asks[whose[0]]
        press(owner, f"button[form=refuse-{refusing}]")
        expect(owner.locator(f"#reason-{refusing}-error")).to_be_visible()
        assert found(owner) == []
        reach(owner, f"#reason-{refusing}")
        owner.keyboard.type("A claim of ours is open")
        owner.keyboard.press("Enter")
        expect(owner.locator(f"[data-contact='{whose[0]}']")).to_contain_text("A claim of ours is open")
        press(owner, f"[data-contact='{whose[1]}'] .button.is-danger-plain")
        press(owner, ".dialog:popover-open button[type=submit]")
        expect(owner.locator(f"[data-contact='{whose[1]}']")).to_have_count(0)
        expect(page.get_by_text("erased").first).to_be_visible()  # gone from the agent's window
        page.goto(f"{ours.server}/inbox/open/{numbers[0]}")
        expect(page.locator(".erasure-asked")).to_contain_text("A claim of ours is open")


def test_an_auditor_sees_and_changes_nothing(ours: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{ours.server}/inbox", storage_state=joined(ours, "Vera", "auditor"), **ENGLISH)
    expect(page).not_to_have_url(re.compile("/inbox"))  # led to what may be seen
    press(page, "a[href='/admin/audit']")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert found(page) == []
    places = page.locator(".admin-places a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert {"/admin/audit", "/admin/erasures", "/admin/roles"} <= set(places)
    for path in places:
        page.goto(ours.server + path)
        # They may have the log checked, and see what others change without a button to press.
        expect(page.locator("main form[method=post]:not([action$='/check']) button")).to_have_count(0)
    mark = page.evaluate("JSON.parse(document.getElementById('boot').textContent).csrf")
    for path in ("/admin/site", "/admin/roles", "/admin/agents"):
        answer = page.request.post(ours.server + path, form={"csrf": mark}, headers={"Origin": ours.server})
        assert answer.status == 403, path


def test_an_agent_of_one_department_sees_its_chats_alone(ours: Demo, open_page: OpenPage) -> None:
    sales, workshop = [ours.api("POST", "/departments", {"name": name})["id"] for name in ("Sales", "Workshop")]
    ours.api("PUT", "/roles", {"changed": {"agent": {"ticket.read_all": False}}})
    with Visitor(ours, "Sela") as one, Visitor(ours, "Wim") as other:
        mine, theirs = one.say("For sales")["ticket"], other.say("For the workshop")["ticket"]
        ours.api("PATCH", f"/tickets/{mine}", {"department": sales})
        ours.api("PATCH", f"/tickets/{theirs}", {"department": workshop})
        page = open_page(f"{ours.server}/inbox/open", storage_state=joined(ours, "Sal", departments=(sales,)), **NARROW)
        press(page, f"ticket-list a[href$='/{mine}']")
        expect(page.locator(".entry", has_text="For sales")).to_be_visible()
        assert found(page) == []
        page.goto(f"{ours.server}/inbox/open")
        expect(page.locator(f"ticket-list a[href$='/{mine}']")).to_be_visible()
        expect(page.locator(f"ticket-list a[href$='/{theirs}']")).to_have_count(0)
        page.goto(f"{ours.server}/inbox/open/{theirs}")
        expect(page.locator("ticket-view")).not_to_contain_text("For the workshop")
        expect(page.locator("ticket-view .state, ticket-view [role=alert]").first).to_be_visible()
        ours.api("PATCH", f"/tickets/{theirs}", {"department": sales})
        page.goto(f"{ours.server}/inbox/open/{theirs}")
        expect(page.locator(".entry", has_text="For the workshop")).to_be_visible()  # the control
    ours.api("PUT", "/roles", {"changed": {}})


def test_sessions_are_ended_one_and_all(ours: Demo, open_page: OpenPage) -> None:
    here, one, two = (session(ours) for _ in range(3))
    page = open_page(f"{ours.server}/profile", storage_state=here, **ENGLISH)
    others = [open_page(f"{ours.server}/inbox/open", storage_state=each, **ENGLISH) for each in (one, two)]
    rows = page.get_by_role("table").locator("tbody tr")
    before = rows.count()
    press(page, "tbody tr:nth-child(2) .is-danger-plain")
    press(page, ".dialog:popover-open button[type=submit]")
    expect(page.locator(".notice.is-good")).to_have_text("Saved.")
    assert rows.count() == before - 1
    press(page, "p > .is-danger-plain")
    press(page, ".dialog:popover-open button[type=submit]")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("this one")
    for each in others:
        expect(each).to_have_url(re.compile("/signin"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_api_is_read(ours: Demo, open_page: OpenPage, scripts: bool) -> None:  # noqa: FBT001 - what is parametrised
    page = open_page(f"{ours.server}/api/docs", java_script_enabled=scripts, **NARROW)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    if not scripts:
        page.locator("#q").focus()
        page.keyboard.type("portrait")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=portrait*")
        expect(page.locator("details:visible")).to_have_count(2)
        return
    reach(page, "#q")
    page.keyboard.type("portrait")
    expect(page.locator("details:visible")).to_have_count(2)
    press(page, "details:visible summary")
    expect(page.locator("details[open] .api-needs").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found(page) == []
