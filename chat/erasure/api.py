"""Privacy over REST: the record of processing, erasures, legal holds."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.access import require_manager
from chat.core.errors import InvalidField
from chat.erasure.actions import erasure
from chat.holds import actions as holds
from chat.record import actions as datamap
from chat.web.doors import JSON, actor_of, body_of, doors_of, limit_of
from chat.web.lists import uid_cursor_of
from chat.web.parameters import takes


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be forgotten: one contact, or all with an address."""

    contact_id: str = ""
    email: str = ""


class NewHold(Struct, frozen=True, forbid_unknown_fields=True):
    """Why and how long a contact is held."""

    reason: str
    days: int


def routes() -> list[Route]:
    """Return the routes of `/api/v1`."""
    return [
        Route("/data-map", get_data_map),
        Route("/holds", list_holds),
        Route("/contacts/{id}/hold", put_hold, methods=["PUT"]),
        Route("/contacts/{id}/hold", lift_hold, methods=["DELETE"]),
        Route("/erasures", list_erasures),
        Route("/erasures", post_erasure, methods=["POST"]),
        Route("/erasures/{id}", get_erasure),
    ]


@takes("format")
async def get_data_map(request: Request) -> Response:
    """`GET /data-map`: the record of processing; `?format=csv` as a table. Owner or admin."""
    actor = await actor_of(request)
    require_manager(actor)
    form = request.query_params.get("format", "json")
    if form not in {"json", "csv"}:
        raise InvalidField("A format is json or csv", field="format")
    made = await datamap.record(doors_of(request).desk, actor)
    if form == "json":
        return JSON(made)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="data-map.csv"'}
    return Response(datamap.as_csv(made), headers=headers, media_type="text/csv; charset=utf-8")


@takes("limit", "cursor")
async def list_erasures(request: Request) -> Response:
    """`GET /erasures`, newest first."""
    actor, limit = await actor_of(request), limit_of(request)
    before = uid_cursor_of(request)
    items, after = await erasure.page(doors_of(request).desk, actor, before, limit)
    return JSON({"items": items, "next": after})


async def post_erasure(request: Request) -> Response:
    """`POST /erasures`: files an erasure for a contact, or for each with an address; 202."""
    actor, desk = await actor_of(request), doors_of(request).desk
    asked: Asked = await body_of(request, Asked)
    if bool(asked.contact_id) == bool(asked.email):
        raise InvalidField("Give a contact_id or an email", field="contact_id")
    if asked.email:
        made = await erasure.by_email(desk, actor, asked.email)
    else:
        made = [await erasure.by_agent(desk, actor, asked.contact_id)]
    return JSON({"erasure_id": made[0], "erasure_ids": made}, 202)


async def get_erasure(request: Request) -> Response:
    """`GET /erasures/{id}`: how far it is in each place, and the certificate."""
    actor = await actor_of(request)
    return JSON(await erasure.state(doors_of(request).desk, actor, request.path_params["id"]))


async def list_holds(request: Request) -> Response:
    """`GET /holds`: the first to end first. Owner or admin."""
    actor = await actor_of(request)
    return JSON({"items": await holds.page(doors_of(request).desk, actor), "next": None})


async def put_hold(request: Request) -> Response:
    """`PUT /contacts/{id}/hold`: nothing of the contact is erased or shown until it ends. Owner or admin."""
    actor = await actor_of(request)
    body: NewHold = await body_of(request, NewHold)
    return JSON(await holds.place(doors_of(request).desk, actor, request.path_params["id"], body.reason, body.days))


async def lift_hold(request: Request) -> Response:
    """`DELETE /contacts/{id}/hold`: an erasure that waited goes on. Owner or admin."""
    actor = await actor_of(request)
    await holds.lift(doors_of(request).desk, actor, request.path_params["id"])
    return Response(status_code=204)
