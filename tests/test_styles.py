"""Custom properties of our styles: each that is used is defined."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
USED = re.compile(r"var\(\s*(--[\w-]+)")
DEFINED = re.compile(r"(--[\w-]+)[\"']?\s*(?::|,\s*[`\w])")
TOKENS = "static/tokens.css"
# What one page loads together: the inbox and the owner's pages, the widget's frame, the button, the demo's shop.
PAGES = {
    "inbox": ("static/*.css", "static/*.js", "static/common/*.js", "widget/colour.js", "chat/*/templates/*.html"),
    "frame": (TOKENS, "widget/*.css", "widget/[!l]*.js", "widget/links.js", "static/common/*.js"),
    "button": ("widget/loader.js",),
    "shop": ("chat/web/templates/demo-shop.html",),
}


def undefined(text: str) -> set[str]:
    """The custom properties that a text uses and does not define."""
    return set(USED.findall(text)) - set(DEFINED.findall(text))


@pytest.mark.parametrize("page", PAGES)
def test_every_custom_property_that_is_used_is_defined(page: str) -> None:
    texts = [path.read_text("utf-8") for pattern in PAGES[page] for path in sorted(ROOT.glob(pattern))]
    assert len(texts) >= len(PAGES[page])
    assert any(USED.search(each) for each in texts)
    assert undefined("\n".join(texts)) == set()


def test_one_that_is_not_is_found() -> None:
    assert undefined("a { --one: 1; color: var(--one) oklch(1% 0 var( --hue )) }") == {"--hue"}
    assert undefined('style.setProperty("--one", value); a { color: var(--one, var(--two)) }') == {"--two"}
