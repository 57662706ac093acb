"""Agents: adding and deactivating them, their first tokens, and what is shown of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from chat.core import access, texts
from chat.core.access import ROLES
from chat.core.addresses import address
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, LetheError, NotFound
from chat.core.ids import uuid7
from chat.core.model import Actor, Agent, Preferences
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.team import store
from chat.team.actions import passwords
from chat.team.domain import Standing
from chat.team.store import AgentRow
from chat.tokens import store as tokens

T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """An agent ready to be stored: their row, and the password in clear for showing it once."""

    row: dict[str, Any]
    password: str


async def prepare_agent(  # noqa: PLR0913 - what an agent is made of, each by its name
    services: Services,
    account_id: str,
    email: str,
    name: str,
    role: str,
    password: str | None,
    *,
    due: bool,
    agent_id: str = "",
) -> Prepared:
    """
    Check and seal what a new agent is stored with, and make their data key. A password that is generated must be
    changed at the first sign-in where it is `due`. `agent_id` is one that who adds them made up. Raises InvalidField.
    """
    email, name = address(email), name_of(name)
    if role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    chosen = passwords.chosen(password, email, name)
    agent_id = agent_id or uuid7()
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


def name_of(value: str) -> str:
    """Return an agent's name as it is stored. Raises InvalidField."""
    name = texts.line(value)
    if not 0 < len(name) <= 200:  # noqa: PLR2004 - the length of a line everywhere
        raise InvalidField("Give 1 to 200 characters", field="name")
    return name


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


def give_token(tx: Tx, agent_id: str, token: str, name: str, at: int, until: int | None = None) -> str:
    """Let a program that knows `token` do all that an agent may, `until` a time (ms) if any, and return its id."""
    row = store.active(tx, agent_id)
    if row is None:
        raise NotFound("No active agent has this id")
    token_id = uuid7()
    made = {"id": token_id, "agent_id": agent_id, "account_id": row.account_id, "secret_hash": digest(token)}
    tokens.add(tx, made | {"name": name, "created_at": at, "expires_at": until})
    return token_id


async def agents(services: Services, actor: Actor) -> list[Agent]:
    """Return the account's agents, oldest first."""
    access.require(actor, "agent.read")
    rows = await services.store.read(lambda tx: store.of_account(tx, actor.account_id))
    return [agent_of(services, row) for row in rows]


async def add_agent(services: Services, actor: Actor, email: str, name: str, role: str) -> tuple[Agent, str]:
    """Add an agent with a generated password, which is returned and kept nowhere."""
    access.require(actor, "agent.manage")
    made = await prepare_agent(services, actor.account_id, email, name, role, None, due=True)

    def work(tx: Tx) -> None:
        standing(services, tx, actor, actor.account_id).require_manageable(role)
        insert_agent(tx, made)
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.added", made.row["id"])

    await with_key_kept(services, made, work)
    row = await services.store.read(lambda tx: store.one(tx, actor.account_id, made.row["id"]))
    return agent_of(services, row), made.password


def deactivate_in(services: Services, tx: Tx, stands: Standing, row: AgentRow) -> None:
    """Deactivate an agent whose row is locked, last in an action's own transaction. Raises Forbidden."""
    stands.require_owner_left(row.id)
    store.deactivate(tx, row.id, services.clock())
    audit.record(services, tx, row.account_id, stands.agent_id, "agent.deactivated", row.id)
    services.ledger.enter(services.clock(), "deactivate", {"agent": row.id})


def require(actor: Actor) -> str:
    """Return the actor's account. Raises Forbidden where they may not change its agents."""
    access.require(actor, "agent.manage")
    return actor.account_id


def standing(services: Services, tx: Tx, actor: Actor | None, account_id: str) -> Standing:
    """
    Return how things stand for who changes an agent, None for the operator, and lock it: what they may is asked again
    where it is done, as their own role may just have been changed. Raises Forbidden.
    """
    owners = store.active_owners(tx, account_id)
    if actor is None:
        return Standing("command", None, owners)
    row = store.active(tx, actor.agent_id)
    if row is None or "agent.manage" not in roles.of_role(services, tx, account_id, row.role):
        raise Forbidden("You may not change agents any more")
    return Standing(row.id, row.role, owners)


async def names(services: Services, account_id: str) -> dict[str, str]:
    """Return the name of each agent of an account by id, as the other agents see it."""
    rows = await services.store.read(lambda tx: store.of_account(tx, account_id))
    return {row.id: get_name(services, row) for row in rows}


def get_name(services: Services, row: AgentRow) -> str:
    """Return an agent's name, as the other agents see it."""
    return _opened(services, row, "name")


def get_alias(services: Services, row: AgentRow) -> str:
    """Return what visitors see instead of an agent's name, "" where it is the name."""
    return _opened(services, row, "alias")


def get_preferences(services: Services, row: AgentRow) -> Preferences:
    """Return how an agent likes the pages, the usual where nothing was chosen."""
    said = _opened(services, row, "preferences")
    return msgspec.json.decode(said, type=Preferences) if said else Preferences()


def _opened(services: Services, row: AgentRow, field: str) -> str:
    """
    Return a sealed field of an agent's row, "" for none and where their key is gone: they are being deleted, and others
    must not be kept from what they wrote meanwhile.
    """
    with suppress(NotFound):
        return services.unseal(row.key_slot, row.id, field, getattr(row, field)) or ""
    return ""


def agent_of(services: Services, row: AgentRow) -> Agent:
    """Return an agent as their row says, name and address opened."""
    return Agent(
        id=row.id,
        account_id=row.account_id,
        role=row.role,
        name=get_name(services, row),
        email=_opened(services, row, "email"),
        active=row.deactivated_at is None,
        created_at=row.created_at,
        alias=get_alias(services, row),
        preferences=get_preferences(services, row),
        portrait=row.portrait or "",
    )
