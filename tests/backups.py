"""Backups and restores as a test makes them: elsewhere, with the keys of the first place; and what happens between."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chat.account.actions import accounts
from chat.app import open_services
from chat.attachments.actions import attachments
from chat.backup.actions import backups, restoring
from chat.backup.store import archive
from chat.consent.actions import consent
from chat.core.crypt import Signer, unseal_text
from chat.core.settings import Settings, from_env
from chat.core.tokens import Visitor
from chat.erasure.actions import erasure
from chat.erasure.domain import residue
from chat.infra.services import Services
from chat.infra.store import copies, folder
from chat.infra.store.columns import metadata
from chat.tickets.actions import redaction, tickets
from tests.inside import Guest, House
from tests.services import PostgreSQL
from tests.test_erasure import chatted

FILE = b"rarecontent of a file " * 100


def quiet(_line: str) -> None:
    """Nobody reads the progress here."""


@pytest.fixture
def elsewhere(settings: Settings, postgresql: PostgreSQL) -> Iterator[Settings]:
    """A place like the first one with its database lost: the same secret, keys and ledger, nothing else."""
    other = settings.data.parent / "elsewhere"
    shutil.copytree(settings.data, other, ignore=lambda *_: ["attachments", "filters", "lethe.db", "keys"])
    given = {"LETHE_DATA": str(other), "LETHE_KEYS_URL": settings.keys_url}
    if settings.database_url.startswith("postgresql"):
        given["LETHE_DATABASE_URL"] = postgresql.clone()
    yield from_env(given)
    if "LETHE_DATABASE_URL" in given:
        postgresql.drop(given["LETHE_DATABASE_URL"])


@pytest.fixture
def vault(settings: Settings) -> Path:
    """Where backups go."""
    return settings.data.parent / "backups"


async def backed_up(house: House, vault: Path) -> Path:
    """The file of a new backup."""
    return Path((await backups.make(house.services, vault, None, quiet)).backup)


def load(place: Settings, path: Path, **options: Any) -> None:
    """The first half of a restore, as the command does it."""
    with archive.opened(path, Signer(folder.server_secret(place))) as backup:
        restoring.look(place, backup, options.get("keys"), without_ledger=options.get("without_ledger", False))
        restoring.load(place, backup, quiet)


@asynccontextmanager
async def restored(
    place: Settings, path: Path, **options: Any
) -> AsyncIterator[tuple[Services, restoring.RestoreReport]]:
    """A restore, whole, and the services on what it made."""
    await asyncio.to_thread(load, place, path, **options)
    with archive.opened(path, Signer(folder.server_secret(place))) as backup:
        async with open_services(place, restoring=True) as services:
            report = await restoring.finish(services, backup, quiet)
    async with open_services(place) as services:
        yield services, report


async def rows(services: Services, name: str) -> list[dict[str, Any]]:
    """Every row of a table, in order."""
    table = metadata.tables[name]
    return await services.store.read(
        lambda tx: [dict(row) for row in tx.execute(select(table).order_by(*table.primary_key)).mappings()]
    )


async def held(services: Services) -> dict[str, list[dict[str, Any]]]:
    """Every row that a backup holds, but the audit log: that goes on."""
    return {each.name: await rows(services, each.name) for each in copies.saved() if not each.name.startswith("audit")}


async def said(services: Services, guest: Guest) -> list[tuple[int, str]]:
    """What a contact wrote, by number, in plain."""
    key = services.keys.get(guest.contact.key_slot, guest.contact.uid)
    mine = [each for each in await rows(services, "message") if each["contact_id"] == guest.contact.id]
    return [(m["seq"], unseal_text(key, m["author"], m["cid"], m["body"]) if m["body"] else "") for m in mine]


async def sent_file(guest: Guest) -> str:
    """The id of an attachment that a message names."""
    services = guest.house.services
    made = await attachments.keep(services, guest.contact, "visitor", "rarename.txt", FILE)
    draft = guest.draft("with a file")
    draft.attachments = (made.id,)
    await guest.house.box.post(draft)
    return made.id


async def withdrawn(guest: Guest) -> str:
    """The visitor takes everything back; the erasure waits for the account's grace."""
    return await erasure.by_visitor(guest.house.services, Visitor(guest.contact.uid, guest.house.key, 0))


async def since_then(house: House) -> tuple[dict[str, Guest], Any]:
    """Contacts to whom everything happens after the backup, and what happens."""
    guests = {
        each: await chatted(house, f"{each} Zyxomma", f"{each}@x.example") for each in ("erased", "waits", "other")
    }
    guests["trainer"] = await house.visit(training=True)
    await guests["trainer"].say("BUY CHEAP pills")
    trained = await tickets.last_of(house.services, guests["trainer"].contact.id)
    assert trained is not None
    await tickets.hold(house.services, house.actor, trained.number, held=True)
    first = await sent_file(guests["other"])
    await sent_file(guests["erased"])
    unused = await attachments.keep(house.services, guests["other"].contact, "visitor", "unused.txt", FILE)
    open_one = await tickets.last_of(house.services, guests["other"].contact.id)
    assert open_one is not None

    async def happen() -> None:
        await accounts.change_account(house.services, house.actor, grace_days=7)
        await redaction.message(house.services, house.actor, open_one.number, 2)
        await redaction.attachment(house.services, house.actor, first)
        await redaction.attachment(house.services, house.actor, unused.id)
        await consent.renew(house.services, guests["trainer"].contact, await house.version(), {"chat": True})
        await erasure.by_agent(house.services, house.actor, guests["erased"].contact.uid)
        await erasure.sweep(house.services)
        await withdrawn(guests["waits"])
        later = await house.visit("came later")
        await later.say("after the backup")
        await erasure.by_agent(house.services, house.actor, later.contact.uid)
        guests["later"] = later

    return guests, happen


def residue_in(place: Path, texts: list[str]) -> list[str]:
    """Where in a folder a text is."""
    known, found = residue.forms(texts), (each for each in place.rglob("*") if each.is_file())
    return [str(path) for path in found if list(residue.search([path.read_bytes()], known))]


def names(of: Path) -> set[str]:
    """What is in a folder."""
    return {each.name for each in of.iterdir()}


class Killed(BaseException):
    """Stands for a process that ends here."""
