"""People at all ages, made by ordinary use under a clock set back; and what of them a policy would take."""

import random
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, func, insert, select

from chat.attachments.actions import attachments
from chat.attachments.schema import attachment
from chat.consent.schema import receipt
from chat.contacts.schema import contact, hold
from chat.core.clock import DAY
from chat.erasure.schema import erasure
from chat.export.actions import exports
from chat.export.schema import export
from chat.holds import actions as holds
from chat.infra.services import Services
from chat.infra.store import locations
from chat.spam_filter.schema import label
from chat.tickets.actions import changing, redaction, tickets
from chat.tickets.schema import message, ticket
from tests.inside import Guest, House, new_id

USUAL = {"transcripts": 365, "attachments": 365, "training": 365, "contacts": 30, "sessions": 7, "exports": 7}
FILE = b"a file of theirs, in plain words"


def ago(house: House, days: float) -> House:
    """The same house so many days ago."""
    then = round(house.services.clock() - days * DAY)
    return replace(house, services=replace(house.services, clock=lambda: then))


def still(house: House) -> House:
    """The same house at a time that stands still, so that two looks see the same."""
    return ago(house, 0)


@dataclass
class Lived:
    """Somebody of whom something is kept, and since when."""

    guest: Guest
    number: int = 0


async def wrote(house: House, days: float, count: int = 1, *, training: bool = False) -> Lived:
    """Somebody wrote so many days ago."""
    guest = await ago(house, days).visit(training=training)
    for number in range(count):
        done = await guest.say(f"question {number}")
    return Lived(guest, done.number)


async def sent(house: House, lived: Lived, days: float) -> str:
    """They sent a file too; its id."""
    then = ago(house, days)
    file = await attachments.keep(then.services, lived.guest.contact, "visitor", "file.txt", FILE)
    draft = lived.guest.draft("with a file")
    draft.at, draft.attachments = then.services.clock(), (file.id,)
    await house.box.post(draft)
    return file.id


async def marked(house: House, lived: Lived, days: float) -> None:
    """An agent marked what they wrote."""
    await tickets.hold(ago(house, days).services, house.actor, lived.number, held=True)


async def noted(house: House, lived: Lived, days: float) -> None:
    """An agent wrote a note."""
    await tickets.add_note(ago(house, days).services, house.actor, lived.number, new_id(), "a note")


async def left_without(house: House, days: float) -> Lived:
    """Somebody whose only ticket was deleted so many days ago."""
    lived = await wrote(house, days + 1)
    await redaction.purge(ago(house, days).services, house.actor, lived.number)
    return lived


async def exported(house: House, lived: Lived, days: float) -> None:
    """They asked for everything held on them."""
    await exports.ask(ago(house, days).services, lived.guest.contact, "visitor", "visitor")


async def held_back(house: House, lived: Lived) -> None:
    """A legal hold is placed on them."""
    await holds.place_hold(house.services, house.actor, lived.guest.contact.uid, "a claim", 90)


async def populate(house: House, seed: int, count: int = 14, departments: tuple[str, ...] = ()) -> None:
    """So many people with what chance gives them."""
    dice = random.Random(seed)
    for number in range(count):
        days = dice.uniform(0, 800)
        kind = number % 7
        if kind == 0:
            await ago(house, dice.uniform(0, 20)).visit()
        elif kind == 1:
            await left_without(house, dice.uniform(0, 60))
        else:
            lived = await wrote(house, days, dice.randint(1, 4), training=kind in {2, 3})
            await _more(house, lived, kind, days, dice)
            if departments and dice.random() < 0.6:
                given = {"department": dice.choice(departments)}
                await changing.change(ago(house, days).services, house.actor, lived.number, given)
            if kind == 5:
                await held_back(house, lived)


async def _more(house: House, lived: Lived, kind: int, days: float, dice: random.Random) -> None:
    """Marks, files, notes and exports of somebody who wrote so many days ago."""
    if kind in {2, 3}:
        await marked(house, lived, dice.uniform(0, days))
    if kind in {3, 4}:
        await sent(house, lived, days)
        await noted(house, lived, dice.uniform(0, days))
    if kind in {5, 6}:
        await exported(house, lived, dice.uniform(0, min(days, 20)))


