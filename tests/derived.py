"""Writes between marks in the docs what the code says: `./run docs`; `tests/test_docs.py` holds the pages to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from chat.core import events
from chat.features import FEATURES
from chat.web.feature import Feature

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


def features() -> Iterator[str]:
    """Yield a table of the features: what each has, as its record says."""
    yield from ("| feature | " + " | ".join(COLUMNS) + " |", "| --- |" + " --- |" * len(COLUMNS))
    for each in FEATURES:
        cells = [", ".join(f"`{name}`" for name in names(each)) for names in COLUMNS.values()]
        yield f"| `{each.name}` | " + " | ".join(cells) + " |"


COLUMNS: Mapping[str, Callable[[Feature], Iterable[str]]] = {
    "tables": lambda each: [table.name for table in each.tables],
    "menu": lambda each: [line.path for line in each.menu],
    "sweeps": lambda each: [sweep.name for sweep in each.sweeps],
    "goes by age": lambda each: [rule.name for rule in each.rules],
    "data locations that are no tables": lambda each: [location.name for location in each.locations],
    "forgets there": lambda each: [step.location.name for step in each.steps],
    "enters in the audit log": lambda each: each.audited,
}


def table_of_events() -> Iterator[str]:
    """Yield a table of the events: name on the bus, fields, channels by kind, whether it may leave the server."""
    yield from ("| event | fields | told on | may leave | what happened |", "| --- | --- | --- | --- | --- |")
    for event in get_args(events.Event):
        fields = ", ".join(f"`{name}`" for name in event.__struct_fields__)
        channels = ", ".join(f"`{each.partition(':')[0]}`" for each in sample(event).channels())
        leaves, said = "yes" if event.leaves_server else "no", " ".join((event.__doc__ or "").split())
        yield f"| `{event.__struct_config__.tag}` | {fields} | {channels} | {leaves} | {said} |"


def sample(event: type[events.BaseEvent]) -> events.BaseEvent:
    """An event of a class; KeyError where a field holds more than ids and numbers."""
    hints = get_type_hints(event)
    return event(*(_value(hints[name]) for name in event.__struct_fields__))


def _value(kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return {str: "an id", int: 7, bool: True, events.TicketRef: events.TicketRef("an id", 5, 6, 7)}[kind]


DERIVED: Mapping[str, Callable[[], Iterable[str]]] = {
    "events": table_of_events,
    "features": features,
    "modules": modules,
}
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
