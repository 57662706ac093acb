"""
Asking for an erasure, for agents who may not erase by themselves: it waits until somebody confirms or refuses it.

What a person asks for of their own data never comes here. What waits says by when it has to be answered: within one
month of the request (Art. 12(3) GDPR), which is at the latest when the agent asked.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from chat.contacts.store import contacts, persons
from chat.core import access
from chat.core.clock import month_after, stamp
from chat.core.errors import InvalidField, NotFound
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.texts import seen
from chat.erasure.store import asks, erasures
from chat.erasure.store.asks import ErasureAsk
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx

REASON = 500
"""So many characters a reason has at most."""


class ErasureAskView(Struct, frozen=True):
    """
    What an agent asked for: `state` is waiting or refused, `answer_by` the day by which the law wants an answer; times
    are RFC 3339. `reason` is for those who may see the contact.
    """

    id: str
    contact_id: str
    state: str
    asked_by: str
    asked_at: str
    answer_by: str
    is_late: bool
    refused_by: str | None
    refused_at: str | None
    reason: str | None


def view(services: Services, actor: Actor, ask: ErasureAsk) -> ErasureAskView:
    """Return what was asked for as the actor may see it."""
    until, seen = month_after(ask.requested_at), access.can(actor, "contact.read")
    reason = services.unseal(ask.key_slot, ask.contact_uid, f"erasure-ask/{ask.id}", ask.reason) if seen else None
    return ErasureAskView(
        id=ask.id,
        contact_id=ask.contact_uid,
        state="waiting" if ask.refused_at is None else "refused",
        asked_by=ask.agent_id,
        asked_at=stamp(ask.requested_at),
        answer_by=stamp(until),
        is_late=ask.refused_at is None and until < services.clock(),
        refused_by=ask.refused_by,
        refused_at=None if ask.refused_at is None else stamp(ask.refused_at),
        reason=reason,
    )


async def page(services: Services, actor: Actor) -> list[ErasureAskView]:
    """Return what waits in the account and what was refused, oldest first."""
    access.require(actor, "erasure.read")
    found = await services.store.read(lambda tx: asks.of_account(tx, actor.account_id))
    return [view(services, actor, each) for each in found]


async def file(services: Services, actor: Actor, contact_uid: str) -> str:
    """
    Ask for the erasure of a contact, and return the number of what waits; twice gives the same. Where the contact is
    being erased already it is the erasure's. Raises NotFound.
    """
    access.require(actor, "erasure.ask")

    def work(tx: Tx) -> str:
        filed = erasures.of_contact(tx, contact_uid)
        if filed is not None and filed.account_id == actor.account_id:
            return filed.id
        # Locked, so that two who ask at once ask once.
        contact = contacts.by_uid(tx, contact_uid, lock=True)
        if contact.account_id != actor.account_id:
            raise NotFound("No such contact")
        theirs = persons.whole(tx, contact)
        for known in [ask for each in theirs if (ask := asks.of_contact(tx, each.id)) is not None]:
            if known.refused_at is None:
                return known.id
        ask_id, who = uuid7(), {"account_id": actor.account_id, "agent_id": actor.agent_id}
        asks.add(tx, {"id": ask_id, "contact_id": contact.id, "requested_at": services.clock(), **who})
        audit.record(services, tx, actor.account_id, actor.agent_id, "erasure.asked", ask_id, contact_uid)
        return ask_id

    return await services.store.write(work)


async def waiting(services: Services, actor: Actor, ids: Collection[str]) -> bool:
    """Whether something with one of these numbers waits to be confirmed."""
    access.require(actor, "erasure.ask")
    found = await services.store.read(lambda tx: asks.of_account(tx, actor.account_id))
    return any(each.id in ids for each in found)


async def refuse(services: Services, actor: Actor, ask_id: str, reason: str) -> None:
    """Refuse what waits, and say why to who asked. Raises NotFound where it waits no more, and InvalidField."""
    access.require(actor, "erasure.confirm")
    if not seen(reason) or len(reason.strip()) > REASON:
        raise InvalidField(f"Give the reason in 1 to {REASON} characters", field="reason")

    def work(tx: Tx) -> None:
        ask = asks.waiting(tx, actor.account_id, ask_id)
        contacts.by_uid(tx, ask.contact_uid, lock=True)
        ask = asks.waiting(tx, actor.account_id, ask_id)
        sealed = services.seal(ask.key_slot, ask.contact_uid, f"erasure-ask/{ask.id}", reason.strip())
        asks.refuse(tx, ask.id, actor.agent_id, services.clock(), sealed)
        audit.record(services, tx, actor.account_id, actor.agent_id, "erasure.refused", ask.id, ask.contact_uid)

    await services.store.write(work)
