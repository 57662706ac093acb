"""
What people write is stored and given as they wrote it, never as markup; whoever shows it makes text of it.

Chatwoot issue 15779 (content stored raw and cleaned by the client alone).
"""

import pytest

from tests.chance import dice
from tests.inside import Served
from tests.walks.hostile import payloads

pytestmark = pytest.mark.anyio


async def test_every_payload_comes_back_as_it_was_said(app: Served) -> None:
    texts = payloads(dice("stored as said"))
    guest = await app.house.visit(texts[0])
    for text in texts:
        await guest.say(text)
    said = {}
    for query in ("limit=200", "limit=200&held=true"):  # the second gives the texts of those that are held
        for each in (await app.rest("GET", f"/tickets/1/messages?{query}")).json()["items"]:
            said[each["seq"]] = each.get("text")
    assert [said[seq] for seq in sorted(said)] == texts
    assert (await app.rest("GET", "/tickets/1")).json()["contact"]["name"] == texts[0]
