"""The widget is light: what opening it loads, compressed; what comes later comes when it is asked for."""

import gzip
import re
from pathlib import Path

WIDGET = Path(__file__).parent.parent / "widget"
WHOLE, LOADER = 30 * 1024, 3_000
STATIC = re.compile(r'^import .*?"\./([\w-]+\.js)";', re.MULTILINE)


def weight(path: Path) -> int:
    """In bytes, as a proxy sends it."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def loaded(name: str, seen: set[str]) -> set[str]:
    """A module and all that it imports at once."""
    seen.add(name)
    for each in set(STATIC.findall((WIDGET / name).read_text())) - seen:
        loaded(each, seen)
    return seen


def test_the_open_widget_weighs_no_more_than_30_kb_in_either_language() -> None:
    modules = loaded("main.js", {"loader.js"})
    assert {"chat-window.js", "conversation.js", "consent-notice.js"} <= modules
    late = {path.name for path in WIDGET.glob("*.js")} - modules
    assert late == {"file-tray.js", "rights.js"}
    others = [WIDGET / "widget.css", WIDGET / "frame.html", WIDGET.parent / "static" / "tokens.css"]
    whole = sum(weight(path) for path in [*(WIDGET / name for name in modules), *others])
    for words in (WIDGET / "locales").glob("*.json"):
        assert whole + weight(words) <= WHOLE, (words.name, whole + weight(words))
    assert weight(WIDGET / "loader.js") <= LOADER
