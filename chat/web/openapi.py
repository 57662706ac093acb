"""The OpenAPI document of the REST interface, made from what each endpoint declares (OpenAPI Specification 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from inspect import getdoc
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from starlette.responses import Response

from chat import __version__
from chat.core import scopes
from chat.web.endpoint import API, Endpoint, Tagged
from chat.web.examples import example
from chat.web.headers import HEADERS, RATE, said_headers
from chat.web.outgoing import OutgoingWebhook
from chat.web.page_endpoint import PageEndpoint
from chat.web.problems import problem_schema, refusals
from chat.web.requests import Multipart, Parameter, Unread, is_optional

Document = dict[str, Any]
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
REF = "#/components/schemas/{name}"
INFO: Document = {
    "title": "Lethe",
    "version": __version__,
    "summary": "What programs may ask of a live chat that begins with consent",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
SAFE = {"GET", "HEAD"}
SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "visitor": [{"visitor": []}],
    "link": [{"link": []}],
    "anybody": [],
}
"""By audience but for agents, the ways to show who asks. One of them is enough."""
SCHEMES: Document = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token of an agent's"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "lethe_session",
        "description": "Who is signed in; over HTTPS it is `__Host-lethe_session`",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "What shows that a page of ours asks for the session",
    },
    "visitor": {"type": "http", "scheme": "bearer", "description": "The token that agreeing gave"},
    "link": {"type": "http", "scheme": "bearer", "description": "The token that opening a mailed link gave"},
}
SIGNED: Document = {
    "webhook-id": {"type": "string", "description": "The message's id, the same at every try"},
    "webhook-timestamp": {"type": "string", "description": "When it was sent, in seconds since 1970"},
    "webhook-signature": {"type": "string", "description": "`v1,` and an HMAC-SHA-256, as Standard Webhooks says"},
}
"""The headers of what is sent to programs."""
FILE: Document = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}


FILES: dict[str, tuple[str, Document]] = {
    "csv": ("text/csv", {"type": "string"}),
    "zip": ("application/zip", {"type": "string", "format": "binary"}),
}
"""By the word of `?format=`, the kind of what is answered then."""


def openapi(endpoints: Iterable[Endpoint], outgoing: Mapping[str, OutgoingWebhook] | None = None) -> Document:
    """Return the document for programs, with what is sent to them, by kind. Pages are for people and not in it."""
    sent = outgoing or {}
    served = [each for each in endpoints if not isinstance(each, PageEndpoint)]
    types = {each: (json_body(each), json_answers(each)) for each in served}
    wanted = [kind for body, answers in types.values() for kind in (body, *answers.values()) if kind is not None]
    wanted += [each.body for each in sent.values()]
    schemas, components = msgspec.json.schema_components(wanted, schema_hook=_anything, ref_template=REF)
    components = ecma({**components, "Problem": problem_schema()})
    made = iter(ecma(list(schemas)))
    paths: dict[str, Document] = {}
    for each, (body, answers) in types.items():
        said = _content(next(made), components, brief=True) if body is not None else None
        answered = {status: _content(next(made), components) | _as_file(each, status) for status in answers}
        path = PLACE.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.verb.lower()] = _operation(each, said, answered)
    webhooks = {kind: {"post": _outgoing(kind, each, next(made), components)} for kind, each in sent.items()}
    used = {name for each in served for way in ways(each) for name in way}
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({resource(each) for each in served})],
        "paths": paths,
        **({"webhooks": webhooks} if webhooks else {}),
        "components": {
            "schemas": components,
            "headers": HEADERS,
            "securitySchemes": {name: said for name, said in SCHEMES.items() if name in used},
        },
    }


def ecma(said: Any) -> Any:
    r"""Return schemas with their patterns as ECMA-262 writes them, as JSON Schema asks: Python's `\Z` is its `$`."""
    if isinstance(said, dict):
        return {
            name: each.replace(r"\Z", "$") if name == "pattern" and isinstance(each, str) else ecma(each)
            for name, each in said.items()
        }
    return [ecma(each) for each in said] if isinstance(said, list | tuple) else said


def ways(each: Endpoint) -> list[dict[str, list[str]]]:
    """Return the ways to show who asks, of which one is enough. A token's is named with the scopes that it needs."""
    if each.audience != "agent":
        return SECURITY[each.audience]
    shown: dict[str, list[str]] = {"session": []}
    if each.changes or each.verb not in SAFE:
        shown["csrf"] = []
    if each.permission is None:
        return [shown]
    return [{"token": scopes.NEEDED.get(each.permission, scopes.ALL).split()}, shown]


def resource(each: Endpoint) -> str:
    """Return what an endpoint is about, which is the first word of its path."""
    return each.path.removeprefix(API).strip("/").partition("/")[0] or "server"


def _anything(kind: type) -> Document:
    """Return the schema of what msgspec knows nothing of: `object`, which may be any JSON."""
    if kind is not object:
        raise NotImplementedError(f"{kind} has no schema")
    return {"description": "Any JSON"}


