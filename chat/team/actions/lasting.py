"""How long sessions last: until an end, and not unused for long, both as their account says now."""

from __future__ import annotations

from chat.core.clock import HOUR
from chat.infra.gathered import SessionLimits
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.store import SessionRow

SEEN, TENTH = HOUR // 6, 10
"""That a session or token is used is noted every SEEN ms, and of a session each tenth of what it may lie idle."""


def ends_at(session: SessionRow, limits: SessionLimits) -> int:
    """Return when a session ends at the latest (ms): as it was begun, or sooner, as its account says now."""
    return int(min(session.expires_at, session.created_at + limits.longest))


def is_over(session: SessionRow, limits: SessionLimits, now: int) -> bool:
    """Whether a session has lasted too long, or was idle for too long."""
    return ends_at(session, limits) <= now or session.seen_at <= now - limits.idle


async def note_use(services: Services, session: SessionRow, limits: SessionLimits, now: int) -> None:
    """Note that a session is used, where that was not noted a while ago."""
    if session.seen_at <= now - min(SEEN, limits.idle // TENTH):
        await services.store.write(lambda tx: store.record_use(tx, session.id, now))


async def end_expired(services: Services) -> int:
    """Sweep: delete sessions that have expired, or were idle for too long."""
    now = services.clock()

    def work(tx: Tx) -> int:
        ended = 0
        for each in store.accounts_with_sessions(tx):
            limits = services.gathered.session_limits(tx, each)
            ended += store.end_expired(tx, each, now, now - limits.longest, now - limits.idle)
        return ended

    return await services.store.write(work)
