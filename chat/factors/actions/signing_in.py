"""The second step of signing in. Before it nothing of the account is open: what is shown for it is nobody's session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chat.core.errors import InvalidField, Unauthorized
from chat.core.networks import Network
from chat.factors import store
from chat.factors.actions import codes, factors
from chat.factors.actions.factors import FactorStanding
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.team.actions import attempts, sign_ins
from chat.team.actions.attempts import AttemptSource
from chat.team.actions.sign_ins import SignedIn
from chat.team.store import AgentRow


class SigningIn:
    """What signing in asks about second factors."""

    def is_set(self, tx: Tx, agent_id: str, /) -> bool:
        """Whether an agent has one."""
        return store.is_set(tx, agent_id)

    def is_due(self, tx: Tx, agent: AgentRow, at: int, /) -> bool:
        """Whether an agent must have turned one on by a time (ms), and has not."""
        since = store.rules(tx, agent.account_id).get(agent.role)
        return since is not None and since <= at and not store.is_set(tx, agent.id)

    def note_shown(self, tx: Tx, session_id: str, at: int, /) -> None:
        """Note that a session showed at a time (ms) who its agent is."""
        store.note_shown(tx, session_id, at)


async def find_half(services: Services, half: str) -> AgentRow:
    """
    Return whose password, or who at their provider, was shown with this. Raises Unauthorized where it was nobody's, or
    the password is another by now.
    """
    shown = services.tokens.read_half_session(half, services.clock())
    row = await services.store.read(lambda tx: agents.active(tx, shown.agent))
    if row is None or sign_ins.password_mark(row) != shown.mark:
        raise Unauthorized("Sign in again")
    return row


async def half_standing(services: Services, half: str) -> FactorStanding:
    """Return which second factors may follow the password that was shown. Raises Unauthorized as `find_half`."""
    row = await find_half(services, half)
    return await services.store.read(lambda tx: factors.standing_of(tx, row.id))


async def finish(services: Services, half: str, code: str, network: Network, device: str = "") -> SignedIn:
    """
    Begin the session of whoever showed their password (`half`) and now a code, by time or for recovery.

    Raises Unauthorized where the first step does not count any more, InvalidField for a wrong code, RateLimited.
    """

    def take(tx: Tx, row: AgentRow) -> bool:
        return codes.take(services, tx, row, code, network)

    return await finish_with(services, half, code, network, device, take)


async def finish_with(
    services: Services, half: str, code: str, network: Network, device: str, take: Callable[[Tx, AgentRow], bool]
) -> SignedIn:
    """Do as `finish`, with whatever is to be taken of an agent whose row is locked; "" as `code` for a passkey."""
    method = codes.method_of(code) if code else "passkey"
    row, provider = await find_half(services, half), services.tokens.read_half_session(half, services.clock()).provider
    source = attempts.known(services, row, AttemptSource(network, device))
    # Counted before it is looked at: of a thousand at once all would be tried before the first had failed.
    await codes.begin(services, row.id, source, code)

    def work(tx: Tx) -> SignedIn | None:
        is_now = agents.active(tx, row.id, lock=True)
        if is_now is None or is_now.password_hash != row.password_hash:
            raise Unauthorized("Sign in again")
        if not take(tx, is_now):
            return None
        how = {"method": method, "provider": provider}
        return sign_ins.begin_session(services, tx, is_now, source.device, network, **how)

    made = await services.store.write(work)
    if made is None:
        await asyncio.sleep(sign_ins.EVEN)
        raise InvalidField("This code is not good, or was used before", field="code")
    await codes.succeeded(services, row.id, source, code)
    return made
