"""
Tags: the list, and giving one another name, making two one, and taking one away, in every ticket that has it. A tag is
nowhere but in its tickets: it goes with the last of them.
"""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.events import TicketChanged
from chat.core.model import Actor, Contact, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tags import store
from chat.tickets.actions import tagging
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
    return await services.store.read(lambda tx: _named(services, tx, actor, None))


async def get_tag(services: Services, actor: Actor, tag_id: str) -> TagView:
    """Return a tag. Raises NotFound where no ticket that the actor sees has it."""
    access.require(actor, "tag.read")
    found = await services.store.read(lambda tx: _named(services, tx, actor, tag_id))
    if not found:
        raise NotFound("No such tag")
    return found[0]


def _named(services: Services, tx: Tx, actor: Actor, tag: str | None) -> list[TagView]:
    """Return tags with their names, which are nowhere but in their tickets. One that none opens is left out."""
    counted = store.count_all(tx, actor.account_id, actor.departments, tag)
    names = _names(services, tx, actor.account_id, [each.last for each in counted])
    # The last ticket's contact is being erased just now.
    names |= _names(services, tx, actor.account_id, [each.first for each in counted if each.tag not in names])
    known = [TagView(each.tag, names[each.tag], each.tickets) for each in counted if each.tag in names]
    return sorted(known, key=lambda each: each.name)


def _names(services: Services, tx: Tx, account_id: str, ids: list[int]) -> dict[str, str]:
    """Return what is open of the tags of some tickets: by id their names."""
    names = dict[str, str]()
    for start in range(0, len(ids), CHUNK):
        for ticket, contact in store.some(tx, account_id, ids[start : start + CHUNK]):
            names |= {tagging.tag_id(services, account_id, name): name for name in _read(services, ticket, contact)}
    return names


async def rename(services: Services, actor: Actor, tag_id: str, name: str) -> TagView:
    """Give a tag another name in all tickets. Raises NotFound, InvalidField, and NotNow where another has the name."""
    access.require(actor, "tag.manage")
    tag, new = await get_tag(services, actor, tag_id), tag_of(name, "name")
    if new == tag.name:
        return tag
    if any(each.name == new for each in await list_tags(services, actor)):
        raise NotNow("There is a tag with this name; merge them instead")
    await _replace(services, actor, tag, new, "tag.renamed")
    return await get_tag(services, actor, tagging.tag_id(services, actor.account_id, new))


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
        ids = store.tagged(tx, actor.account_id, actor.departments, tag.id, CHUNK)
        found = store.some(tx, actor.account_id, ids, lock=True)
        for ticket, contact in found:
            names = [new if name == tag.name else name for name in _read(services, ticket, contact)]
            # Nothing was said or done in it, so it stays where it is in lists, and ages as it did.
            tagging.put(services, tx, ticket, contact, list(dict.fromkeys(name for name in names if name is not None)))
        if found:
            audit.record(services, tx, actor.account_id, actor.agent_id, action, tag.id)
        services.record(tx, *(TicketChanged(ticket.ref) for ticket, _ in found))
        return [ticket for ticket, _ in found]

    while changed := await services.store.write(work):
        services.bus.publish(*(TicketChanged(each.ref) for each in changed))


def _read(services: Services, ticket: Ticket, contact: Contact) -> list[str]:
    """Return a ticket's tags: none where the key is gone, as it is while its contact is being erased."""
    try:
        return tagging.tags_of(services, contact.key_slot, contact.uid, ticket)
    except NotFound:
        return []
