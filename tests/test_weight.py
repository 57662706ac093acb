"""What the widget weighs on the wire: the loader alone before the click, and all that an open widget loads."""

import gzip
import re
from pathlib import Path

import pytest

WIDGET = Path(__file__).parent.parent / "widget"
TOKENS = WIDGET.parent / "static" / "tokens.css"
LOADER, OPEN = 3_000, 30_000  # bytes, compressed
IMPORT = re.compile(r'(?:from|import)\s+"\./([\w-]+\.js)"')


def packed(data: bytes) -> int:
    """How many bytes this is under gzip, as a proxy or we ourselves send it."""
    return len(gzip.compress(data, 6))


def modules(first: str) -> set[str]:
    """The modules that one loads at once, by walking its static imports; `import()` waits until it is asked for."""
    found: set[str] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += IMPORT.findall((WIDGET / name).read_text("utf-8"))
    return found


def test_the_loader_is_at_most_three_kilobytes() -> None:
    assert packed((WIDGET / "loader.js").read_bytes()) <= LOADER


@pytest.mark.parametrize("locale", ["en", "el"])
def test_the_open_widget_is_at_most_thirty_kilobytes(locale: str) -> None:
    loaded = modules("main.js") | {"loader.js", "frame.html", "widget.css", f"locales/{locale}.json"}
    sizes = {name: packed((WIDGET / name).read_bytes()) for name in loaded} | {
        "tokens.css": packed(TOKENS.read_bytes())
    }
    assert sum(sizes.values()) <= OPEN, sizes


def test_only_what_is_seldom_asked_for_comes_later() -> None:
    late = {path.name for path in WIDGET.glob("*.js")} - modules("main.js") - {"loader.js"}
    assert late == {"download.js", "export-page.js", "file-tray.js", "rights.js"}
