"""The OpenAPI document says of every address what its endpoint declares, and holds together."""

import inspect
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chat.routes import every, outgoing
from chat.web.openapi import Document, openapi
from chat.web.page_endpoint import PageEndpoint
from chat.webhooks.actions.payloads import WebhookEvent

SERVED = [each for each in every() if not isinstance(each, PageEndpoint)]
WEBHOOKS = Path(__file__).parent.parent / "docs/webhooks.md"
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
        if not [each for each in said["responses"] if each < "4"]:
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
        (lambda said: said.update(responses={"4XX": {}}), f"put {SPAM} never succeeds"),
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
    assert {*map(str, each.status)} <= {*said["responses"]}
    assert {one for one in said["responses"] if one < "4"} == {str(one) for one in each.status if one < 400}
    assert {"4XX", "5XX"} <= {*said["responses"]}
    assert ("requestBody" in said) == (each.body is not None)
    assert said.get("x-permission") == each.permission
    assert bool(said["security"]) == (each.audience != "anybody")
    counted = each.audience == "agent" and each.path.startswith(("/api/v1/", "/scim/v2/"))
    for status in (str(each.status[0]), "429"):
        headers = {*said["responses"].get(status, {}).get("headers", ())}
        assert ({"RateLimit", "RateLimit-Policy"} <= headers) == counted
    assert ("429" in said["responses"]) == counted
    assert "Retry-After" in said["responses"]["5XX"]["headers"]
    reads = "ask.precondition" in inspect.getsource(each.handler)
    assert reads == ("412" in said["responses"]) == any(one["name"] == "If-Match" for one in said["parameters"])
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


def kinds_in(page: str) -> dict[str, tuple[str, list[str]]]:
    """The rows of the page's list of kinds: when each is sent, and what it holds beside the account's id."""
    rows = re.findall(r"^\| `(\w+\.\w+)` \| (.*?) \| (.*?) ?\|$", page, re.MULTILINE)
    return {kind: (when, re.findall(r"`(\w+)`", data.partition("(")[0])) for kind, when, data in rows}


def test_what_is_sent_to_programs_is_in_it_as_the_page_says() -> None:
    document, declared = openapi(every(), outgoing()), outgoing()
    assert faults(document) == []
    assert kinds_in(WEBHOOKS.read_text()) == {kind: (each.when, [*each.data]) for kind, each in declared.items()}
    assert document["webhooks"].keys() == declared.keys()
    for kind, verbs in document["webhooks"].items():
        said = verbs["post"]["requestBody"]["content"]["application/json"]
        narrowed = said["schema"]["allOf"][1]["properties"]
        assert (narrowed["type"]["const"], said["example"]["type"]) == (kind, kind)
        data = msgspec.convert(said["example"], WebhookEvent).data
        assert msgspec.to_builtins(data).keys() == {*narrowed["data"]["required"]} == {"account", *declared[kind].data}


def test_the_control_a_kind_that_the_page_leaves_out_is_found() -> None:
    page = WEBHOOKS.read_text()
    left_out = page.replace("| `note.created` |", "| note |")
    assert kinds_in(page).keys() - kinds_in(left_out).keys() == {"note.created"}
