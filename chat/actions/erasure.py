"""
Forgetting a contact: a request that is answered at once, and the sweep that carries it out and may be killed
anywhere.
"""

from __future__ import annotations

import asyncio
from typing import Any

from chat.actions import attachments, consent
from chat.actions.desk import Desk
from chat.errors import NotFound, Unauthorized
from chat.ids import uuid7
from chat.model import Actor, Contact, Ticket
from chat.nudges import Nudge, Told
from chat.store import privacy, tickets
from chat.tokens import Visitor


async def by_visitor(desk: Desk, visitor: Visitor) -> str:
    """Withdraw the visitor's consent and file the erasure; return its id. Twice gives the same id."""
    return await _request(desk, visitor.contact, None)


async def by_agent(desk: Desk, actor: Actor, contact_uid: str) -> str:
    """File the erasure of a contact of the actor's account; return its id."""
    return await _request(desk, contact_uid, actor.account_id)


async def state(desk: Desk, actor: Actor, erasure_id: str) -> dict[str, Any]:
    """Return how far a request of the account is."""
    row = await desk.store.read(lambda tx: privacy.erasure_by_id(tx, actor.account_id, erasure_id))
    return {"id": row.id, "state": row.state}


async def sweep(desk: Desk) -> int:
    """Carry out every request that is not done: key first, then the rows, in chunks; return how many were finished."""
    due = await desk.store.read(privacy.erasures_due)
    for request in due:
        await _carry_out(desk, request.id, request.contact_uid, request.key_slot)
    return len(due)


async def _carry_out(desk: Desk, erasure_id: str, contact_uid: str, key_slot: int) -> None:
    await asyncio.to_thread(desk.keys.destroy, key_slot, contact_uid)
    await attachments.forget(desk, contact_uid)
    left = True
    while left:
        left = await desk.store.write(lambda tx: privacy.erase_some(tx, contact_uid))
    await desk.store.write(lambda tx: privacy.erasure_done(tx, erasure_id, desk.clock()))


async def _request(desk: Desk, contact_uid: str, account_id: str | None) -> str:
    def work(tx: Any) -> tuple[str, Contact | None, list[Ticket]]:
        try:
            contact = privacy.contact_by_uid(tx, contact_uid, lock=True)
        except NotFound:
            return _asked_before(tx, contact_uid, account_id), None, []
        if account_id is not None and contact.account_id != account_id:
            raise NotFound("No such contact")
        consent.withdrawn(desk, tx, contact)
        made = {
            "id": uuid7(),
            "account_id": contact.account_id,
            "contact_uid": contact_uid,
            "key_slot": contact.key_slot,
            "requested_at": desk.clock(),
        }
        return privacy.request_erasure(tx, made), contact, tickets.all_of_contact(tx, contact.id)

    erasure_id, contact, gone = await desk.store.write(work)
    if contact is not None:
        account = contact.account_id
        desk.live.publish(
            Told(Nudge("erased", account=account, contact=contact.id)),
            *(Told(Nudge("gone", account=account, ticket=t.id, number=t.number)) for t in gone),
            Told(Nudge("due")),
        )
    return erasure_id


def _asked_before(tx: Any, contact_uid: str, account_id: str | None) -> str:
    known = privacy.erasure_of(tx, contact_uid)
    if known is None or account_id is not None:
        raise (NotFound("No such contact") if account_id else Unauthorized("This visitor is not known"))
    return known
