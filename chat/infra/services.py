"""The wiring: what every action works with, built once in `chat.app` and replaced in a line by a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from chat.core.addresses import identity
from chat.core.clock import Clock
from chat.core.crypt import Sealed, Signer, blind, seal, unseal
from chat.core.events import Event
from chat.core.ids import uuid_bytes, uuid_text
from chat.core.macs import Macs
from chat.core.settings import Settings
from chat.core.tokens import Tokens
from chat.core.turns import FairTurns
from chat.infra.blobs import Blobs
from chat.infra.bus import Bus
from chat.infra.filters import Filters
from chat.infra.gathered import Gathered
from chat.infra.keys.keys import Keys
from chat.infra.ledger.ledger import Ledger
from chat.infra.mail import Mailer
from chat.infra.outbound import Outbound
from chat.infra.store import Store
from chat.infra.store.tx import Tx

log = structlog.get_logger("chat.services")
Render = Callable[[str, Mapping[str, object]], AsyncIterator[str]]
"""Yields what a template makes of its context, piece by piece. Actions know no templates. The web's renderer does."""


@dataclass(frozen=True)
class Services:
    """
    Store, keys, ledger, bus, blobs (the files of contacts), archives (their exports), mailer, outbound (calls other
    servers), filters, settings and clock. `index_key` is the key of the blind indexes, `macs` binds what others could
    write, `gathered` is what the features say of themselves, `render` makes documents of templates.

    `looking` lets two files be looked at at a time: an image of forty million pixels takes hundreds of MB meanwhile.
    `searching` lets one piece of a search be looked at at a time: what opens thousands of texts leaves room for others.
    `coming` counts the bytes of files that are being written, by account and of all (under "").
    """

    settings: Settings
    store: Store
    keys: Keys
    ledger: Ledger
    bus: Bus
    blobs: Blobs
    archives: Blobs
    mailer: Mailer
    outbound: Outbound
    filters: Filters
    tokens: Tokens
    signer: Signer
    macs: Macs
    index_key: bytes
    clock: Clock
    gathered: Gathered
    render: Render
    looking: FairTurns = field(default_factory=lambda: FairTurns(2))
    searching: FairTurns = field(default_factory=lambda: FairTurns(1))
    coming: Counter[str] = field(default_factory=Counter)

    @property
    def mails_links(self) -> bool:
        """Whether links can be mailed: there is a mail server, and an address of ours that no request could forge."""
        return self.mailer.ready and bool(self.settings.base_url)

    def email_hash(self, scope: str, email: str) -> str:
        """Return what an address is found by: within an account, or `agents` for the whole server."""
        return blind(self.index_key, scope, identity(email))

    def corrected_hash(self, account_id: str, email: str) -> str:
        """
        Return what an address is found by that an agent entered for a contact, in a scope of its own: nobody has shown
        that it is theirs, so no mailed link to it may find the contact.
        """
        return self.email_hash(f"corrected/{account_id}", email)

    def found_by(self, account_id: str, email: str) -> tuple[str, str]:
        """Return what agents find an address by in an account: as contacts gave it, and as agents entered it."""
        return self.email_hash(account_id, email), self.corrected_hash(account_id, email)

    def begun_hash(self, site_id: str, name: str) -> str:
        """Return what an agreement is found by at its site: a keyed hash of the id that the browser made for it."""
        # In one spelling: the same UUID in capitals is the same agreement.
        return blind(self.index_key, f"begun/{site_id}", uuid_text(uuid_bytes(name)))

    def record(self, tx: Tx, *happened: Event) -> None:
        """
        Have what happened kept for programs of the account, in the transaction in which it does: what is committed is
        told to them, however soon the process ends. The bus is told apart, after the commit.
        """
        for each in self.gathered.recorders:
            each(self, tx, happened)

    def seal(self, slot: int, owner: str, context: str, text: str) -> bytes:
        """Seal a field of `owner`, whose key is in `slot`."""
        return seal(self.keys.get(slot, owner), text, f"{owner}/{context}".encode())

    def unseal(self, slot: int, owner: str, context: str, sealed: bytes | None) -> str | None:
        """
        Return a field of `owner`, or None where there is nothing, and where these bytes are not what was stored there:
        spoilt, it is as if it were missing, and keeps nobody from the rest. NotFound where the key is gone.
        """
        if sealed is None:
            return None
        try:
            return unseal(self.keys.get(slot, owner), sealed, f"{owner}/{context}".encode())
        except Sealed:
            log.error("a field does not open", kind=context.partition("/")[0])  # noqa: TRY400 - where says nothing
            return None
