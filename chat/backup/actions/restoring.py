"""
Putting a backup back into an empty place. Until what was erased since is erased again, nothing is served there.

Killed anywhere it is begun again: the place stays marked, and a marked place may be filled anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from chat.account import store as accounts
from chat.backup.actions import replay
from chat.backup.actions.backups import TellLine
from chat.backup.store import archive
from chat.backup.store.archive import Backup
from chat.contacts.store import contacts
from chat.core.clock import now, stamp
from chat.core.crypt import Sealed, unseal_text
from chat.core.errors import Misconfigured, NotFound
from chat.core.model import Contact
from chat.core.settings import Settings
from chat.infra.audit import audit
from chat.infra.blobs import NAME, OWNER, PREVIEW, Blobs
from chat.infra.keys import keycopy
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import open_slots
from chat.infra.ledger.ledger import Ledger, open_ledger
from chat.infra.services import Services
from chat.infra.store import Store, backups, copies, folder, migrations
from chat.infra.store.tx import Tx
from chat.tickets.store import tickets

SAMPLE = 200
SINCE = 1_577_836_800_000  # 2020: epochs count its seconds, so that two restores never give the same one


def look(settings: Settings, backup: Backup, keys_from: Path | None, *, without_ledger: bool) -> None:
    """
    Refuse what must not be restored: a place that is in use, a backup of a newer schema, a ledger that may not know
    every erasure since. With `keys_from` the keys are put back first. Raises Misconfigured.
    """
    if not migrations.knows(backup.head.revision):
        raise Misconfigured(f"{backup.path} is at {backup.head.revision}, newer than this Lethe; run the newer Lethe")
    if migrations.current(settings.database_url) is not None and not _may_be_filled(settings):
        raise Misconfigured("There is data here already; a restore needs an empty database")
    secret = folder.server_secret(settings)
    with_keys(settings, secret, lambda keys, ledger: _keys(keys, ledger, backup, keys_from, sure=without_ledger))


def with_keys(settings: Settings, secret: bytes, work: Callable[[Keys, Ledger], None]) -> None:
    """Do something with keys and ledger, which lie apart from the database. They are made where they are missing."""
    migrations.prepare_keys(settings)
    keys, ledger = Keys(open_slots(settings.keys_url), secret), open_ledger(settings.keys_url, secret)
    try:
        work(keys, ledger)
    finally:
        keys.close()
        ledger.close()


def load(settings: Settings, backup: Backup, tell: TellLine) -> None:
    """Mark the place, then bring back files and rows. Nothing of it is served yet."""
    store = Store(settings.database_url)
    try:
        store.write_here(copies.drop)
        # To the backup's own schema, which alone fits its rows. They are brought forward once they are in.
        migrations.migrate(settings, backup.head.revision)
        # Marked before a row is in: what is killed from here on is refused by every server until a restore has ended.
        store.write_here(lambda tx: backups.begin(tx, backup.head.id))
        _files(settings, backup, tell)
        store.write_here(lambda tx: _rows(tx, backup, tell))
    finally:
        store.close()
    migrations.migrate(settings)


class OpenedSample(Struct, frozen=True):
    """Of so many contacts looked at: `gone` have no key any more, `closed` have one that does not fit."""

    looked_at: int
    opened: int
    gone: int
    closed: int


class RestoreReport(Struct, frozen=True):
    """What was brought back: rows by table, files, what was done again from the ledger, and whether it opens."""

    backup: str
    made_at: str
    epoch: int
    tables: dict[str, int]
    files: int
    replayed: dict[str, int]
    sample: OpenedSample


async def finish(services: Services, backup: Backup, tell: TellLine) -> RestoreReport:
    """Replay, look whether it opens, write the database anew and let it be served, and return the report."""
    entries = replay.since(services, archive.ledger_head_of(backup.manifest).number, backup.head.made_at)
    tell(f"replaying {len(entries)} entries of the ledger")
    done = await replay.run(services, entries)
    sample = await services.store.read(lambda tx: _sample(services, tx))
    if sample.closed and not sample.opened:  # one that is damaged must not keep all others away
        raise Misconfigured(f"None of {sample.looked_at} contacts opens: these are other keys")
    await services.store.scrub(small=False)
    stands = await services.store.read(backups.get_status)

    def work(tx: Tx) -> None:
        for account in accounts.all_of(tx):
            audit.record(services, tx, account.id, "command", "backup.restored", backup.head.id)
        backups.finish(tx)
        services.ledger.enter(services.clock(), replay.RESTORED, {"backup": backup.head.id, "epoch": stands.epoch})

    await services.store.write(work)
    return RestoreReport(
        backup=str(backup.path),
        made_at=stamp(backup.head.made_at),
        epoch=stands.epoch,
        tables=archive.counts_of(backup.manifest),
        files=backup.manifest["files"],
        replayed=done,
        sample=sample,
    )


def _may_be_filled(settings: Settings) -> bool:
    store = Store(settings.database_url)
    try:
        return store.write_here(lambda tx: copies.is_empty(tx) or backups.restore_under_way(tx) is not None)
    finally:
        store.close()


def _keys(keys: Keys, ledger: Ledger, backup: Backup, keys_from: Path | None, *, sure: bool) -> None:
    if keys_from is not None and not sure:
        raise Misconfigured(
            "A copy of the keys knows no erasure after it was made: those come back readable. Say --without-ledger "
            "to restore all the same, and file them again"
        )
    if keys_from is not None:
        keycopy.put_back(keys_from, keys, ledger)
    if archive.counts_of(backup.manifest)["contact"] and keys.is_empty():
        raise Misconfigured("There are no keys here, and nothing opens without; put them back first, or say --keys DIR")
    if not sure and ledger.gone() > archive.ledger_head_of(backup.manifest).number:
        raise Misconfigured(
            f"{backup.path} has lapsed: the ledger no longer says what was taken away soon after it was made. Take a "
            "newer one, or say --without-ledger and file those erasures again"
        )
    if not sure and not ledger.reaches(archive.ledger_head_of(backup.manifest)):
        raise Misconfigured(
            "The ledger of erasures beside the keys is gone or older than this backup, so erasures since are not "
            "known. Bring it back, or say --without-ledger and file them again"
        )


def _files(settings: Settings, backup: Backup, tell: TellLine) -> None:
    blobs = Blobs(settings.data / "attachments")
    for count, member in enumerate(backup.names("files/"), 1):
        _, owner, name = member.split("/")
        # No name in an archive may lead out of the folder (CVE-2026-41193), whoever signed it.
        if not OWNER.match(owner) or not NAME.match(name.removesuffix(PREVIEW)):
            raise Misconfigured(f"{backup.path} names a file that cannot be one of ours")
        if not name.endswith(PREVIEW):
            blobs.discard(owner, name)  # what a killed restore left half-written, its preview too, which comes next
        blobs.write(owner, name, backup.pieces(member))
        if count % 1000 == 0:
            tell(f"files: {count:,}")
    for member in backup.names("filters/"):
        path = settings.data / "filters" / Path(member).name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(b"".join(backup.pieces(member)))


def _rows(tx: Tx, backup: Backup, tell: TellLine) -> None:
    """Insert every row in one transaction, and look at once whether all are there and none points at nothing."""
    for each in backup.manifest["tables"]:
        shape = [(column, kind) for column, kind in each["columns"]]
        for count in copies.load(tx, each["name"], shape, backup.lines(f"tables/{each['name']}")):
            if count % 100_000 == 0:
                tell(f"{each['name']}: {count:,}")
    of = archive.counts_of(backup.manifest)
    if copies.counts(tx, of) != of or copies.broken(tx):
        raise Misconfigured(f"{backup.path} does not hold what its manifest says")
    copies.count_on(tx, backup.manifest["counters"], of)
    was = archive.status_of(backup.manifest)
    backups.take_over(tx, was, max(was.epoch + 1, (now() - SINCE) // 1000))


def _sample(services: Services, tx: Tx) -> OpenedSample:
    """Open what some contacts said."""
    found = Counter(
        _opens(services, tx, contact)
        for account in accounts.all_of(tx)
        for contact in contacts.page(tx, account.id, None, 0, SAMPLE)
    )
    return OpenedSample(found.total(), found["opened"], found["gone"], found["closed"])


def _opens(services: Services, tx: Tx, contact: Contact) -> str:
    try:
        key = services.keys.get(contact.key_slot, contact.uid)
        if contact.name is not None and services.unseal(contact.key_slot, contact.uid, "name", contact.name) is None:
            return "closed"
        for ticket in tickets.all_of_contact(tx, contact.id):
            for said in tickets.messages(tx, ticket.id, limit=3):
                _ = said.body and unseal_text(key, said.author, said.cid, said.body)
    except NotFound:
        return "gone"
    except (Misconfigured, Sealed):
        return "closed"
    return "opened"
