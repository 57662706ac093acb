"""
Changing agents: their names, roles and departments, letting one back in, and handing ownership over.

What an agent may is asked again in the transaction that changes it (`agents.standing`), and the ledger knows of each
right, so that no restore gives an old one back.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from chat.account import store as accounts
from chat.core.access import ROLES
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow
from chat.core.events import CredentialsRevoked
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.departments import store as department_rows
from chat.erasure.store import erasures
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.lifecycle.actions.views import AgentView, AgentWithPassword, view_of
from chat.team import store
from chat.team.actions import agents, passwords
from chat.team.domain import OWNER, Standing
from chat.team.store import AgentRow


class AgentChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of an agent is to be changed; `departments` (ids) as a whole."""

    name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    departments: list[str] | UnsetType = UNSET


async def change(
    services: Services,
    actor: Actor | None,
    agent_id: str,
    wanted: AgentChange,
    expected: Precondition = ANY,
    account_id: str = "",
) -> AgentView:
    """
    Change an agent, for the server's operator (no actor) in an account that they name. Another role ends the agent's
    sessions. Raises InvalidField, Forbidden, NotFound, and ChangedMeanwhile where they are not as `expected`.
    """
    account, name = account_of(actor, account_id), _checked(wanted)

    def work(tx: Tx) -> AgentView:
        stands, row = lock(services, tx, actor, account, agent_id, expected)
        was = view_of(services, tx, row, actor)
        renamed = name not in {UNSET, was.name}
        departments = was.departments if wanted.departments is UNSET else wanted.departments
        moved = {*departments} != {*was.departments}
        if renamed:
            store.change(tx, row.id, name=services.seal(row.key_slot, row.id, "name", str(name)))
        if moved:
            put_in(tx, account, row.id, departments)
        if renamed or moved:
            audit.record(services, tx, account, stands.agent_id, "agent.changed", row.id)
        if wanted.role is not UNSET:
            give_role(services, tx, stands, row, wanted.role)
        if moved:
            services.ledger.enter(services.clock(), "departments", {"agent": row.id, "in": departments})
        return view_of(services, tx, store.one(tx, account, row.id), actor)

    changed = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account, agent_id))
    return changed


async def deactivate(
    services: Services, actor: Actor | None, agent_id: str, expected: Precondition = ANY, account_id: str = ""
) -> AgentView:
    """
    Deactivate an agent and end their sessions, tokens and sockets; for the server's operator (no actor) in an account
    that they name. Raises Forbidden, also for the last owner, NotFound, ChangedMeanwhile.
    """
    account = account_of(actor, account_id)

    def work(tx: Tx) -> AgentView:
        stands, row = lock(services, tx, actor, account, agent_id, expected)
        agents.deactivate_in(services, tx, stands, row)
        return view_of(services, tx, store.one(tx, account, row.id), actor)

    left = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account, agent_id))
    return left


async def reactivate(
    services: Services, actor: Actor, agent_id: str, expected: Precondition = ANY
) -> AgentWithPassword:
    """
    Let a deactivated agent sign in again, with a generated password that they must change. Their old sessions and
    tokens stay dead. Raises Forbidden, NotFound, NotNow where they are active, ChangedMeanwhile.
    """
    account, password = agents.require(actor), passwords.chosen(None)
    known = await services.store.read(lambda tx: store.one(tx, account, agent_id))
    # Before the transaction: argon2 takes tens of milliseconds, and whoever writes would wait for them.
    kept = await passwords.kept(services, known.key_slot, known.id, password)

    def work(tx: Tx) -> AgentView:
        stands, row = lock(services, tx, actor, account, agent_id, expected)
        if row.deactivated_at is None:
            raise NotNow("This agent is active already")
        store.change(tx, row.id, password_hash=kept, password_due=True)
        reactivate_in(services, tx, stands, row)
        return view_of(services, tx, store.one(tx, account, row.id), actor)

    return AgentWithPassword(**asdict(await services.store.write(work)), password=password)


async def hand_over(services: Services, actor: Actor, agent_id: str, expected: Precondition = ANY) -> AgentView:
    """
    Make another agent an owner and the actor, who is one, an admin: both or neither. Raises Forbidden, NotFound,
    InvalidField for the actor themselves, NotNow for who cannot sign in, ChangedMeanwhile.
    """
    account = agents.require(actor)
    if agent_id == actor.agent_id:
        raise InvalidField("Ownership is handed to somebody else", field="id")

    def work(tx: Tx) -> AgentView:
        stands, row = lock(services, tx, actor, account, agent_id, expected)
        if stands.role != OWNER:
            raise Forbidden("Only an owner hands ownership over")
        if row.deactivated_at is not None:
            raise NotNow("This agent is deactivated; reactivate them first")
        give_role(services, tx, stands, row, OWNER)
        # Counted as if they were one already: the actor may be the last but for them.
        both = Standing(stands.agent_id, stands.role, stands.owners | {row.id})
        give_role(services, tx, both, store.one(tx, account, actor.agent_id, lock=True), "admin")
        return view_of(services, tx, store.one(tx, account, row.id), actor)

    given = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account, agent_id), CredentialsRevoked(account, actor.agent_id))
    return given


def reactivate_in(services: Services, tx: Tx, stands: Standing, row: AgentRow) -> None:
    """Reactivate an agent whose row is locked and who has another password by now, and put it on record."""
    store.reactivate(tx, row.id)
    audit.record(services, tx, row.account_id, stands.agent_id, "agent.reactivated", row.id)
    services.ledger.enter(services.clock(), "reactivate", {"agent": row.id})
    services.ledger.enter(services.clock(), "password", {"agent": row.id})


def account_of(actor: Actor | None, account_id: str) -> str:
    """Return the account of who changes an agent, or that which the operator names. Raises Forbidden."""
    return account_id if actor is None else agents.require(actor)


def lock(
    services: Services, tx: Tx, actor: Actor | None, account: str, agent_id: str, expected: Precondition
) -> tuple[Standing, AgentRow]:
    """Return how things stand and an agent's row, both locked, once it is known that they may be changed so."""
    stands = agents.standing(services, tx, actor, account)
    row = store.one(tx, account, agent_id, lock=True)
    if erasures.of_contact(tx, row.id) is not None:
        raise NotFound("This agent is being deleted")
    stands.require_manageable(row.role)
    expected.require(view_of(services, tx, row, actor))
    return stands, row


def give_role(services: Services, tx: Tx, stands: Standing, row: AgentRow, role: str) -> None:
    """Give an agent a role that they have not, and put it on record."""
    if role == row.role:
        return
    stands.require_role(row.id, row.role, role)
    store.set_role(tx, row.id, role)
    changed = f"{row.id}/{row.role}>{role}"
    audit.record(services, tx, row.account_id, stands.agent_id, "agent.role_changed", changed)
    services.ledger.enter(services.clock(), "role", {"agent": row.id, "role": role})


def put_in(tx: Tx, account: str, agent_id: str, wanted: list[str]) -> None:
    """Let an agent work in these departments and in no others. Raises InvalidField where one is not the account's."""
    if not {*wanted} <= {each.id for each in department_rows.all_of(tx, account)}:
        raise InvalidField("There is no such department", field="departments")
    accounts.put_agent_in(tx, account, agent_id, wanted)


def _checked(wanted: AgentChange) -> str | UnsetType:
    """Return the name as it is stored, if there is one. Raises InvalidField."""
    if wanted == AgentChange():
        raise InvalidField("Give any of name, role, departments", field="name")
    if wanted.role is not UNSET and wanted.role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    return UNSET if wanted.name is UNSET else agents.name_of(wanted.name)
