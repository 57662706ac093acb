"""
Tags: the list, and giving one another name, making two one, and taking one away, in every ticket that has it.

An address names a tag by an id, which is a keyed hash of its name: what agents call people is in no log of a proxy.
"""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.crypt import blind
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.events import TicketChanged
from chat.core.ids import uuid_text
from chat.core.model import Actor, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tags import store
from chat.tickets.domain import tag_of

CHUNK = 200
"""So many tickets are changed in one transaction: nobody waits long for the others."""


class TagView(Struct, frozen=True):
    """A tag, and in how many tickets it is."""

    id: str
    name: str
    tickets: int


async def list_tags(services: Services, actor: Actor) -> list[TagView]:
    """Return the tags of the tickets that the actor sees, by name."""
    access.require(actor, "tag.read")
    found = await services.store.read(lambda tx: store.count_all(tx, actor.account_id, actor.departments))
    return [TagView(_id_of(services, actor, name), name, count) for name, count in found.items()]


async def get_tag(services: Services, actor: Actor, tag_id: str) -> TagView:
    """Return a tag. Raises NotFound where no ticket that the actor sees has it."""
    for each in await list_tags(services, actor):
        if each.id == tag_id:
            return each
    raise NotFound("No such tag")


async def rename(services: Services, actor: Actor, tag_id: str, name: str) -> TagView:
    """Give a tag another name in all tickets. Raises NotFound, InvalidField, and NotNow where another has the name."""
    access.require(actor, "tag.manage")
    tag, new = await get_tag(services, actor, tag_id), tag_of(name, "name")
    if new == tag.name:
        return tag
    if any(each.name == new for each in await list_tags(services, actor)):
        raise NotNow("There is a tag with this name; merge them instead")
    await _replace(services, actor, tag, new, "tag.renamed")
    return await get_tag(services, actor, _id_of(services, actor, new))


async def merge(services: Services, actor: Actor, tag_id: str, into_id: str) -> TagView:
    """Give all tickets with a tag another one instead. Raises NotFound, and InvalidField where both are the same."""
    access.require(actor, "tag.manage")
    if tag_id == into_id:
        raise InvalidField("Merge a tag into another one", field="into")
    tag, into = await get_tag(services, actor, tag_id), await get_tag(services, actor, into_id)
    await _replace(services, actor, tag, into.name, "tag.merged")
    return await get_tag(services, actor, into_id)


async def delete(services: Services, actor: Actor, tag_id: str) -> None:
    """Take a tag from all tickets. Raises NotFound."""
    access.require(actor, "tag.manage")
    await _replace(services, actor, await get_tag(services, actor, tag_id), None, "tag.deleted")


async def _replace(services: Services, actor: Actor, tag: TagView, new: str | None, action: str) -> None:
    """Do it a chunk of tickets at a time. Cut off and asked for again, it goes on with those that are left."""

    def work(tx: Tx) -> list[Ticket]:
        found = store.replace_some(tx, actor.account_id, actor.departments, tag.name, new, CHUNK)
        if found:
            audit.record(services, tx, actor.account_id, actor.agent_id, action, tag.id)
        services.record(tx, *(TicketChanged(each.ref) for each in found))
        return found

    full = True
    while full:
        changed = await services.store.write(work)
        services.bus.publish(*(TicketChanged(each.ref) for each in changed))
        full = len(changed) == CHUNK


def _id_of(services: Services, actor: Actor, name: str) -> str:
    return uuid_text(bytes.fromhex(blind(services.index_key, f"tag/{actor.account_id}", name)[:32]))
