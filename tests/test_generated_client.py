"""A program that knows the OpenAPI document alone walks through a ticket's life, from its first word to its erasure."""

from copy import deepcopy
from typing import Any

import pytest

from chat.erasure.actions import erasure
from chat.routes import programs
from chat.web.openapi import openapi
from tests.generated import GeneratedClient, Undeclared
from tests.inside import Served, new_id

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
TOKEN = {"name": "CRM", "scopes": ["all"]}


async def client_of(app: Served) -> GeneratedClient:
    """A client with a token that it made for itself."""
    document = (await app.call("GET", "/api/openapi.json")).json()
    client = GeneratedClient(document, app.client.request, app.house.made.api_token)
    client.token = (await client("post_api_v1_tokens", TOKEN))["token"]
    return client


@ONE_DATABASE
async def test_a_generated_client_walks_a_tickets_life(app: Served) -> None:
    await (await app.house.visit("Ada", "ada@visitor.example")).say("Is the tall pot frost-proof?")
    client = await client_of(app)
    (listed,) = (await client("get_api_v1_tickets", status="open", order="number"))["items"]
    number, contact = listed["number"], listed["contact"]["id"]
    assert (await client("get_api_v1_tickets_number", number=number)) == listed
    await client("post_api_v1_tickets_number_messages", {"id": new_id(), "text": "It is."}, number=number)
    await client("post_api_v1_tickets_number_notes", {"id": new_id(), "text": "A regular"}, number=number)
    said = await client("get_api_v1_tickets_number_messages", number=number)
    assert [each["text"] for each in said["items"]] == ["Is the tall pot frost-proof?", "It is."]
    await client("patch_api_v1_tickets_number", {"tags": ["pots"]}, number=number)
    assert [each["name"] for each in (await client("get_api_v1_tags"))["items"]] == ["pots"]
    bulk = {"id": new_id(), "tickets": [{"number": number}], "change": {"status": "solved"}}
    assert (await client("post_api_v1_tickets_bulk", bulk))["items"][0]["outcome"] == "changed"
    assert (await client("get_api_v1_tickets_number", number=number))["status"] == "solved"
    assert "It is." in str(await client("get_api_v1_contacts_id_export", id=contact))
    filed = await client("delete_api_v1_contacts_id", id=contact)
    assert await erasure.sweep(app.services) == 1
    done = await client("get_api_v1_erasures_id", id=filed["erasure_id"])
    assert (done["state"], bool(done["certificate"])) == ("done", True)
    assert (await client("get_api_v1_tickets"))["items"] == []
    assert len(client.held) >= 10, client.held


@ONE_DATABASE
async def test_the_control_an_answer_that_is_not_as_declared_stops_it(app: Served) -> None:
    client = await client_of(app)
    client.document["components"]["schemas"]["TagView"]["required"].append("colour")
    await (await app.house.visit()).say("hello")
    await client("patch_api_v1_tickets_number", {"tags": ["pots"]}, number=1)
    with pytest.raises(Undeclared, match="colour"):
        await client("get_api_v1_tags")
    del client.document["paths"]["/api/v1/tickets"]["get"]["responses"]["200"]
    with pytest.raises(Undeclared, match="200"):
        await client("get_api_v1_tickets")


def wanting(document: dict[str, Any]) -> list[str]:
    """What operations do not say: a summary, an example of each thing in JSON, and how they refuse."""
    found = []
    for verbs in document["paths"].values():
        for said in verbs.values():
            name, answers = said["operationId"], said["responses"]
            contents = [said.get("requestBody", {}), *answers.values()]
            shown = [
                one
                for each in contents
                for kind, one in each.get("content", {}).items()
                if kind in {"application/json", "application/problem+json"}
            ]
            places = [each for each in said["parameters"] if each["in"] == "path"]
            found += [f"{name}: no summary"] if not said["summary"] else []
            found += [f"{name}: no example"] if not all("example" in each for each in (*shown, *places)) else []
            found += [f"{name}: no {each}" for each in ("4XX", "5XX") if each not in answers]
    return found


def test_every_operation_has_a_summary_examples_and_refusals() -> None:
    document = openapi(programs())
    assert wanting(document) == []
    bare = deepcopy(document)
    operation = bare["paths"]["/api/v1/tags"]["get"]
    operation["summary"] = ""
    del operation["responses"]["200"]["content"]["application/json"]["example"], operation["responses"]["5XX"]
    name = operation["operationId"]
    assert wanting(bare) == [f"{name}: no summary", f"{name}: no example", f"{name}: no 5XX"], "the control"
