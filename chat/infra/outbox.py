"""
An outbox: letters queued in the transaction they are about, sealed under somebody's key, sent by a sweep that tries
again.

A letter is gone once it is delivered, refused for good, or over a day old. Killed between sending and noting that, the
sweep sends it again under the same Message-ID: twice rather than never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from chat.core.clock import DAY
from chat.core.errors import LetheError, Unavailable
from chat.core.ids import uuid7
from chat.infra.mail import Letter, Undelivered
from chat.infra.services import Services
from chat.infra.store.outbox import LetterRow, LetterTable
from chat.infra.store.tx import Tx

MINUTE = 60_000
# Thirteen hours in all: a sealed letter is kept for a day at most, delivered or not.
WAITS = tuple(minutes * MINUTE for minutes in (5, 15, 60, 240, 480))
SWEPT = 20
log = structlog.get_logger("chat.outbox")


@dataclass(frozen=True, slots=True)
class Sealer:
    """Under whose key a letter is sealed: their row's key, the id that the data key is kept by, and its slot."""

    row: int | str
    uid: str
    key_slot: int


def _always(*_: object) -> bool:
    """Note nothing, and let it go."""
    return True


def _nothing(*_: object) -> None:
    """Note nothing."""


@dataclass(frozen=True)
class Outbox:
    """
    The letters of a table. `claimed` is called with each that is about to go, in the transaction that takes it as ours,
    and says whether it still may; `undelivered` with the row of one that nobody took, in the transaction that deletes
    it, and why, None where it could not be opened.
    """

    letters: LetterTable
    claimed: Callable[[Services, Tx, LetterRow, Letter], bool] = _always
    undelivered: Callable[[Services, Tx, LetterRow, Undelivered | None], None] = _nothing

    def queue(
        self, services: Services, tx: Tx, whose: Sealer, to: str, subject: str, text: str, unsubscribe: str = ""
    ) -> str:
        """Put a letter in, within the caller's transaction, and return its id."""
        letter = Letter(uuid7(), to, subject, text, unsubscribe)
        said = msgspec.json.encode(letter).decode()
        sealed = services.seal(whose.key_slot, whose.uid, f"letter/{letter.id}", said)
        self.letters.put(tx, letter.id, whose.row, sealed, services.clock())
        return letter.id

    async def sweep(self, services: Services) -> int:
        """Drop what is over a day old, try every letter that is due, and return how many are off our hands."""
        before = services.clock() - DAY
        rows = await services.store.read(lambda tx: self.letters.due(tx, services.clock(), SWEPT))
        if any(row.created_at < before for row in rows):
            await services.store.write(lambda tx: self.letters.lapse(tx, before))
        if not services.mailer.ready:
            return 0
        return sum([await self._try(services, row) for row in rows if row.created_at >= before])

    async def _try(self, services: Services, row: LetterRow) -> bool:
        until = services.clock() + WAITS[min(row.tries, len(WAITS) - 1)]
        letter = _opened(services, row)
        if not await services.store.write(lambda tx: self._claim(services, tx, row, letter, until)):
            return False
        sent, refusal = False, None
        try:
            if letter is not None:
                # In no transaction: a mail server may take its time, and whoever writes would wait for it.
                await asyncio.to_thread(services.mailer.send, letter)
                sent = True
        except Undelivered as error:
            log.warning("letter not taken", letter=row.id, why=error.why, tries=row.tries + 1)
            if not error.permanent and row.tries < len(WAITS):
                return False
            refusal = error

        def work(tx: Tx) -> None:
            self.letters.mark_done(tx, row.id)
            if not sent:
                self.undelivered(services, tx, row, refusal)

        await services.store.write(work)
        return True

    def _claim(self, services: Services, tx: Tx, row: LetterRow, letter: Letter | None, until: int) -> bool:
        """Take a letter as ours, and tell whether there is something to do: one that may go no more is deleted."""
        if not self.letters.claim(tx, row, until):
            return False
        if letter is None or self.claimed(services, tx, row, letter):
            return True
        self.letters.mark_done(tx, row.id)
        return False


def _opened(services: Services, row: LetterRow) -> Letter | None:
    try:
        text = services.unseal(row.key_slot, row.uid, f"letter/{row.id}", row.letter)
    except Unavailable:
        raise  # the keys are away for now, and no letter is lost for that
    except LetheError:
        text = None
    if text is None:
        # Whose it is, is being erased, or the row is spoilt. It goes as if it had been sent, and nobody tries it again.
        log.info("letter cannot be opened any more", letter=row.id)
        return None
    return msgspec.json.decode(text, type=Letter)
