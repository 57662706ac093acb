"""
A page on which nothing may be shown does not end a list: CVE-2026-45076 (Synapse: history stops at such a page).
"""

from typing import Any

import pytest

from chat.erasure.actions import erasure
from tests.inside import Served

pytestmark = pytest.mark.anyio


async def walked(app: Served, path: str) -> list[dict[str, Any]]:
    """A list to its end, in pages of two."""
    got: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await app.rest("GET", f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        got, cursor = got + page["items"], page["next"]
    return got


async def test_tickets_of_those_being_erased_do_not_end_the_list(app: Served) -> None:
    old = await app.house.visit("Old")
    await old.say("the oldest")
    for number in range(6):
        await (await app.house.visit(f"Gone {number}")).say("erased soon")
    for each in (await app.rest("GET", "/tickets?limit=200")).json()["items"]:
        if each["contact"]["name"] != "Old":
            await erasure.by_agent(app.services, app.house.actor, each["contact"]["id"])
    assert [each["contact"]["name"] for each in await walked(app, "/tickets")] == ["Old"]
    assert [each["name"] for each in await walked(app, "/contacts")] == ["Old"]


async def test_a_page_of_deleted_messages_does_not_end_the_transcript(app: Served) -> None:
    guest = await app.house.visit()
    for number in range(7):
        await guest.say(f"number {number}")
    for seq in range(2, 7):
        await app.rest("DELETE", f"/tickets/1/messages/{seq}")
    said = [each.get("text") for each in await walked(app, "/tickets/1/messages") if each["type"] == "message"]
    assert said == ["number 0", None, None, None, None, None, "number 6"]
