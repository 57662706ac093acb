"""Rules, turns, and tickets that wait for somebody or lie with nobody who answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

from msgspec import structs
from sqlalchemy import delete, func, insert, select, update

from chat.account.schema import agent_department
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.routing.domain import RoutingRule
from chat.routing.schema import agent_routing, routed_ticket, routing_rule
from chat.team.schema import agent
from chat.tickets.schema import ticket
from chat.tickets.store.tickets import ticket_of

CHUNK = 50
_ticket_columns = [ticket.c[field.name] for field in fields(Ticket)]


@dataclass(frozen=True, slots=True)
class RoutedTicket:
    """A ticket that was given out: to whom and when (ms)."""

    ticket: Ticket
    agent_id: str
    at: int


def accounts(tx: Tx) -> list[str]:
    """Return the accounts that give tickets out, or have."""
    return list(tx.execute(select(routing_rule.c.account_id).distinct()).scalars())


def lock(tx: Tx, account_id: str) -> None:
    """Let nobody else give out tickets of an account before this transaction ends: first of all locks, always."""
    mine = routing_rule.c.account_id == account_id
    tx.execute(select(routing_rule.c.id).where(mine).order_by(routing_rule.c.id).with_for_update())


def rules(tx: Tx, account_id: str) -> dict[str, RoutingRule]:
    """Return the rules of an account by its own id and by those of departments that have one of their own."""
    rows = tx.execute(select(routing_rule).where(routing_rule.c.account_id == account_id))
    return {row.id: RoutingRule(row.mode, row.most, row.minutes) for row in rows}


def put_rule(tx: Tx, account_id: str, department_id: str | None, rule: RoutingRule | None) -> None:
    """Set the rule of an account or of one of its departments, or (None) take it away."""
    rule_id = department_id or account_id
    tx.execute(delete(routing_rule).where(routing_rule.c.id == rule_id, routing_rule.c.account_id == account_id))
    if rule is not None:
        made = {"id": rule_id, "account_id": account_id, "department_id": department_id, **structs.asdict(rule)}
        tx.execute(insert(routing_rule).values(made))


def limits(tx: Tx, account_id: str) -> dict[str, tuple[int | None, int]]:
    """Return of each agent of an account up to how many tickets they take (None: as the rule says), and their turn."""
    query = select(agent_routing).join(agent, agent.c.id == agent_routing.c.agent_id)
    return {
        row.agent_id: (row.most, row.routed_at) for row in tx.execute(query.where(agent.c.account_id == account_id))
    }


def put_agent(tx: Tx, agent_id: str, **values: int | None) -> None:
    """Set up to how many tickets an agent takes (`most`), or when their last one came (`routed_at`, ms)."""
    mine = agent_routing.c.agent_id == agent_id
    if tx.execute(update(agent_routing).where(mine).values(**values)).rowcount == 0:
        tx.execute(insert(agent_routing).values(**{"agent_id": agent_id, "routed_at": 0, **values}))


def loads(tx: Tx, account_id: str, agent_ids: Collection[str]) -> dict[str, int]:
    """Return how many open tickets each of some agents has."""
    mine = (ticket.c.account_id == account_id) & ticket.c.assignee.in_(agent_ids) & (ticket.c.status == "open")
    query = select(ticket.c.assignee, func.count()).where(
        mine, ticket.c.purged_at.is_(None), ticket.c.snoozed_until.is_(None)
    )
    return {row[0]: row[1] for row in tx.execute(query.group_by(ticket.c.assignee))}


def waiting(tx: Tx, account_id: str) -> list[Ticket]:
    """Return open tickets that are nobody's and in which somebody waits for an answer, who waits longest first."""
    query = (
        select(*_ticket_columns)
        .join(contact, contact.c.id == ticket.c.contact_id)
        .where(ticket.c.account_id == account_id, ticket.c.assignee.is_(None), ticket.c.status == "open")
        .where(ticket.c.waiting_since.is_not(None), ticket.c.snoozed_until.is_(None), ticket.c.purged_at.is_(None))
        .where(contacts.readable, contact.c.account_id == account_id)
        .order_by(ticket.c.waiting_since, ticket.c.id)
        .limit(CHUNK)
    )
    return [ticket_of(row) for row in tx.execute(query)]


def waits(each: Ticket) -> bool:
    """Whether a ticket, which is locked, is still to be given out."""
    return each.assignee is None and each.status == "open" and each.waiting_since is not None


def given_out(tx: Tx, account_id: str) -> list[RoutedTicket]:
    """Return the open tickets that were given out, still lie with who got them, and in which somebody waits."""
    query = select(*_ticket_columns, routed_ticket.c.agent_id.label("with"), routed_ticket.c.at.label("routed_at"))
    joined = query.join(routed_ticket, routed_ticket.c.ticket_id == ticket.c.id)
    mine = (ticket.c.account_id == account_id) & (ticket.c.assignee == routed_ticket.c.agent_id)
    rows = tx.execute(joined.where(mine, ticket.c.status == "open", ticket.c.waiting_since.is_not(None)))
    return [RoutedTicket(ticket_of(row), row._mapping["with"], row.routed_at) for row in rows]  # noqa: SLF001 - its public name


def last_routed(tx: Tx, ticket_id: int) -> str | None:
    """Return whom a ticket was given to last."""
    return tx.execute(select(routed_ticket.c.agent_id).where(routed_ticket.c.ticket_id == ticket_id)).scalar()


def note_routed(tx: Tx, ticket_id: int, agent_id: str, at: int) -> None:
    """Note whom a ticket was given to at a time (ms)."""
    tx.execute(delete(routed_ticket).where(routed_ticket.c.ticket_id == ticket_id))
    tx.execute(insert(routed_ticket).values(ticket_id=ticket_id, agent_id=agent_id, at=at))
    put_agent(tx, agent_id, routed_at=at)


def has_members(tx: Tx, department_id: str) -> bool:
    """Whether anybody works in a department."""
    members = select(agent_department.c.agent_id).where(agent_department.c.department_id == department_id)
    return tx.execute(members.limit(1)).first() is not None
