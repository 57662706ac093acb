"""Writes between marks in the docs what the code says: `./run docs`; `tests/test_docs.py` holds the pages to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARKED = re.compile(r"(<!-- derived: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
SENTENCE = re.compile(r"(.+?[.?!])(?=\s|\Z)", re.DOTALL)


def modules() -> Iterator[str]:
    """Yield a table for each folder: its modules, and the first sentence of what each says of itself."""
    folders: dict[str, list[Path]] = {}
    for top in ("chat", "spam"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if path.parent.name != "versions" and path.read_text():
                folders.setdefault(str(path.parent.relative_to(ROOT)), []).append(path)
    for folder, paths in sorted(folders.items()):
        yield from (f"### {folder}/", "", "| module | holds |", "| --- | --- |")
        yield from (f"| `{path.relative_to(ROOT)}` | {sentence(path)} |" for path in paths)
        yield ""


def sentence(path: Path) -> str:
    """The first sentence of a module's docstring."""
    said = " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split())
    match = SENTENCE.match(said)
    return (match[1] if match else said).replace("|", r"\|")


DERIVED: Mapping[str, Callable[[], Iterable[str]]] = {"modules": modules}
"""What stands between the marks of each name."""


def written(page: str) -> str:
    """A page with what is derived in it as the code says it now."""
    return MARKED.sub(lambda match: match[1] + "\n".join(DERIVED[match[2]]()) + "\n" + match[3], page)


def main() -> None:
    """Write every page that says something derived."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        page = path.read_text()
        if (new := written(page)) != page:
            path.write_text(new)
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
