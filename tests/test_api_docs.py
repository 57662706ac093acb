"""The OpenAPI document and its reader are served to anybody, are cached with care, and say what endpoints declare."""

import json
import re
from html import unescape

import pytest

from chat.api_docs.domain import kind_of, shown
from chat.routes import outgoing, programs
from chat.web.openapi import openapi
from tests.inside import Served, problem_of

pytestmark = pytest.mark.anyio
DOCUMENT, READER = "/api/openapi.json", "/api/docs"
OPERATION = re.compile(r'<details class="card api-operation" id="(\w+)"')


def operations() -> set[str]:
    """The ids of all operations."""
    return {said["operationId"] for verbs in openapi(programs())["paths"].values() for said in verbs.values()}


async def test_anybody_gets_the_document_that_is_made_from_the_declarations(app: Served) -> None:
    answer = await app.call("GET", DOCUMENT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == json.loads(json.dumps(openapi(programs(), outgoing())))


async def test_anybody_reads_every_operation(app: Served) -> None:
    answer = await app.call("GET", READER, accept="text/html")
    assert answer.status_code == 200
    assert set(OPERATION.findall(answer.text)) == operations()
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert re.findall(r'(?:src|href)="(?!/|#|\?)', answer.text) == []
    assert "<style" not in answer.text
    assert "Authorization: Bearer TOKEN" in unescape(answer.text)


@pytest.mark.parametrize("path", [DOCUMENT, READER, f"{READER}?q=ticket"])
async def test_who_has_it_already_gets_it_no_second_time(app: Served, path: str) -> None:
    first = await app.call("GET", path)
    assert "no-cache" in first.headers["cache-control"]
    tag = first.headers["etag"]
    for known in (tag, f'W/{tag}, "other"', "*"):
        again = await app.call("GET", path, if_none_match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await app.call("GET", path, if_none_match='"other"')
    assert (other.status_code, other.content) == (200, first.content)


async def test_the_reader_is_another_in_another_language_and_no_cache_between_keeps_it(app: Served) -> None:
    english = await app.call("GET", READER)
    greek = await app.call("GET", READER, accept_language="el", if_none_match=english.headers["etag"])
    assert greek.status_code == 200
    assert "Τι αρνείται" in greek.text
    assert greek.headers["cache-control"] == "private, no-cache"


async def test_words_narrow_what_is_shown(app: Served) -> None:
    found = set(OPERATION.findall((await app.call("GET", f"{READER}?q=Token+patch")).text))
    assert "patch_api_v1_tokens_id" in found
    assert 0 < len(found) < len(operations())
    none = await app.call("GET", f"{READER}?q=%3Cscript%3Ex")
    assert OPERATION.findall(none.text) == []
    assert "No operation has all of these words." in none.text
    assert "<script>x" not in none.text
    problem_of(await app.call("GET", f"{READER}?p=1"), 422, "unknown_parameter")


async def test_neither_says_anything_of_an_account(app: Served) -> None:
    """Who reads them is nobody: a token changes nothing, not even one that is wrong."""
    for path in (DOCUMENT, READER):
        assert (await app.call("GET", path, authorization="Bearer no")).content == (await app.call("GET", path)).content


def test_a_reader_sees_all_that_is_declared_of_an_operation() -> None:
    (made,) = (each for each in shown(openapi(programs()), "post /api/v1/tokens", "https://chat.example")["tokens"])
    assert (made.permission, made.scopes, made.step_up) == ("token.make", ("tokens:write",), True)
    assert {each.name for each in made.fields if each.required} == {"name", "scopes"}
    assert [each.status for each in made.gives] == ["201", "200"]
    assert "step_up_required" in next(each.codes for each in made.refuses if each.status == "403")
    assert made.curl.startswith("curl -X POST -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d")
    assert made.curl.endswith(" https://chat.example/api/v1/tokens")


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "array", "items": {"$ref": "#/components/schemas/Tag"}}, "array of Tag"),
        ({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}, "string, ≤ 9 characters or null"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "integer, ≥ 1, ≤ 5"),
        ({"enum": ["a", "b"]}, '"a" or "b"'),
        ({}, "any"),
    ],
)
async def test_a_kind_is_said_with_its_limits(schema: dict[str, object], kind: str) -> None:
    assert kind_of(schema) == kind
