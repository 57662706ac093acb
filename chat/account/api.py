"""The account over REST: its notices, agents and sites."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.attachments.actions import quotas
from chat.consent.actions import notices
from chat.core.clock import stamp
from chat.core.model import Actor, Notice, NoticeText
from chat.team.actions import agents
from chat.web.doors import JSON, actor_of, body_of, doors_of
from chat.web.lists import listed


class NewNotice(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice to publish: one text for each language."""

    texts: list[NoticeText]


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about the account."""
    return [
        Route("/notices", list_notices),
        Route("/notices", post_notice, methods=["POST"]),
        Route("/agents", list_agents),
        Route("/sites", list_sites),
        Route("/account", get_account),
        Route("/account", change_account, methods=["PATCH"]),
    ]


async def list_notices(request: Request) -> Response:
    """`GET /notices`, newest first."""
    actor, desk = await actor_of(request), doors_of(request).desk
    live = (await accounts.account(desk, actor)).notice_version
    return listed([_notice(each, live) for each in await notices.versions(desk, actor)], None)


async def post_notice(request: Request) -> Response:
    """`POST /notices`: publishes a new version, 201."""
    actor = await actor_of(request)
    body = await body_of(request, NewNotice)
    notice = await notices.publish(doors_of(request).desk, actor, body.texts)
    return JSON(_notice(notice, notice.version), 201)


async def list_agents(request: Request) -> Response:
    """`GET /agents`; addresses only for those who manage."""
    actor = await actor_of(request)
    return listed([_agent(each, actor) for each in await agents.agents(doors_of(request).desk, actor)], None)


async def list_sites(request: Request) -> Response:
    """`GET /sites`."""
    actor = await actor_of(request)
    return listed(await accounts.sites(doors_of(request).desk, actor), None)


async def get_account(request: Request) -> Response:
    """`GET /account`; `storage` says how many bytes of files and exports there are, and may be."""
    return await _account(request, await actor_of(request))


async def change_account(request: Request) -> Response:
    """`PATCH /account`: `name`, the two rates, `grace_days`, `consent_days`, `ham_held`, and what exports give."""
    actor = await actor_of(request)

    class Change(Struct, forbid_unknown_fields=True, omit_defaults=True):
        name: str | msgspec.UnsetType = msgspec.UNSET
        message_rate: int | msgspec.UnsetType = msgspec.UNSET
        agreement_rate: int | msgspec.UnsetType = msgspec.UNSET
        grace_days: int | msgspec.UnsetType = msgspec.UNSET
        consent_days: int | msgspec.UnsetType = msgspec.UNSET
        export_agent_names: bool | msgspec.UnsetType = msgspec.UNSET
        export_notes: bool | msgspec.UnsetType = msgspec.UNSET
        ham_held: float | msgspec.UnsetType = msgspec.UNSET

    values = msgspec.structs.asdict(await body_of(request, Change))
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    await accounts.change_account(doors_of(request).desk, actor, **given)
    return await _account(request, actor)


async def _account(request: Request, actor: Actor) -> Response:
    desk = doors_of(request).desk
    known, storage = await accounts.account(desk, actor), await quotas.storage(desk, actor)
    return JSON(asdict(known) | {"storage": storage})


def _notice(notice: Notice, live: int | None) -> dict[str, Any]:
    return {
        "version": notice.version,
        "published_at": stamp(notice.published_at),
        "live": notice.version == live,
        "texts": list(notice.texts.values()),
    }


def _agent(agent: Any, actor: Actor) -> dict[str, Any]:
    shown = {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role,
        "status": "active" if agent.active else "deactivated",
    }
    return shown | {"email": agent.email} if actor.manages else shown
