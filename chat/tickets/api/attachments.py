"""Files in and out: read from the request without ever touching the disk in plain, given back as nothing that runs."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from chat.attachments import api as uploads
from chat.attachments.actions import attachments
from chat.attachments.actions.attachments import File
from chat.attachments.domain.filetypes import IMAGES
from chat.consent.actions import consent
from chat.core.model import Contact
from chat.tickets.actions import redaction, tickets, transcripts
from chat.web.answers import JSON
from chat.web.authentication import actor_of, visitor_of
from chat.web.context import context_of
from chat.web.parameters import takes, truth


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about files and about what is taken away."""
    return [
        Route("/tickets/{number:int}", delete_ticket, methods=["DELETE"]),
        Route("/tickets/{number:int}/attachments", post_attachment, methods=["POST"]),
        Route("/tickets/{number:int}/messages/{seq:int}", redact_message, methods=["DELETE"]),
        Route("/attachments/{id}", get_attachment),
        Route("/attachments/{id}", delete_attachment, methods=["DELETE"]),
    ]


def widget_routes() -> list[Route]:
    """Return the visitor's own."""
    site = "/widget/{site_key}"
    return [
        Route(f"{site}/transcript", transcript),
        Route(f"{site}/attachments", upload, methods=["POST"]),
        Route(f"{site}/attachments/{{id}}", download),
    ]


async def transcript(request: Request) -> Response:
    """`GET /widget/{site_key}/transcript`: everything said, as plain text."""
    services = context_of(request).services
    contact = await consent.reader_of(services, visitor_of(request, request.path_params["site_key"]))
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return PlainTextResponse(await transcripts.hand_out(services, contact), headers=headers)


async def upload(request: Request) -> Response:
    """`POST /widget/{site_key}/attachments`: multipart with one `file`; 201 with what a message names it by."""
    context = context_of(request)
    contact = await consent.contact_of(context.services, visitor_of(request, request.path_params["site_key"]))
    return await _kept(request, contact, "visitor", contact.uid)


@takes("small")
async def download(request: Request) -> Response:
    """`GET /widget/{site_key}/attachments/{id}`; `?small=true` for the small image."""
    services = context_of(request).services
    contact = await consent.contact_of(services, visitor_of(request, request.path_params["site_key"]))
    small = truth(request.query_params.get("small", "false"), "small")
    return _given(await attachments.of_visitor(services, contact, request.path_params["id"], small=small))


async def post_attachment(request: Request) -> Response:
    """`POST /tickets/{number}/attachments`: multipart with one `file`; 201."""
    actor, context = await actor_of(request), context_of(request)
    opened = await tickets.one(context.services, actor, request.path_params["number"])
    return await _kept(request, opened.contact, "agent", actor.agent_id)


@takes("small")
async def get_attachment(request: Request) -> Response:
    """`GET /attachments/{id}`; `?small=true` for the small image."""
    actor = await actor_of(request)
    small = truth(request.query_params.get("small", "false"), "small")
    services = context_of(request).services
    return _given(await attachments.of_agent(services, actor, request.path_params["id"], small=small))


async def delete_attachment(request: Request) -> Response:
    """`DELETE /attachments/{id}`: for good; 200 with the redaction, 204 where no message had named it."""
    actor = await actor_of(request)
    entry = await redaction.attachment(context_of(request).services, actor, request.path_params["id"])
    return Response(status_code=204) if entry is None else JSON(entry)


async def redact_message(request: Request) -> Response:
    """`DELETE /tickets/{number}/messages/{seq}`: empties it for good; 200 with the redaction, twice the same."""
    actor, at = await actor_of(request), request.path_params
    return JSON(await redaction.message(context_of(request).services, actor, at["number"], at["seq"]))


@takes("permanent")
async def delete_ticket(request: Request) -> Response:
    """`DELETE /tickets/{number}`: into the trash; `?permanent=true` for good, 204."""
    actor, number = await actor_of(request), request.path_params["number"]
    if not truth(request.query_params.get("permanent", "false"), "permanent"):
        return JSON(await redaction.trash(context_of(request).services, actor, number))
    await redaction.purge(context_of(request).services, actor, number)
    return Response(status_code=204)


async def _kept(request: Request, contact: Contact, author: str, sender: str) -> Response:
    """Keep the file of a request: the allowance is spent first, then it is read, then looked at."""
    services, rooms = context_of(request).services, context_of(request).uploads
    uploads.declared(request)
    await attachments.admit(services, contact, author)
    async with rooms[author].of(sender) as take:
        name, data = await uploads.file_of(request, take)
        return JSON(await attachments.keep(services, contact, author, name, data), 201)


def _given(file: File) -> Response:
    """Only images by their own type; everything is to be saved and not shown, and could run nothing if it were."""
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if file.size is not None:
        headers["content-length"] = str(file.size)
    kind = file.type if file.type in IMAGES else "application/octet-stream"
    return StreamingResponse(file.pieces, headers=headers, media_type=kind)
