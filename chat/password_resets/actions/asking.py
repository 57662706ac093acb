"""
Asking for a link to set a password by: whoever has the mailbox, alike for every address; an admin for an agent; the
server's operator. A link is mailed. Where the server sends no mail it is shown once to who made it, but never to who
only says to be somebody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.core import access
from chat.core.addresses import address
from chat.core.crypt import digest
from chat.core.errors import NotFound, NotNow, ProviderRequired, RateLimited
from chat.core.events import WorkDue
from chat.core.ids import secret, uuid7
from chat.core.model import Actor
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.password_resets import store
from chat.team import store as team
from chat.team.actions import agents, sign_ins
from chat.team.store import AgentRow

MINUTE = 60_000
GOOD = 60 * MINUTE
WINDOW, A_DAY = 900.0, 86_400.0
ASKED_NETWORK, ASKED_ADDRESS, DAILY_ADDRESS = 10, 3, 10
PATH = "/password/reset"
# Longer than looking, sealing and storing take, so that how long an answer takes tells nobody who is known.
EVEN = 0.4


@dataclass(frozen=True, slots=True)
class MadeReset:
    """A link that was made: for which agent, and its `path`, to be shown once, or None where it was mailed."""

    agent_id: str
    name: str
    path: str | None


async def ask(services: Services, email: str, network: Network, locale: str) -> None:
    """
    Mail a link to whoever signs in with an address. Tell nobody whether anybody does.

    Raises NotFound where the server mails no links, InvalidField where this is no address, RateLimited.
    """
    if not services.mails_links:
        raise NotFound("This server mails no links; ask an owner or admin of your account for one")
    email_hash = services.email_hash("agents", address(email))
    # The network first: who is stopped there uses up nobody's links.
    _waits(await services.bus.allow_from("reset", network, ASKED_NETWORK, WINDOW))
    _waits(await services.bus.allow(f"reset:{email_hash}", ASKED_ADDRESS, WINDOW))
    _waits(await services.bus.allow(f"resets:{email_hash}", DAILY_ADDRESS, A_DAY))
    await asyncio.gather(_mail(services, email_hash, locale), asyncio.sleep(EVEN))


async def make(services: Services, actor: Actor, agent_id: str) -> MadeReset:
    """
    Make a link for an agent of the actor's account, and mail it to them, or return it where the server mails none.
    Raises Forbidden where the agent is above the actor, NotNow where they are deactivated.
    """
    access.require(actor, "agent.manage")

    def work(tx: Tx) -> MadeReset:
        stands, row = agents.standing(services, tx, actor, actor.account_id), team.one(tx, actor.account_id, agent_id)
        stands.require_manageable(row.role)
        if row.deactivated_at is not None:
            raise NotNow("This agent is deactivated; reactivate them first")
        return _made(services, tx, row, actor.agent_id)

    return await _done(services, work)


async def make_by_operator(services: Services, email: str) -> MadeReset:
    """
    Make a link for the agent with an address and return it: whoever runs the command sees it, once. Raises NotFound.
    """
    email_hash = services.email_hash("agents", address(email))

    def work(tx: Tx) -> MadeReset:
        row = team.by_email(tx, email_hash)
        if row is None or row.deactivated_at is not None:
            raise NotFound("No active agent has this address")
        return _made(services, tx, row, "command", mailed=False)

    return await _done(services, work)


async def sweep(services: Services) -> int:
    """Delete the links that are over, and return how many."""
    return await services.store.write(lambda tx: store.lapse(tx, services.clock()))


def password_mark(row: AgentRow) -> str:
    """Return what a link remembers of a password, so that it ends when there is another."""
    return digest(row.password_hash)


async def _mail(services: Services, email_hash: str, locale: str) -> None:
    def work(tx: Tx) -> None:
        row = team.by_email(tx, email_hash)
        # Who signs in another way is mailed nothing, and nobody is told so.
        if row is not None and row.deactivated_at is None:
            with contextlib.suppress(ProviderRequired):
                _made(services, tx, row, "system", locale=locale)

    await services.store.write(work)
    services.bus.publish(WorkDue())


async def _done(services: Services, work: Callable[[Tx], MadeReset]) -> MadeReset:
    made = await services.store.write(work)
    services.bus.publish(WorkDue())
    return made


def _made(services: Services, tx: Tx, found: AgentRow, who: str, *, locale: str = "", mailed: bool = True) -> MadeReset:
    """Make a link for an agent, and queue it where it is to be mailed. Their row is locked first."""
    row = team.active(tx, found.id, lock=True)
    if row is None:
        raise NotFound("No active agent has this address")
    sign_ins.require_provider_optional(services, tx, row)
    made, now = secret(), services.clock()
    link = {"id": uuid7(), "agent_id": row.id, "secret_hash": digest(made), "expires_at": now + GOOD}
    store.put(tx, link | {"password_mark": password_mark(row)})
    path = f"{PATH}#{made}"
    sent = ""
    if mailed and services.mails_links:
        name = accounts.one(tx, row.account_id).name
        values = {"link": f"{services.settings.base_url}{path}", "name": name}
        sent = agent_mail.queue(services, tx, row, "mail.reset", locale=locale, **values)
    audit.record(services, tx, row.account_id, who, "agent.reset_link_made", row.id)
    shown = services.unseal(row.key_slot, row.id, "name", row.name) or ""
    return MadeReset(row.id, shown, None if sent else path)


def _waits(wait: float) -> None:
    if wait:
        raise RateLimited("That was asked for often just now; wait a little", retry_after=wait)
