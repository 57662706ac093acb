"""Inviting somebody, sending an invitation again, taking it back. The link is mailed, or shown once to who made it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.account import store as accounts
from chat.core import access
from chat.core.access import ROLES
from chat.core.addresses import address
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, LetheError, NotNow, RateLimited
from chat.core.events import WorkDue
from chat.core.ids import secret, uuid7
from chat.core.model import LOCALES, Actor
from chat.infra.audit import audit
from chat.infra.mail import Undelivered
from chat.infra.outbox import Outbox, Sealer
from chat.infra.services import Services
from chat.infra.store.outbox import LetterRow
from chat.infra.store.tx import Tx
from chat.invitations import store
from chat.invitations.actions.standing import may_invite
from chat.invitations.actions.views import InvitationView, view
from chat.invitations.domain import GOOD, PATH, SHOWN
from chat.invitations.store import InvitationRow
from chat.team import store as team

A_DAY = 86_400.0
MOST_ACCOUNT, MOST_ADDRESS = 100, 5
"""So many letters a day, of an account and to one address of it: nobody is to be flooded in the account's name."""
SWEPT = 100


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who invites, for which account: an agent by id, or the server's operator (None). Letters are in `locale`."""

    account_id: str
    agent_id: str | None
    locale: str = LOCALES[0]

    @property
    def who(self) -> str:
        """What the audit log calls them."""
        return self.agent_id or "command"


@dataclass(frozen=True, slots=True)
class Invited:
    """
    An invitation, and the `path` of its link, to be shown once, or None where it is mailed or was made before. `again`
    says that it was there under the id that was given.
    """

    view: InvitationView
    path: str | None
    again: bool = False


def inviter(actor: Actor, locale: str = LOCALES[0]) -> Inviter:
    """Return who invites. Raises Forbidden where they may not change agents."""
    access.require(actor, "agent.manage")
    return Inviter(actor.account_id, actor.agent_id, locale)


async def operator(services: Services, account_id: str, locale: str = LOCALES[0]) -> Inviter:
    """Return the server's operator as who invites, for the account named or the only one. Raises InvalidField."""
    known = [each.id for each in await services.store.read(accounts.all_of)]
    if not account_id and len(known) != 1:
        raise InvalidField("There is not one account here; name one with --account", field="account")
    if account_id and account_id not in known:
        raise InvalidField("No account has this id", field="account")
    return Inviter(account_id or known[0], None, locale)


async def invite(services: Services, by: Inviter, email: str, role: str, uid: str = "") -> Invited:
    """
    Invite whoever has an address to a role. The same `uid` again is the same invitation.

    Raises InvalidField, naming `email` where somebody with it is here or invited, Forbidden, RateLimited.
    """
    email = address(email)
    if role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    if uid and (known := await _known(services, by, uid, email, role)):
        return known
    await _spend(services, by, email)
    made_id, now, link = uid or uuid7(), services.clock(), secret()
    slot = await asyncio.to_thread(services.keys.create, made_id)
    found_by = services.email_hash("agents", email)
    made = {
        "id": made_id,
        "account_id": by.account_id,
        "invited_by": by.agent_id,
        "role": role,
        "key_slot": slot,
        "email": services.seal(slot, made_id, "email", email),
        "email_hash": found_by,
        "secret_hash": digest(link),
        "created_at": now,
        "expires_at": now + GOOD,
    }

    def work(tx: Tx) -> Invited:
        _require(services, tx, by, role)
        _require_new(tx, by, found_by)
        store.add(tx, made)
        return _sent(services, tx, by, store.one(tx, by.account_id, made_id), link, "invitation.made")

    try:
        return await _with_key_kept(services, made, work)
    except (InvalidField, NotNow):
        # The same was asked for at the same time, and the other was quicker.
        if uid and (known := await _known(services, by, uid, email, role)):
            return known
        raise


async def send_again(services: Services, by: Inviter, uid: str) -> Invited:
    """
    Send an invitation again, with a new link, for another week. It is now of who sends it. The old link ends. Raises
    NotFound, Forbidden, RateLimited.
    """
    known = await services.store.read(lambda tx: store.one(tx, by.account_id, uid))
    await _spend(services, by, services.unseal(known.key_slot, known.id, "email", known.email) or "")
    link = secret()

    def work(tx: Tx) -> Invited:
        _require(services, tx, by, known.role)
        row = store.one(tx, by.account_id, uid, lock=True)
        renewed = {"secret_hash": digest(link), "expires_at": services.clock() + GOOD, "invited_by": by.agent_id}
        store.renew(tx, row, **renewed)
        return _sent(services, tx, by, store.one(tx, by.account_id, uid), link, "invitation.sent_again")

    invited = await services.store.write(work)
    services.bus.publish(WorkDue())
    return invited


