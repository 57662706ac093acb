"""The OpenAPI document says of every address what its endpoint declares, and holds together."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from chat.routes import every
from chat.web.openapi import Document, openapi
from chat.web.page_endpoint import PageEndpoint

SERVED = [each for each in every() if not isinstance(each, PageEndpoint)]
SPAM = "/api/v1/tickets/{number}/spam"


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each path and verb with what is said of it."""
    for path, verbs in document["paths"].items():
        yield from ((path, verb, said) for verb, said in verbs.items())


def refs(value: Any) -> Iterator[str]:
    """Everything that is referred to."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from refs(each)


def resolves(document: Document, ref: str) -> bool:
    """Whether a reference leads to something in the document."""
    found: Any = document
    for part in ref.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found is not None


def faults(document: Document) -> list[str]:
    """What OpenAPI 3.1 does not allow, as far as a document like ours could go wrong."""
    found = [f"{ref} leads nowhere" for ref in sorted({*refs(document)}) if not resolves(document, ref)]
    ids: set[str] = set()
    schemes = document["components"]["securitySchemes"]
    for path, verb, said in operations(document):
        where = f"{verb} {path}"
        placed = [each["name"] for each in said["parameters"] if each["in"] == "path" and each["required"]]
        if sorted(placed) != sorted(re.findall(r"\{(\w+)\}", path)):
            found.append(f"{where} has other places than it says")
        if said["operationId"] in ids:
            found.append(f"{where} has the id of another")
        ids.add(said["operationId"])
        if len({(each["in"], each["name"]) for each in said["parameters"]}) != len(said["parameters"]):
            found.append(f"{where} says a parameter twice")
        found += [f"{where} asks for {name}" for way in said["security"] for name in way if name not in schemes]
        if not [each for each in said["responses"] if each != "default"]:
            found.append(f"{where} never succeeds")
    found += [f"{name} is no name" for name in document["components"]["schemas"] if not re.fullmatch(r"[\w.-]+", name)]
    return found


def test_the_document_holds_together() -> None:
    document = openapi(every())
    assert faults(document) == []
    assert document["openapi"] == "3.1.0"
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (lambda said: said["parameters"].clear(), f"put {SPAM} has other places than it says"),
        (lambda said: said["parameters"].append(said["parameters"][0]), f"put {SPAM} says a parameter twice"),
        (lambda said: said.update(operationId="get_api_v1_tickets"), f"put {SPAM} has the id of another"),
        (lambda said: said.update(security=[{"magic": []}]), f"put {SPAM} asks for magic"),
        (lambda said: said.update(responses={"default": {}}), f"put {SPAM} never succeeds"),
        (lambda said: said.update(requestBody={"$ref": "#/components/no"}), "#/components/no leads nowhere"),
    ],
)
def test_what_openapi_does_not_allow_is_found(broken: Any, fault: str) -> None:
    document = deepcopy(openapi(every()))
    broken(document["paths"][SPAM]["put"])
    assert fault in faults(document)


def test_every_address_for_programs_is_in_it_and_no_page() -> None:
    said = {f"{verb.upper()} {path}" for path, verb, _ in operations(openapi(every()))}
    assert said == {str(each).replace(":int}", "}") for each in SERVED}
    assert "GET /admin/audit" not in said


@pytest.mark.parametrize("each", SERVED, ids=str)
def test_an_address_is_described_as_it_is_declared(each: Any) -> None:
    document = openapi([each])
    ((_, _, said),) = operations(document)
    asked = {one["name"]: one["schema"] for one in said["parameters"] if one["in"] == "query"}
    assert asked == {one.name: one.schema for one in each.query or ()}
    assert {*said["responses"]} == {"default", *map(str, each.status)}
    assert ("requestBody" in said) == (each.body is not None)
    assert said.get("x-permission") == each.permission
    assert bool(said["security"]) == (each.audience != "anybody")
    assert said["summary"]


def test_a_body_and_an_answer_have_their_fields() -> None:
    document = openapi(every())
    said = document["paths"]["/api/v1/retention/runs"]
    assert said["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/NewRun"
    }
    assert document["components"]["schemas"]["NewRun"]["required"] == ["dry_run"]
    listed = said["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert {*document["components"]["schemas"][listed]["properties"]} == {"items", "next"}
    upload = document["paths"]["/api/v1/tickets/{number}/attachments"]["post"]["requestBody"]["content"]
    assert {*upload} == {"multipart/form-data"}
    agreeing = document["paths"]["/widget/{site_key}/sessions"]["post"]["requestBody"]["content"]["application/json"]
    assert agreeing["schema"] == {"$ref": "#/components/schemas/Agreement"}
