"""
What a page says of who is signed in on it, and whether that is proven: a keyed hash of their id, or a signed token.

Pure functions over HMAC-SHA-256 (RFC 2104) and JSON Web Tokens (RFC 7519, RFC 8725) that are signed with HS256.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey
from msgspec import Meta, Struct

from chat.core.addresses import address
from chat.core.errors import IdentityRefused, InvalidField
from chat.core.texts import line

Way = Literal["jwt", "hash"]
WAYS: tuple[Way, ...] = ("jwt", "hash")
LONGEST_ID, LONGEST_NAME, LONGEST_TOKEN = 255, 200, 4096
LIFE, SKEW = 3600, 60
"""Seconds: how far ahead a token may end, and by how much the shop's clock may differ from ours."""


class ClaimedIdentity(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is signed in on the page, as it says: the `user`'s id at the shop with its `hash`, or a `jwt` alone."""

    user: Annotated[str, Meta(max_length=LONGEST_ID)] = ""
    hash: Annotated[str, Meta(max_length=64)] = ""
    jwt: Annotated[str, Meta(max_length=LONGEST_TOKEN)] = ""


@dataclass(frozen=True, slots=True)
class ProvenCustomer:
    """A customer whose `id` at the shop is proven. `name` and `email` are what the shop's token says, or ""."""

    id: str
    name: str = ""
    email: str = ""


def proven(claimed: ClaimedIdentity, secrets: Collection[tuple[Way, str]], now: int) -> ProvenCustomer:
    """
    Return who is signed in. `secrets` are those of the site that are in force, each with the way it is for; `now` is in
    ms. Raises IdentityRefused, which says what to do to whoever built the page.
    """
    if not secrets:
        raise IdentityRefused("This site has no secret for signed-in customers. Make one at /admin/customers")
    way: Way = "jwt" if claimed.jwt else "hash"
    # Each is for one way (RFC 8725, 3.1): where customers choose their ids themselves, the hash of an id could be the
    # signature of a token.
    mine = [secret for kind, secret in secrets if kind == way]
    if not mine:
        raise IdentityRefused(f"The secret of this site is not for a {way}. Send what /admin/customers shows")
    if way == "hash":
        return _hashed(claimed, mine)
    if claimed.user or claimed.hash:
        raise IdentityRefused("Send a jwt alone: it names the customer itself")
    return _signed(claimed.jwt, mine, now // 1000)


def _hashed(claimed: ClaimedIdentity, secrets: Iterable[str]) -> ProvenCustomer:
    user, said = claimed.user, claimed.hash.lower().encode()
    right = [hmac.new(each.encode(), user.encode(), "sha256").hexdigest().encode() for each in secrets]
    # Each is compared, whatever came of the one before, and in the same time whatever they have in common.
    if not sum([hmac.compare_digest(said, each) for each in right]):
        raise IdentityRefused(
            "The hash is not that of this user. Make it on your server: the HMAC-SHA256 of the id, in hex, with the "
            "secret of this very site"
        )
    return ProvenCustomer(_id(user))


def _signed(token: str, secrets: Iterable[str], now: int) -> ProvenCustomer:
    said = _claims(token, secrets)
    wants = jwt.JWTClaimsRegistry(now=now, leeway=SKEW, sub={"essential": True}, exp={"essential": True})
    try:
        wants.validate(dict(said))
    except ExpiredTokenError:
        raise IdentityRefused("This jwt has expired. Make a new one each time the page is loaded") from None
    except JoseError as error:
        raise IdentityRefused(f"This jwt does not hold: {error.description or error.error}") from None
    if not said["exp"] <= now + LIFE + SKEW:  # written so that NaN, which is a number here, is refused too
        raise IdentityRefused("This jwt lasts too long. Let it end (exp) at most an hour from now")
    return ProvenCustomer(_id(said["sub"]), _name(said.get("name")), _email(said.get("email")))


def _claims(token: str, secrets: Iterable[str]) -> Mapping[str, Any]:
    """Return what a token says that one of the secrets signed. No other algorithm is known here, and none is none."""
    for secret in secrets:
        try:
            return jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            continue
    raise IdentityRefused("This jwt is not signed (HS256) with the secret of this very site")


def _id(said: str) -> str:
    if not 0 < len(said) <= LONGEST_ID or not said.isprintable():
        raise IdentityRefused(f"The id of a customer has 1 to {LONGEST_ID} characters, all of them printable")
    return said


def _name(said: object) -> str:
    if said is None:
        return ""
    if not isinstance(said, str) or len(said) > LONGEST_NAME:
        raise IdentityRefused(f"The name in a jwt is a text of at most {LONGEST_NAME} characters")
    return line(said)


def _email(said: object) -> str:
    if said is None or said == "":
        return ""
    try:
        return address(str(said))
    except InvalidField:
        raise IdentityRefused("The email in a jwt is no e-mail address") from None
