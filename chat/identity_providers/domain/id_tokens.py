"""
What an ID token must be (OpenID Connect Core 1.0, 3.1.3.7): signed by a key of the provider with an algorithm of public
keys, from the issuer, for this client, in answer to this sign-in, and of now.

`joserfc` checks the signature, `authlib` the claims. No key is taken from the token itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from chat.identity_providers.domain.refusals import ProviderSignInRefused

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Not `none`, and none that is made with a shared key: who knows the public key could sign by that (RFC 8725, 2.1)."""
SKEW = 60
"""Seconds that the provider's clock may be early or late."""
WEAKEST, KEYS_MOST, LONGEST = 2048, 50, 255
OF_TIME = dict.fromkeys(("exp", "iat", "nbf"), "time")
WHICH = {"iss": "issuer", "aud": "audience", "azp": "audience", "nonce": "nonce"} | OF_TIME
Claims = dict[str, Any]


class KeyUnknown(Exception):
    """The token names a key that is not among those known: the provider may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: its issuer, our id there, the nonce sent, and when (s) it was asked for and is now."""

    issuer: str
    client_id: str
    nonce: str
    asked_at: float
    now: float


def keys_of(body: bytes) -> KeySet:
    """Return the keys for signatures of a JWK Set (RFC 7517), without those that cannot be used. Raises ValueError."""
    found = json.loads(body)
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise ValueError("no JWK Set")  # noqa: TRY004 - of what a stranger sent
    return KeySet([key for each in found["keys"][:KEYS_MOST] if (key := _key(each)) is not None])


def check(token: str, keys: KeySet, expected: Expected) -> Claims:
    """Return a token's claims. Raises ProviderSignInRefused, and KeyUnknown where its key is not among `keys`."""
    try:
        opened = jwt.decode(token, keys, algorithms=ALGORITHMS)
    except InvalidKeyIdError:
        raise KeyUnknown from None
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise ProviderSignInRefused("signature") from None
    options = {"iss": _value(expected.issuer), "aud": _value(expected.client_id)}
    said = {"nonce": expected.nonce, "client_id": expected.client_id}
    claims = CodeIDToken(opened.claims, opened.header, options, said)
    try:
        claims.validate(now=int(expected.now), leeway=SKEW)
    except JoseError as error:
        raise ProviderSignInRefused(_why(error)) from None
    if not opened.claims["iat"] >= expected.asked_at - SKEW:
        raise ProviderSignInRefused("time")
    if not 0 < len(opened.claims["sub"]) <= LONGEST:
        raise ProviderSignInRefused("claims")
    return opened.claims


def _value(value: str) -> dict[str, Any]:
    return {"essential": True, "value": value}


def _why(error: JoseError) -> str:
    """Return the word for what is wrong with the claims."""
    return WHICH.get(error.claim, "claims") if isinstance(error, InvalidClaimError | ExpiredTokenError) else "claims"


def _key(said: object) -> Key | None:
    """Return a public key for signatures that is strong enough, None for any other."""
    if not isinstance(said, dict) or said.get("use", "sig") != "sig":
        return None
    try:
        if said.get("kty") == "EC":
            return ECKey.import_key(said)
        made = RSAKey.import_key(said)
    except (JoseError, ValueError, TypeError, KeyError, Warning):
        return None
    return made if made.public_key.key_size >= WEAKEST else None
