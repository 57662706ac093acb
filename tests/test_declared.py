"""A real server answers every operation of its document as declared, never with 5xx; one that does not is found out."""

from collections.abc import Collection
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest

from chat.routes import outgoing, programs
from chat.web.openapi import openapi
from tests.chance import SEED, WHOLE
from tests.declared import Found, loaded, try_operations
from tests.lethe import Lethe

EXAMPLES = 100 if WHOLE else 3
"""Cases of each operation; `./run test --whole` tries more."""
FAULTS = {
    "GET /api/v1/tokens": "Response violates schema",
    "GET /api/v1/sites": "Undocumented status code",
    "GET /api/v1/departments": "Server error",
    "GET /api/v1/account": "Undocumented Content-Type",
}


def tried(lethe: Lethe, examples: int, only: Collection[str] = ()) -> Found:
    """What came of it; prints how to have it again."""
    print(f"TEST_SEED={SEED}: {examples} of each operation")
    return try_operations(lethe.account(), SEED, examples, only)


def test_every_operation_answers_as_declared() -> None:
    with Lethe(API_RATE="0") as lethe:
        found = tried(lethe, EXAMPLES)
    assert found.wrong == {}
    assert set(found.asked) == {f"{each.verb} {each.path.replace(':int}', '}')}" for each in programs()}
    assert found.statuses[200] > 20
    assert found.statuses[422] + found.statuses[404] > 20


@pytest.fixture(scope="module")
def broken() -> Found:
    """What came of it with handlers that each break one promise (tests/broken/undeclared.py)."""
    with Lethe("tests.broken.undeclared") as lethe:
        return tried(lethe, 3, FAULTS)


@pytest.mark.parametrize(("only", "fault"), FAULTS.items())
def test_what_answers_otherwise_than_declared_is_found(broken: Found, only: str, fault: str) -> None:
    """The control."""
    assert fault in broken.wrong[only]


def test_the_document_is_one_of_openapi_3_1() -> None:
    loaded(openapi(programs(), outgoing()))


@pytest.mark.parametrize("where", ["info", "paths/~api~v1~tokens/get/parameters", "components/securitySchemes/token"])
def test_the_control_what_is_no_openapi_is_refused(where: str) -> None:
    document = deepcopy(openapi(programs()))
    *above, last = where.split("/")
    within = document
    for each in above:
        within = within[each.replace("~", "/")]
    within[last] = "nothing of the kind"
    with pytest.raises(jsonschema_rs.ValidationError):
        loaded(document)


def test_every_example_is_what_its_schema_allows() -> None:
    assert list(wrong_examples(openapi(programs()))) == []


def test_the_control_an_example_of_another_kind_is_found() -> None:
    document = deepcopy(openapi(programs()))
    document["paths"]["/api/v1/tokens"]["post"]["requestBody"]["content"]["application/json"]["example"]["name"] = 1
    assert list(wrong_examples(document)) == ["post_api_v1_tokens"]


def wrong_examples(document: dict[str, Any]) -> Any:
    """The operations with an example that its schema does not allow."""
    for verbs in document["paths"].values():
        for said in verbs.values():
            bodies = [said.get("requestBody", {}), *said["responses"].values()]
            shown = [each for body in bodies for each in body.get("content", {}).values() if "example" in each]
            for each in (*shown, *said["parameters"]):
                schema = {**each["schema"], "components": document["components"]}
                if "example" in each and not jsonschema_rs.is_valid(schema, each["example"]):
                    yield said["operationId"]
