"""
Asking a provider: its discovery document (OpenID Connect Discovery 1.0), its keys (RFC 7517), and for the token that it
gives for a code (OpenID Connect Core 1.0, 3.1.3). Each call is limited in time and size and goes to an address that was
looked at (`chat/infra/outbound.py`); no redirect is followed.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec
from joserfc.jwk import KeySet
from msgspec import Struct

from chat.core.errors import InvalidField
from chat.identity_providers.domain.id_tokens import keys_of
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.infra.outbound import OutboundAnswer, Unreached
from chat.infra.services import Services

T = TypeVar("T")
WELL_KNOWN = "/.well-known/openid-configuration"
SECONDS = 5.0
"""So long each call may take; a sign-in makes three at most, and one for keys that were changed."""
GOOD = 600_000
"""So many ms what a provider says of itself is taken as said."""
PAUSE = 30_000
"""So many ms keys are not asked for again, whatever keys tokens name."""
KNOWN_MOST = 200
OK = 200


class ProviderMetadata(Struct, frozen=True):
    """What of a provider's discovery document is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class TokenResponse(Struct, frozen=True):
    """What of the answer to a code is needed. The access token is not used, nor kept."""

    id_token: str


@dataclass
class KnownProvider:
    """What an issuer said of itself, and its keys once they were asked for; when (ms) each was."""

    metadata: ProviderMetadata
    at: int
    keys: KeySet | None = None
    keys_at: int = 0


_known: OrderedDict[str, KnownProvider] = OrderedDict()
"""By issuer, in this process: public, and of no account."""


async def discover(services: Services, issuer: str, *, anew: bool = False) -> KnownProvider:
    """
    Return what an issuer says of itself, as it was said within ten minutes unless it is to be asked `anew`. Raises
    ProviderSignInRefused: `unreached`, or `metadata` where it is another's, or names addresses that are not called.
    """
    known, now = _known.get(issuer), services.clock()
    if known is not None and not anew and now - GOOD < known.at <= now:
        return known
    answer = await _ask(services, "GET", issuer.rstrip("/") + WELL_KNOWN)
    said = _decoded(answer, ProviderMetadata, "metadata")
    if said.issuer != issuer:
        raise ProviderSignInRefused("issuer")
    for url in (said.authorization_endpoint, said.token_endpoint, said.jwks_uri):
        try:
            await services.outbound.check(url)
        except InvalidField:
            raise ProviderSignInRefused("metadata") from None
    _known[issuer] = KnownProvider(said, now)
    while len(_known) > KNOWN_MOST:
        _known.popitem(last=False)
    return _known[issuer]


async def keys(services: Services, known: KnownProvider, *, anew: bool = False) -> KeySet:
    """
    Return a provider's keys. They are asked for `anew` where a token names an unknown one, but not over and over.
    Raises ProviderSignInRefused.
    """
    now = services.clock()
    age = now - known.keys_at
    if known.keys is not None and 0 <= age < (PAUSE if anew else GOOD):
        return known.keys
    answer = await _ask(services, "GET", known.metadata.jwks_uri)
    try:
        known.keys, known.keys_at = keys_of(_whole(answer, "metadata")), now
    except (ValueError, RecursionError):
        raise ProviderSignInRefused("metadata") from None
    return known.keys


async def redeem(
    services: Services, said: ProviderMetadata, client_id: str, secret: str, code: str, verifier: str, back: str
) -> str:
    """Return the ID token that a code is good for. Raises ProviderSignInRefused: `unreached` or `code`."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if secret and "client_secret_basic" in said.token_endpoint_auth_methods_supported:
        # Each is form-encoded first (RFC 6749, 2.3.1).
        both = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
    else:
        form |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
    answer = await _ask(services, "POST", said.token_endpoint, headers, urlencode(form).encode())
    if 400 <= answer.status < 500:  # noqa: PLR2004 - the client's errors (RFC 6749, 5.2)
        raise ProviderSignInRefused("code")
    return _decoded(answer, TokenResponse, "claims").id_token


async def _ask(
    services: Services, method: str, url: str, headers: dict[str, str] | None = None, content: bytes = b""
) -> OutboundAnswer:
    try:
        return await services.outbound.ask(method, url, headers=headers, content=content, seconds=SECONDS)
    except (Unreached, InvalidField):
        raise ProviderSignInRefused("unreached") from None


def _whole(answer: OutboundAnswer, why: str) -> bytes:
    """Return a body. Raises ProviderSignInRefused where it is longer than is read, or no answer to what was asked."""
    if answer.status != OK or not answer.whole:
        silent = answer.status >= 500 or not answer.whole  # noqa: PLR2004 - the server's errors
        raise ProviderSignInRefused("unreached" if silent else why)
    return answer.body


def _decoded(answer: OutboundAnswer, kind: type[T], why: str) -> T:
    body = _whole(answer, why)
    try:
        made: Any = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ProviderSignInRefused(why) from None
    return made  # type: ignore[no-any-return]  # what the library gives is untyped
