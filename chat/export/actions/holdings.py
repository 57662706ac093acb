"""What is held of a contact, opened: each table that the schema says is about one, row by row, as exports give it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from chat.account import store as accounts
from chat.core.audited import OTHERS
from chat.core.clock import stamp
from chat.core.crypt import Sealed, unseal_text
from chat.core.locations import BASES
from chat.core.model import Account, Contact, Site
from chat.export.domain import EXPORT_AGENT_NAMES
from chat.export.store import holdings
from chat.export.store.holdings import Holding, Row, Value
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.ageing import Policy
from chat.infra.store.tx import Tx
from chat.retention.actions import rules
from chat.tickets.actions import transcripts

CHUNK = 100
TEXT = "text/"
Item = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """
    Whom it is about, the names of agents by id (none where the account gives none), how long all is kept, and who
    else is the same person.
    """

    contact: Contact
    account: Account
    site: Site
    agents: dict[str, str | None]
    policy: Policy
    merged: tuple[Subject, ...] = ()

    def gives(self, holding: Holding) -> bool:
        """Whether the account gives these rows, or only says how many there are."""
        return not holding.setting or bool(self.account.settings[holding.setting])


async def subject(services: Services, contact: Contact, merged: Sequence[Contact] = ()) -> Subject:
    """Return whom an export is about. Raises NotFound where a key is gone, as nothing can be read then."""
    others = tuple([await subject(services, each) for each in merged])

    def work(tx: Tx) -> Subject:
        # Before the answer begins: a key that is gone is refused with a status, and does not end a file in the middle.
        services.keys.get(contact.key_slot, contact.uid)
        account, site = accounts.one(tx, contact.account_id), accounts.site_by_id(tx, contact.site_id)
        known = transcripts.authors(services, tx, contact, agents=False) if account[EXPORT_AGENT_NAMES] else {}
        policy = rules.policy_of(services, tx, account.id)
        names = {uid: author.name for uid, author in known.items() if uid}
        return Subject(contact, account, site, names, policy, others)

    return await services.store.read(work)


async def items(services: Services, who: Subject, holding: Holding) -> AsyncIterator[list[Item]]:
    """Yield what is given of one table, chunk by chunk, each read in a transaction of its own."""
    after: holdings.RowKey = ()
    while who.gives(holding):

        def work(tx: Tx, after: holdings.RowKey = after) -> tuple[list[Row], list[Item]]:
            rows = holdings.page(tx, holding.name, who.contact.id, after, CHUNK)
            return rows, [item for item in (_item(services, who, holding, row) for row in rows) if item is not None]

        rows, found = await services.store.read(work)
        if found:
            yield found
        if len(rows) < CHUNK:
            return
        after = tuple(rows[-1][name] for name in holding.key)


async def left_out(services: Services, who: Subject, holding: Holding) -> int:
    """Return how many rows of a table the account does not give."""
    return await services.store.read(lambda tx: holdings.count(tx, holding.name, who.contact.id))


async def accesses(services: Services, who: Subject) -> list[Item]:
    """Return who met the contact's data, and how, first to last: agents as the account names them."""
    of = who.account.id, who.contact.uid
    found = await services.store.read(lambda tx: audit.of_contact(tx, *of))
    return [{"at": stamp(each.at), "who": _met(who, each.who), "action": each.action} for each in found]


def _met(who: Subject, by: str) -> Item:
    return {"role": by, "name": None} if by in OTHERS else _agent(who, by)


def _agent(who: Subject, uid: str) -> Item:
    """Return an agent as the account names them; `former` is there for one who was deleted, where names are given."""
    said = {"role": "agent", "name": who.agents.get(uid)}
    return said | {"former": True} if who.agents and not said["name"] else said


def described(services: Services, who: Subject, holding: Holding) -> Item:
    """Return what a table is for, on what basis and how long (Art. 15(1)), what of it is given and what is not."""
    location, given = holding.location, {value.column for value in holding.values}
    return {
        "name": holding.name,
        "why": location.why,
        "retention": rules.in_words(services, who.policy, location.kept),
        "fields": [
            {"name": each.name, "category": each.category, "purpose": each.purpose, "basis": BASES[each.basis]}
            for each in location.fields
            if each.name in given
        ],
        "withheld": [{"field": name, "why": why} for name, why in holding.withheld.items()],
    }


def _item(services: Services, who: Subject, holding: Holding, row: Row) -> Item | None:
    part = services.gathered.export_parts.get(holding.name)
    if part is not None and part.unsent is not None and part.unsent(row):
        return None
    made: Item = {}
    for value in holding.values:
        try:
            made[value.name] = _given(services, who, value, row)
        except Sealed:  # one damaged value keeps nobody from the rest
            made |= {value.name: None, "damaged": True}
    return made if part is None or part.more is None else made | part.more(services, who.contact, made, row)


def _given(services: Services, who: Subject, value: Value, row: Row) -> Any:
    held = row[value.column]
    if value.kind == "agent":
        return None if held is None else _agent(who, held)
    if value.kind == "time":
        return None if held is None else stamp(held)
    return _opened(services, who.contact, value, row) if value.kind == "sealed" else held


def _opened(services: Services, contact: Contact, value: Value, row: Row) -> str | None:
    """Return what is sealed, or None for nothing, and for what was taken away."""
    sealed = row[value.column]
    if not sealed:
        return None
    context = value.opens.format_map(row)
    if context.startswith(TEXT):
        key = services.keys.get(contact.key_slot, contact.uid)
        return unseal_text(key, context.removeprefix(TEXT), row["cid"], sealed)
    return services.unseal(contact.key_slot, contact.uid, context, sealed)
