"""The account and its sites over REST."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts, quotas
from chat.core.model import Actor
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import listed
from chat.web.requests import body_of


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about the account."""
    return [
        Route("/sites", list_sites),
        Route("/account", get_account),
        Route("/account", change_account, methods=["PATCH"]),
    ]


async def list_sites(request: Request) -> Response:
    """`GET /sites`."""
    actor = await actor_of(request)
    return listed(await accounts.sites(context_of(request).services, actor), None)


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
    await accounts.change_account(context_of(request).services, actor, **given)
    return await _account(request, actor)


async def _account(request: Request, actor: Actor) -> Response:
    services = context_of(request).services
    known, storage = await accounts.account(services, actor), await quotas.storage(services, actor)
    return JSON(asdict(known) | {"storage": storage})
