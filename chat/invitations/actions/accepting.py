"""
Accepting an invitation: whoever has its link sees whom they join as what, sets their name and password, and is an agent
from then on. It counts as it was sent, and while who sent it might still send it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.account import store as accounts
from chat.core.crypt import digest
from chat.core.errors import InvalidField, NotFound, RateLimited
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.invitations import store
from chat.invitations.actions.standing import may_invite
from chat.invitations.domain import refused
from chat.invitations.store import InvitationRow
from chat.team import store as team
from chat.team.actions import agents, sign_ins
from chat.team.actions.sign_ins import SignedIn

TRIED, WINDOW = 30, 900.0


@dataclass(frozen=True, slots=True)
class OpenedInvitation:
    """What an invitation is to: the account's name and the role, for which address, by whom ("" for the operator)."""

    account: str
    role: str
    email: str
    invited_by: str


async def open_link(services: Services, link: str, network: Network) -> OpenedInvitation:
    """Return what a link invites to, and do not use it up. Raises InvalidField naming `link` and `why`, RateLimited."""
    return (await _opened(services, link, network))[1]


async def accept(services: Services, link: str, name: str, password: str, network: Network) -> SignedIn:
    """
    Make an agent of who has a link, with the name and password that they give, and begin a session.

    Raises InvalidField, naming `name`, `password` or `link` (with `why`), and RateLimited. Then nothing is changed.
    """
    row, opened = await _opened(services, link, network)
    made = await agents.prepare_agent(services, row.account_id, opened.email, name, row.role, password, due=False)

    def work(tx: Tx) -> SignedIn:
        # Locked, and in this order: of two at once the second finds no invitation, and who takes it back or loses the
        # right to invite does so before or after.
        found = _good(services, tx, link, lock=True)
        if found.id != row.id:
            raise refused("gone")
        try:
            agents.insert_agent(tx, made)
        except InvalidField:
            raise refused("here") from None
        use_up(services, tx, row, made.row["id"])
        stored = team.one(tx, row.account_id, made.row["id"])
        return sign_ins.begin_session(services, tx, stored, "", network, method="invitation")

    signed_in = await agents.with_key_kept(services, made, work)
    await destroy_key(services, row)
    return signed_in


def good_for(
    services: Services, tx: Tx, account_id: str, email_hash: str, *, lock: bool = False
) -> InvitationRow | None:
    """
    Return the invitation that an account sent to an address and that is good now, for who proves the address another
    way than by its link.
    """
    row = store.by_email(tx, account_id, email_hash)
    # Who invited is locked before the invitation, as where they invite.
    if row is None or not may_invite(services, tx, row.invited_by, account_id, row.role, lock=lock):
        return None
    found = store.find(tx, account_id, row.id, lock=lock)
    if found is None or found.expires_at <= services.clock() or found.invited_by != row.invited_by:
        return None
    return found


def use_up(services: Services, tx: Tx, row: InvitationRow, agent_id: str) -> None:
    """Let an invitation, which is locked, be that of an agent who was just added; its key is destroyed afterwards."""
    store.drop(tx, row.id)
    audit.record(services, tx, row.account_id, agent_id, "invitation.accepted", row.id)


async def destroy_key(services: Services, row: InvitationRow) -> None:
    """Forget whom an invitation was to that was used up."""
    await asyncio.to_thread(services.keys.destroy, row.key_slot, row.id)


async def _opened(services: Services, link: str, network: Network) -> tuple[InvitationRow, OpenedInvitation]:
    wait = await services.bus.allow_from("invitation", network, TRIED, WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)
    try:
        return await services.store.read(lambda tx: _looked_at(services, tx, link))
    except InvalidField:
        await _enter_refusal(services, link)
        raise


def _looked_at(services: Services, tx: Tx, link: str) -> tuple[InvitationRow, OpenedInvitation]:
    row = _good(services, tx, link)
    try:
        email = services.unseal(row.key_slot, row.id, "email", row.email) or ""
    except NotFound:
        raise refused("gone") from None  # taken back a moment ago
    # The column is bound, the sealed address is not: both must say the same.
    if services.email_hash("agents", email) != row.email_hash:
        raise refused("gone")
    if team.by_email(tx, row.email_hash) is not None:
        raise refused("here")
    by = "" if row.invited_by is None else agents.agent_of(services, team.one(tx, row.account_id, row.invited_by)).name
    return row, OpenedInvitation(accounts.one(tx, row.account_id).name, row.role, email, by)


def _good(services: Services, tx: Tx, link: str, *, lock: bool = False) -> InvitationRow:
    """Return the invitation that a link opens. Raises InvalidField naming `link`, and why it is not good."""
    row = store.by_secret(tx, digest(link))
    if row is None:
        raise refused("gone")
    # Who invited is locked before the invitation, as where they invite.
    invites = may_invite(services, tx, row.invited_by, row.account_id, row.role, lock=lock)
    now_there = store.by_secret(tx, digest(link), lock=True) if lock else row
    if now_there is None:
        raise refused("gone")
    if now_there.expires_at <= services.clock():
        raise refused("expired")
    if not invites or now_there.invited_by != row.invited_by:
        raise refused("void")
    return now_there


async def _enter_refusal(services: Services, link: str) -> None:
    """Enter that a link of an invitation that is there was refused. Of one that is not there is nothing to enter."""
    row = await services.store.read(lambda tx: store.by_secret(tx, digest(link)))
    if row is not None:
        await audit.record_once(services, row.account_id, "system", "invitation.refused", row.id)
