"""Accounts and their sites: making them, showing them, changing what an owner may change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat.account import store
from chat.account.actions import forms
from chat.core import access, texts
from chat.core.addresses import address, name_in
from chat.core.clock import DAY
from chat.core.errors import InvalidField
from chat.core.events import SiteChanged
from chat.core.ids import secret, uuid7
from chat.core.model import CORNERS, Account, Actor, Site
from chat.core.origins import checked_origins
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.actions import agents
from chat.tokens.actions import DAYS

COLOR = "#2f6f5e"
LINE, NOTE = 200, 1000
OWNER = "Owner"
"""The name of an owner whose address has no letters to make one of."""


@dataclass(frozen=True)
class Made:
    """What `init` answers with: `password` only where it was generated."""

    account_id: str
    site_key: str
    owner_email: str
    owner_name: str
    password: str | None
    api_token: str


async def init(
    services: Services, name: str, email: str, password: str | None, origins: list[str], *, owner: str | None = None
) -> Made:
    """
    Make an account with its owner, first site, and an API token that may for a year what the owner may. Without the
    `owner`'s name they get the one in their address: they are a person, and never called as the account. Raises
    InvalidField.
    """
    name, origins = line("account", name), checked_origins(origins)
    account_id, key = uuid7(), secret("site_")[:24]
    person = name_in(address(email), OWNER) if owner is None else line("name", owner)
    prepared = await agents.prepare_agent(services, account_id, email, person, "owner", password, due=False)
    token = secret("lethe_")
    now = services.clock()
    site = {
        "id": uuid7(),
        "account_id": account_id,
        "key": key,
        "name": name,
        "origins": origins,
        "created_at": now,
    }
    look = {"color": COLOR, "fields": {"name": "optional", "email": "optional"}, "alternative": ""}

    def work(tx: Tx) -> None:
        store.add(tx, {"id": account_id, "name": name, "created_at": now, "tickets": 0})
        agents.insert_agent(tx, prepared)
        token_id = agents.give_token(tx, prepared.row["id"], token, "first", now, now + DAYS * DAY)
        store.add_site(tx, site | look)
        done = {"account.made": account_id, "agent.added": prepared.row["id"], "token.made": token_id}
        for action, target in done.items():
            audit.record(services, tx, account_id, "command", action, target)

    await agents.with_key_kept(services, prepared, work)
    return Made(account_id, key, address(email), person, prepared.password if password is None else None, token)


async def account(services: Services, actor: Actor) -> Account:
    """Return the actor's account."""
    access.require(actor, "account.read")
    return await services.store.read(lambda tx: store.one(tx, actor.account_id))


def shown(known: Account) -> dict[str, object]:
    """Return an account as it is given out: its settings stand beside its name."""
    return {"id": known.id, "name": known.name, "notice_version": known.notice_version, **known.settings}


async def sites(services: Services, actor: Actor) -> list[Site]:
    """Return the account's sites, oldest first."""
    access.require(actor, "site.read")
    return await services.store.read(lambda tx: store.sites(tx, actor.account_id))


async def change_account(services: Services, actor: Actor, expected: Precondition = ANY, **values: Any) -> Account:
    """
    Change the account's `name`, or settings of it by name. Raises InvalidField, and ChangedMeanwhile where it is not as
    `expected`.
    """
    access.require(actor, "account.change")
    if not values:
        raise InvalidField("Give something to change", field="body")
    if "name" in values:
        values["name"] = line("name", values["name"])
    for each in services.gathered.settings:
        if each.name in values:
            each.check(values[each.name])

    def work(tx: Tx) -> None:
        expected.require(shown(store.one(tx, actor.account_id, lock=True)))
        store.change(tx, actor.account_id, values)
        audit.record(services, tx, actor.account_id, actor.agent_id, "account.changed", actor.account_id)

    await services.store.write(work)
    for follow in services.gathered.account_changed:
        await follow(services, actor.account_id, values.keys())
    return await account(services, actor)


async def offered_departments(services: Services, site: Site) -> dict[str, str]:
    """Return the names of the departments that a visitor of a site may choose from, by id."""
    return await services.store.read(lambda tx: store.offered_departments(tx, site.id))


async def change_site(services: Services, actor: Actor, site_id: str, **values: Any) -> Site:
    """
    Change a site's `name`, `origins`, `color`, `position`, `fields`, `custom_fields`, `alternative` or `privacy_note`.

    Raises InvalidField, naming the field.
    """
    access.require(actor, "site.change")
    columns = checked(values)

    def work(tx: Tx) -> Site:
        store.change_site(tx, actor.account_id, site_id, columns)
        audit.record(services, tx, actor.account_id, actor.agent_id, "site.changed", site_id)
        return store.site_by_id(tx, site_id)

    changed = await services.store.write(work)
    services.bus.publish(SiteChanged(actor.account_id))
    return changed


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a site is to be changed, as it is stored. Raises InvalidField, naming the field."""
    return {name: _checks[name](value) for name, value in values.items()}


def line(field: str, value: str) -> str:
    """Return a name on one line, trimmed. Raises InvalidField where it is empty or long."""
    value = texts.line(value)
    if not value or len(value) > LINE:
        raise InvalidField(f"A name has 1 to {LINE} characters", field=field)
    return value


def _color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise InvalidField("A colour is # and six hexadecimal digits, as #2f6f5e", field="color")
    return value.lower()


def _position(value: str) -> str:
    if value not in CORNERS:
        raise InvalidField(f"A position is one of {', '.join(CORNERS)}", field="position")
    return value


def _alternative(value: str) -> str:
    if len(value) > LINE:
        raise InvalidField(f"Give at most {LINE} characters", field="alternative")
    return texts.line(value)


def _privacy_note(value: str) -> str:
    if len(value) > NOTE:
        raise InvalidField(f"Give at most {NOTE} characters", field="privacy_note")
    return value.strip().replace("\r\n", "\n")


_checks: dict[str, Any] = {
    "name": lambda value: line("name", value),
    "origins": checked_origins,
    "color": _color,
    "position": _position,
    "fields": forms.known,
    "custom_fields": forms.custom,
    "alternative": _alternative,
    "privacy_note": _privacy_note,
}
