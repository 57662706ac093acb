"""Erasures over REST, and withdrawing."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.errors import InvalidField
from chat.erasure.actions import erasure
from chat.web.answers import JSON
from chat.web.authentication import actor_of, visitor_of
from chat.web.context import context_of
from chat.web.lists import uid_cursor_of
from chat.web.parameters import takes
from chat.web.requests import body_of, limit_of


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be forgotten: one contact, or all with an address."""

    contact_id: str = ""
    email: str = ""


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about erasures."""
    return [
        Route("/erasures", list_erasures),
        Route("/erasures", post_erasure, methods=["POST"]),
        Route("/erasures/{id}", get_erasure),
    ]


@takes("limit", "cursor")
async def list_erasures(request: Request) -> Response:
    """`GET /erasures`, newest first."""
    actor, limit = await actor_of(request), limit_of(request)
    before = uid_cursor_of(request)
    items, after = await erasure.page(context_of(request).services, actor, before, limit)
    return JSON({"items": items, "next": after})


async def post_erasure(request: Request) -> Response:
    """`POST /erasures`: files an erasure for a contact, or for each with an address; 202."""
    actor, services = await actor_of(request), context_of(request).services
    asked: Asked = await body_of(request, Asked)
    if bool(asked.contact_id) == bool(asked.email):
        raise InvalidField("Give a contact_id or an email", field="contact_id")
    if asked.email:
        made = await erasure.by_email(services, actor, asked.email)
    else:
        made = [await erasure.by_agent(services, actor, asked.contact_id)]
    return JSON({"erasure_id": made[0], "erasure_ids": made}, 202)


async def get_erasure(request: Request) -> Response:
    """`GET /erasures/{id}`: how far it is in each place, and the certificate."""
    actor = await actor_of(request)
    return JSON(await erasure.state(context_of(request).services, actor, request.path_params["id"]))


def widget_routes() -> list[Route]:
    """Return what a visitor's browser asks for."""
    return [Route("/widget/{site_key}/sessions", withdraw, methods=["DELETE"])]


async def withdraw(request: Request) -> Response:
    """
    `DELETE /widget/{site_key}/sessions`: withdraw and be forgotten; 202 with the request's number, twice the same.
    """
    visitor = visitor_of(request, request.path_params["site_key"])
    return JSON({"erasure_id": await erasure.by_visitor(context_of(request).services, visitor)}, 202)
