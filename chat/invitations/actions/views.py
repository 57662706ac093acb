"""What is shown of invitations. Never their links, which only their letters have."""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.clock import stamp
from chat.core.model import Actor
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.invitations import store
from chat.invitations.actions.standing import may_invite
from chat.invitations.store import InvitationRow


class InvitationView(Struct, frozen=True):
    """
    An invitation: `status` is `waiting`, `expired`, `returned` (no mail server took the letter) or `void` (who invited
    may not any more). `invited_by` is an agent's id, null for the server's operator. Times are RFC 3339.
    """

    id: str
    email: str
    role: str
    status: str
    invited_by: str | None
    created_at: str
    expires_at: str


async def invitations(services: Services, actor: Actor) -> list[InvitationView]:
    """Return the account's invitations that are not accepted, oldest first."""
    access.require(actor, "agent.manage")

    def work(tx: Tx) -> list[InvitationView]:
        return [view(services, tx, row) for row in store.of_account(tx, actor.account_id)]

    return await services.store.read(work)


async def invitation(services: Services, actor: Actor, uid: str) -> InvitationView:
    """Return one. Raises NotFound."""
    access.require(actor, "agent.manage")
    return await services.store.read(lambda tx: view(services, tx, store.one(tx, actor.account_id, uid)))


def view(services: Services, tx: Tx, row: InvitationRow) -> InvitationView:
    """Return what is shown of a row."""
    return InvitationView(
        id=row.id,
        email=services.unseal(row.key_slot, row.id, "email", row.email) or "",
        role=row.role,
        status=_status(services, tx, row),
        invited_by=row.invited_by,
        created_at=stamp(row.created_at),
        expires_at=stamp(row.expires_at),
    )


def _status(services: Services, tx: Tx, row: InvitationRow) -> str:
    if row.expires_at <= services.clock():
        return "expired"
    if not may_invite(services, tx, row.invited_by, row.account_id, row.role):
        return "void"
    return "returned" if row.returned else "waiting"
