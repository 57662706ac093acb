"""Devices of agents, and what they are called for, as rows. A row that does not hold is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Row, case, delete, exists, insert, literal, or_, select, update

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.model import Ticket
from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of
from chat.push.domain import LEASE
from chat.push.schema import push_call, push_subscription
from chat.team.schema import agent, session
from chat.tickets.schema import mention, message, ticket
from chat.tickets.store.tickets import ticket_of

SubscriptionRow: TypeAlias = Row[*tuple[Any, ...]]
CallRow: TypeAlias = Row[*tuple[Any, ...]]
_theirs = push_subscription.join(agent, agent.c.id == push_subscription.c.agent_id)


def put(tx: Tx, made: Mapping[str, Any], most: int) -> None:
    """Store a device in the place of the session's own, and of whoever was called on it; the oldest beyond go."""
    mine = push_subscription.c.agent_id == made["agent_id"]
    # Locked: of two windows that subscribe at once neither may meet the other's row.
    tx.execute(select(agent.c.id).where(agent.c.id == made["agent_id"]).with_for_update())
    same = push_subscription.c.endpoint_hash == made["endpoint_hash"]
    tx.execute(delete(push_subscription).where(or_(push_subscription.c.session_id == made["session_id"], same)))
    newest = select(push_subscription.c.id).where(mine).order_by(push_subscription.c.id.desc())
    kept = list(tx.execute(newest.limit(most - 1)).scalars())
    tx.execute(delete(push_subscription).where(mine, push_subscription.c.id.not_in(kept)))
    tx.execute(insert(push_subscription).values(**made, mac=bind(tx, push_subscription, made)))


def of_agent(tx: Tx, agent_id: str) -> list[SubscriptionRow]:
    """Return an agent's devices."""
    rows = tx.execute(select(push_subscription).where(push_subscription.c.agent_id == agent_id))
    return [row for row in rows if holds(tx, push_subscription, row)]


def end(tx: Tx, session_id: str) -> None:
    """Delete the device of a session."""
    tx.execute(delete(push_subscription).where(push_subscription.c.session_id == session_id))


def drop(tx: Tx, subscription_id: str) -> None:
    """Delete a device."""
    tx.execute(delete(push_subscription).where(push_subscription.c.id == subscription_id))


def accounts_called(tx: Tx, account_ids: Collection[str]) -> set[str]:
    """Return those of some accounts whose agents are called on any device."""
    query = select(agent.c.account_id).select_from(_theirs).where(agent.c.account_id.in_(account_ids)).distinct()
    return set(tx.execute(query).scalars())


def is_from_visitor(tx: Tx, ticket_id: int, seq: int) -> bool:
    """Whether a message is a visitor's that the filter did not hold back."""
    this = (message.c.ticket_id == ticket_id) & (message.c.seq == seq) & (message.c.author == "visitor")
    return tx.execute(select(message.c.seq).where(this, ~message.c.held)).first() is not None


def put_call(tx: Tx, ticket_id: int, agent_id: str, why: str, at: int) -> None:
    """Note that somebody is to be called for a ticket, by its key."""
    said = {"why": why, "at": at, "spread": False}
    new = insert_of(tx, push_call).values(ticket_id=ticket_id, agent_id=agent_id, **said)
    tx.execute(new.on_conflict_do_update(index_elements=["ticket_id", "agent_id"], set_=said))


def calls_due(tx: Tx, before: int, limit: int) -> list[CallRow]:
    """Return the calls that nobody's devices were woken for yet, the oldest first."""
    due = (push_call.c.at <= before) & ~push_call.c.spread
    return list(tx.execute(select(push_call).where(due).order_by(push_call.c.at).limit(limit)))


def calls_for(tx: Tx, agent_id: str, since: int) -> list[CallRow]:
    """Return the calls from a time on that may concern an agent."""
    theirs = push_call.c.agent_id.in_(["", agent_id]) & (push_call.c.at >= since)
    return list(tx.execute(select(push_call).where(theirs).order_by(push_call.c.at)))


