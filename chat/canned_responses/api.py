"""Replies that agents keep, over REST."""

from __future__ import annotations

from chat.canned_responses import actions as responses
from chat.canned_responses.actions import CannedResponseChange, CannedResponseView, NewCannedResponse
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed
from chat.web.requests import client_id

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
