"""
Codes that are shown: a code by time or for recovery is taken once. Who guesses is stopped; whose they are gets in.

A code by time is one of a million, so guesses at one count for the agent too, wherever they come from. From a device
that its agent signed in with before, and with a recovery code, which nobody can guess, one gets in all the same.
"""

from __future__ import annotations

from chat.core.crypt import blind
from chat.core.errors import RateLimited
from chat.core.networks import Network
from chat.factors import domain, store
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.team.actions.attempts import AttemptSource
from chat.team.store import AgentRow

NETWORK, ANYWHERE, DEVICE, WINDOW = 5, 20, 20, 900.0


def code_hash(services: Services, agent_id: str, code: str) -> str:
    """Return what a recovery code is kept as: a keyed hash, which who has the database alone cannot try codes on."""
    return blind(services.index_key, f"recovery/{agent_id}", domain.typed(code))


async def begin(services: Services, agent_id: str, source: AttemptSource, code: str) -> None:
    """Count an attempt as failed until it succeeds. RateLimited where there were too many."""
    for key, limit in _counted(agent_id, source, code):
        wait = await services.bus.allow(key, limit, WINDOW)
        if wait:
            raise RateLimited("Too many attempts; wait before the next", retry_after=wait)


async def succeeded(services: Services, agent_id: str, source: AttemptSource, code: str) -> None:
    """Take back what an attempt was counted for."""
    for key, _ in _counted(agent_id, source, code):
        await services.bus.give_back(key, WINDOW)


def take(services: Services, tx: Tx, row: AgentRow, code: str, network: Network) -> bool:
    """
    Use up a code of an agent whose row is locked, and return whether it is one. A failure is counted and entered, so
    that the agent learns of it.
    """
    method = method_of(code)
    if method == "code":
        good = _take_by_time(services, tx, row, domain.typed(code))
    else:
        good = _take_recovery(services, tx, row, code)
    return noted(services, tx, row, network, method, good=good)


def noted(services: Services, tx: Tx, row: AgentRow, network: Network, method: str, *, good: bool) -> bool:
    """Return whether what was shown is good, and count and enter it where it is not."""
    if not good:
        agents.count_failure(tx, row.id)
        came_from = audit.source_of(services, row.account_id, network, method)
        audit.record_failure(services, tx, row.account_id, "factor.failed", row.id, came_from)
    return good


def method_of(code: str) -> str:
    """Return how one signs in with a code, as the audit log says it."""
    return "code" if domain.is_by_time(domain.typed(code)) else "recovery"


def _take_by_time(services: Services, tx: Tx, row: AgentRow, code: str) -> bool:
    held = store.totp_of(tx, row.id, lock=True)
    secret = held and services.unseal(row.key_slot, row.id, "totp", held.secret)
    step = domain.matching_step(secret, code, services.clock()) if secret else None
    if held is None or step is None or step <= held.step:
        return False
    store.use_step(tx, held, step)
    return True


def _take_recovery(services: Services, tx: Tx, row: AgentRow, code: str) -> bool:
    used = store.take_code(tx, row.id, code_hash(services, row.id, code))
    if used:
        audit.record(services, tx, row.account_id, row.id, "factor.code_used", used)
        services.ledger.enter(services.clock(), "codes", {"agent": row.id, "code": used})
    return bool(used)


def _counted(agent_id: str, source: AttemptSource, code: str) -> list[tuple[str, int]]:
    """Return what an attempt counts for, and how many there may be. What one refuses uses up nothing of the next."""
    if source.device:
        return [(f"factor:device:{source.device}", DEVICE)]
    near = (f"factor:{source.network.near}:{agent_id}", NETWORK)
    anywhere = (f"factor:any:{agent_id}", ANYWHERE)
    return [near, anywhere] if domain.is_by_time(domain.typed(code)) else [near]
