"""
Using a link up: another password is set, all sessions end, and the agent is told by mail. API tokens go on, as they do
when an agent changes their password. Nobody is signed in by it: whoever was asked for more than a password still is.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.core.crypt import digest
from chat.core.errors import InvalidField, RateLimited
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.password_resets import store
from chat.password_resets.actions.asking import password_mark
from chat.team import store as team
from chat.team.actions import passwords, sign_ins
from chat.team.store import AgentRow

TRIED, WINDOW = 30, 900.0


@dataclass(frozen=True, slots=True)
class OpenedReset:
    """Whose password a link sets: their address, and their account's name."""

    email: str
    account: str


async def open_link(services: Services, link: str, network: Network) -> OpenedReset:
    """Return whose password a link sets, and do not use it up. Raises InvalidField naming `link`, RateLimited."""
    await _spend(services, network)

    def work(tx: Tx) -> tuple[AgentRow, str]:
        row = _good(services, tx, link)
        return row, accounts.one(tx, row.account_id).name

    row, account = await services.store.read(work)
    return OpenedReset(services.unseal(row.key_slot, row.id, "email", row.email) or "", account)


async def use(services: Services, link: str, password: str, network: Network, locale: str = "") -> None:
    """
    Set a password. Raises InvalidField naming `link` where that is not good any more or `password` where it is too
    weak, and RateLimited.
    """
    await _spend(services, network)
    known = await services.store.read(lambda tx: _good(services, tx, link))
    email = services.unseal(known.key_slot, known.id, "email", known.email) or ""
    name = services.unseal(known.key_slot, known.id, "name", known.name) or ""
    chosen = passwords.chosen(password, email, name)
    # Before the transaction: argon2 takes tens of milliseconds, and whoever writes would wait for them.
    kept = await passwords.kept(services, known.key_slot, known.id, chosen)

    def work(tx: Tx) -> None:
        # The agent first, then the link: of two at once the second finds none.
        row = team.active(tx, known.id, lock=True)
        if row is None or _good(services, tx, link).id != row.id:
            raise _stale()
        store.drop(tx, row.id)
        team.change(tx, row.id, password_hash=kept, password_due=False)
        team.end_sessions(tx, row.id)
        account = accounts.one(tx, row.account_id).name
        agent_mail.queue(services, tx, row, "mail.reset_done", locale=locale, name=account)
        audit.record(services, tx, row.account_id, row.id, "agent.password_changed", row.id)
        services.ledger.enter(services.clock(), "password", {"agent": row.id})

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(known.account_id, known.id), WorkDue())


async def _spend(services: Services, network: Network) -> None:
    wait = await services.bus.allow_from("reset-open", network, TRIED, WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)


def _good(services: Services, tx: Tx, link: str) -> AgentRow:
    """Return the agent whose password a link sets. It ends with its hour, its use, its agent and any new password."""
    found = store.by_secret(tx, digest(link), services.clock())
    row = None if found is None else team.active(tx, found.agent_id)
    if found is None or row is None or found.password_mark != password_mark(row):
        raise _stale()
    sign_ins.require_provider_optional(services, tx, row)
    return row


def _stale() -> InvalidField:
    return InvalidField("This link was used, has expired, or is not one of ours; ask for another", field="link")
