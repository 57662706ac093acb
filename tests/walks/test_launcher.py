"""The button on pages of every kind: there is one, in its corner, whatever the page does to its document and styles."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from chat.account.actions import accounts
from chat.infra.services import Services
from chat.team.actions import sessions
from tests.chance import dice
from tests.lethe import Account
from tests.walks import line
from tests.walks.pages import ACTIONS, RULES, SCRIPT, invented
from tests.walks.shop import Shop, until

LOADER = Path(__file__).parents[2] / "widget" / "loader.js"
FILL = (0x2F, 0x6F, 0x5E)
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Pots</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">{head}</head>
<body>{body}<h1>Pots</h1><div style="height:3000px"></div></body></html>"""
KINDS = {
    "a script in the head": ("head", ""),
    "an async script in the head": ("head", "async"),
    "a deferred script": ("head", "defer"),
    "a script in the body": ("body", ""),
}

Stand = Callable[..., Page]


@pytest.fixture
def stand(browser: Browser, account: Account, shop: Shop) -> Iterator[Stand]:
    """Opens a page that embeds the widget; `without` takes texts out of the loader, as a fault would."""
    contexts = []

    def stood(
        css: str = "",
        kind: str = "a script in the body",
        without: Any = (),
        headers: Any = None,
        script: str = SCRIPT,
        lang: str = "en",
        before: Any = None,
        **options: Any,
    ) -> Page:
        place, how = KINDS[kind]
        parts = {"head": f"<style>{css}</style>", "body": "", "lang": lang}
        parts[place] += script.format(how=how, server=account.lethe.origin, site=account.site)
        contexts.append(browser.new_context(viewport={"width": 900, "height": 720}, **options))
        page = contexts[-1].new_page()
        if before:
            before(page)
        if without:
            page.route(
                "**/widget.js", lambda route: route.fulfill(body=_broken(without), content_type="text/javascript")
            )
        page.goto(shop.serve(PAGE.format(**parts), **(headers or {})))
        return page

    yield stood
    for context in contexts:
        context.close()


def _broken(without: Any) -> str:
    made = LOADER.read_text("utf-8")
    for found, instead in without:
        assert found in made, found
        made = made.replace(found, instead)
    return made


def do(page: Page, account: Account, action: str) -> None:
    """Does something to the page's document."""
    script = action.replace("SERVER", account.lethe.origin).replace("SITE", account.site)
    page.evaluate(f"async () => {{ {script} }}")


def faults(page: Page, *, opened: bool = False) -> list[str]:
    """What is wrong with the button: there must be one, in its corner, seen and in reach, and the frame above it."""
    page.wait_for_timeout(120)
    if page.locator("lethe-chat").count() != 1:
        return [f"{page.locator('lethe-chat').count()} launchers"]
    found, button, size = [], page.locator("lethe-chat button"), page.viewport_size
    box = button.bounding_box() if button.count() else None
    assert size is not None
    if box is None or (round(box["width"]), round(box["height"])) != (56, 56):
        return [f"its box is {box}"]
    if (round(box["x"]), round(box["y"])) != (size["width"] - 72, size["height"] - 72):
        return [f"it is at {box['x']}, {box['y']}"]
    if not page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.localName === 'lethe-chat'", [box["x"] + 9, box["y"] + 28]
    ):
        found.append("something lies over it")
    seen = colour(page, int(box["x"]) + 8, int(box["y"]) + 28)
    if max(abs(one - other) for one, other in zip(seen, FILL, strict=True)) > 2:
        found.append(f"its colour is {seen}")
    if page.locator("lethe-chat iframe").is_visible() != opened:
        found.append(f"opened is not {opened}")
    frame = page.locator("lethe-chat iframe").bounding_box() if opened else None
    if opened and (frame is None or (frame["width"], round(frame["x"])) != (380, size["width"] - 396)):
        found.append(f"the frame is at {frame}")
    return found


def colour(page: Page, x: int, y: int) -> tuple[int, ...]:
    """What is seen at a point, in red, green and blue."""
    shown = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    return tuple(Image.open(BytesIO(shown)).convert("RGB").tobytes())


