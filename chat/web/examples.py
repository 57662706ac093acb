"""Examples for the OpenAPI document, made from its schemas: what a field is called says what usually stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
TIME, UID = "2026-03-01T09:30:00.000Z", "01890000-0000-7000-8000-000000000001"
NAMED: Mapping[str, str] = {
    "email": "ada@shop.example",
    "locale": "en",
    "name": "Ada",
    "privacy_url": "https://shop.example/privacy",
    "role": "agent",
    "scopes": "tickets:read",
    "time_zone": "Europe/Athens",
    "text": "Is the tall pot frost-proof?",
}
"""Texts by the name of their field. Times end in `_at`, ids in `id`."""
DEEPEST = 6


def example(schema: Document, schemas: Document, *, name: str = "", brief: bool = False, depth: int = 0) -> Any:
    """
    Return a value that a schema allows. `schemas` are those that it may refer to; where it is `brief` a field that may
    be missing is.
    """
    found = _plain(schema, schemas)
    if "enum" in found or "const" in found:
        return found["const"] if "const" in found else found["enum"][0]
    kind = found.get("type")
    if kind == "object":
        return _fields(found, schemas, brief, depth)
    if kind == "array" and depth < DEEPEST:
        least = found.get("minItems", 1)
        return [example(found.get("items", {}), schemas, name=name, brief=brief, depth=depth + 1)] * max(1, least)
    made: dict[Any, Any] = {"array": [], "boolean": True, "null": None, "string": _text(found, name)}
    return made.get(kind, _number(found) if kind in {"integer", "number"} else "anything")


def _plain(schema: Document, schemas: Document) -> Document:
    """Return what a schema refers to, and of several the first that is more than null."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        else:
            schema = next((each for each in schema["anyOf"] if each.get("type") != "null"), {"type": "null"})
    return schema


def _fields(schema: Document, schemas: Document, brief: bool, depth: int) -> dict[str, Any]:  # noqa: FBT001 - as named above
    known = schema.get("properties", {})
    needed = schema.get("required", ())
    wanted = [each for each in known if each in needed or not (brief or depth >= DEEPEST)]
    # Of a change, where every field may be missing, the first stands for all. At the deepest none does, so that what
    # has itself within ends.
    if not wanted and depth < DEEPEST:
        wanted = [*known][:1]
    return {each: example(known[each], schemas, name=each, brief=brief, depth=depth + 1) for each in wanted}


def _number(schema: Document) -> int | float:
    least, most = schema.get("minimum", 1), schema.get("maximum")
    number: int | float = max(1, least) if most is None else min(max(1, least), most)
    return number


def _text(schema: Document, name: str) -> str:
    if name.endswith("_at"):
        return TIME
    if name in {"id", "contact_id"} or name.endswith("_id"):
        return UID
    made = NAMED.get(name, "text")
    return made[: schema.get("maxLength", len(made))].ljust(schema.get("minLength", 0), ".")
