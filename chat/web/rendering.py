"""Templates made into text: the one renderer, of pages and of the export's page. What is put in is escaped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chat.core.texts import balanced

TEMPLATES = Path(__file__).parent / "templates"
"""Those that all share. Each feature has a folder of its own. A name stands once."""
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no HTML document may hold, NUL among it."""
PIECE = 16_384  # characters
OPEN, CLOSE = Markup('<bdi dir="auto">'), Markup("</bdi>")


def render(template: str, context: Mapping[str, object], folders: tuple[Path, ...] = ()) -> str:
    """Return what a template makes of its context. It is a shared one, or in the `folders` of features."""
    return environment(folders).get_template(template).render(context)


async def stream(template: str, context: Mapping[str, object], folders: tuple[Path, ...] = ()) -> AsyncIterator[str]:
    """Yield what a template makes of its context, piece by piece. It may loop over what is read meanwhile."""
    held, size = list[str](), 0
    async for each in _streaming(folders).get_template(template).generate_async(context):
        held.append(each)
        size += len(each)
        if size >= PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def spoken(value: object) -> Markup:
    """Return what somebody wrote: its direction is its own and turns nothing around it."""
    return OPEN + fit(balanced(str(value))) + CLOSE


def fit(value: object) -> str:
    """Return a value as a document may hold it: what cannot stand in one shows as U+FFFD."""
    return value if isinstance(value, Markup) else UNFIT.sub("\ufffd", str(value))


@cache
def environment(folders: tuple[Path, ...] = ()) -> Environment:
    """Return what reads the templates, and says what each may use."""
    loader = FileSystemLoader([TEMPLATES, *(each / "templates" for each in folders)])
    # Strict: a name that nobody gave is an error, and not a page with a hole in it.
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, finalize=fit)
    made.filters["spoken"] = spoken
    return made


@cache
def _streaming(folders: tuple[Path, ...]) -> Environment:
    return environment(folders).overlay(enable_async=True)
