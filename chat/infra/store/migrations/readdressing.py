"""
Addresses that an older Lethe stored, made anew: sealed in the form in which they are shown, hashed by their identity.

All of it is the migration's one transaction: killed anywhere it is as if it had not begun.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    and_,
    select,
    update,
)

from chat.core import addresses
from chat.core.crypt import Sealed, blind, derive, seal, unseal
from chat.core.errors import InvalidField, Misconfigured, NotFound
from chat.core.settings import Settings
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import open_slots
from chat.infra.store import folder

CHUNK = 500
AGENTS = "agents"

# The tables as they were at this revision, and no more of them than this needs.
_then = MetaData()
_contact = Table(
    "contact",
    _then,
    Column("id", BigInteger, primary_key=True),
    Column("uid", String),
    Column("account_id", String),
    Column("key_slot", Integer),
    Column("email", LargeBinary),
    Column("email_hash", String),
)
_agent = Table(
    "agent",
    _then,
    Column("id", String, primary_key=True),
    Column("key_slot", Integer),
    Column("email", LargeBinary),
    Column("email_hash", String),
    Column("deactivated_at", BigInteger),
)
_disclosure = Table(
    "disclosure",
    _then,
    Column("id", String, primary_key=True),
    Column("contact_id", BigInteger),
    Column("recipient", String),
    Column("address", LargeBinary),
)
log = structlog.get_logger("chat.migrations")


@dataclass
class Opener:
    """The keys, and how many of them opened nothing though they are there."""

    keys: Keys
    index_key: bytes
    opened: int = 0
    closed: int = 0

    def read(self, slot: int, owner: str, context: str, sealed: bytes) -> str | None:
        """Return a field, or None where its key is gone or does not open it."""
        try:
            text = unseal(self.keys.get(slot, owner), sealed, f"{owner}/{context}".encode())
        except NotFound:
            return None
        except (Misconfigured, Sealed):
            self.closed += 1
            return None
        self.opened += 1
        return text

    def made(self, slot: int, owner: str, scope: str, text: str) -> dict[str, Any]:
        """Return both columns of an address."""
        return {
            "email": seal(self.keys.get(slot, owner), shown(text), f"{owner}/email".encode()),
            "email_hash": self.found_by(scope, text),
        }

    def found_by(self, scope: str, text: str) -> str:
        """Return the hash of an address's identity."""
        return blind(self.index_key, scope, addresses.identity(text))


def shown(text: str) -> str:
    """Return an address in the form in which it is shown. A text that is no address today stays as it is."""
    try:
        return addresses.address(text)
    except InvalidField:
        return text


def renew(tx: Connection, settings: Settings) -> None:
    """
    Renew every address of contacts and agents. A row whose key is gone or damaged stays. Raises Misconfigured where
    none opens. An empty database is not asked for its keys, which it may not have yet.
    """
    if not any(tx.execute(select(each.c.id).limit(1)).first() for each in (_contact, _agent)):
        return
    secret = folder.server_secret(settings)
    opener = Opener(Keys(open_slots(settings.keys_url), secret), derive(secret, "index"))
    try:
        _renew_agents(tx, opener)
        for chunk in _contacts(tx):
            for row in chunk:
                _renew_contact(tx, opener, row)
    finally:
        opener.keys.close()
    if opener.closed and not opener.opened:
        raise Misconfigured(
            "No address opens: these are other keys or another LETHE_SECRET_KEY; put the right ones back"
        )


def _contacts(tx: Connection) -> Iterator[list[Row[Any]]]:
    last = 0
    query = select(_contact).where(_contact.c.email.is_not(None)).order_by(_contact.c.id).limit(CHUNK)
    while chunk := list(tx.execute(query.where(_contact.c.id > last))):
        yield chunk
        last = chunk[-1].id


def _renew_contact(tx: Connection, opener: Opener, row: Row[Any]) -> None:
    """Renew a contact's address, and by what those are found who were sent something of theirs."""
    text = opener.read(row.key_slot, row.uid, "email", row.email)
    if text is None:
        return
    made = opener.made(row.key_slot, row.uid, row.account_id, text)
    _put(tx, _contact, row.id, made)
    own = and_(_disclosure.c.contact_id == row.id, _disclosure.c.recipient == row.email_hash)
    tx.execute(update(_disclosure).where(own).values(recipient=made["email_hash"]))
    others = and_(_disclosure.c.contact_id == row.id, _disclosure.c.address.is_not(None))
    for sent in list(tx.execute(select(_disclosure).where(others))):
        to = opener.read(row.key_slot, row.uid, f"sent/{sent.id}", sent.address)
        if to is not None:
            _put(tx, _disclosure, sent.id, {"recipient": opener.found_by(row.account_id, to)})


def _renew_agents(tx: Connection, opener: Opener) -> None:
    """
    Renew the agents' addresses. Of two who turn out to have one address, the one who is active, else who came first,
    signs in with it. The other needs a new one.
    """
    found = [
        (row, text)
        for row in tx.execute(select(_agent).order_by(_agent.c.deactivated_at.is_not(None), _agent.c.id))
        if (text := opener.read(row.key_slot, row.id, "email", row.email)) is not None
    ]
    by_identity = sorted(found, key=lambda each: addresses.identity(each[1]))
    for _, alike in groupby(by_identity, key=lambda each: addresses.identity(each[1])):
        (first, text), *rest = alike
        for other, spelt in rest:  # first, as no two may have one hash
            log.warning("two agents have one address; deactivate one", signs_in=first.id, cannot=other.id)
            made = opener.made(other.key_slot, other.id, AGENTS, spelt)
            nobody = blind(opener.index_key, AGENTS, f" {other.id}")
            _put(tx, _agent, other.id, made | {"email_hash": nobody})
        _put(tx, _agent, first.id, opener.made(first.key_slot, first.id, AGENTS, text))


def _put(tx: Connection, of: Table, key: object, values: dict[str, Any]) -> None:
    tx.execute(update(of).where(of.c.id == key).values(**values))
