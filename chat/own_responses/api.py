"""Replies that one keeps for oneself, over REST."""

from __future__ import annotations

from chat.core.frames import AttachmentOut
from chat.own_responses import actions as responses
from chat.own_responses.actions import NewOwnResponse, OwnResponseChange, OwnResponseView
from chat.response_files import api as files
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed, listed_behind
from chat.web.requests import Multipart, client_id

OWN = "own_response.own"


@endpoint("GET /own-responses", permission=OWN, query=[LIMIT, UID_CURSOR], audited=())
async def list_own_responses(ask: Ask[None]) -> Listed[OwnResponseView]:
    """Return one's own, in the order in which they were made."""
    return listed_behind(await responses.list_own(ask.services, ask.actor), ask.query(UID_CURSOR), ask.query(LIMIT))


@endpoint("POST /own-responses", permission=OWN, audited={"own_response.added"}, status=(201, 200))
async def post_own_response(ask: Ask[NewOwnResponse]) -> Tagged[OwnResponseView]:
    """
    Keep one: `shortcut` (what one types after `/`), `title`, `text`, and perhaps `translations`. Sent again with its
    `id` nothing is added: the answer is 200 and the reply as it is.
    """
    client_id(ask.body.id)
    made, again = await responses.add(ask.services, ask.actor, ask.body)
    return tagged(made, status=200 if again else None)


@endpoint("GET /own-responses/{id}", permission=OWN, audited=())
async def get_own_response(ask: Ask[None]) -> Tagged[OwnResponseView]:
    """Return one."""
    return tagged(await responses.get_one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /own-responses/{id}", permission=OWN, audited={"own_response.changed"})
async def change_own_response(ask: Ask[OwnResponseChange]) -> Tagged[OwnResponseView]:
    """Change its `shortcut`, `title`, `text` or `translations`."""
    return tagged(await responses.change(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition))


@endpoint("DELETE /own-responses/{id}", permission=OWN, audited={"own_response.deleted"}, status=204)
async def delete_own_response(ask: Ask[None]) -> None:
    """Delete it."""
    await responses.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)


@endpoint("GET /own-responses/{id}/attachments", permission=OWN, audited=())
async def list_own_response_files(ask: Ask[None]) -> Listed[AttachmentOut]:
    """Return its files, ten at most."""
    return await files.listed(ask, responses.reply_of(ask.services, ask.actor, ask.path["id"]))


@endpoint("POST /own-responses/{id}/attachments", permission=OWN, audited={"own_response.changed"}, status=201)
async def post_own_response_file(ask: Ask[Multipart]) -> AttachmentOut:
    """Keep a file with it, sealed under one's own key."""
    return await files.kept(ask, responses.reply_of(ask.services, ask.actor, ask.path["id"]))


@endpoint(
    "DELETE /own-responses/{id}/attachments/{attachment}",
    permission=OWN,
    audited={"own_response.changed"},
    status=204,
)
async def delete_own_response_file(ask: Ask[None]) -> None:
    """Take a file out of it. What was sent keeps its own."""
    await files.removed(ask, responses.reply_of(ask.services, ask.actor, ask.path["id"]))