def answers(page: Page) -> None:
    """The button and the frame's own cross are heard, and once each."""
    frame = page.frame_locator("lethe-chat iframe")
    page.locator("lethe-chat button").click(timeout=5_000)
    expect(frame.locator("consent-notice")).to_be_visible()
    frame.get_by_role("button", name="Close chat").click()
    expect(page.locator("lethe-chat iframe")).to_be_hidden()
    page.locator("lethe-chat button").click()
    expect(page.locator("lethe-chat iframe")).to_be_visible()
    page.locator("lethe-chat button").press("Escape")
    expect(page.locator("lethe-chat iframe")).to_be_hidden()


@pytest.mark.parametrize("action", ACTIONS)
def test_there_is_one_launcher_whatever_the_page_does_to_its_document(
    stand: Stand, account: Account, action: str
) -> None:
    page = stand()
    page.locator("lethe-chat button").wait_for()
    do(page, account, ACTIONS[action])
    assert faults(page) == []
    page.locator("lethe-chat button").click()
    expect(page.frame_locator("lethe-chat iframe").locator("consent-notice")).to_be_visible()
    do(page, account, ACTIONS[action])
    assert faults(page, opened=True) == []
    page.locator("lethe-chat button").click()
    answers(page)


def test_nor_do_many_such_acts_one_after_the_other(stand: Stand, account: Account) -> None:
    chosen, page = dice("actions"), stand()
    page.locator("lethe-chat button").wait_for()
    done = chosen.choices(sorted(ACTIONS), k=12)
    print(done)
    for each in done:
        if page.evaluate("document.body && document.querySelector('lethe-chat')"):
            do(page, account, ACTIONS[each])
    assert faults(page) == []
    answers(page)


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_may_stand_anywhere(stand: Stand, kind: str) -> None:
    page = stand(kind=kind)
    page.locator("lethe-chat button").wait_for()
    assert faults(page) == []
    answers(page)


def test_a_page_that_takes_it_away_each_time_does_not_hang(stand: Stand, account: Account) -> None:
    page = stand()
    page.locator("lethe-chat button").wait_for()
    do(
        page,
        account,
        """window.taken = 0;
        const take = (found) => { taken += 1; found.remove(); };
        new MutationObserver(() => { const found = document.querySelector("lethe-chat"); if (found) take(found); })
            .observe(document.documentElement, { childList: true }); document.querySelector("lethe-chat").remove();""",
    )
    page.wait_for_timeout(1_000)
    assert 2 <= page.evaluate("taken") <= 15


def test_the_styles_of_the_page_do_not_reach_it(stand: Stand) -> None:
    found: dict[str, list[str]] = {}
    page = stand()
    page.locator("lethe-chat button").click()
    expect(page.frame_locator("lethe-chat iframe").locator("consent-notice")).to_be_visible()
    for opened in (True, False):
        page.evaluate(
            "(open) => { const b = document.querySelector('lethe-chat').shadowRoot.querySelector('button');"
            "if (b.ariaExpanded !== String(open)) b.click(); }",
            opened,
        )
        for name, rules in (RULES | invented(dice("rules"))).items():
            page.evaluate("(css) => { document.querySelector('style').textContent = css; }", rules)
            found[f"{name}, {opened}: {rules}"] = faults(page, opened=opened)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


DEFENCES = {
    "watching the document": ("a document opened anew", "", [("watcher.observe(document,", "void (document,")]),
    "watching the page": ("the button taken away", "", [("if (page) watcher.observe(page,", "void (page,")]),
    "one of it": ("a copy of the button", "", [("other !== host) other.remove()", "other !== host) void 0")]),
    "important": ("", RULES["everything reset"], [(" !important", "")]),
    "the top layer": ("", RULES["the page filtered"], [("host.showPopover?.()", "")]),
    "no backdrop": ("", RULES["backdrops"], [(", :host::backdrop", "")]),
    "colours out of reach": ("", RULES["colours of its own"], [("corner.style.setProperty", "host.style.setProperty")]),
}  # fmt: skip