def _content(schema: Document, components: Document, *, brief: bool = False) -> Document:
    return {"application/json": {"schema": schema, "example": example(schema, components, brief=brief)}}


def _operation(each: Endpoint, body: Document | None, answers: Mapping[int, Document]) -> Document:
    path = PLACE.sub(r"\1", each.path)
    summary, _, more = (getdoc(each.handler) or "").partition("\n\n")
    made: Document = {
        "operationId": "_".join(re.findall(r"\w+", f"{each.verb.lower()} {path}")),
        "tags": [resource(each)],
        "summary": " ".join(summary.split()),
        "parameters": [*_in_path(each.path), *(_in_query(one) for one in each.query or ()), *_conditions(each)],
        "responses": {**_responses(each, answers), **refusals(each)},
        "security": ways(each),
    }
    if more:
        made["description"] = " ".join(more.split())
    if each.permission is not None:
        made["x-permission"] = each.permission
    if each.step_up:
        made["x-step-up"] = True
    if each.body is Multipart:
        made["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": FILE}}}
    elif body is not None:
        made["requestBody"] = {"required": not is_optional(each.body), "content": body}
    return made


def _outgoing(kind: str, each: OutgoingWebhook, schema: Document, components: Document) -> Document:
    """Return what is sent of a kind: the body's type, narrowed to the kind and to what is always there."""
    data = ["account", *each.data]
    narrowed = {"type": {"const": kind}, "data": {"type": "object", "required": data}}
    made = example(schema, components) | {"type": kind}
    made["data"] = {name: made["data"][name] for name in data}
    body = {"schema": {"allOf": [schema, {"type": "object", "properties": narrowed}]}, "example": made}
    return {
        "operationId": "_".join(["webhook", *re.findall(r"\w+", kind)]),
        "summary": f"Sent when {each.when}",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": said} for name, said in SIGNED.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {"2XX": {"description": "Taken. Anything else is tried again"}},
        "security": [],
    }


def _as_file(each: Endpoint, status: int) -> Document:
    """Return the other kinds of answer of an address that gives a file where `?format=` asks for it."""
    formats = [word for one in each.query or () if one.name == "format" for word in one.schema.get("enum", ())]
    return {
        FILES[word][0]: {"schema": FILES[word][1]} for word in formats if word in FILES and status == each.status[0]
    }


def _responses(each: Endpoint, answers: Mapping[int, Document]) -> Document:
    headers = [*(RATE if each.is_limited else ()), *(["ETag"] if is_tagged(each) else [])]
    made: Document = {}
    for status in each.status:
        waits = ["Retry-After"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []
        made[str(status)] = {"description": HTTPStatus(status).phrase} | said_headers(*waits, *headers)
        if status in answers:
            made[str(status)]["content"] = answers[status]
    return made


def is_tagged(each: Endpoint) -> bool:
    """Whether its answers have a tag, by which what they show can be changed only if nobody else did."""
    return get_origin(get_type_hints(each.handler).get("return")) is Tagged


def _in_path(path: str) -> list[Document]:
    kinds: dict[str, Document] = {
        "int": {"type": "integer", "minimum": 0, "maximum": 10**10 - 1},
        "": {"type": "string"},
    }
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": kinds[kind],
            "example": example(kinds[kind], {}, name=name),
        }
        for name, kind in PLACE.findall(path)
    ]


def _in_query(one: Parameter[Any]) -> Document:
    return {"name": one.name, "in": "query", "required": False, "schema": dict(one.schema)}


def _conditions(each: Endpoint) -> list[Document]:
    """Return the header by which something is changed only if nobody else did (RFC 9110, 13.1.1)."""
    schema = {"type": "string", "description": "Tags that were answered as `ETag`, or *"}
    said = {"name": "If-Match", "in": "header", "required": False, "schema": schema, "example": "*"}
    return [said] if each.is_conditional else []


def json_body(each: Endpoint) -> object:
    """Return the type of a JSON body, None where there is none."""
    if each.body is Multipart:
        return None
    return get_args(each.body)[0] if get_origin(each.body) is Unread or is_optional(each.body) else each.body


def json_answers(each: Endpoint) -> dict[int, object]:
    """Return the types of its answers in JSON by their status, of those that say one."""
    usual = json_answer(each)
    said = {status: each.answers.get(status, usual) for status in each.status if status != HTTPStatus.NO_CONTENT}
    return {status: kind for status, kind in said.items() if kind is not None}


def json_answer(each: Endpoint) -> object:
    """Return the type of what the handler returns, None where it is not said or is no JSON."""
    said = get_type_hints(each.handler).get("return")
    whole = get_args(said) if get_origin(said) in {Union, UnionType} else (said,)
    kinds = [one for one in whole if not (isinstance(one, type) and issubclass(one, Response))]
    kinds = [get_args(one)[0] if get_origin(one) is Tagged else one for one in kinds]
    known = len(kinds) == 1 and kinds[0] not in {Any, None, type(None)}
    return kinds[0] if known else None
