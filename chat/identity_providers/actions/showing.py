"""Showing again at a provider that a session is its agent's, for who has no password."""

from __future__ import annotations

from chat.core.errors import Unauthorized
from chat.core.model import Actor
from chat.core.networks import Network
from chat.core.tokens import ProviderAttempt
from chat.identity_providers import store
from chat.identity_providers.actions.matching import subject_hash
from chat.identity_providers.actions.signing_in import enter_refusal
from chat.identity_providers.domain.id_tokens import SKEW, Claims
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.identity_providers.store import ProviderRow
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as team


async def show_again(
    services: Services, actor: Actor, provider: ProviderRow, attempt: ProviderAttempt, claims: Claims, network: Network
) -> None:
    """
    Take what a provider says for showing that the session is its agent's. Raises ProviderSignInRefused where it names
    somebody else, or did not ask them just now, and Unauthorized where the session has ended.
    """
    asked_at, now = claims.get("auth_time"), services.clock() / 1000
    fresh = isinstance(asked_at, int | float) and attempt.begun / 1000 - SKEW <= asked_at <= now + SKEW

    def work(tx: Tx) -> None:
        found = store.by_subject(tx, provider.id, subject_hash(services, provider, claims["sub"]))
        if actor.session_id != attempt.session or found is None or found.agent_id != actor.agent_id:
            raise ProviderSignInRefused("other")
        if not fresh:
            raise ProviderSignInRefused("stale")
        if team.session_by_id(tx, actor.session_id, services.clock()) is None:
            raise Unauthorized("Sign in again")
        services.gathered.second_factors.note_shown(tx, actor.session_id, services.clock())

    try:
        await services.store.write(work)
    except ProviderSignInRefused as error:
        await enter_refusal(services, provider, error, network)
        raise