async def table(services: Services, of: Table) -> list[dict[str, Any]]:
    """The rows of a table."""
    return await services.store.read(lambda tx: [dict(row) for row in tx.execute(select(of)).mappings()])


async def over(house: House, days: dict[str, int], own: dict[str, dict[str, int]] | None = None) -> dict[str, Any]:
    """What is due under each rule, held or not, by looking at every row in plain Python: `(free, held)`."""
    services, now = house.services, house.services.clock()
    rows = {of.name: await table(services, of) for of in (ticket, attachment, label, contact, receipt, erasure, hold)}
    holding = {each["contact_id"] for each in rows["hold"]}

    def old(rule: str, at: int, department: str | None = None) -> bool:
        return at <= now - (own or {}).get(department or "", {}).get(rule, days[rule]) * DAY

    going = {each["id"] for each in rows["ticket"] if old("transcripts", each["updated_at"], each["department_id"])}
    of_ticket = {each["id"]: each for each in rows["ticket"]}
    made: dict[str, list[int]] = {"transcripts": [of_ticket[key]["contact_id"] for key in going]}
    for rule, name, when in (("attachments", "attachment", "created_at"), ("training", "label", "at")):
        made[rule] = [
            each["contact_id"]
            for each in rows[name]
            if each["ticket_id"] is not None
            and each["ticket_id"] not in going
            and old(rule, each[when], of_ticket[each["ticket_id"]]["department_id"])
        ]
    busy = {each["contact_id"] for each in rows["ticket"]}
    asked = {each["contact_uid"] for each in rows["erasure"]}
    agreed = {each["id"]: each["at"] for each in rows["receipt"]}
    alone = [each for each in rows["contact"] if each["id"] not in busy and each["uid"] not in asked]
    made["contacts"] = [each["id"] for each in alone if each["emptied_at"] and old("contacts", each["emptied_at"])]
    made["sessions"] = [
        each["id"]
        for each in alone
        if each["emptied_at"] is None and old("sessions", agreed.get(each["receipt_id"], each["created_at"]))
    ]
    asked_for = [each for each in await table(services, export) if old("exports", each["requested_at"])]
    return {
        rule: (sum(each not in holding for each in found), sum(each in holding for each in found))
        for rule, found in made.items()
    } | {"exports": (len(asked_for), 0)}  # a copy, which no hold keeps


async def rows_of(services: Services, lived: Lived) -> dict[str, int]:
    """How many rows of each table are somebody's."""
    key = lived.guest.contact.id

    def work(tx: Any) -> dict[str, int]:
        return {
            of.name: len(tx.execute(select(of).where(locations.rows_of(of, key))).all())
            for of in locations.of_contacts()
        }

    return {name: count for name, count in (await services.store.read(work)).items() if count}


async def crowd(house: House, tickets_of: int, messages: int, days: float) -> Lived:
    """Somebody with so many tickets of so many messages, last changed so many days ago; written straight in."""
    lived = await wrote(house, days)
    at = ago(house, days).services.clock()

    def work(tx: Any) -> None:
        first = dict(tx.execute(select(ticket).where(ticket.c.contact_id == lived.guest.contact.id)).mappings().one())
        said = dict(tx.execute(select(message).where(message.c.ticket_id == first["id"])).mappings().one())
        # Beyond those that the account itself gives.
        highest = max(100_000, tx.execute(select(func.max(ticket.c.number))).scalar_one() + 1)
        del first["id"]
        more = [first | {"number": highest + n, "last_seq": messages, "updated_at": at} for n in range(tickets_of - 1)]
        tx.execute(insert(ticket), more)
        keys = tx.execute(select(ticket.c.id).where(ticket.c.number >= highest)).scalars().all()
        rows = [
            said | {"ticket_id": key, "seq": seq, "cid": (key * 1000 + seq).to_bytes(16)}
            for key in keys
            for seq in range(1, messages + 1)
        ]
        tx.execute(insert(message), rows)

    await house.services.store.write(work)
    return lived
