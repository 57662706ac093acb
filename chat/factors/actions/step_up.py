"""
Step-up: before something that cannot be taken back, or that opens more, a session shows again whose it is.

Who took a session has not the password, and who sits down at an open screen neither. API tokens are programs', which
have nothing to show; what they may do is bounded by who gave them.
"""

from __future__ import annotations

from chat.core.clock import HOUR
from chat.core.errors import InvalidField, RateLimited, StepUpRequired, Unauthorized
from chat.core.model import Actor
from chat.core.networks import Network
from chat.factors import domain, store
from chat.factors.actions import codes
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import actions as ceremonies
from chat.passkeys import store as passkeys
from chat.passkeys.actions import STEP_UP, PasskeyAnswer
from chat.team import store as agents
from chat.team.actions import passwords
from chat.team.actions.sign_ins import NOWHERE
from chat.team.store import AgentRow

FRESH = HOUR // 6
"""So many ms it counts that a session showed whose it is."""
TRIES, WINDOW = 10, 900.0


async def require_fresh(services: Services, actor: Actor) -> None:
    """Raise StepUpRequired where the actor's session did not show lately whose it is. A program's token need not."""
    if not actor.session_id:
        return

    def work(tx: Tx) -> tuple[int, dict[str, bool]]:
        linked, mine = services.gathered.sign_in_providers.is_linked(tx, actor.agent_id), actor.agent_id
        has = {"has_codes": store.has_totp(tx, mine), "has_passkeys": passkeys.has_any(tx, mine)}
        return store.shown_at(tx, actor.session_id), has | {"has_provider": linked}

    at, has = await services.store.read(work)
    if at <= services.clock() - FRESH:
        raise StepUpRequired("Show your password, a code or a passkey again, at /step-up", **has)


async def show(
    services: Services,
    actor: Actor,
    password: str,
    code: str,
    network: Network = NOWHERE,
    passkey: PasskeyAnswer | None = None,
) -> None:
    """
    Take a password, or a code by time or a passkey where one was given, for showing that the session is its agent's.

    Nothing is needed where it was shown a moment ago in another tab, as at an identity provider. Raises InvalidField,
    naming `password`, `code` or `passkey`, and RateLimited.
    """
    if not (password or code or passkey) and await _is_fresh(services, actor):
        return
    key = f"step-up:{actor.session_id}"
    wait = await services.bus.allow(key, TRIES, WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)
    row = await services.store.read(lambda tx: agents.active(tx, actor.agent_id))
    good = bool(code or passkey) or await passwords.right(services, row, password)

    def work(tx: Tx) -> bool:
        is_now = agents.active(tx, actor.agent_id, lock=True)
        if is_now is None or row is None or agents.session_by_id(tx, actor.session_id, services.clock()) is None:
            raise Unauthorized("Sign in again")
        if passkey:
            right = ceremonies.take(services, tx, is_now, STEP_UP, actor.session_id, passkey)
        else:
            right = good and is_now.password_hash == row.password_hash
        if not _shown(services, tx, is_now, code, network, good=right, method="passkey" if passkey else "password"):
            return False
        store.note_shown(tx, actor.session_id, services.clock())
        return True

    if not await services.store.write(work):
        raise InvalidField("This is not right", field="passkey" if passkey else "code" if code else "password")
    await services.bus.give_back(key, WINDOW)


async def _is_fresh(services: Services, actor: Actor) -> bool:
    at = await services.store.read(lambda tx: store.shown_at(tx, actor.session_id))
    return at > services.clock() - FRESH


def _shown(services: Services, tx: Tx, row: AgentRow, code: str, network: Network, *, good: bool, method: str) -> bool:
    """Whether a code is right, where there is one, or what else was shown was `good`."""
    if code:
        # A recovery code is for getting in again, and would be lost here.
        return domain.is_by_time(domain.typed(code)) and codes.take(services, tx, row, code, network)
    if not good:
        came_from = audit.source_of(services, row.account_id, network, method)
        audit.record_failure(services, tx, row.account_id, "factor.failed", row.id, came_from)
    return good
