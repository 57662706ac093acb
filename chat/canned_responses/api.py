"""Replies that agents keep, over REST."""

from __future__ import annotations

from chat.attachments.actions.attachments import FILE_MOST
from chat.canned_responses import actions as responses
from chat.canned_responses.actions import CannedResponseChange, CannedResponseView, FileToCopy, NewCannedResponse
from chat.core.frames import AttachmentOut
from chat.response_files import api as files
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed
from chat.web.requests import Multipart, client_id

READ, MANAGE = "canned_response.read", "canned_response.manage"


@endpoint("GET /canned-responses", permission=READ, query=[LIMIT, UID_CURSOR], audited=())
async def list_responses(ask: Ask[None]) -> Listed[CannedResponseView]:
    """Return them in the order in which they were made: the account's, and those of one's departments."""
    return Listed(*await responses.page(ask.services, ask.actor, ask.query(UID_CURSOR), ask.query(LIMIT)))


@endpoint("POST /canned-responses", permission=MANAGE, audited={"canned_response.added"}, status=(201, 200))
async def post_response(ask: Ask[NewCannedResponse]) -> Tagged[CannedResponseView]:
    """
    Keep one: `shortcut` (what agents type after `/`, once in an account), `title`, `text`, and perhaps a `department`.
    Sent again with its `id` nothing is added: the answer is 200 and the reply as it is.
    """
    client_id(ask.body.id)
    made, again = await responses.add(ask.services, ask.actor, ask.body)
    return tagged(made, status=200 if again else None)


@endpoint("GET /canned-responses/{id}", permission=READ, audited=())
async def get_response(ask: Ask[None]) -> Tagged[CannedResponseView]:
    """Return one."""
    return tagged(await responses.get_one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /canned-responses/{id}", permission=MANAGE, audited={"canned_response.changed"})
async def change_response(ask: Ask[CannedResponseChange]) -> Tagged[CannedResponseView]:
    """Change its `shortcut`, `title`, `text` or `department`."""
    return tagged(await responses.change(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition))


@endpoint("DELETE /canned-responses/{id}", permission=MANAGE, audited={"canned_response.deleted"}, status=204)
async def delete_response(ask: Ask[None]) -> None:
    """Delete it."""
    await responses.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)


@endpoint("GET /canned-responses/{id}/attachments", permission=READ, audited=())
async def list_response_files(ask: Ask[None]) -> Listed[AttachmentOut]:
    """Return its files, ten at most."""
    return await files.listed(ask, responses.used_reply(ask.actor, ask.path["id"]))


@endpoint("POST /canned-responses/{id}/attachments", permission=MANAGE, audited={"canned_response.changed"}, status=201)
async def post_response_file(ask: Ask[Multipart]) -> AttachmentOut:
    """Keep a file with it, which then goes with each message that it is chosen for."""
    return await files.kept(ask, responses.managed_reply(ask.actor, ask.path["id"]))


@endpoint(
    "DELETE /canned-responses/{id}/attachments/{attachment}",
    permission=MANAGE,
    audited={"canned_response.changed"},
    status=204,
)
async def delete_response_file(ask: Ask[None]) -> None:
    """Take a file out of it. What was sent keeps its own."""
    await files.removed(ask, responses.managed_reply(ask.actor, ask.path["id"]))


@endpoint("POST /tickets/{number:int}/response-files", permission="ticket.answer", audited=(), status=201)
async def copy_response_file(ask: Ask[FileToCopy]) -> AttachmentOut:
    """Copy a file of a saved reply, the account's or one's own, into a ticket, for an answer to name."""
    # It is in memory as an upload is.
    async with ask.context.uploads["agent"].of(ask.actor.agent_id) as take:
        take(FILE_MOST)
        return await responses.copy_file(ask.services, ask.actor, ask.path["number"], ask.body.file)
