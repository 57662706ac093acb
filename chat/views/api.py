"""Views that agents keep, over REST."""

from __future__ import annotations

from chat.views import actions as views
from chat.views.actions import NewView, SavedView, ViewChange
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed, listed_behind
from chat.web.requests import client_id

OWN = "view.own"


@endpoint("GET /views", permission=OWN, query=[LIMIT, UID_CURSOR], audited=())
async def get_views(ask: Ask[None]) -> Listed[SavedView]:
    """Return one's own, and those that colleagues share, in the order in which they were made."""
    return listed_behind(await views.list_views(ask.services, ask.actor), ask.query(UID_CURSOR), ask.query(LIMIT))


@endpoint("POST /views", permission=OWN, audited={"view.added"}, status=(201, 200))
async def post_view(ask: Ask[NewView]) -> Tagged[SavedView]:
    """
    Keep one: a `name`, `filters` as the list of tickets takes them, perhaps `shared`. Sent again with its `id` nothing
    is added: the answer is 200 and the view as it is.
    """
    client_id(ask.body.id)
    made, again = await views.add(ask.services, ask.actor, ask.body)
    return tagged(made, status=200 if again else None)


@endpoint("GET /views/{id}", permission=OWN, audited=())
async def get_view(ask: Ask[None]) -> Tagged[SavedView]:
    """Return one."""
    return tagged(await views.get_one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /views/{id}", permission=OWN, audited={"view.changed"})
async def change_view(ask: Ask[ViewChange]) -> Tagged[SavedView]:
    """Change its `name`, `filters` as a whole, or whether it is `shared`."""
    return tagged(await views.change(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition))


@endpoint("DELETE /views/{id}", permission=OWN, audited={"view.deleted"}, status=204)
async def delete_view(ask: Ask[None]) -> None:
    """Delete it."""
    await views.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)
