"""What may be said of a provider by who sets it up, and how it is stored: every field is checked in one place."""

from __future__ import annotations

import json
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from chat.core import texts
from chat.core.errors import InvalidField
from chat.core.outbound import AddressRefused, read_url
from chat.identity_providers.domain import people

NAME, ID, SECRET = 60, 200, 500
"""Characters of a name, a client's id and its secret."""


class ProviderChange(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What of a provider is to be other. `client_secret` "" is none: a public client. `roles` says which word of
    `role_claim` gives which role, `factors` which words of `amr` or `acr` stand for a second factor.
    """

    name: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    domains: list[str] | UnsetType = UNSET
    creates: bool | UnsetType = UNSET
    enforced: bool | UnsetType = UNSET
    default_role: str | UnsetType = UNSET
    role_claim: str | UnsetType = UNSET
    roles: dict[str, str] | UnsetType = UNSET
    factors: list[str] | UnsetType = UNSET


class NewProvider(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider to set up. With an `id` it is set up once, however often it is asked for. `issuer` never changes."""

    name: str
    issuer: str
    client_id: str
    domains: list[str]
    client_secret: str = ""
    creates: bool = False
    enforced: bool = False
    default_role: str = "agent"
    role_claim: str = ""
    roles: dict[str, str] = {}
    factors: list[str] = []
    id: str = ""


def checked_issuer(given: str) -> str:
    """Return an issuer as it is compared: to the letter (OpenID Connect Discovery 1.0, 4.3). Raises InvalidField."""
    issuer = given.strip()
    try:
        read_url(issuer)
    except AddressRefused as error:
        raise InvalidField(error.detail, field="issuer", why=error.why) from None
    if "?" in issuer:
        raise InvalidField("An issuer has no query", field="issuer", why="url")
    return issuer


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is stored of settings that are given, each checked. Raises InvalidField."""
    checks: dict[str, Any] = {
        "name": lambda value: _line("name", value, 1, NAME),
        "client_id": lambda value: _line("client_id", value, 1, ID),
        "client_secret": lambda value: _line("client_secret", value, 0, SECRET),
        "domains": lambda value: " ".join(people.checked_domains(value)),
        "default_role": people.checked_role,
        "role_claim": lambda value: _line("role_claim", value, 0, ID),
        "roles": lambda value: json.dumps(people.checked_roles(value), sort_keys=True),
        "factors": lambda value: " ".join(people.checked_words(value, "factors")),
    }
    return {name: checks[name](value) if name in checks else value for name, value in given.items()}


def _line(field: str, value: str, least: int, most: int) -> str:
    made = texts.line(value)
    if not least <= len(made) <= most:
        raise InvalidField(f"Give {least} to {most} characters", field=field)
    return made
