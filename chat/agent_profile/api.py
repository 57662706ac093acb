"""One's own profile and sessions over REST."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chat.agent_profile.actions import profile, sessions
from chat.web.authentication import network_of
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class NotificationsChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the notifications are to be others."""

    sound: bool | UnsetType = UNSET
    desktop: bool | UnsetType = UNSET
    mail: bool | UnsetType = UNSET
    waiting: bool | UnsetType = UNSET
    without: tuple[Literal["new", "mine", "assigned", "mentioned"], ...] | UnsetType = UNSET
    quiet_from: str | UnsetType = UNSET
    quiet_until: str | UnsetType = UNSET


class ProfileChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of one's own profile is to be changed."""

    name: str | UnsetType = UNSET
    alias: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    notifications: NotificationsChange | UnsetType = UNSET


@endpoint("GET /agents/me", permission="profile.own", audited=())
async def get_own(ask: Ask[None]) -> profile.OwnProfile:
    """Return the profile of the agent who asks, or for whom the token acts."""
    return await profile.get_own(ask.services, ask.actor)


@endpoint("PATCH /agents/me", permission="profile.own", audited={"profile.changed"})
async def change_own(ask: Ask[ProfileChange]) -> profile.OwnProfile:
    """Change what is given of it."""
    given = _given(ask.body)
    if "notifications" in given:
        given["notifications"] = _given(given["notifications"])
    return await profile.change(ask.services, ask.actor, **given)


@endpoint("GET /sessions", permission="session.own", audited=())
async def list_sessions(ask: Ask[None]) -> Listed[sessions.SessionView]:
    """Return one's own sessions, the one that asks first."""
    return Listed(await sessions.list_own(ask.services, ask.actor))


@endpoint("DELETE /sessions/{id}", permission="session.own", audited={"session.ended"}, status=204)
async def end_session(ask: Ask[None]) -> None:
    """End one of one's own, everywhere at once."""
    await sessions.end_one(ask.services, ask.actor, ask.path["id"], network_of(ask.request))


@endpoint("DELETE /sessions", permission="session.own", audited={"session.ended"})
async def end_other_sessions(ask: Ask[None]) -> dict[str, int]:
    """End all of one's own but the one that asks. The answer says how many."""
    return {"ended": await sessions.end_others(ask.services, ask.actor, network_of(ask.request))}


def _given(body: Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