@pytest.mark.parametrize("defence", DEFENCES)
def test_each_defence_is_missed_when_it_is_taken_out(stand: Stand, account: Account, defence: str) -> None:
    action, rules, without = DEFENCES[defence]
    page = stand(rules, without=without)
    page.locator("lethe-chat button").wait_for(state="attached")
    page.wait_for_load_state("networkidle")  # what the server says of the site has the button drawn once more
    if action:
        do(page, account, ACTIONS[action])
    assert faults(page) != [] or not _clear(page)


def _clear(page: Page) -> bool:
    """Whether the page around the button is as it was: white, and in reach."""
    white = colour(page, 450, 500) == (255, 255, 255)
    return white and page.evaluate("document.elementFromPoint(450, 500)?.localName !== 'lethe-chat'")


def test_the_rest_of_the_page_stays_in_sight_and_in_reach(stand: Stand) -> None:
    page = stand(RULES["backdrops"])
    page.locator("lethe-chat button").wait_for()
    assert _clear(page)


def test_it_stands_in_the_corner_that_its_site_says_where_the_page_says_none(stand: Stand, account: Account) -> None:
    site = account.rest("GET", "/sites")["items"][0]["id"]
    account.rest("PATCH", f"/sites/{site}", {"position": "start"}, expect=200)
    account.rest("PATCH", f"/sites/{site}", {"position": "middle"}, expect=422)
    says = SCRIPT.replace("data-site", 'data-position="end" data-site')
    deaf = ('corner.dataset.position = given("position") ?? said.position;', "")
    left = {}
    pages: dict[str, dict[str, Any]] = {
        "site": {},
        "right to left": {"css": "html { direction: rtl }"},
        "page": {"script": says},
        "the control": {"without": [deaf]},
    }
    for name, more in pages.items():
        page = stand(**more)
        page.locator("lethe-chat button").click()
        page.locator("lethe-chat iframe[data-ready=yes]").wait_for()
        left[name] = page.locator("lethe-chat button").evaluate("each => each.getBoundingClientRect().x < 450")
    assert left == {"site": True, "right to left": False, "page": False, "the control": False}


@pytest.mark.parametrize("policy", ["require-corp", "credentialless"])
def test_it_works_on_isolated_pages(stand: Stand, policy: str) -> None:
    headers = {"Cross_Origin_Embedder_Policy": policy, "Cross_Origin_Opener_Policy": "same-origin"}
    page = stand(headers=headers)
    page.locator("lethe-chat button").wait_for()
    answers(page)

    def without(route: Any) -> None:
        answer = route.fetch()
        kept = {name: value for name, value in answer.headers.items() if "embedder" not in name}
        route.fulfill(response=answer, headers=kept)

    page.route("**/widget/*?*", without)
    page.reload()
    page.locator("lethe-chat button").click()
    page.wait_for_timeout(1_000)
    assert page.frame_locator("lethe-chat iframe").locator("consent-notice").count() == 0


EMBEDS = {
    "attributes": ('src="{server}/widget.js" data-site="{site}"', 1),
    "its address": ('src="{server}/widget.js?site={site}"', 1),
    "its address and more": ('src="{server}/widget.js?locale=el&site={site}&color=%23123456"', 1),
    "an empty attribute": ('src="{server}/widget.js?site={site}" data-site=""', 1),
    "no site": ('src="{server}/widget.js"', 0),
    "no site but the rest": ('src="{server}/widget.js?site=" data-locale="el" data-site', 0),
}


@pytest.mark.parametrize("embed", EMBEDS)
def test_a_script_without_attributes_works_or_says_so_once(stand: Stand, embed: str) -> None:
    attributes, buttons = EMBEDS[embed]
    said = list[str]()
    page = stand(
        script=f"<script {attributes}></script>",
        before=lambda page: page.on("console", lambda message: said.append(message.text)),
    )
    until(page, lambda: said or page.locator("lethe-chat").count())
    page.wait_for_timeout(300)
    assert page.locator("lethe-chat").count() == buttons
    assert [("no site" in each, "?site=" in each) for each in said] == [(True, True)] * (1 - buttons)
    if buttons:
        page.locator("lethe-chat button").click()
        expect(page.frame_locator("lethe-chat iframe").locator("consent-notice")).to_be_visible()


