"""A line that is lost again and again: each end tries anew, not too soon, in time; what it says stands still."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cable import Cable
from tests.lethe import Account
from tests.walks.line import CLOSED, chatting, pause, timed, until
from tests.walks.shop import Enter, Shop
from tests.walks.test_widget_chat import numbered, watching
from tests.walks.test_widget_refusals import broken

STEP = 400
"""Milliseconds that are less than the shortest wait."""
LEAST, MOST, GROWTH, LONGEST = 500, 1_000, 1.5, 30_000  # milliseconds
TRIES = 11


def counted(chance: float) -> Callable[[Page], None]:
    """Takes every wait to one end of what is up to chance."""

    def before(page: Page) -> None:
        page.context.add_init_script(f"Math.random = () => {chance};")
        timed(page)

    return before


def comes_back(tab: Locator, chance: float, cable: Cable) -> None:
    """After a loss, by the browser's clock: no try comes too soon, each comes in time, and the last is answered."""
    clock = tab.page.context.clock
    pause(tab)
    cable.down = True
    cable.pull()
    tried = tab.evaluate("() => tries.length")
    for attempt in range(TRIES):
        until(tab, CLOSED)
        assert tab.evaluate("() => tries.length") == tried + attempt
        limit = min(LONGEST, MOST * GROWTH**attempt)
        wait = LEAST + chance * (limit - LEAST)
        clock.run_for(int(wait) - 20)
        assert tab.evaluate("() => tries.length") == tried + attempt, "too soon"
        cable.down = attempt < TRIES - 1
        clock.run_for(22)
        assert tab.evaluate("() => tries.length") == tried + attempt + 1, "too late"


@pytest.mark.parametrize("chance", [0, 0.999999])
def test_after_a_restart_a_visitor_is_back_in_time(
    enter: Enter, account: Account, shop: Shop, cable: Cable, chance: float
) -> None:
    guest = chatting(enter, account, shop, cable, counted(chance))
    number = numbered(guest)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    comes_back(guest.frame.locator("body"), chance, cable)
    guest.context.clock.resume()
    expect(guest.frame.locator("chat-room .line")).to_have_text("")
    with watching(account, number) as agent:
        agent.post("We are back.", ticket=number)
        guest.sees("Hello?", "We are back.")


@pytest.mark.parametrize(
    ("whole", "instead"), [("GROWTH = 1.5", "GROWTH = 1"), ("LONGEST = 30_000", "LONGEST = 300_000")]
)
def test_waits_that_do_not_grow_or_never_end_are_found_out(
    enter: Enter, account: Account, shop: Shop, cable: Cable, whole: str, instead: str
) -> None:
    def careless(page: Page) -> None:
        counted(0.999999)(page)
        broken(page.context, "static/common/line.js", whole, instead)

    guest = chatting(enter, account, shop, cable, careless)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    with pytest.raises(AssertionError, match="too"):
        comes_back(guest.frame.locator("body"), 0.999999, cable)


@pytest.mark.parametrize("chance", [0, 0.999999])
def test_after_a_restart_an_agent_is_back_in_time(
    account: Account, cable: Cable, inbox_at: Callable[..., Page], chance: float
) -> None:
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"], counted(chance))
        shown = page.locator("ticket-transcript .bubble")
        expect(shown).to_have_text(["Hello?"])
        comes_back(page.locator("body"), chance, cable)
        page.context.clock.resume()
        visitor.post("Anybody?")
        expect(shown).to_have_text(["Hello?", "Anybody?"])


WATCH = """bar => {
    globalThis.changed = [];
    new MutationObserver((records) => changed.push(
        ...records.filter((each) => each.type !== "attributes" || each.oldValue !== each.target.getAttribute("hidden"))
            .map((each) => each.type),
    )).observe(bar, { subtree: true, childList: true, characterData: true, attributeOldValue: true,
        attributeFilter: ["hidden"] });
}"""


def stands(tab: Locator, bar: Locator, cable: Cable) -> list[str]:
    """What changes in what is said of a lost line, and beside it, while one try after another fails."""
    clock = tab.page.context.clock
    pause(tab)
    cable.down = True
    cable.pull()
    until(tab, CLOSED)
    bar.evaluate(WATCH)
    for _ in range(4):
        tried = tab.evaluate("tries.length")
        while tab.evaluate("tries.length") == tried:
            clock.run_for(STEP)
        until(tab, CLOSED)
    return list(tab.evaluate("changed"))


def test_what_an_agent_reads_and_reaches_for_stands_still_from_try_to_try(
    account: Account, cable: Cable, inbox_at: Callable[..., Page]
) -> None:
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"])
        expect(page.locator("ticket-transcript .bubble")).to_have_text(["Hello?"])
        assert stands(page.locator("body"), page.locator(".side > .line"), cable) == []
        cable.down = False
        page.get_by_role("button", name="Try now").click()
        page.context.clock.resume()
        expect(page.get_by_text("Connection lost. Trying again…")).to_be_hidden()


def test_nor_does_it_move_under_a_visitor(enter: Enter, account: Account, shop: Shop, cable: Cable) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    assert stands(guest.frame.locator("body"), guest.frame.locator("chat-room .line"), cable) == []


def test_words_said_anew_at_every_try_are_found_out(
    account: Account, cable: Cable, inbox_at: Callable[..., Page]
) -> None:
    def careless(page: Page) -> None:
        timed(page)
        broken(page.context, "static/inbox.js", "if (this.#line.textContent !== text)", "")

    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"], careless)
        expect(page.locator("ticket-transcript .bubble")).to_have_text(["Hello?"])
        assert stands(page.locator("body"), page.locator(".side > .line"), cable) == ["childList"] * 4
