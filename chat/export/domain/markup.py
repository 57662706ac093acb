"""HTML without a template: elements out of names, attributes and text. Whatever is not an element is escaped."""

from __future__ import annotations

import re
from html import escape

from chat.core.texts import balanced

VOID = frozenset({"meta", "br", "hr"})
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no HTML document may hold, NUL among it."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return text that stands for itself; what cannot stand in a document shows as U+FFFD."""
    return value if isinstance(value, Markup) else Markup(escape(UNFIT.sub("\ufffd", str(value))))


def h(name: str, /, *children: object, **attributes: str | None) -> Markup:
    """Return an element; an attribute that is None is left out, `class_` is `class`."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(text(each) for each in children if each is not None)
    return Markup(f"<{name}{said}>" if name in VOID else f"<{name}{said}>{inner}</{name}>")


def spoken(value: object) -> Markup:
    """Return what somebody wrote: its direction is its own and turns nothing around it."""
    return h("bdi", value if isinstance(value, Markup) else balanced(str(value)), dir="auto")
