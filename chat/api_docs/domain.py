"""An OpenAPI document in the order of who reads it: by resource, each operation with what it takes, gives, refuses."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
REF = "$ref"


@dataclass(frozen=True)
class DescribedField:
    """A field or parameter: its name, its kind in the words of JSON Schema, and whether it must be there."""

    name: str
    kind: str
    required: bool
    about: str = ""


@dataclass(frozen=True)
class Answer:
    """A status with what it means, its fields, a body as an example, and the codes where it is a refusal."""

    status: str
    about: str
    fields: tuple[DescribedField, ...]
    example: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """All that a reader is told of an operation. `scopes` are those that a token needs, besides the `permission`."""

    name: str
    verb: str
    path: str
    summary: str
    about: str
    permission: str
    scopes: tuple[str, ...]
    step_up: bool
    parameters: tuple[DescribedField, ...]
    fields: tuple[DescribedField, ...]
    example: str
    curl: str
    gives: tuple[Answer, ...]
    refuses: tuple[Answer, ...]

    @property
    def said(self) -> str:
        """What words are looked for in, in small letters."""
        parts = (self.verb, self.path, self.summary, self.about, self.permission, *self.scopes)
        return " ".join(parts).lower()


def shown(document: Document, words: str, origin: str) -> dict[str, list[Operation]]:
    """Return the operations that have all of these words, by resource. `origin` is where the curl lines ask."""
    groups: dict[str, list[Operation]] = {}
    for path, verbs in document["paths"].items():
        for verb, said in verbs.items():
            made = _operation(document, verb, path, said, origin)
            if all(each in made.said for each in words.lower().split()):
                groups.setdefault(said["tags"][0], []).append(made)
    return dict(sorted(groups.items()))


def _operation(document: Document, verb: str, path: str, said: Document, origin: str) -> Operation:
    kind, content = _content(said.get("requestBody", {}))
    answers = [_answer(document, status, _found(document, each)) for status, each in said["responses"].items()]
    return Operation(
        name=said["operationId"],
        verb=verb.upper(),
        path=path,
        summary=said["summary"],
        about=said.get("description", ""),
        permission=said.get("x-permission", ""),
        scopes=tuple(next((way["token"] for way in said["security"] if "token" in way), ())),
        step_up=said.get("x-step-up", False),
        parameters=tuple(
            DescribedField(each["name"], kind_of(each["schema"]), each.get("required", False), each["in"])
            for each in said["parameters"]
        ),
        fields=_fields(document, content.get("schema", {})),
        example=_pretty(content),
        curl=_curl(verb.upper(), origin + path, kind, content.get("example")),
        gives=tuple(each for each in answers if each.status < "4"),
        refuses=tuple(each for each in answers if each.status >= "4"),
    )


def _curl(verb: str, url: str, kind: str, body: Any) -> str:
    parts = ["curl", *([] if verb == "GET" else ["-X", verb]), "-H", "Authorization: Bearer TOKEN"]
    if kind == "application/json":
        parts += ["-H", f"Content-Type: {kind}", "-d", json.dumps(body, ensure_ascii=False)]
    elif kind:
        parts += ["-F", "file=@FILE"]
    return shlex.join([*parts, url])


def _answer(document: Document, status: str, said: Document) -> Answer:
    _, content = _content(said)
    fields = () if status >= "4" else _fields(document, content.get("schema", {}))
    return Answer(status, said["description"], fields, _pretty(content), tuple(said.get("x-codes", ())))


def _content(said: Document) -> tuple[str, Document]:
    """Return the media type of a body and what is said of it, "" and nothing where there is none."""
    known: Mapping[str, Document] = said.get("content", {})
    return next(iter(known.items()), ("", {}))


def _pretty(content: Document) -> str:
    return json.dumps(content["example"], indent=2, ensure_ascii=False) if "example" in content else ""


def _fields(document: Document, schema: Document) -> tuple[DescribedField, ...]:
    found = _found(document, schema)
    if "items" in found.get("properties", {}):
        return tuple(_lines(found)) + _fields(document, found["properties"]["items"].get("items", {}))
    return tuple(_lines(found))


def _lines(schema: Document) -> Iterator[DescribedField]:
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield DescribedField(name, kind_of(each), name in needed)


def _found(document: Document, said: Document) -> Document:
    """Return what a reference leads to, or what is said itself."""
    while REF in said:
        for part in said[REF].split("/"):
            said = document if part == "#" else said[part]
    return said


LIMITS = {"minimum": "≥ {}", "maximum": "≤ {}", "minLength": "≥ {} characters", "maxLength": "≤ {} characters"}


def kind_of(schema: Document) -> str:
    """Return the kind of a value in the words of JSON Schema, with its limits."""
    if REF in schema:
        return str(schema[REF]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(json.dumps(each, ensure_ascii=False) for each in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        kind = f"array of {kind_of(schema.get('items', {}))}"
    return ", ".join((kind, *(said.format(schema[name]) for name, said in LIMITS.items() if name in schema)))
