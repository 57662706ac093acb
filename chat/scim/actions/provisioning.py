"""
Making, changing and removing users, for an identity provider.

It gives no password, makes nobody an owner and moves nobody to another address: each would open somebody else's place.
Who is removed is deactivated, which ends all that they had open; what they wrote stays, and whether they are forgotten
is for a person to say. All that one request wants is done in one transaction, or nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.core import access
from chat.core.errors import Forbidden, NotFound, NotNow
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.ids import secret
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.lifecycle.actions.changes import give_role, lock, reactivate_in
from chat.scim import store
from chat.scim.actions.reading import external_hash, find, is_removed, state_of
from chat.scim.domain.users import UserState, WantedUser, refusal
from chat.team import store as team
from chat.team.actions import agents, passwords
from chat.team.domain import OWNER, Standing
from chat.team.store import AgentRow

TAKEN = "There is a user with this userName already"


async def create(services: Services, actor: Actor, wanted: WantedUser) -> UserState:
    """
    Make a user, or let in again whoever was removed under the same address, and write to them. Raises InvalidField,
    NotNow where somebody has this address, Forbidden for a role above the actor's.
    """
    acting = _acting(actor)
    known = await services.store.read(lambda tx: _removed(services, tx, acting.account_id, wanted.user_name))
    if known is not None:
        return await change(services, actor, known, lambda _: wanted, again=True)
    prepared = await agents.prepare_agent(
        services, acting.account_id, wanted.user_name, wanted.name, wanted.role, None, due=False
    )

    def work(tx: Tx) -> UserState:
        stands = agents.standing(services, tx, acting, acting.account_id)
        stands.require_manageable(wanted.role)
        if team.by_email(tx, prepared.row["email_hash"]) is not None:
            raise NotNow(TAKEN, scim_type="uniqueness")
        agents.insert_agent(tx, prepared)
        row = team.one(tx, acting.account_id, prepared.row["id"], lock=True)
        _note(services, tx, row, external_id=wanted.external_id)
        audit.record(services, tx, row.account_id, stands.agent_id, "agent.added", row.id)
        if wanted.active:
            _write_to(services, tx, row)
        else:
            agents.deactivate_in(services, tx, stands, row)
        return find(services, tx, acting.account_id, row.id)

    try:
        made = await agents.with_key_kept(services, prepared, work)
    except NotNow:
        # Of two at once the database lets in the first.
        raise NotNow(TAKEN, scim_type="uniqueness") from None
    services.bus.publish(WorkDue())
    return made


async def change(
    services: Services,
    actor: Actor,
    user_id: str,
    made: Callable[[UserState], WantedUser],
    expected: Precondition = ANY,
    *,
    again: bool = False,
) -> UserState:
    """
    Let a user be as is `made` of how they are just then; `again` lets in who was removed. Raises InvalidField,
    Forbidden, NotFound, ChangedMeanwhile where they are not as `expected`.
    """
    acting = _acting(actor)
    known = await services.store.read(lambda tx: team.one(tx, acting.account_id, user_id))
    # Before the transaction: argon2 takes tens of milliseconds. Nobody is told it: they set one, or need none.
    away = known.deactivated_at is not None
    kept = await passwords.kept(services, known.key_slot, known.id, secret()) if away else ""

    def work(tx: Tx) -> UserState:
        stands, row = lock(services, tx, acting, acting.account_id, user_id, ANY)
        said = store.of_account(tx, row.account_id).get(row.id)
        if is_removed(row, said) and not again:
            raise NotFound("No such user")
        was = state_of(services, row, said)
        expected.require(was)
        wanted = made(was)
        if services.email_hash("agents", wanted.user_name) != row.email_hash:
            raise refusal("userName is the address they sign in with, and does not change", "mutability", "userName")
        _name(services, tx, stands, row, was, replace(wanted, display_name=agents.name_of(wanted.name)))
        if wanted.role != row.role:
            _give(services, tx, stands, row, wanted.role)
        _let_in_or_out(services, tx, stands, row, kept if wanted.active else None)
        return find(services, tx, row.account_id, row.id)

    changed = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(acting.account_id, user_id), WorkDue())
    return changed


async def remove(services: Services, actor: Actor, user_id: str, expected: Precondition = ANY) -> None:
    """
    Deactivate a user and show them no more, until they are made again or let in by a person. Raises Forbidden, also for
    the last owner, NotFound, ChangedMeanwhile.
    """
    acting = _acting(actor)

    def work(tx: Tx) -> None:
        stands, row = lock(services, tx, acting, acting.account_id, user_id, ANY)
        expected.require(find(services, tx, row.account_id, row.id))
        stands.require_owner_left(row.id)
        store.put(tx, row.account_id, row.id, {"removed_at": services.clock()})
        if row.deactivated_at is None:
            agents.deactivate_in(services, tx, stands, row)
        audit.record(services, tx, row.account_id, stands.agent_id, "scim.removed", row.id)

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(acting.account_id, user_id))


def _acting(actor: Actor) -> Actor:
    """Return who changes agents for an identity provider: with the scope for this, one for agents is not needed."""
    access.require(actor, "scim.change")
    return actor if actor.scopes is None else replace(actor, scopes=actor.scopes | {"agents:write"})


def _removed(services: Services, tx: Tx, account_id: str, user_name: str) -> str | None:
    """Return who was removed and has this address, if anybody. Raises NotNow where another one has it."""
    row = team.by_email(tx, services.email_hash("agents", user_name))
    if row is None:
        return None
    if row.account_id != account_id or not is_removed(row, store.of_account(tx, account_id).get(row.id)):
        raise NotNow(TAKEN, scim_type="uniqueness")
    return str(row.id)


def _name(services: Services, tx: Tx, stands: Standing, row: AgentRow, was: UserState, wanted: WantedUser) -> None:
    """Let a user be called as is wanted, by agents and by the identity provider."""
    if wanted.external_id != was.external_id:
        _note(services, tx, row, external_id=wanted.external_id)
    if wanted.name != was.display_name:
        team.change(tx, row.id, name=services.seal(row.key_slot, row.id, "name", wanted.name))
    if (wanted.external_id, wanted.name) != (was.external_id, was.display_name):
        audit.record(services, tx, row.account_id, stands.agent_id, "agent.changed", row.id)


def _give(services: Services, tx: Tx, stands: Standing, row: AgentRow, role: str) -> None:
    if row.role == OWNER:
        raise Forbidden("Who is an owner is said in Lethe alone: hand ownership over there first")
    give_role(services, tx, stands, row, role)


def _let_in_or_out(services: Services, tx: Tx, stands: Standing, row: AgentRow, kept: str | None) -> None:
    """Let a user be active with a password that is `kept` so, where they were not, or not, where it is None."""
    if kept is None:
        if row.deactivated_at is None:
            agents.deactivate_in(services, tx, stands, row)
    elif row.deactivated_at is not None:
        if not kept:
            raise NotNow("This user was deactivated a moment ago; ask again")
        store.put(tx, row.account_id, row.id, {"removed_at": None})
        team.change(tx, row.id, password_hash=kept, password_due=False)
        reactivate_in(services, tx, stands, row)
        _write_to(services, tx, row)


def _note(services: Services, tx: Tx, row: AgentRow, *, external_id: str | None) -> None:
    """Note what an identity provider knows an agent by."""
    sealed = hashed = None
    if external_id is not None:
        sealed = services.seal(row.key_slot, row.id, "external_id", external_id)
        hashed = external_hash(services, row.account_id, external_id)
    store.put(tx, row.account_id, row.id, {"external_id": sealed, "external_hash": hashed})


def _write_to(services: Services, tx: Tx, row: AgentRow) -> None:
    """Write to who may sign in now, where links can be mailed: how to, with nothing in it that opens anything."""
    if services.mails_links:
        name, link = accounts.one(tx, row.account_id).name, f"{services.settings.base_url}/signin"
        agent_mail.queue(services, tx, row, "mail.provisioned", name=name, link=link)
