"""
What was taken away comes back by no door.

CVE-2026-25742, CVE-2026-40300 (Zulip: a history that gives texts edited away), CVE-2022-31134 (Zulip: an export with
others' attachments).
"""

import pytest

from chat.routes import routes
from tests.chance import dice
from tests.inside import Served
from tests.test_docs import addresses
from tests.test_export import opened, whole
from tests.walks.canary import rare

pytestmark = pytest.mark.anyio
READS = sorted(each.removeprefix("GET ") for each in addresses(routes()) if each.startswith("GET /api/v1/"))


async def everything(app: Served, contact: str) -> str:
    """All that the account's owner is given by every address that reads, filled in with what there is."""
    ids = {"{number}": "1", "{seq}": "2", "{id}": contact}
    answers = []
    for pattern in READS:
        path = pattern
        for place, value in ids.items():
            path = path.replace(place, value)
        answers.append((await app.client.get(path, headers=app.house.bearer)).text)
        if path.endswith("/messages"):
            answers.append((await app.client.get(f"{path}?held=true", headers=app.house.bearer)).text)
    return "\n".join(answers)


async def test_a_message_that_was_deleted_is_given_by_no_address_and_in_no_export(app: Served) -> None:
    word = rare(dice("a deleted message"))
    guest = await app.house.visit("Zoe")
    await guest.say("keep this")
    await guest.say(f"my card is {word}")
    assert word in await everything(app, guest.contact.uid), "the control"
    assert (await app.rest("DELETE", "/tickets/1/messages/2")).status_code == 200
    assert word not in await everything(app, guest.contact.uid)
    exported = await whole(app.services, guest)
    assert all(word.encode() not in part for part in opened(exported).values())
    mine = f"/widget/{app.house.key}"
    for path in ("transcript", "export"):
        assert word not in (await app.client.get(f"{mine}/{path}", headers=guest.bearer)).text
