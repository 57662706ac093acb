"""An agent's own profile, which nobody else changes here. All of it is sealed under the agent's own key."""

from __future__ import annotations

import unicodedata
import zoneinfo
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from chat.agent_profile.domain import check_quiet
from chat.core import access, texts
from chat.core.errors import InvalidField, Unauthorized
from chat.core.model import LOCALES, Actor, Agent, Notifications, Preferences
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions import agents

NAME_MOST, ALIAS_MOST = 200, 100
SEALED, QUIET = ("name", "alias"), ("quiet_from", "quiet_until")


class OwnProfile(Struct, frozen=True):
    """
    An agent as they see themselves. Visitors see the `alias`, or the `name` where it is "". The `locale` of the pages
    is "" as the browser says, the `time_zone` (IANA) "" as the device has it. Their picture is at
    `/portraits/{portrait}`, "" for none.
    """

    id: str
    name: str
    alias: str
    email: str
    role: str
    locale: str
    time_zone: str
    notifications: Notifications
    portrait: str


async def get_own(services: Services, actor: Actor) -> OwnProfile:
    """Return the actor's profile."""
    access.require(actor, "profile.own")
    row = await services.store.read(lambda tx: store.one(tx, actor.account_id, actor.agent_id))
    return _profile(agents.agent_of(services, row))


async def change(services: Services, actor: Actor, **values: Any) -> OwnProfile:
    """
    Change the actor's `name`, `alias`, `locale`, `time_zone`, or some of the `notifications` (by name), all that is
    given or none. Raises InvalidField, naming the field.
    """
    access.require(actor, "profile.own")
    if not values:
        raise InvalidField("Give something to change", field="body")
    checked = {name: _CHECKS[name](value) for name, value in values.items() if name in _CHECKS}
    chosen = {
        name: check_quiet(value, name) if name in QUIET else value
        for name, value in values.get("notifications", {}).items()
    }

    def work(tx: Tx) -> Agent:
        # Locked: of two windows that save at once, neither may put back what the other has changed.
        row = store.active(tx, actor.agent_id, lock=True)
        if row is None:
            raise Unauthorized("Sign in again")
        likes = agents.get_preferences(services, row)
        likes = Preferences(
            checked.get("locale", likes.locale),
            checked.get("time_zone", likes.time_zone),
            msgspec.structs.replace(likes.notifications, **chosen),
        )
        said = {name: text for name, text in checked.items() if name in SEALED}
        said["preferences"] = msgspec.json.encode(likes).decode()
        sealed = {name: services.seal(row.key_slot, row.id, name, text) for name, text in said.items()}
        store.change(tx, row.id, **sealed)
        changed = agents.agent_of(services, store.one(tx, row.account_id, row.id))
        audit.record(services, tx, row.account_id, row.id, "profile.changed", row.id)
        return changed

    return _profile(await services.store.write(work))


@cache
def time_zones() -> tuple[str, ...]:
    """Return the time zones of places that this server knows, by name."""
    known = zoneinfo.available_timezones()
    return tuple(sorted(each for each in known if each == "UTC" or ("/" in each and not each.startswith("Etc/"))))


def _profile(agent: Agent) -> OwnProfile:
    likes = agent.preferences
    who = agent.id, agent.name, agent.alias, agent.email, agent.role
    return OwnProfile(*who, likes.locale, likes.time_zone, likes.notifications, agent.portrait)


def _name(value: str) -> str:
    name = _line(value, "name", NAME_MOST)
    if not name:
        raise InvalidField(f"Give 1 to {NAME_MOST} characters", field="name")
    return name


def _alias(value: str) -> str:
    return _line(value, "alias", ALIAS_MOST)


def _line(value: str, field: str, most: int) -> str:
    """Return a name on one line. Raises InvalidField where it is long or holds characters that are none."""
    line = texts.line(value)
    if len(line) > most:
        raise InvalidField(f"Give at most {most} characters", field=field)
    # Not thrown away in silence: what is stored is what was typed.
    if any(unicodedata.category(each) in {"Cc", "Cs"} for each in line):
        raise InvalidField("This holds control characters; leave them out", field=field)
    return texts.balanced(texts.composed(line))


def _locale(value: str) -> str:
    if value not in ("", *LOCALES):
        raise InvalidField(f"A language is one of {', '.join(LOCALES)}, or empty for the browser's", field="locale")
    return value


def _time_zone(value: str) -> str:
    if value not in ("", *time_zones()):
        raise InvalidField("A time zone is one as Europe/Athens, or empty for the device's", field="time_zone")
    return value


_CHECKS: dict[str, Any] = {"name": _name, "alias": _alias, "locale": _locale, "time_zone": _time_zone}
