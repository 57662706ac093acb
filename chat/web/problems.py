"""How an endpoint refuses, in the OpenAPI document: a status for each thing it declares, and the codes of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.core.errors import (
    ChangedMeanwhile,
    Forbidden,
    InvalidField,
    LetheError,
    NetworkNotAllowed,
    NotFound,
    PasswordDue,
    RateLimited,
    StepUpRequired,
    TooLarge,
    TooSlow,
    Unauthorized,
    UnknownParameter,
)
from chat.web.endpoint import Endpoint
from chat.web.headers import RATE, said_headers

Document = dict[str, Any]
KIND = "application/problem+json"
FIELDS: Document = {
    "type": {"type": "string", "const": "about:blank"},
    "title": {"type": "string"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string"},
}
OTHERS = {"4XX": "Another refusal", "5XX": "Something here is away, full or broken"}


def tree(kind: type[LetheError] = LetheError) -> Iterator[type[LetheError]]:
    """Yield an error and all below it."""
    yield kind
    for each in kind.__subclasses__():
        yield from tree(each)


def codes() -> dict[str, type[LetheError]]:
    """Return the errors by the code that a client reads."""
    return {each.code: each for each in tree() if "code" in vars(each)}


def problem_schema() -> Document:
    """Return what a problem is (RFC 9457). Some have more, as `field`, `retry_after` or `current`."""
    known = {"code": {"type": "string", "enum": sorted(codes())}}
    return {"title": "Problem", "type": "object", "required": [*FIELDS, "code"], "properties": FIELDS | known}


def refusals(each: Endpoint) -> dict[str, Document]:
    """Return the refusals of an endpoint by status: those that follow from what it declares, and others."""
    found: dict[int, list[type[LetheError]]] = {}
    for kind in _refused(each):
        found.setdefault(kind.status, []).append(kind)
    made = {str(status): _response(kinds[0].title, kinds, kinds[0]) for status, kinds in sorted(found.items())}
    said = {code: kind for code, kind in codes().items() if str(kind.status) not in made}
    for name, title in OTHERS.items():
        others = [kind for kind in said.values() if str(kind.status)[0] == name[0]]
        made[name] = _response(title, others, others[0])
    return made


def _refused(each: Endpoint) -> Iterator[type[LetheError]]:
    if each.audience != "anybody":
        yield Unauthorized
    yield from _refused_to_agents(each)
    if "{" in each.path:
        yield NotFound
    if each.is_conditional:
        yield ChangedMeanwhile
    if each.query is not None:
        yield UnknownParameter
    if each.body is not None or each.query:
        yield InvalidField
    if each.body is not None:
        yield from (TooLarge, TooSlow)


def _refused_to_agents(each: Endpoint) -> Iterator[type[LetheError]]:
    if each.audience == "agent":
        yield from (Forbidden, NetworkNotAllowed, PasswordDue)
    if each.is_limited:
        yield RateLimited
    if each.step_up:
        yield StepUpRequired


def _response(title: str, kinds: list[type[LetheError]], kind: type[LetheError]) -> Document:
    """Return a response. `kind` is shown as the example."""
    example = {"type": "about:blank", "title": kind.title, "status": kind.status, "detail": kind.title}
    waits = [each for each in kinds if each.retry or each.wait is not None]
    return {
        "description": title,
        "content": {
            KIND: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example | {"code": kind.code}}
        },
        "x-codes": [each.code for each in kinds],
        **said_headers(*(["Retry-After"] if waits else []), *(RATE if RateLimited in kinds else ())),
    }
