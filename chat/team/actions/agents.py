"""Agents: adding and deactivating them, their tokens, and what is shown of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chat.core import access, texts
from chat.core.addresses import address
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, LetheError
from chat.core.events import CredentialsRevoked
from chat.core.ids import uuid7
from chat.core.model import Actor, Agent
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions import passwords
from chat.team.schema import ROLES
from chat.team.store import AgentRow

T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """An agent ready to be stored: their row, and the password in clear for showing it once."""

    row: dict[str, Any]
    password: str


async def prepare_agent(
    services: Services, account_id: str, email: str, name: str, role: str, password: str | None, *, due: bool
) -> Prepared:
    """
    Check and seal what a new agent is stored with, and make their data key. A password that is generated must be
    changed at the first sign-in where it is `due`. Raises InvalidField.
    """
    email, name = address(email), texts.line(name)
    if not 0 < len(name) <= 200:  # noqa: PLR2004 - the length of a line everywhere
        raise InvalidField("Give 1 to 200 characters", field="name")
    if role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    chosen = passwords.chosen(password, email, name)
    agent_id = uuid7()
    slot = await asyncio.to_thread(services.keys.create, agent_id)
    row = {
        "id": agent_id,
        "account_id": account_id,
        "role": role,
        "key_slot": slot,
        "name": services.seal(slot, agent_id, "name", name),
        "email": services.seal(slot, agent_id, "email", email),
        "email_hash": services.email_hash("agents", email),
        "password_hash": await passwords.kept(services, slot, agent_id, chosen),
        "password_due": password is None and due,
        "created_at": services.clock(),
    }
    return Prepared(row, chosen)


def insert_agent(tx: Tx, made: Prepared) -> None:
    """Store a prepared agent. Raises InvalidField where the address is taken."""
    if store.by_email(tx, made.row["email_hash"]) is not None:
        raise InvalidField("An agent with this address is here already", field="email")
    store.add(tx, made.row)


async def with_key_kept(services: Services, made: Prepared, work: Callable[[Tx], T]) -> T:
    """Run `work`. Where it fails, the key that was made for the agent goes again."""
    try:
        return await services.store.write(work)
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, made.row["key_slot"], made.row["id"])
        raise


def give_token(tx: Tx, agent_id: str, token: str, name: str, at: int) -> str:
    """Let a program that knows `token` act for an agent, and return the token's id."""
    token_id = uuid7()
    row = {
        "id": token_id,
        "agent_id": agent_id,
        "secret_hash": digest(token),
        "name": name,
        "created_at": at,
    }
    store.add_token(tx, row)
    return token_id


async def agents(services: Services, actor: Actor) -> list[Agent]:
    """Return the account's agents, oldest first."""
    access.require(actor, "agent.read")
    rows = await services.store.read(lambda tx: store.of_account(tx, actor.account_id))
    return [agent_of(services, row) for row in rows]


async def add_agent(services: Services, actor: Actor, email: str, name: str, role: str) -> tuple[Agent, str]:
    """Add an agent with a generated password, which is returned and kept nowhere."""
    access.require(actor, "agent.manage")
    if role == "owner" and actor.role != "owner":
        raise Forbidden("Only an owner adds an owner")
    made = await prepare_agent(services, actor.account_id, email, name, role, None, due=True)

    def work(tx: Tx) -> None:
        insert_agent(tx, made)
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.added", made.row["id"])

    await with_key_kept(services, made, work)
    row = await services.store.read(lambda tx: store.one(tx, actor.account_id, made.row["id"]))
    return agent_of(services, row), made.password


async def deactivate_agent(services: Services, actor: Actor, agent_id: str) -> None:
    """Deactivate an agent and end their sessions, tokens and sockets. The last owner stays."""
    access.require(actor, "agent.manage")

    def work(tx: Tx) -> None:
        row = store.one(tx, actor.account_id, agent_id)
        if row.role == "owner" and actor.role != "owner":
            raise Forbidden("Only an owner deactivates an owner")
        if row.role == "owner" and row.deactivated_at is None and store.active_owners(tx, actor.account_id) == 1:
            raise Forbidden("The last owner cannot be deactivated; add another owner first")
        store.deactivate(tx, agent_id, services.clock())
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.deactivated", agent_id)
        services.ledger.enter(services.clock(), "deactivate", {"agent": agent_id})

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, agent_id))


async def names(services: Services, account_id: str) -> dict[str, str]:
    """Return the name of each agent of an account by id."""
    rows = await services.store.read(lambda tx: store.of_account(tx, account_id))
    return {row.id: services.unseal(row.key_slot, row.id, "name", row.name) or "" for row in rows}


def agent_of(services: Services, row: AgentRow) -> Agent:
    """Return an agent as their row says, name and address opened."""
    return Agent(
        id=row.id,
        account_id=row.account_id,
        role=row.role,
        name=services.unseal(row.key_slot, row.id, "name", row.name) or "",
        email=services.unseal(row.key_slot, row.id, "email", row.email) or "",
        active=row.deactivated_at is None,
        created_at=row.created_at,
    )
