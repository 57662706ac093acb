"""Reading the audit log: owners and admins see who did what, of their own account."""

from __future__ import annotations

from msgspec import Struct

from chat.audit.actions.verdicts import PartView, part_view
from chat.contacts.store import contacts, persons
from chat.core import access
from chat.core.audited import AuditEntry, ChainHead, EntryQuery, fits
from chat.core.clock import stamp
from chat.core.errors import InvalidField
from chat.core.model import Actor
from chat.core.sources import SignInSource, is_part, read
from chat.infra.audit import audit, store
from chat.infra.services import Services
from chat.infra.store.tx import Tx


class SourceView(Struct, frozen=True):
    """Where a sign-in comes from: `network` is a hash for this account and month, each None where it is not known."""

    network: str | None
    method: str | None
    device: str | None


class EntryView(Struct, frozen=True):
    """An entry as lists show it. `at` is RFC 3339; `source` is there for signing in and out alone."""

    number: int
    at: str
    who: str
    action: str
    target: str
    contact: str
    hash: str
    source: SourceView | None


class LogStanding(Struct, frozen=True):
    """What the last check of a log found: `checked_at` is RFC 3339, `broken_at` the entry, None where it was whole."""

    entries: int
    checked_at: str | None
    broken_at: int | None
    closed: list[PartView]


async def page(
    services: Services, actor: Actor, wanted: EntryQuery, before: int | None, limit: int
) -> tuple[list[EntryView], int | None]:
    """
    Return entries of the actor's account, newest first, and the number before which the next page begins. Looking at
    the log is entered too. Owner or admin. Raises InvalidField where a filter can fit nothing.
    """
    access.require(actor, "audit.read")
    _fitting(services, wanted)
    await audit.record_view(services, actor, "audit.viewed")

    def work(tx: Tx) -> list[AuditEntry]:
        return store.page(tx, actor.account_id, wanted, before=before, limit=limit + 1)

    found = await services.store.read(work)
    return [entry_view(each) for each in found[:limit]], found[limit - 1].number if len(found) > limit else None


async def accesses(services: Services, actor: Actor, contact_uid: str) -> list[EntryView]:
    """
    Return who met a contact and its tickets, first to last. Owner or admin. Raises NotFound where there is no contact.
    """
    access.require(actor, "audit.read")

    def work(tx: Tx) -> list[AuditEntry]:
        theirs = persons.whole(tx, contacts.of_account(tx, actor.account_id, contact_uid))
        found = [one for each in theirs for one in audit.of_contact(tx, actor.account_id, each.uid)]
        return sorted(found, key=lambda each: each.number)

    found = await services.store.read(work)
    # After it was found: who asks for a contact that is not there has looked at nobody.
    await audit.record_view(services, actor, "audit.viewed", contact_uid, contact_uid)
    return [entry_view(each) for each in found]


async def standing(services: Services, actor: Actor) -> LogStanding:
    """Return whether the log was whole when last checked, when that was, and what was closed. Owner or admin."""
    access.require(actor, "audit.read")
    head: ChainHead | None = await services.store.read(lambda tx: store.head(tx, actor.account_id))
    closed = [part_view(each) for each in await services.store.read(lambda tx: store.parts(tx, actor.account_id))]
    if head is None:
        return LogStanding(0, None, 1, closed)
    checked = None if head.checked_at is None else stamp(head.checked_at)
    return LogStanding(head.number - head.pruned, checked, head.broken_at, closed)


def entry_view(entry: AuditEntry) -> EntryView:
    """Return an entry as lists show it."""
    return EntryView(
        number=entry.number,
        at=stamp(entry.at),
        who=entry.who,
        action=entry.action,
        target=entry.target,
        contact=entry.contact,
        hash=entry.hash,
        source=_source_view(read(entry.source)) if entry.source else None,
    )


def _source_view(source: SignInSource) -> SourceView:
    return SourceView(source.network or None, source.method or None, source.device or None)


def _fitting(services: Services, wanted: EntryQuery) -> None:
    """Refuse what no entry can hold, so that a slip of the pen is not taken for an empty log."""
    fitting = {
        "agent": not wanted.agent or fits("who", wanted.agent),
        "action": not wanted.action or wanted.action in services.gathered.audited,
        "target": fits("target", wanted.target),
        "source": not wanted.source or is_part(wanted.source),
    }
    for field, fine in fitting.items():
        if not fine:
            raise InvalidField("No entry of the log holds this", field=field)
