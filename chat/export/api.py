"""What is held of a contact, handed over: to visitors by their token, to agents for them; as JSON or as an archive."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chat.core.clock import stamp
from chat.core.errors import InvalidField
from chat.core.model import Contact
from chat.export.actions import exports
from chat.export.actions.exports import Archive
from chat.web.answers import JSON
from chat.web.authentication import actor_of, visitor_of
from chat.web.context import context_of
from chat.web.lists import uid_cursor_of
from chat.web.parameters import takes
from chat.web.requests import limit_of

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
ZIP = "application/zip"


def routes() -> list[Route]:
    """Return the routes of `/api/v1`."""
    return [
        Route("/contacts/{id}/export", get_export),
        Route("/contacts/{id}/exports", post_export, methods=["POST"]),
        Route("/exports", list_exports),
        Route("/exports/{id}", get_state),
        Route("/exports/{id}", delete_export, methods=["DELETE"]),
        Route("/exports/{id}/file", get_file),
    ]


def widget_routes() -> list[Route]:
    """Return the visitor's own."""
    site = "/widget/{site_key}"
    return [
        Route(f"{site}/export", own_export),
        Route(f"{site}/exports", own_exports),
        Route(f"{site}/exports", ask_own_export, methods=["POST"]),
        Route(f"{site}/exports/{{id}}", own_file),
    ]


@takes("format")
async def own_export(request: Request) -> Response:
    """`GET /widget/{site_key}/export`: all that is held, as JSON; `?format=zip` as an archive, 202 if large."""
    return await whole(request, await _visitor(request), "visitor", "visitor")


async def own_exports(request: Request) -> Response:
    """`GET /widget/{site_key}/exports`: the visitor's archives and how far each is."""
    services = context_of(request).services
    visitor = visitor_of(request, request.path_params["site_key"])
    contact = await exports.own(services, visitor)
    return JSON({"items": await exports.mine(services, contact), "next": None})


async def ask_own_export(request: Request) -> Response:
    """`POST /widget/{site_key}/exports`: asks for an archive; 202."""
    contact = await _visitor(request)
    return JSON(await exports.ask(context_of(request).services, contact, "visitor", "visitor"), 202)


async def own_file(request: Request) -> Response:
    """`GET /widget/{site_key}/exports/{id}`: the archive."""
    services = context_of(request).services
    contact = await exports.own(services, visitor_of(request, request.path_params["site_key"]))
    return handed(await exports.fetch(services, contact, request.path_params["id"]))


@takes("format")
async def get_export(request: Request) -> Response:
    """
    `GET /contacts/{id}/export`: all that is held, as JSON; `?format=zip` as an archive, 202 where it is large.

    It is entered as handed over, and a large one filed: with a session it needs the mark of our own pages, as a change.
    """
    actor, services = await actor_of(request, changes=True), context_of(request).services
    contact = await exports.of_agent(services, actor, request.path_params["id"])
    return await whole(request, contact, exports.source(actor), actor.agent_id)


async def post_export(request: Request) -> Response:
    """`POST /contacts/{id}/exports`: asks for an archive; 202."""
    actor, services = await actor_of(request), context_of(request).services
    contact = await exports.of_agent(services, actor, request.path_params["id"])
    return JSON(await exports.ask(services, contact, exports.source(actor), actor.agent_id), 202)


@takes("limit", "cursor")
async def list_exports(request: Request) -> Response:
    """`GET /exports`, newest first. Owner or admin."""
    actor, limit = await actor_of(request), limit_of(request)
    before = uid_cursor_of(request)
    items, after = await exports.page(context_of(request).services, actor, before, limit)
    return JSON({"items": items, "next": after})


async def get_state(request: Request) -> Response:
    """`GET /exports/{id}`: how far it is."""
    actor = await actor_of(request)
    return JSON(await exports.state(context_of(request).services, actor, request.path_params["id"]))


async def get_file(request: Request) -> Response:
    """`GET /exports/{id}/file`: the archive."""
    actor = await actor_of(request)
    return handed(await exports.fetch_by_agent(context_of(request).services, actor, request.path_params["id"]))


async def delete_export(request: Request) -> Response:
    """`DELETE /exports/{id}`: before it expires. Owner or admin."""
    actor = await actor_of(request)
    await exports.drop(context_of(request).services, actor, request.path_params["id"])
    return Response(status_code=204)


async def _visitor(request: Request) -> Contact:
    return await exports.of_visitor(context_of(request).services, visitor_of(request, request.path_params["site_key"]))


async def whole(request: Request, contact: Contact, source: str, who: str) -> Response:
    """Answer with all that is held of a contact, as `?format=` says: json, or zip, which is only promised if large."""
    services, form = context_of(request).services, request.query_params.get("format", "json")
    if form not in {"json", "zip"}:
        raise InvalidField("A format is json or zip", field="format")
    if form == "json":
        return await _streamed(
            await exports.document(services, contact, who), "application/json", _name(services.clock(), form)
        )
    if not await exports.little(services, contact):
        return JSON(await exports.ask(services, contact, source, who), 202)
    return await _streamed(await exports.archive(services, contact, who), ZIP, _name(services.clock(), form))


async def _streamed(pieces: AsyncIterator[bytes], kind: str, name: str) -> Response:
    """Begin before the answer does: what cannot be made is refused and not cut off."""
    first = await anext(pieces)

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(all_of_it(), headers=HEADERS | _saved(name), media_type=kind)


def handed(made: Archive) -> Response:
    """Answer with an archive that was made before."""
    headers = HEADERS | _saved(made.name) | {"content-length": str(made.size)}
    return StreamingResponse(made.pieces, headers=headers, media_type=ZIP)


def _name(at: int, form: str) -> str:
    """Return a file's name with nothing personal in it: it stands in histories and lists of downloads."""
    return f"export-{stamp(at)[:10]}.{form}"


def _saved(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
