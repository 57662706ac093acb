"""A contact who is blocked: what they write waits in quarantine until that ends by itself."""

import pytest

from chat.core.model import Draft
from chat.profiles.actions import blocking
from chat.tickets.store import posting
from tests.inside import Served, new_id, problem_of

pytestmark = pytest.mark.anyio


async def test_what_the_blocked_write_waits_in_quarantine_until_it_ends_by_itself(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, same, other = [await app.house.visit(name) for name in ("Ada", "Ada again", "Bob")]
    await guest.say("Before")
    uid = guest.contact.uid
    merged = await app.rest("POST", f"/contacts/{uid}/merge", {"other": same.contact.uid})
    assert merged.status_code == 200, merged.text
    path = f"/contacts/{uid}/block"
    for days in (0, 366):
        assert problem_of(await app.rest("PUT", path, {"days": days}), 422, "invalid_field")["field"] == "days"
    problem_of(await app.rest("PUT", f"/contacts/{new_id()}/block", {"days": 3}), 404, "not_found")
    until = (await app.rest("PUT", path, {"days": 3})).json()["blocked_until"]
    assert (await app.rest("GET", f"/contacts/{uid}")).json()["blocked_until"] == until
    assert [(await who.say("Hello")).held for who in (guest, same, other)] == [True, True, False]
    answer = {"id": new_id(), "text": "An agent writes on"}
    assert (await app.rest("POST", "/tickets/1/messages", answer)).json()["held"] is False
    assert (await app.rest("GET", "/tickets/1")).json()["held"] == 1
    with monkeypatch.context() as later:
        later.setattr(blocking, "DAY", -1)
        await app.rest("PUT", path, {"days": 1})
        assert (await app.rest("GET", f"/contacts/{uid}")).json()["blocked_until"] is None
        assert (await guest.say("It is over")).held is False
    await app.rest("PUT", path, {"days": 1})
    assert (await app.rest("DELETE", path)).json() == {"blocked_until": None}
    assert (await guest.say("Ended")).held is False
    await app.rest("PUT", path, {"days": 1})
    take = posting.TicketPosition.take

    def unheld(position: posting.TicketPosition, draft: Draft) -> None:
        draft.held = False
        take(position, draft)

    monkeypatch.setattr(posting.TicketPosition, "take", unheld)
    assert (await guest.say("Nobody holds it")).held is False, "the control"
