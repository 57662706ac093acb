"""
Signing in through a provider (authorization code with PKCE; RFC 6749, 7636, 9700): a browser is sent there with a
state, a nonce and a challenge that follow from a secret in its own cookie, and comes back with a code, once.

The state, the nonce and the verifier are keyed hashes of that secret, so nothing is stored meanwhile, and who sees the
address of one of the two ways knows nothing of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hmac import compare_digest
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from chat.core.crypt import blind, digest
from chat.core.errors import NetworkNotAllowed, NotFound, RateLimited
from chat.core.ids import secret
from chat.core.model import Actor
from chat.core.networks import Address, Network, is_inside
from chat.core.tokens import ATTEMPT_SECONDS, ProviderAttempt
from chat.identity_providers import store
from chat.identity_providers.actions import asking
from chat.identity_providers.domain.id_tokens import Claims, Expected, KeyUnknown, check
from chat.identity_providers.domain.people import domain_of
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.identity_providers.store import ProviderRow
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.networks import store as networks

TRIED, WINDOW = 60, 900.0
SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class ShownProvider:
    """A provider as it is shown to who wants to sign in: its name, and the account's where several are listed."""

    id: str
    name: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a browser is sent, and what its cookie holds until it comes back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """What a browser came back with: its cookie, and what the provider put into the address, "" for nothing."""

    cookie: str
    state: str
    code: str
    issuer: str
    error: str
    back: str


async def for_address(services: Services, email: str, network: Network) -> list[ShownProvider]:
    """
    Return the providers for addresses of a domain. Whether anybody has this address is not looked at. Raises
    RateLimited.
    """
    await _spend(services, network)
    found = await services.store.read(lambda tx: store.named_for(tx, domain_of(email)))
    return [ShownProvider(*each) for each in found]


async def shown(services: Services, provider_id: str) -> ShownProvider:
    """Return a provider as it is shown to anybody. Raises NotFound."""
    row = await services.store.read(lambda tx: store.by_id(tx, provider_id))
    return ShownProvider(row.id, row.name)


async def of_actor(services: Services, actor: Actor) -> str:
    """Return the id of the provider at which the actor is somebody. Raises NotFound."""
    found = await services.store.read(lambda tx: store.provider_of(tx, actor.agent_id))
    if found is None:
        raise NotFound("You do not sign in through an identity provider")
    return found


async def send(
    services: Services, provider_id: str, back: str, after: str, network: Network, session: str = ""
) -> Sent:
    """
    Return where to send a browser that wants to sign in, or, with a `session`, to show again whose it is. `back` is the
    address that the provider sends it back to. Raises NotFound, RateLimited, ProviderSignInRefused.
    """
    await _spend(services, network)
    row = await services.store.read(lambda tx: store.by_id(tx, provider_id))
    try:
        _require_good(row)
        known = await asking.discover(services, row.issuer)
    except ProviderSignInRefused as error:
        await enter_refusal(services, row, error, network)
        raise
    attempt = ProviderAttempt(row.id, secret(), services.clock(), after, session)
    asked = {
        "response_type": "code",
        "client_id": row.client_id,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": _state(services, attempt),
        "nonce": _nonce(services, attempt),
        "code_challenge": create_s256_code_challenge(_verifier(services, attempt)),
        "code_challenge_method": "S256",
    }
    if session:
        asked |= {"prompt": "login", "max_age": "0"}
    there = known.metadata.authorization_endpoint
    return Sent(f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}", services.tokens.provider_attempt(attempt))


async def receive(
    services: Services, provider_id: str, came: CameBack, network: Network, address: Address | None
) -> tuple[ProviderRow, ProviderAttempt, Claims]:
    """
    Return what a provider says of whom it sent back, checked, and the attempt of which that is the end, for the first
    and only time.

    Raises NotFound, RateLimited, NetworkNotAllowed, and ProviderSignInRefused, which is entered in the audit log.
    """
    await _spend(services, network)
    row = await services.store.read(lambda tx: store.by_id(tx, provider_id))
    try:
        attempt = await _matched(services, row, came)
        allowed = await services.store.read(lambda tx: networks.of_account(tx, row.account_id))
        if not is_inside(address, [allowed]):
            raise NetworkNotAllowed("Nobody signs in to this account from this network")
        return row, attempt, await _claims(services, row, attempt, came)
    except ProviderSignInRefused as error:
        await enter_refusal(services, row, error, network)
        raise


async def enter_refusal(services: Services, row: ProviderRow, error: ProviderSignInRefused, network: Network) -> None:
    """Enter that nobody was signed in, and why: at most every ten minutes for each reason and network."""
    source = audit.source_of(services, row.account_id, network, "provider")
    account, target = row.account_id, f"{row.id}/{error.why}"
    await services.store.write(
        lambda tx: audit.record_failure(services, tx, account, "provider.refused", target, source)
    )


async def _spend(services: Services, network: Network) -> None:
    wait = await services.bus.allow_from("provider", network, TRIED, WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)


def _require_good(row: ProviderRow) -> None:
    if row.suspended:
        raise ProviderSignInRefused("suspended")


async def _matched(services: Services, row: ProviderRow, came: CameBack) -> ProviderAttempt:
    """Return the attempt that a browser comes back from, and use it up. Raises ProviderSignInRefused."""
    attempt = services.tokens.read_provider_attempt(came.cookie, services.clock())
    if attempt is None or attempt.provider != row.id or not _is_of(services, attempt, came.state):
        raise ProviderSignInRefused("state")
    until = attempt.begun + ATTEMPT_SECONDS * 1000
    # Before anything is asked: of two who come back with the same, at once too, one goes on.
    if not await services.store.write(lambda tx: store.use_up(tx, digest(attempt.secret), until)):
        raise ProviderSignInRefused("state")
    _require_good(row)
    if came.error or not came.code:
        raise ProviderSignInRefused("denied")
    return attempt


async def _claims(services: Services, row: ProviderRow, attempt: ProviderAttempt, came: CameBack) -> Claims:
    known = await asking.discover(services, row.issuer)
    wanted = known.metadata.authorization_response_iss_parameter_supported
    if came.issuer != row.issuer and (came.issuer or wanted):  # RFC 9207: another provider's answer is not taken here
        raise ProviderSignInRefused("issuer")
    kept = row.client_secret
    client_secret = services.unseal(row.key_slot, row.id, "client_secret", kept) or "" if kept is not None else ""
    verifier = _verifier(services, attempt)
    token = await asking.redeem(services, known.metadata, row.client_id, client_secret, came.code, verifier, came.back)
    begun = attempt.begun / 1000
    expected = Expected(row.issuer, row.client_id, _nonce(services, attempt), begun, services.clock() / 1000)
    try:
        return check(token, await asking.keys(services, known), expected)
    except KeyUnknown:
        pass
    try:
        fresh = await asking.keys(services, known, anew=True)
        return check(token, fresh, replace(expected, now=services.clock() / 1000))
    except KeyUnknown:
        raise ProviderSignInRefused("signature") from None


def _is_of(services: Services, attempt: ProviderAttempt, state: str) -> bool:
    return compare_digest(_state(services, attempt).encode(), state.encode())


def _state(services: Services, attempt: ProviderAttempt) -> str:
    return blind(services.index_key, "provider state", attempt.secret)


def _nonce(services: Services, attempt: ProviderAttempt) -> str:
    return blind(services.index_key, "provider nonce", attempt.secret)


def _verifier(services: Services, attempt: ProviderAttempt) -> str:
    return blind(services.index_key, "provider verifier", attempt.secret)
