"""Accounts that have been used for long: messages written straight into SQLite; and others who talk meanwhile."""

import http.client
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ledger import percentile
from bench.load import Run
from chat.core.ids import uuid7
from chat.core.macs import Macs
from chat.core.settings import from_env
from chat.infra.store.folder import server_secret

DAY = 86_400_000
BODY = 120
"""Bytes of a message, sealed."""
Body = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Person:
    """A contact: their id, and the slot that their key is in (0 where nobody needs it)."""

    uid: str
    slot: int = 0


def people(count: int) -> list[Person]:
    """Return so many who have no key: nothing of theirs is opened."""
    return [Person(uuid7()) for _ in range(count)]


def noise(_: bytes) -> bytes:
    """Return a sealed message that nobody needs to open."""
    return os.urandom(BODY)


def fill(database: Path, site_key: str, persons: Sequence[Person], said: int, body: Body = noise) -> None:
    """Give each a ticket with messages of 400 days ago, in the account of a site; `body` seals one by its id."""
    at = time.time_ns() // 1_000_000 - 400 * DAY
    with sqlite3.connect(database) as raw:
        account, site = raw.execute("SELECT account_id, id FROM site WHERE key = ?", (site_key,)).fetchone()
        number = raw.execute("SELECT tickets FROM account WHERE id = ?", (account,)).fetchone()[0] + 1
        known = raw.execute("SELECT coalesce(max(id), 0) FROM contact").fetchone()[0] + 1
        first = raw.execute("SELECT coalesce(max(id), 0) FROM ticket").fetchone()[0] + 1
        macs = Macs(server_secret(from_env({"LETHE_DATA": str(database.parent)})))
        bound = [macs.over("contact", [known + n, each.uid, account, None]) for n, each in enumerate(persons)]
        raw.executemany(
            "INSERT INTO contact (id, uid, account_id, site_id, key_slot, locale, created_at, mac)"
            " VALUES (?,?,?,?,?,'en',?,?)",
            ((known + n, each.uid, account, site, each.slot, at, bound[n]) for n, each in enumerate(persons)),
        )
        raw.executemany(
            "INSERT INTO ticket (id, account_id, number, contact_id, site_id, status, last_seq, last_note, held,"
            " agent_read, visitor_read, created_at, updated_at) VALUES (?,?,?,?,?,'solved',?,0,0,0,0,?,?)",
            ((first + n, account, number + n, known + n, site, said, at, at + n) for n in range(len(persons))),
        )
        raw.executemany(
            "INSERT INTO message (ticket_id, seq, contact_id, author, cid, receipt_id, body, at, held)"
            " VALUES (?,?,?,'visitor',?,1,?,?,0)",
            _messages(first, known, len(persons), said, at, body),
        )
        raw.execute("UPDATE account SET tickets = tickets + ? WHERE id = ?", (len(persons), account))
        # Written anew just now, or the server would begin with that.
        raw.execute("UPDATE server SET scrubbed_at = ?", (at + 400 * DAY,))
    raw.close()


def _messages(ticket: int, contact: int, persons: int, said: int, at: int, body: Body) -> Iterator[tuple[Any, ...]]:
    for n in range(persons):
        for seq in range(1, said + 1):
            cid = (n * said + seq).to_bytes(16)
            yield ticket + n, seq, contact + n, cid, body(cid), at


def ask(port: int, token: str, method: str, path: str, body: Any = None) -> Any:
    """Return what `/api/v1` answers."""
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    door.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
    answer = json.loads(door.getresponse().read())
    door.close()
    return answer


@dataclass(frozen=True, slots=True)
class Others:
    """How long the acks of others took, in ms: before, and while something went on; and what went wrong."""

    before_p50: float
    before_p99: float
    meanwhile_p50: float
    meanwhile_p99: float
    p99_ratio: float
    faults: int


def compared(before: Run, meanwhile: Sequence[Run]) -> Others:
    """Return how the others fared."""
    quiet, busy = before.acks.seconds, [seconds for each in meanwhile for seconds in each.acks.seconds]
    return Others(
        before_p50=round(percentile(quiet, 0.5), 2),
        before_p99=round(percentile(quiet, 0.99), 2),
        meanwhile_p50=round(percentile(busy, 0.5), 2),
        meanwhile_p99=round(percentile(busy, 0.99), 2),
        p99_ratio=round(percentile(busy, 0.99) / percentile(quiet, 0.99), 2),
        faults=sum(each.faults.total() for each in (before, *meanwhile)),
    )
