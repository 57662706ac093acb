"""
`./run measures`: the shape of the code in numbers, and the files that a message and a reply enter.

`--tree FOLDER` measures another checkout, without the paths, which only the code that runs can show.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import sys
import tempfile
import threading
import tokenize
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from types import CodeType, FrameType

from chat.core.settings import from_env
from chat.infra.store import migrations
from chat.infra.store.folder import prepare_data
from tests.inside import Inner, Served, inner_socket, new_id, served

ROOT = Path(__file__).parent.parent
CODE = ("chat", "spam")
TEXTS = {".py", ".md", ".html", ".css", ".js", ".json", ".toml"}
EXAMPLE = "department"
"""A feature's word, to measure in how many files one is said."""
LAYERS = {"actions", "api", "pages", "sockets", "web"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def modules(tree: Path) -> list[Path]:
    """Every module of a checkout but what its environments hold."""
    return [path for top in CODE for path in sorted((tree / top).rglob("*.py"))]


def functions(tree: Path) -> Iterator[tuple[Path, Function]]:
    """Yield every function and method, each with its module."""
    for path in modules(tree):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                yield path, node


def length(node: Function) -> int:
    """How many lines a function has, without its decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def depth(node: ast.AST) -> int:
    """How deep blocks are nested in each other below a node."""
    inner = max((depth(each) for each in ast.iter_child_nodes(node)), default=0)
    return inner + isinstance(node, BLOCKS)


def public(node: Function) -> bool:
    """Whether a function is not private and not one that Python calls itself."""
    return not node.name.startswith("_")


def looseness(tree: Path) -> Iterator[str]:
    """Yield each annotation of a public function of actions, HTTP or sockets that holds `Any`."""
    for path, node in functions(tree):
        if not public(node) or not LAYERS & {*path.relative_to(tree).with_suffix("").parts}:
            continue
        said = [each.annotation for each in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
        for each in said:
            if each is not None and any(isinstance(name, ast.Name) and name.id == "Any" for name in ast.walk(each)):
                yield f"{path.relative_to(tree)}:{node.lineno} {node.name}: {ast.unparse(each)}"


def comments(path: Path) -> tuple[int, int]:
    """How many lines of a module hold nothing but a comment, and how many hold one at all."""
    with tokenize.open(path) as text:
        found = [each for each in tokenize.generate_tokens(text.readline) if each.type == tokenize.COMMENT]
    return sum(each.line.lstrip().startswith("#") for each in found), len(found)


def mentions(tree: Path, word: str) -> list[str]:
    """The files of a checkout, outside hidden folders, that say a word in any case."""
    found = []
    for path in sorted(tree.rglob("*")):
        parts = path.relative_to(tree).parts
        if path.suffix in TEXTS and not any(each.startswith(".") or each == "node_modules" for each in parts):
            found += [str(path.relative_to(tree))] * (word in path.read_text(errors="replace").lower())
    return found


def spread(values: list[int]) -> str:
    """Median, ninth decile and most."""
    return f"{median(values):.0f} / {quantiles(values, n=10)[-1]:.0f} / {max(values)}"


def shape(tree: Path) -> dict[str, str]:
    """What can be said of a checkout without running it."""
    paths, known = modules(tree), [node for _, node in functions(tree)]
    lines = [len(path.read_text().splitlines()) for path in paths]
    said = [ast.get_docstring(node) is not None for node in known if public(node)]
    noted = [sum(each) for each in zip(*map(comments, paths), strict=True)]
    return {
        "files": str(len(paths)),
        "lines": str(sum(lines)),
        "lines of a file, median / p90 / most": spread(lines),
        "functions": str(len(known)),
        "lines of a function, median / p90 / most": spread([length(node) for node in known]),
        "functions over 50 lines": str(sum(length(node) > 50 for node in known)),
        "functions nested deeper than 3": str(sum(depth(node) > 3 for node in known)),
        "public functions with a docstring": f"{100 * sum(said) / len(said):.0f} %",
        "lines that are a comment / hold one": " / ".join(f"{100 * n / sum(lines):.1f}" for n in noted) + " %",
        "annotations with Any where layers meet": str(len([*looseness(tree)])),
        f"files that mention `{EXAMPLE}`": str(len(mentions(tree, EXAMPLE))),
    }


@dataclass
class Trace:
    """Notes the functions of the product that are entered while it is `on`, in every thread."""

    on: bool = False
    entered: set[CodeType] = field(default_factory=set)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if self.on and event == "call" and not frame.f_code.co_name.startswith("<"):
            self.entered.add(frame.f_code)

    @property
    def files(self) -> list[str]:
        """The product's files that were entered."""
        found = {Path(each.co_filename) for each in self.entered if Path(each.co_filename).is_relative_to(ROOT)}
        return sorted(str(each.relative_to(ROOT)) for each in found if each.relative_to(ROOT).parts[0] in CODE)


async def paths() -> dict[str, list[str]]:
    """The files that a visitor's message enters until an agent has it, and those that a reply over REST does."""
    trace = Trace()
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = from_env({"LETHE_DATA": folder})
            prepare_data(settings)
            migrations.migrate(settings)
            async with served(settings) as app:
                return await _traced(app, trace)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


async def _traced(app: Served, trace: Trace) -> dict[str, list[str]]:
    guest = await app.house.visit("Zoe")
    async with (
        inner_socket(app, "/ws/visitor", {}) as visitor,
        inner_socket(app, "/ws/agent", app.house.bearer) as agent,
    ):
        await visitor("", "websocket.accept")
        await visitor("hello", "welcome", token=guest.begun.token)
        ack = await visitor("message", "ack", id=new_id(), text="Hello?")
        await agent("", "welcome")
        await agent("open", "welcome", ticket=ack["ticket"], last_seq=0)
        await visitor("ping", "pong")
        message = await _files(trace, lambda: _say(visitor, agent))
        reply = await _files(trace, lambda: _reply(app, visitor, ack["ticket"]))
    return {"a visitor's message": message, "an agent's reply over REST": reply}


async def _files(trace: Trace, doing: Callable[[], Awaitable[None]]) -> list[str]:
    """What is entered each time. What the server's clock does beside it comes by chance, and is no part of it."""
    found: list[set[str]] = []
    for _ in range(3):
        trace.entered.clear()
        trace.on = True
        await doing()
        trace.on = False
        found.append({*trace.files})
    return sorted(set.intersection(*found))


async def _say(visitor: Inner, agent: Inner) -> None:
    await visitor("message", "ack", id=new_id(), text="Anybody?")
    await agent("", "message")


async def _reply(app: Served, visitor: Inner, ticket: int) -> None:
    answer = await app.rest("POST", f"/tickets/{ticket}/messages", {"id": new_id(), "text": "Yes."})
    assert answer.status_code == 201, answer.text
    await visitor("", "message")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="./run measures", description="The shape of the code in numbers.")
    parser.add_argument("--tree", type=Path, help="another checkout, of which the paths are not shown")
    parser.add_argument("--files", action="store_true", help="name the files of each path, and each Any")
    asked = parser.parse_args()
    tree = (asked.tree or ROOT).resolve()
    table, entered = shape(tree), {} if asked.tree else asyncio.run(paths())
    table |= {f"files that {what} enters": str(len(found)) for what, found in entered.items()}
    for name, value in table.items():
        print(f"{name:<48}{value:>20}")
    if asked.files:
        for what, found in {**entered, "Any": [*looseness(tree)]}.items():
            print(f"\n{what}:", *found, sep="\n  ")


if __name__ == "__main__":
    main()
