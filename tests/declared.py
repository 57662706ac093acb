"""Asks a real server for every operation of its OpenAPI document, by chance, and names what is not as declared."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from tests.lethe import Account

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@dataclass
class Found:
    """What was asked, by operation and by status, and what was wrong, by operation."""

    asked: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)


def loaded(document: dict[str, Any]) -> Any:
    """The document as schemathesis reads it. Raises where the meta-schema of OpenAPI 3.1 does not allow it."""
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.validate()
    return schema


def try_operations(account: Account, chance: int, examples: int, only: Collection[str] = ()) -> Found:
    """
    Ask for each operation with so many cases by a seed, half of them about what is there, as the account's owner.

    With `only` those are asked for alone, and about nothing that is there, as `GET /api/v1/tokens`.
    """
    document = account.lethe.http.get("/api/openapi.json").json()
    found, there = Found(), {} if only else known_values(account)
    for one in operations(loaded(document)):
        if not only or one.label in only:
            try_one(account, one, chance, examples, there, found)
    return found


def operations(schema: Any) -> Iterator[Any]:
    """Each operation, reads first and deletions last: what goes is no longer there to be asked for."""
    order = ("get", "post", "put", "patch", "delete")
    yield from sorted((each.ok() for each in schema.get_all_operations()), key=lambda one: order.index(one.method))


def known_values(account: Account) -> dict[str, list[Any]]:
    """By resource, values for a path that are there."""
    contact = account.contact("Ada", email="ada@visitor.example")
    with contact.socket() as visitor:
        visitor.get("welcome")
        visitor.post("A question")
    made: dict[str, list[Any]] = {"contacts": [contact.uid], "tickets": [1]}
    for name in ("agents", "tokens", "departments", "canned-responses", "tags", "exports", "erasures"):
        made[name] = [each["id"] for each in account.rest("GET", f"/{name}")["items"]]
    return made


def try_one(account: Account, one: Any, chance: int, examples: int, there: dict[str, list[Any]], found: Found) -> None:
    """Ask for one operation. The first case that goes wrong is noted, as schemathesis says it."""
    resource = one.path.removeprefix("/api/v1/").partition("/")[0]
    count = iter(range(examples))

    @seed(chance)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(one.as_strategy())
    def ask(case: Any) -> None:
        values = there.get(resource)
        if values and case.path_parameters and next(count, 0) % 2 == 0:
            name = next(iter(case.path_parameters))
            case.path_parameters[name] = values[0]
        answer = case.call(base_url=account.lethe.origin, headers=account.bearer, timeout=30)
        found.asked[one.label] += 1
        found.statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except (FailureGroup, AssertionError) as error:
        found.wrong[one.label] = said(error)


def said(error: BaseException) -> str:
    """What went wrong, in one text."""
    inner = error.exceptions if isinstance(error, FailureGroup) else (error,)
    return "\n".join(str(each) for each in inner)
