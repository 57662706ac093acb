"""Who somebody is by the claims of their provider: a verified address of an allowed domain, a name, a role."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat.core import texts
from chat.core.addresses import address, identity, name_in
from chat.core.errors import InvalidField
from chat.identity_providers.domain.refusals import ProviderSignInRefused

GIVEN = ("admin", "agent", "auditor")
"""The roles that a provider may give, the one with most rights first. Never `owner`: an owner makes owners."""
DOMAINS, MAPPED, WORDS = 50, 50, 20
LINE = 200


@dataclass(frozen=True, slots=True)
class ProviderPerson:
    """Who a provider says somebody is: their id there, address and name, and what it says of roles and factors."""

    subject: str
    email: str
    name: str
    roles: frozenset[str]
    factors: frozenset[str]


def person_of(claims: Mapping[str, Any], domains: Collection[str], role_claim: str) -> ProviderPerson:
    """Return who somebody is. Raises ProviderSignInRefused where no address is verified, or its domain not allowed."""
    said = claims.get("email")
    # The JSON value `true` alone: a provider that writes it otherwise says something else by it.
    if not isinstance(said, str) or claims.get("email_verified") is not True:
        raise ProviderSignInRefused("unverified")
    try:
        email = address(said)
    except InvalidField:
        raise ProviderSignInRefused("unverified") from None
    if domain_of(email) not in domains:
        raise ProviderSignInRefused("domain")
    name = texts.line(str(claims.get("name") or ""))
    name = name if 0 < len(name) <= LINE else name_in(email, email)
    factors = _words(claims.get("amr")) | _words(claims.get("acr"))
    return ProviderPerson(claims["sub"], email, name, _words(_inside(claims, role_claim)), factors)


def domain_of(email: str) -> str:
    """Return the domain of an address as they are compared: as A-labels, in lower case."""
    return identity(email).rpartition("@")[2]


def role_of(said: Collection[str], mapped: Mapping[str, str], otherwise: str) -> str:
    """Return the role that the words of a claim are mapped to, the first of GIVEN where several are."""
    found = {mapped[each] for each in said if each in mapped}
    return next((each for each in GIVEN if each in found), otherwise)


def checked_domains(given: Sequence[str]) -> list[str]:
    """Return domains as they are compared, each once. Raises InvalidField."""
    try:
        made = sorted({domain_of(address(f"x@{each.strip().removeprefix('@')}")) for each in given})
    except InvalidField:
        made = []
    if not 0 < len(made) <= DOMAINS:
        raise InvalidField(f"Give 1 to {DOMAINS} domains, as example.com", field="domains")
    return made


def checked_roles(given: Mapping[str, str]) -> dict[str, str]:
    """Return which word of a claim gives which role. Raises InvalidField."""
    made = {each.strip(): role for each, role in given.items()}
    fits = all(0 < len(each) <= LINE and texts.line(each) == each for each in made)
    if len(made) > MAPPED or not fits or not {*made.values()} <= {*GIVEN}:
        raise InvalidField(f"A word of the claim gives one of the roles {', '.join(GIVEN)}", field="roles")
    return made


def checked_role(role: str) -> str:
    """Return a role that a provider may give. Raises InvalidField."""
    if role not in GIVEN:
        raise InvalidField(f"A provider gives one of the roles {', '.join(GIVEN)}", field="default_role")
    return role


def checked_words(given: Sequence[str], field: str) -> list[str]:
    """Return words without blanks, each once. Raises InvalidField."""
    made = list(dict.fromkeys(given))
    if len(made) > WORDS or not all(0 < len(each) <= LINE and each.isprintable() and " " not in each for each in made):
        raise InvalidField(f"Give at most {WORDS} words without blanks", field=field)
    return made


def _inside(claims: Mapping[str, Any], claim: str) -> object:
    """Return a claim by its name, or, where there is none, by the way to it (`realm_access.roles`)."""
    if not claim or claim in claims:
        return claims.get(claim)
    found: object = claims
    for each in claim.split("."):
        found = found.get(each) if isinstance(found, dict) else None
    return found


def _words(said: object) -> frozenset[str]:
    """Return the words of a claim that is one, or a list of them."""
    return frozenset(each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str))
