"""
Passkeys as what somebody shows: to sign in without a password, after one, or again later. An answer that is not good
changes nothing; whose passkey it is learns of it, where that is known.
"""

from __future__ import annotations

from chat.core.crypt import digest
from chat.core.errors import Unauthorized
from chat.core.model import Actor
from chat.core.networks import Address, Network
from chat.factors.actions import codes, signing_in
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import actions as ceremonies
from chat.passkeys import store as passkeys
from chat.passkeys.actions import SECOND, SIGNING_IN, STEP_UP, Ceremony, PasskeyAnswer
from chat.passkeys.domain import HeldKey, RelyingParty
from chat.team import store as agents
from chat.team.actions import attempts, sign_ins
from chat.team.actions.attempts import AttemptSource
from chat.team.actions.sign_ins import SignedIn
from chat.team.store import AgentRow

REFUSED = "This passkey was not accepted; try again, or sign in otherwise"


def ask_anybody(services: Services, party: RelyingParty) -> Ceremony:
    """Ask for any passkey: nothing is known of who asks, and nothing is said of who has one."""
    return ceremonies.begin_showing(services, party, SIGNING_IN, "", [])


async def ask_after_password(services: Services, half: str, party: RelyingParty) -> Ceremony:
    """Ask whoever showed their password (`half`) for one of theirs. Raises Unauthorized where nobody did."""
    row = await signing_in.find_half(services, half)
    return ceremonies.begin_showing(services, party, SECOND, digest(half), await _held(services, row))


async def ask_again(services: Services, actor: Actor, party: RelyingParty) -> Ceremony:
    """Ask whoever is signed in for one of theirs."""
    row = await services.store.read(lambda tx: agents.one(tx, actor.account_id, actor.agent_id))
    return ceremonies.begin_showing(services, party, STEP_UP, actor.session_id, await _held(services, row))


async def finish(services: Services, half: str, answer: PasskeyAnswer, network: Network, device: str = "") -> SignedIn:
    """
    Begin the session of whoever showed their password (`half`) and now a passkey of theirs.

    Raises Unauthorized where the first step does not count any more, InvalidField for a passkey that is not good,
    RateLimited.
    """

    def take(tx: Tx, row: AgentRow) -> bool:
        good = ceremonies.take(services, tx, row, SECOND, digest(half), answer)
        return codes.noted(services, tx, row, network, "passkey", good=good)

    return await signing_in.finish_with(services, half, "", network, device, take)


async def sign_in(
    services: Services, answer: PasskeyAnswer, network: Network, device: str = "", address: Address | None = None
) -> SignedIn:
    """
    Begin the session of whoever shows a passkey, without a password: the device made sure who holds it. All else is as
    in `sign_ins.sign_in`.

    Raises Unauthorized, alike for unknown, deactivated, wrong and from outside of the account's networks, and
    RateLimited.
    """
    row = await services.store.read(lambda tx: _whose(tx, answer.credential.hash))
    source = attempts.known(services, row, AttemptSource(network, device))
    counted = answer.credential.hash if row is None else row.email_hash
    await attempts.begin(services, counted, source)
    made = None
    if row is not None and await sign_ins.lets_in(services, row, address):
        made = await services.store.write(lambda tx: _begun(services, tx, row, answer, source))
    if made is None:
        await sign_ins.record_failure(services, row, source, "passkey")
        raise Unauthorized(REFUSED)
    await attempts.succeeded(services, counted, source)
    return made


def _begun(services: Services, tx: Tx, row: AgentRow, answer: PasskeyAnswer, source: AttemptSource) -> SignedIn | None:
    # Looked at again where it is stored: they may have been deactivated meanwhile.
    is_now = agents.active(tx, row.id, lock=True)
    if is_now is None or not ceremonies.take(services, tx, is_now, SIGNING_IN, "", answer):
        return None
    return sign_ins.begin_session(services, tx, is_now, source.device, source.network, method="passkey")


def _whose(tx: Tx, credential_hash: str) -> AgentRow | None:
    """Return the whole row of the agent whose passkey this is, deactivated or not."""
    found = passkeys.by_credential(tx, credential_hash)
    return None if found is None else agents.by_id(tx, found.agent_id)


async def _held(services: Services, row: AgentRow) -> list[HeldKey]:
    return await services.store.read(lambda tx: ceremonies.held_keys(services, tx, row))
