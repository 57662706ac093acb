"""
The sweep that builds exports: each is leased, written sealed piece by piece, and handed over whole or not at all.

Killed anywhere, the lease runs out and it is built anew under another file's name. What was left of the first one no
row knows, and it goes too. Where the disk has no room for one it waits, however long, and a try is not counted.
"""

from __future__ import annotations

import asyncio
import secrets
from time import perf_counter

import structlog

from chat.account.actions import quotas
from chat.contacts.store import contacts
from chat.core.clock import DAY
from chat.core.crypt import KEY_BYTES, ChunkSealer, Sealed, derive
from chat.core.errors import LetheError, StorageFull
from chat.core.model import Contact
from chat.export.actions import archive, exports, holdings
from chat.export.store import exports as store
from chat.export.store import holdings as held
from chat.export.store.exports import Export
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.actions import rules

log = structlog.get_logger("chat.exports")
# Said anew every REPORT_EVERY ms by whoever builds. After this the builder is taken for killed, and another begins.
LEASE = 15_000
REPORT_EVERY = 2_000
TRIES, AGAIN = 5, 60_000
# No build goes so long without writing, so a file that was last written before is nobody's.
LEFTOVER_MS = 3_600_000
REST_MOST = 1.0  # seconds
KEPT = 2
"""So many archives of a contact are kept. The next one that is ready takes the place of the oldest."""


class ExportGone(LetheError):
    """The export is another's by now, or nobody's: its contact was erased, or it was deleted."""


async def sweep(services: Services) -> int:
    """Delete what has expired, build what is asked for, remove files that no row knows, and return how many changed."""
    expired = await services.store.read(lambda tx: store.list_expired(tx, services.clock()))
    for each, uid in expired:
        await exports.remove(services, uid, each)
    due = await services.store.read(lambda tx: store.due(tx, services.clock()))
    built = [await _build(services, each) for each in due if await _has_room(services, each)]
    return len(expired) + sum(built) + await _leftovers(services)


async def _has_room(services: Services, found: Export) -> bool:
    """Tell whether the disk takes an export's files. Otherwise say that it waits, and look again in a while."""
    try:
        quotas.has_room(services, await services.store.read(lambda tx: store.bytes_of_files(tx, found.contact_id)))
    except StorageFull:
        log.warning("export waits for room", export=found.id)
        await services.store.write(lambda tx: store.put_off(tx, found, services.clock() + AGAIN))
        return False
    return True


async def _build(services: Services, found: Export) -> bool:
    """Build one export. What fails is tried again, and stops no other."""
    blob, secret = services.archives.new_name(), secrets.token_bytes(KEY_BYTES)

    def work(tx: Tx) -> list[Contact]:
        contact = contacts.by_id(tx, found.contact_id)
        whose = [contact, *(contacts.of_account(tx, contact.account_id, each) for each in found.merged)]
        sealed = exports.seal_key(services, whose, found.id, secret.hex())
        total = 2 * max(1, sum(held.said(tx, each.id) for each in whose))
        values = {"blob": blob, "file_key": sealed, "total": total, "leased_until": services.clock() + LEASE}
        return whose if store.lease(tx, found, values) else []

    try:
        whose = await services.store.write(work)
        if not whose or any(each.receipt_id is None for each in whose):
            return False
        size = await _write(services, whose, found.id, blob, derive(secret, "export"))
    except StorageFull:
        log.warning("export waits for room", export=found.id)
        later = {"state": "queued", "tries": found.tries, "leased_until": services.clock() + AGAIN}
        await services.store.write(lambda tx: store.go_on(tx, found.id, blob, **later))
        return False
    except (LetheError, Sealed, OSError) as error:
        # The error's kind and not its text, which may name a path, and so the contact's folder.
        log.warning("export not built", export=found.id, tries=found.tries + 1, why=type(error).__name__)
        failed = found.tries + 1 >= TRIES
        later = {"state": "failed" if failed else "queued", "leased_until": services.clock() + AGAIN}
        await services.store.write(lambda tx: store.go_on(tx, found.id, blob, **later))
        return False
    return await _finish(services, whose[0], found.id, blob, size)


async def _write(services: Services, whose: list[Contact], uid: str, blob: str, key: bytes) -> int:
    """Write the archive sealed, and return its size in plain. Raises ExportGone where another builds it by now."""
    who, sealer, size = await holdings.subject(services, whose[0], whose[1:]), ChunkSealer(key), 0
    with services.archives.growing(whose[0].uid, blob) as growing:

        def feed(piece: bytes) -> None:
            growing(sealer.feed(piece))

        async for piece in archive.zipped(services, who, _progress(services, uid, blob)):
            size += len(piece)
            quotas.has_room(services, len(piece))
            await asyncio.to_thread(feed, piece)
        growing(sealer.end())
    return size


def _progress(services: Services, uid: str, blob: str) -> archive.AfterPiece:
    """Return what counts rows, and every two seconds says how far it is and holds the lease."""
    done, said, begun = 0, services.clock(), perf_counter()

    async def step(rows: int) -> None:
        nonlocal done, said, begun
        done, now = done + rows, services.clock()
        if now - said >= REPORT_EVERY:
            said, values = now, {"done": done, "leased_until": now + LEASE}
            if not await services.store.write(lambda tx: store.go_on(tx, uid, blob, **values)):
                raise ExportGone("This export is no longer to be built here")
        # Chats first: it rests twice as long as it worked.
        await asyncio.sleep(min(REST_MOST, 2 * (perf_counter() - begun)))
        begun = perf_counter()

    return step


async def _finish(services: Services, contact: Contact, uid: str, blob: str, size: int) -> bool:
    now = services.clock()

    def work(tx: Tx) -> bool:
        days = rules.policy_of(services, tx, contact.account_id).days["exports"]
        values = {"state": "done", "done_at": now, "size": size, "expires_at": now + days * DAY}
        return store.go_on(tx, uid, blob, **values)

    if await services.store.write(work):
        for old in await services.store.read(lambda tx: store.ready_beyond(tx, contact.id, KEPT)):
            await exports.remove(services, contact.uid, old)
        return True
    await asyncio.to_thread(services.archives.remove, contact.uid, blob)
    return False


async def _leftovers(services: Services) -> int:
    """Remove files that no row knows and nobody is writing."""
    files = await asyncio.to_thread(services.archives.all, (services.clock() - LEFTOVER_MS) / 1000)
    known = await services.store.read(lambda tx: store.blobs(tx, [name for _, name in files])) if files else set()
    left = [each for each in files if each[1] not in known]
    for owner, name in left:
        await asyncio.to_thread(services.archives.discard, owner, name)
    return len(left)
