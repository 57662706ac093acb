"""Tags over REST."""

from __future__ import annotations

from msgspec import Struct

from chat.tags import actions as tags
from chat.tags.actions import TagView
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class TagChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for a tag."""

    name: str


class TagMerge(Struct, frozen=True, forbid_unknown_fields=True):
    """The tag (an id) that is left of two."""

    into: str


@endpoint("GET /tags", permission="tag.read", audited=())
async def get_tags(ask: Ask[None]) -> Listed[TagView]:
    """Return those that tickets have, by name, and how many tickets each."""
    return Listed(await tags.list_tags(ask.services, ask.actor))


@endpoint("PATCH /tags/{id}", permission="tag.manage", audited={"tag.renamed"})
async def rename_tag(ask: Ask[TagChange]) -> TagView:
    """Give it another name, in all tickets. It has another `id` then."""
    return await tags.rename(ask.services, ask.actor, ask.path["id"], ask.body.name)


@endpoint("POST /tags/{id}/merge", permission="tag.manage", audited={"tag.merged"})
async def merge_tag(ask: Ask[TagMerge]) -> TagView:
    """Give all tickets that have it the tag `into` instead."""
    return await tags.merge(ask.services, ask.actor, ask.path["id"], ask.body.into)


@endpoint("DELETE /tags/{id}", permission="tag.manage", audited={"tag.deleted"}, status=204)
async def delete_tag(ask: Ask[None]) -> None:
    """Take it from all tickets."""
    await tags.delete(ask.services, ask.actor, ask.path["id"])
