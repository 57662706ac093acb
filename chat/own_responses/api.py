"""Replies that one keeps for oneself, over REST."""

from __future__ import annotations

from chat.own_responses import actions as responses
from chat.own_responses.actions import NewOwnResponse, OwnResponseChange, OwnResponseView
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed
from chat.web.requests import uid

OWN = "own_response.own"


@endpoint("GET /own-responses", permission=OWN, query=[LIMIT, UID_CURSOR], audited=())
async def list_own_responses(ask: Ask[None]) -> Listed[OwnResponseView]:
    """Return one's own, in the order in which they were made."""
    after, limit = ask.query(UID_CURSOR) or "", ask.query(LIMIT)
    rest = [each for each in await responses.list_own(ask.services, ask.actor) if each.id > after]
    return Listed(rest[:limit], rest[limit - 1].id if len(rest) > limit else None)


@endpoint("POST /own-responses", permission=OWN, audited={"own_response.added"}, status=(201, 200))
async def post_own_response(ask: Ask[NewOwnResponse]) -> Tagged[OwnResponseView]:
    """
    Keep one: `shortcut` (what one types after `/`), `title`, `text`, and perhaps `translations`. Sent again with its
    `id` nothing is added: the answer is 200 and the reply as it is.
    """
    if ask.body.id:
        uid(ask.body.id.lower(), "id")
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
