"""Files in and out: read from the request without ever touching the disk in plain, given back as nothing that runs."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from chat.attachments import api as uploads
from chat.attachments.actions import attachments
from chat.attachments.actions.sealing import File
from chat.attachments.domain.filetypes import IMAGES
from chat.consent.actions import consent
from chat.core import frames
from chat.core.model import Contact
from chat.tickets.actions import redaction, tickets, transcripts, viewing
from chat.web.endpoint import Ask, endpoint
from chat.web.requests import Multipart, switch

SMALL, PERMANENT = switch("small"), switch("permanent")


@endpoint("GET /widget/{site_key}/transcript", audience="visitor", audited={"transcript.exported"})
async def transcript(ask: Ask[None]) -> Response:
    """Return everything said, as plain text."""
    contact = await consent.reader_of(ask.services, ask.visitor)
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return PlainTextResponse(await transcripts.hand_out(ask.services, contact), headers=headers)


@endpoint("POST /widget/{site_key}/attachments", audience="visitor", status=201)
async def upload(ask: Ask[Multipart]) -> frames.AttachmentOut:
    """Keep a file. The answer is what a message names it by."""
    contact = await consent.contact_of(ask.services, ask.visitor)
    return await _kept(ask, contact, "visitor", contact.uid)


@endpoint("GET /widget/{site_key}/attachments/{id}", audience="visitor", query=[SMALL])
async def download(ask: Ask[None]) -> Response:
    """Return a file, `?small=true` the small image."""
    contact = await consent.contact_of(ask.services, ask.visitor)
    small = ask.query(SMALL)
    return _given(await attachments.of_visitor(ask.services, contact, ask.path["id"], small=small))


@endpoint("POST /tickets/{number:int}/attachments", permission="ticket.answer", audited=(), status=201)
async def post_attachment(ask: Ask[Multipart]) -> frames.AttachmentOut:
    """Keep a file for an answer to name."""
    opened = await tickets.one(ask.services, ask.actor, ask.path["number"])
    return await _kept(ask, opened.contact, "agent", ask.actor.agent_id)


@endpoint("GET /attachments/{id}", permission="ticket.read", query=[SMALL], audited={"attachment.viewed"})
async def get_attachment(ask: Ask[None]) -> Response:
    """Return a file, `?small=true` the small image."""
    small = ask.query(SMALL)
    return _given(await viewing.view_file(ask.services, ask.actor, ask.path["id"], small=small))


@endpoint("DELETE /attachments/{id}", permission="message.redact", audited={"attachment.deleted"}, status=(200, 204))
async def delete_attachment(ask: Ask[None]) -> frames.RedactedOut | Response:
    """Delete a file for good: 200 with the redaction, 204 where no message had named it."""
    entry = await redaction.attachment(ask.services, ask.actor, ask.path["id"])
    return Response(status_code=204) if entry is None else entry


@endpoint("DELETE /tickets/{number:int}/messages/{seq:int}", permission="message.redact", audited={"message.redacted"})
async def redact_message(ask: Ask[None]) -> frames.RedactedOut:
    """Empty a message for good. The answer is the redaction, twice the same."""
    return await redaction.message(ask.services, ask.actor, ask.path["number"], ask.path["seq"])


@endpoint(
    "DELETE /tickets/{number:int}",
    permission="ticket.delete",
    query=[PERMANENT],
    status=(200, 204),
    audited={"ticket.deleted", "ticket.purged"},
)
async def delete_ticket(ask: Ask[None]) -> frames.TicketSummary | Response:
    """Put a ticket into the trash. `?permanent=true` deletes it for good, 204."""
    if not ask.query(PERMANENT):
        return await redaction.trash(ask.services, ask.actor, ask.path["number"])
    await redaction.purge(ask.services, ask.actor, ask.path["number"])
    return Response(status_code=204)


async def _kept(ask: Ask[Multipart], contact: Contact, author: str, sender: str) -> frames.AttachmentOut:
    """Keep the file of a request: the allowance is spent first, then it is read, then looked at."""
    uploads.declared(ask.request)
    # Before a byte of it is read: a refusal must cost the sender an upload, and us nothing.
    await attachments.admit(ask.services, contact, author)
    async with ask.context.uploads[author].of(sender) as take:
        name, data = await uploads.file_of(ask.request, take)
        if author == "agent":
            await ask.require_still()
        return await attachments.keep(ask.services, contact, author, name, data)


def _given(file: File) -> Response:
    """Only images by their own type. Everything is to be saved and not shown, and could run nothing if it were."""
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
