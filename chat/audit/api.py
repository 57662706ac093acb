"""The audit log over REST, for owners and admins."""

from __future__ import annotations

from chat.audit.actions import reading
from chat.core.audited import EntryQuery
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, listed
from chat.web.requests import text

AGENT, ACTION, TARGET, SOURCE = text("agent"), text("action"), text("target"), text("source")
FILTERS = (AGENT, ACTION, TARGET, SOURCE)


@endpoint("GET /audit", permission="audit.read", query=[*FILTERS, LIMIT, CURSOR], audited={"audit.viewed"})
async def list_entries(ask: Ask[None]) -> Listed[reading.EntryView]:
    """Return the entries, newest first. `?agent=&action=&target=&source=` filter."""
    wanted = EntryQuery(*(ask.query(each) for each in FILTERS))
    before = (ask.query(CURSOR) or (None,))[0]
    items, last = await reading.page(ask.services, ask.actor, wanted, before, ask.query(LIMIT))
    return listed(items, None if last is None else (last,))


@endpoint("GET /contacts/{id}/accesses", permission="audit.read", audited={"audit.viewed"})
async def list_accesses(ask: Ask[None]) -> Listed[reading.EntryView]:
    """Return who met a contact and its tickets, first to last."""
    return Listed(await reading.accesses(ask.services, ask.actor, ask.path["id"]))
