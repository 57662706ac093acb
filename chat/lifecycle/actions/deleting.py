"""
Deleting an agent: a request that is answered at once, and that `chat/erasure` carries out as it does for a contact.
Their key goes first, then everything that hangs off them; what they wrote stays, and the audit log keeps their id.
"""

from __future__ import annotations

from hashlib import sha256

from chat.core.errors import InvalidField, NotFound
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.erasure.actions.erasure import source_of
from chat.erasure.store import erasures
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.tx import Tx
from chat.lifecycle.actions.changes import account_of, lock
from chat.team import store
from chat.team.store import AgentRow


async def delete(
    services: Services,
    actor: Actor | None,
    agent_id: str,
    heir: str | None = None,
    expected: Precondition = ANY,
    account_id: str = "",
) -> str:
    """
    Sign an agent out for good and file the request to forget them, for the server's operator (no actor) in an account
    that they name, and return its id; twice it is the same. Their tickets go to the `heir`, or to nobody. Raises
    Forbidden, also for the last owner, NotFound, InvalidField for an heir who is none, ChangedMeanwhile.
    """
    account = account_of(actor, account_id)

    def work(tx: Tx) -> str:
        before = _asked_before(tx, account, agent_id)
        if before is not None:
            return before
        stands, row = lock(services, tx, actor, account, agent_id, expected)
        stands.require_owner_left(row.id)
        made = _request(services, tx, row, heir, source_of(actor))
        store.deactivate(tx, row.id, services.clock())
        filed = erasures.request(tx, made)
        audit.record(services, tx, account, stands.agent_id, "agent.deleted", row.id)
        # Last, and before the commit: see the request of a contact's erasure.
        services.ledger.enter(services.clock(), "erase_agent", made | {"id": filed})
        return filed

    filed = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account, agent_id), WorkDue())
    return filed


def _asked_before(tx: Tx, account: str, agent_id: str) -> str | None:
    known = erasures.of_contact(tx, agent_id)
    return known.id if known is not None and known.of_agent and known.account_id == account else None


def _request(services: Services, tx: Tx, row: AgentRow, heir: str | None, source: str) -> dict[str, object]:
    now = services.clock()
    return {
        "id": uuid7(),
        "account_id": row.account_id,
        "subject": locations.AGENT,
        "contact_uid": row.id,
        "contact_id": 0,
        "key_slot": row.key_slot,
        "heir": None if heir is None else _heir(tx, row, heir),
        "source": source,
        "requested_at": now,
        "due_at": now,
        "receipts": 0,
        "proof": sha256(b"").hexdigest(),
    }


def _heir(tx: Tx, row: AgentRow, heir: str) -> str:
    """Return who gets the tickets. Raises InvalidField where it is nobody who can."""
    try:
        found = store.one(tx, row.account_id, heir)
    except NotFound:
        found = None
    if found is None or found.deactivated_at is not None or found.id == row.id:
        raise InvalidField("Their tickets go to an active agent of the account, or to nobody", field="tickets_to")
    return str(found.id)
