"""Adding an agent: once, however often it is asked for with the id that who asks made up."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import asdict

from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.model import Actor
from chat.erasure.store import erasures
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.lifecycle.actions.changes import put_in
from chat.lifecycle.actions.views import AgentView, AgentWithPassword, view_of
from chat.team import store
from chat.team.actions import agents


class NewAgent(Struct, frozen=True, forbid_unknown_fields=True):
    """An agent to add: `id` is a UUID that who asks makes up, `departments` are ids."""

    email: str
    name: str
    role: str = "agent"
    departments: list[str] = []
    id: str = ""


async def add(services: Services, actor: Actor, wanted: NewAgent) -> AgentWithPassword:
    """
    Add an agent with a generated password, which they must change. Asked again with the same `id` the agent is returned
    as they are, without one. Raises InvalidField, and Forbidden where the role is above the actor's.
    """
    agents.require(actor)
    found = await _known(services, actor, wanted)
    if found is not None:
        return found
    prepared = await agents.prepare_agent(
        services,
        actor.account_id,
        wanted.email,
        wanted.name,
        wanted.role,
        None,
        due=True,
        agent_id=wanted.id,
    )

    def work(tx: Tx) -> AgentView:
        stands = agents.standing(services, tx, actor, actor.account_id)
        stands.require_manageable(wanted.role)
        if erasures.of_contact(tx, prepared.row["id"]) is not None:
            # What they wrote would be somebody else's.
            raise InvalidField("This id is that of a former agent; make up a new one", field="id")
        agents.insert_agent(tx, prepared)
        row = store.one(tx, actor.account_id, prepared.row["id"])
        put_in(tx, actor.account_id, row.id, wanted.departments)
        audit.record(services, tx, actor.account_id, stands.agent_id, "agent.added", row.id)
        return view_of(services, tx, row, actor)

    try:
        made = await agents.with_key_kept(services, prepared, work)
    except (InvalidField, NotNow):
        # Asked for twice at once, the other one may have been quicker.
        again = await _known(services, actor, wanted)
        if again is None:
            raise
        return again
    return AgentWithPassword(**asdict(made), password=prepared.password)


async def _known(services: Services, actor: Actor, wanted: NewAgent) -> AgentWithPassword | None:
    """Return the agent who was added with this id. Raises InvalidField where it is that of another one."""

    def work(tx: Tx) -> AgentView | None:
        try:
            row = store.one(tx, actor.account_id, wanted.id)
        except NotFound:
            return None
        if row.email_hash != services.email_hash("agents", wanted.email):
            raise InvalidField("This id is that of another agent; make up a new one", field="id")
        return view_of(services, tx, row, actor)

    found = await services.store.read(work) if wanted.id else None
    return None if found is None else AgentWithPassword(**asdict(found))