LANGUAGES = (
    ("el_GR", "en", "en-GB", "el"),
    ("EL", "en", "en-GB", "el"),
    (" el ", "en", "en-GB", "el"),
    ("ell", "en", "en-GB", "el"),
    ("", "el_GR", "en-GB", "el"),
    ("", "EL-gr", "en-GB", "el"),
    ("", "el_GR.UTF-8", "en-GB", "el"),
    ("", "", "el-GR", "el"),
    ("", "fr", "el-GR", "el"),
    ("fr", "de", "el-GR", "el"),
    ("", "", "fr-FR", "en"),
    ("eng", "el", "el-GR", "en"),
    ("en_US", "el", "el-GR", "en"),
    ("x-klingon", "C", "en-US", "en"),
)


def test_button_and_chat_speak_one_language_in_whatever_spelling(stand: Stand) -> None:
    names = {"en": "Open chat", "el": "Άνοιγμα συνομιλίας"}
    found = []
    for attribute, lang, spoken, _ in LANGUAGES:
        script = SCRIPT.replace("data-site", f'data-locale="{attribute}" data-site')
        page = stand(script=script, lang=lang, locale=spoken)
        page.locator("lethe-chat button").click()
        page.frame_locator("lethe-chat iframe").locator("consent-notice").wait_for()
        inside = page.frame_locator("lethe-chat iframe").locator("html").get_attribute("lang")
        label = page.locator("lethe-chat button").get_attribute("aria-label")
        found.append((attribute, lang, spoken, inside if label == names[str(inside)] else f"{label} and {inside}"))
        page.context.close()
    assert found == list(LANGUAGES)


@pytest.mark.parametrize("key", ["site_nobody", "undefined", "%7B%7B"])
def test_an_unknown_site_is_said_in_plain_words(stand: Stand, key: str) -> None:
    script = SCRIPT.replace("{site}", key).replace("widget.js", "widget.js?locale=el")
    page = stand(script=script, before=lambda page: page.clock.install())
    page.locator("lethe-chat button").click()
    said = page.frame_locator("lethe-chat iframe").locator("body")
    expect(said).to_have_text("Αυτή η συνομιλία δεν έχει ρυθμιστεί για αυτή τη διεύθυνση.")
    page.clock.run_for(6_500)
    expect(page.locator("lethe-chat iframe")).to_be_visible()
    page.locator("lethe-chat button").click()
    expect(page.locator("lethe-chat iframe")).to_be_hidden()


def test_a_button_that_does_not_know_what_was_said_takes_it_away(stand: Stand) -> None:
    without = [('frame.dataset.ready = "no"', 'void "no"')]
    script = SCRIPT.replace("{site}", "undefined")

    def before(page: Page) -> None:
        page.clock.install()
        page.add_init_script(
            "addEventListener('message', ({ data }) => { globalThis.came ||= data?.lethe === 'here' })"
        )

    page = stand(script=script, without=without, before=before)
    page.locator("lethe-chat button").click()
    expect(page.frame_locator("lethe-chat iframe").locator("body")).to_contain_text("not set up for this address")
    line.until(page.locator("html"), "globalThis.came")  # said later, it would bring the frame back
    page.clock.run_for(6_500)
    expect(page.locator("lethe-chat iframe")).to_be_hidden()


def test_an_origin_that_is_not_listed_is_said_to_visitor_and_owner(stand: Stand, account: Account, shop: Shop) -> None:
    account.lethe.perform(lambda services: _only(services, account, "https://shop.example"))
    page = stand()
    with page.expect_console_message(lambda said: f"{shop.origin} is not an origin of this chat" in said.text):
        page.locator("lethe-chat button").click()
    expect(page.frame_locator("lethe-chat iframe").get_by_role("alert")).to_contain_text("not set up for this address")
    name, _, value = account.sign_in().partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": account.lethe.origin}])
    page.goto(f"{account.lethe.origin}/admin/site")
    expect(page.get_by_text(f"A page at {shop.origin} was refused the chat")).to_be_visible()


async def _only(services: Services, account: Account, origin: str) -> None:
    actor = await sessions.by_token(services, account.token)
    site = (await accounts.sites(services, actor))[0]
    await accounts.change_site(services, actor, site.id, origins=[origin])
