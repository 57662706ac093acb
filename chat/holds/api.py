"""Legal holds over REST."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.holds import actions as holds
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.requests import body_of


class NewHold(Struct, frozen=True, forbid_unknown_fields=True):
    """Why and how long a contact is held."""

    reason: str
    days: int


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about holds."""
    return [
        Route("/holds", list_holds),
        Route("/contacts/{id}/hold", put_hold, methods=["PUT"]),
        Route("/contacts/{id}/hold", lift_hold, methods=["DELETE"]),
    ]


async def list_holds(request: Request) -> Response:
    """`GET /holds`: the first to end first. Owner or admin."""
    actor = await actor_of(request)
    return JSON({"items": await holds.page(context_of(request).services, actor), "next": None})


async def put_hold(request: Request) -> Response:
    """`PUT /contacts/{id}/hold`: nothing of the contact is erased or shown until it ends. Owner or admin."""
    actor = await actor_of(request)
    body: NewHold = await body_of(request, NewHold)
    return JSON(
        await holds.place_hold(context_of(request).services, actor, request.path_params["id"], body.reason, body.days)
    )


async def lift_hold(request: Request) -> Response:
    """`DELETE /contacts/{id}/hold`: an erasure that waited goes on. Owner or admin."""
    actor = await actor_of(request)
    await holds.lift(context_of(request).services, actor, request.path_params["id"])
    return Response(status_code=204)
