"""
An account as a team has it after most of a year: many agents, departments, sites and tags, tickets in every state.

Rows are written straight into the store's own tables, sealed as the server seals; the seed makes the same ones again.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, insert, select, text, update

from bench.kept import Environ
from bench.lethe import Shop
from bench.process import ROOT
from chat.account.actions import sites
from chat.account.actions.sites import SiteChange
from chat.account.schema import account
from chat.app import open_services
from chat.contacts.schema import contact
from chat.core.crypt import seal, seal_text
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.settings import Settings, from_env
from chat.departments import actions as departments
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import SlotFile, open_slots
from chat.infra.services import Services
from chat.infra.store.bound import bind
from chat.infra.store.folder import server_secret
from chat.infra.store.tx import Tx
from chat.team.actions import agents, sessions
from chat.tickets.actions.tagging import tag_id
from chat.tickets.schema import message, ticket, ticket_tag

DAY = 86_400_000
SEED = 12
SAID, EACH, DAYS = 10, 2.5, 300
"""Messages a ticket and tickets a contact, in the middle, over so many days."""
STATES = {"open": 0.10, "pending": 0.05, "solved": 0.82, "trash": 0.03}
SNOOZED, HELD, TAGGED = 0.2, 0.01, 0.3
"""Shares: put aside of those that run, wholly held of all, tagged of all."""
SITES, DEPARTMENTS, TAGS = 5, 10, 50
TEXTS = (
    "Good morning, a word about my order, please: where is it, and when will it come?",
    "Καλημέρα σας, θα ήθελα να ρωτήσω για την παραγγελία μου: δεν έχει έρθει ακόμη.",
    "Thank you, that was quick! One more thing: may I change the address it is sent to?",
    "Ευχαριστώ πολύ, το έλαβα σήμερα· το δεύτερο όμως είναι σπασμένο στη γωνία.",
)
RARE, OLD = "quincunx", "astrolabe"
"""Words of one ticket each: one of the newest, and one of three months ago."""
RARE_TAG = "one-off"
EMAIL = "agent{}@shop.example"
CHUNK = 2_000
"""Tickets a transaction."""


class Grown(msgspec.Struct, frozen=True):
    """
    The account, and those beside it (`others`); tokens of its agents; a site, a department and a tag of it. Since
    `recent` (ms) as many messages were said as `recent_messages`; `old` is the number of the ticket with the old word.
    The first agent signs in with `email` and `password`.
    """

    others: list[Shop]
    shop: Shop
    tokens: list[str]
    site: str
    department: str
    tag: str
    tickets: int
    messages: int
    recent: int
    recent_messages: int
    old: int
    email: str = ""
    password: str = ""


@dataclass(frozen=True)
class Person:
    """A contact: key, public id, slot, data key."""

    key: int
    uid: str
    slot: int
    opens: AESGCM


@dataclass(frozen=True)
class Team:
    """What tickets are spread over."""

    account: str
    sites: list[str]
    departments: list[str]
    agents: list[str]


def fill(environ: Environ, tickets: int, team: int, recent: int, others: int) -> Grown:
    """Make the accounts and fill one, whose newest tickets have `recent` messages together."""
    prepare = [sys.executable, "-m", "bench.prepare", str(others + 1)]
    made = subprocess.run(prepare, cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True)
    shops = msgspec.json.decode(made.stdout, type=list[Shop])
    return asyncio.run(_filled(from_env(environ), shops, tickets, team, recent))


async def _filled(settings: Settings, shops: list[Shop], tickets: int, size: int, recent: int) -> Grown:
    *others, shop = shops
    async with open_services(settings) as services:
        owner = await sessions.by_token(services, shop.api_token)
        tokens, ids, password = await _agents(services, owner, size)
        named = [SiteChange(name=f"Site {each}", origins=["https://shop.example"]) for each in range(SITES)]
        where = [(await sites.make(services, owner, each)).id for each in named]
        parts = [(await departments.add(services, owner, f"Department {each}", {})).id for each in range(DEPARTMENTS)]
        team = Team(owner.account_id, where, parts, [owner.agent_id, *ids])
        persons = _persons(settings, round(tickets / EACH))
        said = _grow(services, team, persons, tickets)
    back, sum_of, old = tickets, 0, next(n for n, each in enumerate(said, 1) if each.old)
    while back and sum_of < recent:
        back -= 1
        sum_of += said[back].count
    return Grown(
        others=others,
        shop=shop,
        tokens=tokens,
        site=where[-1],
        department=parts[-1],
        tag="tag 7",
        tickets=tickets,
        messages=sum(each.count for each in said),
        recent=said[back].begun,
        recent_messages=sum_of,
        old=old,
        email=EMAIL.format(0),
        password=password,
    )


async def _agents(services: Services, owner: Actor, count: int) -> tuple[list[str], list[str], str]:
    """Return their tokens and ids, and the password of the first."""
    tokens, ids, passwords = [], [], []
    for number in range(count):
        made, password = await agents.add_agent(services, owner, EMAIL.format(number), f"Agent {number}", "agent")
        token = f"lethe_{number:032}"
        await services.store.write(partial(_give_token, made.id, token))
        tokens.append(token)
        ids.append(made.id)
        passwords.append(password)
    return tokens, ids, passwords[0]


def _give_token(agent_id: str, token: str, tx: Tx) -> None:
    agents.give_token(tx, agent_id, token, "bench", 0)


def _persons(settings: Settings, count: int) -> list[Person]:
    """Make contacts' keys in memory, where a flush costs nothing, and put them behind those that are there."""
    secret = server_secret(settings)
    with TemporaryDirectory(dir="/dev/shm") as folder:
        beside = SlotFile(Path(folder) / "keys")
        made = Keys(beside, secret)
        uids = [uuid7() for _ in range(count)]
        slots = [made.create(uid) for uid in uids]
        store = open_slots(settings.keys_url)
        first = max((slot for slot, _, _ in store.all()), default=0)
        store.fill([(first + slot, owner, wrapped) for slot, owner, wrapped in beside.all()])
        store.close()
        persons = [
            Person(key, uid, first + slot, made.get(slot, uid))
            for key, (uid, slot) in enumerate(zip(uids, slots, strict=True), 1)
        ]
        made.close()
    return persons


