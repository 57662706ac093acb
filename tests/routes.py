"""What the tests ask of a route, and the table of the routes that stands in the docs."""

import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any, get_origin

import msgspec

from chat.core.access import LINE
from chat.features import permissions
from chat.routes import every
from chat.web.endpoint import Endpoint
from chat.web.openapi import json_answer, json_body
from chat.web.page_endpoint import LOCALE, PageEndpoint

SENTENCE = re.compile(r"(.+?[.?!])(?=\s|\Z)", re.DOTALL)
PLACE = re.compile(r":\w+}")


def taken(endpoint: Any) -> frozenset[str]:
    """The names of the parameters that an endpoint takes."""
    return frozenset(each.name for each in getattr(endpoint, "query", None) or ())


def whole(doc: str | None) -> str:
    """A docstring as a cell of a table."""
    return " ".join((doc or "").split()).replace("|", r"\|")


def first(said: str | None) -> str:
    """The first sentence of a docstring, as a cell of a table."""
    text = whole(said)
    match = SENTENCE.match(text)
    return match[1] if match else text


def table_of_routes() -> Iterator[str]:
    """Yield a table of the addresses: for whom each is, what it takes, answers and enters in the audit log."""
    yield from ("| address | for | takes | answers | enters | does |", "| --- | --- | --- | --- | --- | --- |")
    yield from (row(each) for each in sorted(every(), key=lambda one: (one.path, one.verb)))


def row(each: Endpoint) -> str:
    """What the table says of an address."""
    said = (whom(each), takes(each), answers(each), ", ".join(f"`{word}`" for word in sorted(each.audited)))
    address = f"{each.verb} {PLACE.sub('}', each.path)}"
    return f"| `{address}` | {' | '.join(said)} | {first(getdoc(each.handler))} |"


WHOM = {"agent": "every agent", "visitor": "visitors", "link": "who has a mailed link", "anybody": "anybody"}
"""By audience, who may ask where no permission is needed."""


BY_ROLE = {"agent": WHOM["agent"], "admin": "owners and admins", "owner": "owners"}
"""By the lowest role that usually has a permission, who may ask."""


def whom(each: Endpoint) -> str:
    """For whom an address is: the permission that it needs, with the lowest role that has it; whether it asks again."""
    again = ", shown again" if each.step_up else ""
    if each.permission is None:
        return f"{WHOM[each.audience]}{again}"
    lowest = next(role for role in LINE if each.permission in permissions()[role])
    return f"{BY_ROLE[lowest]}: `{each.permission}`{again}"


def takes(each: Endpoint) -> str:
    """The parameters of an address, and the fields of its body, `?` behind those that may be missing."""
    query = [f"`?{one.name}`" for one in each.query or () if one is not LOCALE]
    return ", ".join((*query, *body(each)))


def body(each: Endpoint) -> list[str]:
    """The fields that an address reads of a body, or what else it is."""
    kind = json_body(each)
    if isinstance(each, PageEndpoint):
        return ["a form"] if each.verb == "POST" else []
    if kind is None:
        return ["a file"] if each.body is not None else []
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [f"`{one.encode_name}`{'' if one.required else '?'}" for one in msgspec.structs.fields(kind)]
    return ["JSON"]


def answers(each: Endpoint) -> str:
    """The statuses of an address, the usual one first, and the type of its answer."""
    kind = json_answer(each)
    if isinstance(each, PageEndpoint):
        return "a page"
    return ", ".join((*map(str, each.status), *([] if kind is None else [f"`{shortly(kind)}`"])))


def shortly(kind: Any) -> str:
    """A type without the modules of its names, as a cell of a table."""
    return re.sub(r"[\w.]+\.(?=\w)", "", repr(kind) if get_origin(kind) else kind.__name__).replace("|", r"\|")
