"""
Only http and https addresses become links, in the inbox and in the widget, however another scheme is spelled.

CVE-2026-47733 (Rocket.Chat: an image of markdown with the address `javascript:`).
"""

import random

import pytest
from playwright.sync_api import Page

from tests.chance import dice
from tests.walks.scripts import serve

DANGEROUS = (
    *(
        "javascript:pwned=1",
        "JavaScript:pwned=1",
        "java\tscript:pwned=1",
        "java\nscript:pwned=1",
        "java\0script:pwned=1",
    ),
    *("\x01javascript:pwned=1", " javascript:pwned=1", "javascript&colon;pwned=1", "&#106;avascript:pwned=1"),
    *(
        "javascript://https://a.example/%0apwned=1",
        "javascript:https://a.example",
        "javascript:pwned=1//http://a.example",
    ),
    *("data:text/html,<script>pwned=1</script>", "data:text/html;base64,PHNjcmlwdD4=", "vbscript:pwned=1"),
    *("blob:https://a.example/1", "file:///etc/passwd", "view-source:https://a.example", "feed:javascript:pwned=1"),
    *(
        "[x](javascript:pwned=1)",
        "![x](javascript:pwned=1)",
        "//a.example",
        "\\\\a.example",
        "ftp://a.example",
        "tel:112",
    ),
    *("jav\u200bascript:pwned=1", "\uff4aavascript:pwned=1", "http:javascript:pwned=1", "https:/javascript:pwned=1"),
    *("https://javascript:pwned=1", "https:javascript:pwned=1", "mailto:a@b.example", "intent://a#Intent;end", "x:y"),
)
SCHEMES = ("javascript", "data", "vbscript", "blob", "file", "http", "https", "about", "filesystem", "jar", "ms-msdt")
MIDDLES = ("\t", "\n", "\r", "\0", "\x0b", "\u00ad", "\u200d", "\u2028", "\ufeff", " ", "/", "\\", "%09", "&Tab;", "")
LEADS = """async ([folder, texts]) => {
    const { linked } = await import(`/${folder}/links.js`);
    return texts.map((text) => {
        document.body.replaceChildren(...linked(text));
        const made = [...document.body.querySelectorAll("*")];
        return made.flatMap(({ href, src }) => [href, src]).filter(Boolean).map((each) => new URL(each).protocol);
    })
}"""


def spelled(chance: random.Random) -> str:
    """A scheme with something in its middle, letters as they come, and perhaps a sentence around it."""
    scheme = "".join(chance.choice((each, each.upper())) for each in chance.choice(SCHEMES))
    cut = chance.randrange(len(scheme) + 1)
    colon = chance.choice((":", ":", "&colon;", "%3A", "\uff1a", "://"))
    address = f"{scheme[:cut]}{chance.choice(MIDDLES)}{scheme[cut:]}{colon}pwned=1"
    return chance.choice(("{}", "see {} now", "({})", "[x]({})", "https://{}", "http://a.example/{}")).format(address)


@pytest.mark.parametrize("folder", ["static", "widget"])
def test_a_text_leads_nowhere_but_to_http_and_https(scripts: Page, folder: str) -> None:
    chance = dice(f"schemes {folder}")
    texts = [*DANGEROUS, *(spelled(chance) for _ in range(500))]
    found = scripts.evaluate(LEADS, [folder, texts])
    assert [text for text, leads in zip(texts, found, strict=True) if set(leads) - {"http:", "https:"}] == []
    assert scripts.evaluate("globalThis.pwned") is None
    assert scripts.evaluate(LEADS, [folder, ["go to https://a.example/x", "HTTP://a.example"]]) == [
        ["https:"],
        ["http:"],
    ]


@pytest.mark.parametrize("folder", ["static", "widget"])
def test_links_to_any_scheme_are_found(page: Page, folder: str) -> None:
    serve(page, {"static/common/addresses.js": (r"https?:\/\/", r"[a-z]+:(\/\/)?")})
    found = page.evaluate(LEADS, [folder, list(DANGEROUS)])
    assert {"javascript:", "data:", "vbscript:"} <= {each for leads in found for each in leads}