def mark_spread(tx: Tx, call: CallRow) -> None:
    """Note that devices are to be woken for a call; one that was made anew meanwhile stays due."""
    this = (push_call.c.ticket_id == call.ticket_id) & (push_call.c.agent_id == call.agent_id)
    tx.execute(update(push_call).where(this, push_call.c.at == call.at).values(spread=True))


def drop_calls(tx: Tx, before: int) -> int:
    """Delete the calls from before a time, and return how many."""
    return tx.execute(delete(push_call).where(push_call.c.at < before)).rowcount


def called_agents(tx: Tx, account_id: str) -> list[str]:
    """Return the agents of an account who are called on any device."""
    query = select(push_subscription.c.agent_id).select_from(_theirs).where(agent.c.account_id == account_id)
    return sorted(set(tx.execute(query).scalars()))


def wake(tx: Tx, agent_ids: Collection[str], call_at: int, now: int) -> None:
    """Let the devices of some agents be woken now for a call, where they do not know of it."""
    theirs = push_subscription.c.agent_id.in_(agent_ids) & (push_subscription.c.heard_at < call_at)
    new = push_subscription.c.due_at.is_(None)
    tx.execute(update(push_subscription).where(theirs, new).values(due_at=now, since=call_at, tries=0))
    tx.execute(update(push_subscription).where(theirs).values(called_at=now))


def hear(tx: Tx, agent_id: str, at: int) -> None:
    """Note that an agent knows all there was until a time."""
    mine = push_subscription.c.agent_id == agent_id
    tx.execute(update(push_subscription).where(mine).values(heard_at=at, due_at=None))


def due(tx: Tx, now: int, limit: int) -> list[SubscriptionRow]:
    """Return the devices that are to be woken, each with its agent's `key_slot`."""
    good = exists().where(session.c.id == push_subscription.c.session_id, session.c.expires_at > now)
    query = select(push_subscription, agent.c.key_slot).select_from(_theirs)
    here = push_subscription.c.due_at <= now, agent.c.deactivated_at.is_(None), good
    rows = tx.execute(query.where(*here).order_by(push_subscription.c.due_at).limit(limit))
    return [row for row in rows if holds(tx, push_subscription, row)]


def claim(tx: Tx, row: SubscriptionRow, until: int) -> bool:
    """Take a device as ours until then; False where another process was quicker, or there is nothing to say."""
    mine = (push_subscription.c.id == row.id) & (push_subscription.c.due_at == row.due_at)
    taken = update(push_subscription).where(mine).values(due_at=until, tries=row.tries + 1)
    return tx.execute(taken).rowcount > 0


def settle(tx: Tx, row: SubscriptionRow, until: int, again_at: int | None) -> None:
    """Note that a device was woken, or when to try again. What it was called for meanwhile is due now."""
    mine = (push_subscription.c.id == row.id) & (push_subscription.c.due_at == until)
    if again_at is not None:
        tx.execute(update(push_subscription).where(mine).values(due_at=again_at))
        return
    late = push_subscription.c.called_at > row.called_at
    again = case((late, literal(until - LEASE, BigInteger)), else_=None)
    tx.execute(update(push_subscription).where(mine).values(due_at=again, tries=0))


def ticket_by_id(tx: Tx, ticket_id: int) -> Ticket | None:
    """Return a ticket that is shown: not deleted, in the trash, wholly held back, held by law or withdrawn."""
    shown = ticket.c.purged_at.is_(None), ticket.c.status != "trash", ticket.c.held < ticket.c.last_seq
    query = select(ticket).join(contact, contact.c.id == ticket.c.contact_id)
    row = tx.execute(query.where(ticket.c.id == ticket_id, *shown, contacts.readable)).first()
    return None if row is None else ticket_of(row)


def is_mentioned(tx: Tx, agent_id: str, ticket_id: int) -> bool:
    """Whether a note names an agent that they have not seen."""
    this = (mention.c.agent_id == agent_id) & (mention.c.ticket_id == ticket_id)
    return tx.execute(select(mention.c.note).where(this)).first() is not None