@dataclass(frozen=True)
class Said:
    """Of one ticket: when it began, how much was said, and whether the old word is in it."""

    begun: int
    count: int
    old: bool


def _grow(services: Services, team: Team, persons: Sequence[Person], tickets: int) -> list[Said]:
    chance, now, said = Random(SEED), time.time_ns() // 1_000_000, list[Said]()
    services.store.write_here(lambda tx: tx.execute(insert(contact), [*_contacts(tx, team, persons, now)]))
    for first in range(0, tickets, CHUNK):
        numbers = range(first + 1, min(first + CHUNK, tickets) + 1)
        made = [_ticket(chance, team, chance.choice(persons), number, tickets, now) for number in numbers]
        services.store.write_here(partial(_put, services, chance, made))
        said += [Said(row["created_at"], row["last_seq"], row["old"]) for row, _ in made]
    services.store.write_here(lambda tx: _finish(tx, team, tickets, now))
    return said


def _contacts(tx: Tx, team: Team, persons: Sequence[Person], now: int) -> Iterator[dict[str, Any]]:
    for each in persons:
        row = {"id": each.key, "uid": each.uid, "account_id": team.account, "email_hash": None}
        yield {
            **row,
            "mac": bind(tx, contact, row),
            "site_id": team.sites[each.key % SITES],
            "key_slot": each.slot,
            "name": seal(each.opens, f"Contact {each.key}", f"{each.uid}/name".encode()),
            "locale": "en",
            "created_at": now - DAYS * DAY,
            "receipt_id": 1,
            "notice_version": 1,
        }