async def take_back(services: Services, by: Inviter, uid: str) -> None:
    """Take an invitation back: its link opens nothing from now on. Raises NotFound, Forbidden."""

    def work(tx: Tx) -> InvitationRow:
        row = store.one(tx, by.account_id, uid, lock=True)
        _require(services, tx, by, row.role)
        store.drop(tx, uid)
        audit.record(services, tx, by.account_id, by.who, "invitation.taken_back", uid)
        return row

    row = await services.store.write(work)
    await asyncio.to_thread(services.keys.destroy, row.key_slot, row.id)


async def sweep(services: Services) -> int:
    """Try every letter that is due, and return how many are off our hands."""
    return await OUTBOX.sweep(services)


async def sweep_over(services: Services) -> int:
    """Delete the invitations that expired a week ago, with their keys, and return how many."""
    before = services.clock() - (SHOWN - GOOD)
    rows = await services.store.read(lambda tx: store.over(tx, before, SWEPT))
    for row in rows:
        await services.store.write(lambda tx, uid=row.id: store.drop(tx, uid))  # type: ignore[misc] # bound now
        await asyncio.to_thread(services.keys.destroy, row.key_slot, row.id)
    return len(rows)


async def _known(services: Services, by: Inviter, uid: str, email: str, role: str) -> Invited | None:
    """Return the invitation that has an id already. Raises NotNow where it is for somebody else."""

    def work(tx: Tx) -> Invited | None:
        row = store.find(tx, by.account_id, uid)
        if row is None:
            return None
        if (row.email_hash, row.role) != (services.email_hash("agents", email), role):
            raise NotNow("An invitation with this id is there, for another address or role")
        return Invited(view(services, tx, row), None, again=True)

    return await services.store.read(work)


def _require(services: Services, tx: Tx, by: Inviter, role: str) -> None:
    # Asked here and not of the actor alone: their own role may have been changed since they began.
    if not may_invite(services, tx, by.agent_id, by.account_id, role, lock=True):
        raise Forbidden("Only an owner invites an owner, and only who may change agents invites")


def _require_new(tx: Tx, by: Inviter, email_hash: str) -> None:
    """Raise InvalidField where the account has somebody with an address, or has invited them."""
    here = team.by_email(tx, email_hash)
    # Of another account nothing is told: whoever has the mailbox learns it when they open the link.
    if here is not None and here.account_id == by.account_id:
        if here.deactivated_at is not None:
            raise InvalidField("This agent was deactivated; reactivate them instead", field="email", why="deactivated")
        raise InvalidField("An agent with this address is here already", field="email", why="here")
    if store.by_email(tx, by.account_id, email_hash) is not None:
        raise InvalidField(
            "This address is invited already; send that again or take it back", field="email", why="invited"
        )


async def _spend(services: Services, by: Inviter, email: str) -> None:
    if services.mails_links and await asyncio.to_thread(services.mailer.refuses, email):
        raise InvalidField("Mail from here cannot go to letters like these before the @", field="email", why="letters")
    found_by = services.email_hash("agents", email)
    wait = await services.bus.allow(f"invite:{by.account_id}:{found_by}", MOST_ADDRESS, A_DAY)
    wait = wait or await services.bus.allow(f"invite:{by.account_id}", MOST_ACCOUNT, A_DAY)
    if wait:
        raise RateLimited("Enough invitations for today; try again tomorrow", retry_after=wait)


async def _with_key_kept(services: Services, made: dict[str, Any], work: Callable[[Tx], Invited]) -> Invited:
    try:
        invited = await services.store.write(work)
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, made["key_slot"], made["id"])
        raise
    services.bus.publish(WorkDue())
    return invited


def _sent(services: Services, tx: Tx, by: Inviter, row: InvitationRow, link: str, action: str) -> Invited:
    """Queue the letter with a link, where the server mails links, and enter it."""
    path = f"{PATH}#{link}"
    if services.mails_links:
        _queue(services, tx, by, row, f"{services.settings.base_url}{path}")
    audit.record(services, tx, by.account_id, by.who, action, row.id)
    return Invited(view(services, tx, row), None if services.mails_links else path)


def _queue(services: Services, tx: Tx, by: Inviter, row: InvitationRow, link: str) -> None:
    t = services.gathered.locales.words(by.locale)
    name = accounts.one(tx, by.account_id).name
    found = None if by.agent_id is None else team.one(tx, by.account_id, by.agent_id)
    shown = name if found is None else services.unseal(found.key_slot, found.id, "name", found.name) or name
    said = {"name": name, "by": shown, "role": t(f"role.{row.role}"), "link": link}
    to = services.unseal(row.key_slot, row.id, "email", row.email) or ""
    subject, text = t("mail.invitation", **said), t("mail.invitation.text", **said)
    OUTBOX.queue(services, tx, Sealer(row.id, row.id, row.key_slot), to, subject, text)


def _returned(_: Services, tx: Tx, row: LetterRow, _why: Undelivered | None) -> None:
    store.mark_returned(tx, row.invitation_id)


OUTBOX = Outbox(store.LETTERS, undelivered=_returned)
