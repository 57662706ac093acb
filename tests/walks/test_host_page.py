"""What a page may do with the chat that stands on it, and what it may not make of it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.walks.shop import KEPT, NOTHING, Enter, Guest

HEARS = """() => {
    globalThis.heard = [];
    for (const type of ["ready", "open", "close", "consent", "unread", "ended"])
        globalThis[`no_${type}`] = Lethe.on(type, ({ detail }) => heard.push([type, detail]));
}"""


def heard(guest: Guest, *types: str) -> list[str]:
    """The kinds of what the page was told until now, those asked for or all."""
    found: list[str] = [kind for kind, _ in guest.page.evaluate("heard")]
    return [each for each in found if not types or each in types]


def test_a_page_opens_closes_and_hears_nothing_of_anybody(enter: Enter) -> None:
    guest = enter()
    expect(guest.button).to_be_visible()
    guest.page.evaluate(HEARS)
    guest.page.evaluate("Lethe.close()")
    assert guest.page.evaluate("document.activeElement === document.body"), "nothing was open, so nothing moves"
    guest.page.evaluate("Lethe.open()")
    expect(guest.box).to_be_visible()
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    guest.frame.get_by_label("Name").fill("Zoe Papadaki")
    guest.agree().write("Is the tall pot frost-proof?")
    guest.sees("Is the tall pot frost-proof?")
    guest.page.evaluate("Lethe.open()")
    guest.choose("End this chat")
    guest.until(lambda: "ended" in heard(guest))
    guest.page.evaluate("no_close(); Lethe.close(); Lethe.open(); Lethe.close()")
    expect(guest.page.locator("lethe-chat iframe")).to_be_hidden()
    assert heard(guest, "ready", "open", "close", "consent", "ended") == ["open", "ready", "consent", "ended", "open"]
    said = guest.page.evaluate("JSON.stringify(heard)")
    assert "Zoe" not in said
    assert "frost" not in said


def test_who_leaves_the_device_leaves_nothing_on_it_and_the_chat_at_the_server(enter: Enter) -> None:
    guest = enter().open().agree().write("Is the tall pot frost-proof?")
    guest.sees("Is the tall pot frost-proof?")
    other = guest.context.new_page()
    other.goto(guest.page.url)
    expect(other.frame_locator("lethe-chat iframe").locator("message-line")).to_have_count(1)
    guest.page.evaluate("Lethe.logout()")
    expect(guest.box).to_be_visible()
    expect(guest.box).not_to_be_checked()
    expect(other.frame_locator("lethe-chat iframe").locator("message-line")).to_have_count(0)
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    assert [each["last_seq"] for each in guest.account.tickets()] == [1]
    assert "frost" not in guest.frame.locator("body").inner_html()
    guest.agree().write("Another one")  # who agrees afterwards is not signed out by what the page said before
    guest.sees("Another one")
    guest.button.click()
    guest.button.click()
    guest.sees("Another one")
    guest.page.evaluate("Lethe.logout()")
    expect(guest.box).to_be_visible()
    assert len({each["contact"]["id"] for each in guest.account.tickets()}) == 2


def test_a_page_with_a_lethe_of_its_own_keeps_it(enter: Enter) -> None:
    def own(page: Page) -> None:
        page.add_init_script("globalThis.Lethe = 'a river'")

    guest = enter(own)
    expect(guest.button).to_be_visible()
    assert guest.page.evaluate("Lethe") == "a river"


HOSTILE: dict[str, tuple[str, Any]] = {
    "a getter that throws": (
        "try { Lethe.identify({ get user() { throw new Error('no') } }); return 0 } catch { return 1 }",
        1,
    ),
    "what cannot be cloned": ("Lethe.identify({ user: () => 1, hash: Symbol('x') }); return 2", 2),
    "a listener that throws": (
        """addEventListener('error', (e) => e.preventDefault()); Lethe.on('open', () => { throw 1 });
        let after = 0; Lethe.on('open', () => { after = 3 }); Lethe.close(); Lethe.open(); return after""",
        3,
    ),
    "a listener that closes what opens": ("Lethe.on('open', Lethe.close); Lethe.open(); return 4", 4),
    "a hundred thousand identities": ("for (let n = 0; n < 1e5; n += 1) Lethe.identify({ user: `${n}` }); return 5", 5),
    "another frame's word": (
        """const other = document.body.appendChild(document.createElement('iframe'));
        let told = 6; Lethe.on('unread', () => { told = -1 }); Lethe.on('consent', () => { told = -2 });
        const script = other.contentDocument.createElement('script');
        script.textContent = "parent.postMessage({ lethe: 'unread', count: 9, label: 'x' }, '*');" +
            "parent.postMessage({ lethe: 'consent', given: true }, '*'); parent.postMessage(null, '*')";
        other.contentDocument.body.append(script);
        await new Promise((done) => { setTimeout(done, 200) }); return told""",
        6,
    ),
}


@pytest.mark.parametrize("opened", [False, True])
def test_whatever_the_page_does_with_it_the_button_still_works_and_nothing_is_kept(
    enter: Enter, *, opened: bool
) -> None:
    def clobbered(page: Page) -> None:
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { document.body.insertAdjacentHTML('beforeend',"
            "'<a id=Lethe></a><form id=lethe name=Lethe><input name=open></form>') })"
        )

    guest = enter(clobbered)
    expect(guest.button).to_be_visible()
    if opened:
        guest.open()
    for name, (script, gives) in HOSTILE.items():
        assert guest.page.evaluate(f"async () => {{ {script} }}") == gives, name
    guest.page.evaluate("Lethe.close()")
    guest.page.wait_for_timeout(200)
    if guest.button.get_attribute("aria-expanded") == "false":
        guest.page.reload()
        guest.button.click()
    expect(guest.box).to_be_visible()
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    assert guest.page.evaluate(KEPT) == NOTHING
    guest.agree().write("Hello?")
    guest.sees("Hello?")