def _ticket(
    chance: Random, team: Team, of: Person, number: int, tickets: int, now: int
) -> tuple[dict[str, Any], Person]:
    """Return a ticket's row, and whose it is. The last ones changed last, and are those that run, but for a few."""
    begun = now - round((tickets - number + 1) / tickets * DAYS * DAY)
    count = chance.randint(1, 2 * SAID - 1)
    state = chance.choices([*STATES], [*STATES.values()])[0]
    runs = state in {"open", "pending"}
    held = count if chance.random() < HELD else 0
    waits = runs and not held and count % 2 == 1  # they take turns, and the contact said the last word
    tags = [f"tag {int(chance.paretovariate(1)) % TAGS}"] if chance.random() < TAGGED else []
    if number == tickets // 2:
        tags = [RARE_TAG]
    row = {
        "id": number,
        "account_id": team.account,
        "number": number,
        "contact_id": of.key,
        "site_id": team.sites[min(int(chance.expovariate(1)), SITES - 1)],
        "status": state,
        "assignee": chance.choice(team.agents) if chance.random() < 0.7 else None,
        "tags": seal(of.opens, json.dumps(tags), f"{of.uid}/tags/{number}".encode()) if tags else None,
        "last_seq": count,
        "held": held,
        "created_at": begun,
        "updated_at": begun + count,
        "department_id": chance.choice(team.departments) if chance.random() < 0.8 else None,
        "priority": chance.choices(["none", "normal", "high", "urgent"], [80, 10, 9, 1])[0],
        "waiting_since": begun + count if waits else None,
        "snoozed_until": now + 30 * DAY if runs and not held and chance.random() < SNOOZED else None,
        "old": number == tickets - round(90 / DAYS * tickets),
        "rare": number == tickets - 2,
        "tagged": tags,
    }
    return row, of


def _put(services: Services, chance: Random, made: Sequence[tuple[dict[str, Any], Person]], tx: Tx) -> None:
    tx.execute(insert(ticket), [{k: v for k, v in row.items() if k in ticket.c} for row, _ in made])
    tx.execute(insert(ticket_tag), [each for row, _ in made for each in _tagged(services, row)])
    tx.execute(insert(message), [each for row, of in made for each in _messages(chance, row, of)])


def _tagged(services: Services, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in row["tagged"]:
        found_by = tag_id(services, row["account_id"], name)
        yield {"ticket_id": row["id"], "account_id": row["account_id"], "tag": found_by}


def _messages(chance: Random, row: dict[str, Any], of: Person) -> Iterator[dict[str, Any]]:
    word = OLD if row["old"] else RARE if row["rare"] else ""
    for seq in range(1, row["last_seq"] + 1):
        author = "visitor" if seq % 2 or row["held"] else "agent"
        said = f"{chance.choice(TEXTS)} {word}".strip()
        cid = (row["id"] * 10_000 + seq).to_bytes(16)
        yield {
            "ticket_id": row["id"],
            "seq": seq,
            "contact_id": of.key,
            "author": author,
            "cid": cid,
            "agent_id": row["assignee"] if author == "agent" else None,
            "receipt_id": 1 if author == "visitor" else None,
            "body": seal_text(of.opens, author, cid, said),
            "at": row["created_at"] + seq,
            "held": bool(row["held"]),
        }


def _finish(tx: Tx, team: Team, tickets: int, now: int) -> None:
    """Count the tickets, say that the database was written anew just now, and let PostgreSQL know what is there."""
    tx.execute(update(account).where(account.c.id == team.account).values(tickets=tickets))
    tx.execute(text("UPDATE server SET scrubbed_at = :at"), {"at": now})
    if tx.dialect.name == "postgresql":
        for table in (contact, ticket):
            last = select(func.max(table.c.id)).scalar_subquery()
            tx.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
        tx.execute(text("ANALYZE"))
