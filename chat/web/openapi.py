"""The OpenAPI document of the REST interface, made from what each endpoint declares (OpenAPI Specification 3.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from inspect import getdoc
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from starlette.responses import Response

from chat import __version__
from chat.web.endpoint import Endpoint
from chat.web.page_endpoint import PageEndpoint
from chat.web.requests import Multipart, Parameter, Unread

Document = dict[str, Any]
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
REF = "#/components/schemas/{name}"
SECURITY: dict[str, list[Document]] = {
    "agent": [{"token": []}, {"session": [], "csrf": []}],
    "visitor": [{"visitor": []}],
    "link": [{"link": []}],
    "anybody": [],
}
"""By audience, the ways to show who asks. One of them is enough."""
SCHEMES: Document = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token of an agent's"},
    "session": {"type": "apiKey", "in": "cookie", "name": "lethe_session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "visitor": {"type": "http", "scheme": "bearer", "description": "The token that agreeing gave"},
    "link": {"type": "http", "scheme": "bearer", "description": "The token that opening a mailed link gave"},
}
PROBLEM: Document = {
    "description": "A problem (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "code"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            }
        }
    },
}
FILE: Document = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}


def openapi(endpoints: Iterable[Endpoint]) -> Document:
    """Return the document for programs. Pages are for people and not in it."""
    served = [each for each in endpoints if not isinstance(each, PageEndpoint)]
    types = {each: (json_body(each), json_answer(each)) for each in served}
    wanted = [kind for pair in types.values() for kind in pair if kind is not None]
    schemas, components = msgspec.json.schema_components(wanted, schema_hook=_anything, ref_template=REF)
    made = iter(schemas)
    paths: dict[str, Document] = {}
    for each, (body, answer) in types.items():
        said = next(made) if body is not None else None
        answered = next(made) if answer is not None else None
        path = PLACE.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.verb.lower()] = _operation(each, said, answered)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lethe", "version": __version__},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SCHEMES, "responses": {"problem": PROBLEM}},
    }


def _anything(kind: type) -> Document:
    """Return the schema of what msgspec knows nothing of: `object`, which may be any JSON."""
    if kind is not object:
        raise NotImplementedError(f"{kind} has no schema")
    return {"description": "Any JSON"}


def _operation(each: Endpoint, body: Document | None, answer: Document | None) -> Document:
    path = PLACE.sub(r"\1", each.path)
    made: Document = {
        "operationId": "_".join(re.findall(r"\w+", f"{each.verb.lower()} {path}")),
        "summary": (getdoc(each.handler) or "").partition("\n")[0],
        "parameters": [*_in_path(each.path), *(_in_query(one) for one in each.query or ())],
        "responses": _responses(each.status, answer),
        "security": SECURITY[each.audience],
    }
    if each.permission is not None:
        made["x-permission"] = each.permission
    if each.body is Multipart:
        made["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": FILE}}}
    elif body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def _responses(status: Collection[int], answer: Document | None) -> Document:
    made: Document = {"default": {"$ref": "#/components/responses/problem"}}
    for each in status:
        made[str(each)] = {"description": "Done"}
        if answer is not None and each != 204:  # noqa: PLR2004 - No Content has none
            made[str(each)]["content"] = {"application/json": {"schema": answer}}
    return made


def _in_path(path: str) -> list[Document]:
    kinds = {"int": {"type": "integer", "minimum": 0}, "": {"type": "string"}}
    return [{"name": name, "in": "path", "required": True, "schema": kinds[kind]} for name, kind in PLACE.findall(path)]


def _in_query(one: Parameter[Any]) -> Document:
    return {"name": one.name, "in": "query", "required": False, "schema": dict(one.schema)}


def json_body(each: Endpoint) -> object:
    """Return the type of a JSON body, None where there is none."""
    if each.body is Multipart:
        return None
    return get_args(each.body)[0] if get_origin(each.body) is Unread else each.body


def json_answer(each: Endpoint) -> object:
    """Return the type of an answer in JSON, None where it is not said or is something else."""
    said = get_type_hints(each.handler).get("return")
    kinds = [
        one for one in (get_args(said) if get_origin(said) in {Union, UnionType} else (said,)) if one is not Response
    ]
    known = len(kinds) == 1 and kinds[0] not in {Any, None, type(None)}
    return kinds[0] if known else None
