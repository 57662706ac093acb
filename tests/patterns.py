"""Every regular expression of the product, read from its source: Python's as patterns, JavaScript's as text."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import regex

from tests.growth import Work

ROOT: Final = Path(__file__).parent.parent
WHOLE: Final = frozenset({"match", "fullmatch"})
MAKES: Final = frozenset({"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
MAKERS: Final = frozenset({"re", "regex"})
BOUNDED: Final = {r"\X": 640}
"""
Patterns that never meet a whole text. Ends of graphemes are looked for in what is shown of one, 600 characters in the
quarantine: a row of flags costs a square, as whether two are a pair depends on all before.
"""
_LITERAL: Final = re.compile(
    r"(?:^|[=(,:;!&|?{}\[]|=>|return)\s*"  # where no value stands before it, a slash begins a pattern
    r"/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+)/([dgimsuvy]*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Found:
    """A pattern, where it stands, and the ways in which it is used there."""

    place: str
    pattern: re.Pattern[Any]
    ways: frozenset[str]

    @property
    def longest(self) -> int | None:
        """The most characters that it is ever given, None where nothing bounds them but the text itself."""
        return BOUNDED.get(str(self.pattern.pattern))

    def work(self) -> list[Work]:
        """Return what is done with texts by it."""
        return [_work(self.pattern, way) for way in sorted(self.ways)]


@dataclass(frozen=True)
class Script:
    """A regular expression of JavaScript."""

    place: str
    source: str
    flags: str


@cache
def of_python(*folders: str) -> list[Found]:
    """Return the patterns in these packages. Raises NameError for one that is made of more than its module's names."""
    return [found for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) for found in _in(path)]


def of_javascript(*folders: str) -> list[Script]:
    """Return the patterns in the scripts of these folders."""
    found = []
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.js"))):
        text = path.read_text(encoding="utf-8")
        for each in _LITERAL.finditer(text):
            line = text.count("\n", 0, each.start(1)) + 1
            found.append(Script(f"{path.relative_to(ROOT)}:{line}", each[1], each[2]))
    return found


def _in(path: Path) -> Iterator[Found]:
    source = path.read_text(encoding="utf-8")
    if "re." not in source and "regex." not in source and "pattern=" not in source:
        return
    tree = ast.parse(source)
    made = list(_made(tree))
    if not made:
        return
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    named, used = _named(tree), _used(tree)
    for call, way, argument, flags in made:
        pattern = _maker(call).compile(_value(argument, module), _value(flags, module) if flags else 0)
        name = named.get(call, "")
        ways = used.get(name) or frozenset({"finditer", "fullmatch"}) if way == "compile" else frozenset({way})
        yield Found(f"{path.relative_to(ROOT)}:{call.lineno}:{call.col_offset}", pattern, ways)


def _maker(call: ast.Call) -> Any:
    """Return the module whose pattern a call makes: `regex` where it says so, else `re`."""
    named = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id
    return regex if named == "regex" else re


def _made(tree: ast.Module) -> Iterator[tuple[ast.Call, str, ast.expr, ast.expr | None]]:
    """Yield each call that makes a pattern: the call, how it is used, what it is made of, and its flags."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        written = {each.arg: each.value for each in node.keywords}
        function = node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in MAKERS:
            if function.attr in MAKES:
                flags = node.args[1] if function.attr == "compile" and len(node.args) > 1 else written.get("flags")
                yield node, function.attr, node.args[0], flags
        elif "pattern" in written:  # what msgspec checks
            yield node, "search", written["pattern"], None


def _named(tree: ast.Module) -> dict[ast.Call, str]:
    """Return the name that each call's pattern gets."""
    named = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            named[node.value] = getattr(target, "id", "")
    return named


def _used(tree: ast.Module) -> dict[str, frozenset[str]]:
    """Return how each name is used; a way that cannot be seen here is not among them."""
    used = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in MAKES:
            used[node.value.id].add(node.attr)
    passed = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return {name: frozenset(ways) for name, ways in used.items() if name in passed}


def _value(expression: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(expression), "<pattern>", "eval"), dict(vars(module)))  # noqa: S307 - our own source


def _work(pattern: re.Pattern[Any], way: str) -> Work:
    def work(text: str) -> object:
        subject = text.encode("utf-8", "surrogatepass") if isinstance(pattern.pattern, bytes) else text
        return getattr(pattern, way)(subject) if way in WHOLE else sum(1 for _ in pattern.finditer(subject))

    return work
