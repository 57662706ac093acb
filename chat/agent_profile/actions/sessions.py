"""One's own sessions: which there are, and ending those that are not this one."""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import NotFound
from chat.core.events import CredentialsRevoked
from chat.core.model import Actor
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.gathered import SessionLimits
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions.lasting import ends_at, is_over
from chat.team.actions.sign_ins import NOWHERE
from chat.team.store import AgentRow, SessionRow


class SessionView(Struct, frozen=True):
    """
    A session as its agent sees it: `browser` and `system` of its device, "?" where unknown, when it began and was last
    used (RFC 3339, to ten minutes), when it ends at the latest, whether it is the one that asks.
    """

    id: str
    browser: str
    system: str
    created_at: str
    used_at: str
    expires_at: str
    current: bool


async def list_own(services: Services, actor: Actor) -> list[SessionView]:
    """Return the actor's sessions that are good, this one first, then the one that was used last."""
    access.require(actor, "session.own")
    now = services.clock()

    def work(tx: Tx) -> tuple[AgentRow, list[SessionRow], SessionLimits]:
        limits = services.gathered.session_limits(tx, actor.account_id)
        row = store.one(tx, actor.account_id, actor.agent_id)
        return row, [each for each in store.sessions_of(tx, row.id, now) if not is_over(each, limits, now)], limits

    row, found, limits = await services.store.read(work)
    found.sort(key=lambda each: (each.id == actor.session_id, each.seen_at), reverse=True)
    return [_view(services, actor, row, each, ends_at(each, limits)) for each in found]


async def end_one(services: Services, actor: Actor, session_id: str, network: Network = NOWHERE) -> None:
    """End one of the actor's sessions everywhere. Raises NotFound where they have none such."""
    access.require(actor, "session.own")

    source = audit.source_of(services, actor.account_id, network)

    def work(tx: Tx) -> None:
        if not store.end_own_session(tx, actor.agent_id, session_id):
            raise NotFound("No such session")
        audit.record_from(services, tx, actor.account_id, actor.agent_id, "session.ended", session_id, source)

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id))


async def end_others(services: Services, actor: Actor, network: Network = NOWHERE) -> int:
    """End all of the actor's sessions but the one that asks, which a program is not, and return how many."""
    access.require(actor, "session.own")

    source = audit.source_of(services, actor.account_id, network)

    def work(tx: Tx) -> int:
        ended = [each.id for each in store.sessions_of(tx, actor.agent_id, 0) if each.id != actor.session_id]
        count = store.end_sessions(tx, actor.agent_id, but=actor.session_id)
        for each in ended:
            audit.record_from(services, tx, actor.account_id, actor.agent_id, "session.ended", each, source)
        return count

    ended = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id))
    return ended


def _view(services: Services, actor: Actor, row: AgentRow, session: SessionRow, ends: int) -> SessionView:
    kind = services.unseal(row.key_slot, row.id, f"session/{session.id}", session.device) or "?/?"
    browser, _, system = kind.partition("/")
    begun, used, until = (stamp(each) for each in (session.created_at, session.seen_at, ends))
    return SessionView(session.id, browser, system, begun, used, until, session.id == actor.session_id)
