"""Writes between marks in the docs what the code says: `./run docs`; `tests/test_docs.py` holds the pages to it."""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import grimp
import msgspec

from chat.__main__ import parser
from chat.core import access, events, scopes
from chat.core.errors import LetheError
from chat.core.frames import AgentFrame, OutboundFrame, VisitorFrame
from chat.core.settings import from_env
from chat.features import FEATURES, Features, account_settings
from chat.routes import every
from chat.web.feature import Feature
from chat.web.page_endpoint import PageEndpoint
from tests.routes import first, table_of_routes, whole

ROOT = Path(__file__).parent.parent
MARKED = re.compile(r"(<!-- derived: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def modules() -> Iterator[str]:
    """Yield a table for each folder: its modules, and the first sentence of what each says of itself."""
    folders: dict[str, list[Path]] = {}
    for top in ("chat", "spam"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if path.parent.name != "versions" and path.read_text():
                folders.setdefault(str(path.parent.relative_to(ROOT)), []).append(path)
    for folder, paths in sorted(folders.items()):
        yield from (f"### {folder}/", "", "| module | holds |", "| --- | --- |")
        yield from (
            f"| `{path.relative_to(ROOT)}` | {first(ast.get_docstring(ast.parse(path.read_text())))} |"
            for path in paths
        )
        yield ""


def errors() -> Iterator[str]:
    """Yield a table of the errors that reach a client, in the order of their tree."""
    yield from ("| code | status | try again | when |", "| --- | --- | --- | --- |")
    for each in tree(LetheError):
        if "code" in vars(each):
            yield f"| `{each.code}` | {each.status} | {'yes' if each.retry else 'no'} | {whole(each.__doc__)} |"


def features() -> Iterator[str]:
    """Yield a table of the features: what each has, as its record says."""
    yield from ("| feature | " + " | ".join(COLUMNS) + " |", "| --- |" + " --- |" * len(COLUMNS))
    for each in FEATURES:
        cells = [", ".join(f"`{name}`" for name in names(each)) for names in COLUMNS.values()]
        yield f"| `{each.name}` | " + " | ".join(cells) + " |"


COLUMNS: Mapping[str, Callable[[Feature], Iterable[str]]] = {
    "tables": lambda each: [table.name for table in each.tables],
    "every agent may": lambda each: [
        name for name, one in access.rights([each.permissions]).items() if one.usual("agent")
    ],
    "owners and admins may": lambda each: [
        name for name, one in access.rights([each.permissions]).items() if not one.usual("agent")
    ],
    "auditors may": lambda each: [name for name, one in access.rights([each.permissions]).items() if one.audits],
    "an owner may set": lambda each: [setting.name for setting in each.account_settings],
    "menu": lambda each: [line.path for line in each.menu],
    "sweeps": lambda each: [sweep.name for sweep in each.sweeps],
    "goes by age": lambda each: [rule.name for rule in each.retention_rules],
    "data locations that are no tables": lambda each: [location.name for location in each.data_locations],
    "forgets there": lambda each: [step.location.name for step in (*each.erasure_steps, *each.agent_erasure_steps)],
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


def tree(root: type[LetheError]) -> Iterator[type[LetheError]]:
    """Yield an error and all below it."""
    yield root
    for each in root.__subclasses__():
        yield from tree(each)


def frames() -> Iterator[str]:
    """Yield the frames of each side, with their fields."""
    for title, union in (("From the visitor", VisitorFrame), ("From the agent", AgentFrame)):
        yield from table(title, get_args(union))
    yield from table("From the server", OutboundFrame.__subclasses__())


def table(title: str, kinds: Iterable[type[msgspec.Struct]]) -> Iterator[str]:
    """Yield a table of frames: each with its fields, `?` behind those that may be missing, and what it says."""
    yield from (f"### {title}", "", "| type | fields | is |", "| --- | --- | --- |")
    for each in sorted(kinds, key=lambda kind: str(kind.__struct_config__.tag)):
        fields = (f"`{one.encode_name}`{'' if one.required else '?'}" for one in msgspec.structs.fields(each))
        yield f"| `{each.__struct_config__.tag}` | {', '.join(fields)} | {whole(each.__doc__)} |"
    yield ""


def settings() -> Iterator[str]:
    """Yield every setting of the server with what it is where the environment says nothing."""
    yield from ("| setting | is, where it is not set |", "| --- | --- |")
    for name, value in from_env({"LETHE_DATA": "/lethe-data"}).shown().items():
        yield f"| `{name}` | {value.replace('/lethe-data', 'lethe-data')} |"


def account(features: Features = FEATURES) -> Iterator[str]:
    """Yield a table of an account's settings."""
    yield from ("| setting | a new account has | it may be | it is |", "| --- | --- | --- | --- |")
    for each in account_settings(features):
        default, least, most = (json.dumps(value) for value in (each.default, each.least, each.most))
        allowed = "true, false" if each.is_switch else f"{least} to {most}"
        yield f"| `{each.name}` | {default} | {allowed} | {each.means} |"


def table_of_scopes() -> Iterator[str]:
    """Yield a table of the scopes of API tokens: what each permission needs, and the addresses behind it."""
    yield from ("| scopes | for |", "| --- | --- |")
    rest = [each for each in every() if not isinstance(each, PageEndpoint)]
    for needed in sorted(set(scopes.NEEDED.values())):
        found = sorted(str(each) for each in rest if scopes.NEEDED.get(str(each.permission)) == needed)
        shown = ", ".join(f"`{each.replace(':int}', '}')}`" for each in found)
        yield f"| {' '.join(f'`{each}`' for each in needed.split())} | {shown or 'pages alone'} |"


def commands() -> Iterator[str]:
    """Yield what each command says of itself."""
    for action in parser()._actions:
        for name, each in (action.choices or {}).items() if isinstance(action.choices, dict) else ():
            yield from (f"### lethe {name}", "", "```text", *usage(each), "```", "")


def usage(of: argparse.ArgumentParser) -> list[str]:
    """The help of a command, as wide as a terminal of a hundred columns."""
    of.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
    return of.format_help().rstrip().splitlines()


def layers() -> Iterator[str]:
    """Yield the folders of `chat/` from the top, each with those that it imports."""
    uses = folders(grimp.build_graph("chat", cache_dir=None))
    order = ordered(uses)
    yield from ("| folder | imports |", "| --- | --- |")
    for each in order:
        yield f"| `{each}` | {', '.join(f'`{other}`' for other in order if other in uses[each]) or 'none of these'} |"


def folders(graph: grimp.ImportGraph) -> dict[str, set[str]]:
    """Each folder of `chat/` but `commands`, which starts things, and the folders that it imports."""
    found = {each for each in graph.find_children("chat") if graph.find_children(each)} - {"chat.commands"}
    for each in found:
        graph.squash_module(each)
    return {name(each): {name(one) for one in graph.find_modules_directly_imported_by(each) & found} for each in found}


def name(module: str) -> str:
    """The last part of a module's name."""
    return module.rpartition(".")[2]


def ordered(uses: Mapping[str, set[str]]) -> list[str]:
    """The folders, each before all that it imports. Raises ValueError, which names them, where some form a circle."""
    left, order = dict(uses), list[str]()
    while left:
        free = sorted(each for each in left if not any(each in uses[other] for other in left))
        if not free:
            raise ValueError(f"These import each other in a circle: {', '.join(sorted(left))}")
        order.append(free[0])
        del left[free[0]]
    return order


DERIVED: Mapping[str, Callable[[], Iterable[str]]] = {
    "account": account,
    "commands": commands,
    "errors": errors,
    "events": table_of_events,
    "features": features,
    "frames": frames,
    "layers": layers,
    "scopes": table_of_scopes,
    "modules": modules,
    "routes": table_of_routes,
    "settings": settings,
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
