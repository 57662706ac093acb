"""
The page of an export, for people to read: what its template, `export-page.html`, is made of, read while it is written.

What the template has a form for (who, transcripts, files, receipts) stands first. Whatever else the schema says is held
follows as plain tables, so that a new table is on the page without a line here or there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from chat.core.clock import stamp
from chat.core.model import LOCALES
from chat.export.actions import holdings, wording
from chat.export.actions.holdings import Item, Subject
from chat.export.actions.wording import Purpose, Say
from chat.export.store.holdings import Holding
from chat.export.store.holdings import holdings as every
from chat.infra.services import Services

TEMPLATE = "export-page.html"
SHAPED = ("contact", "ticket", "message", "attachment", "receipt")
OF_TICKET = ("status", "created_at", "updated_at", "assignee", "tags", "fields", "rating", "rating_comment")
EMPTY: tuple[Any, ...] = (None, [], "")


async def pieces(
    services: Services, who: Subject, paths: dict[str, str], step: Callable[[int], Awaitable[None]]
) -> AsyncIterator[bytes]:
    """Yield the page as UTF-8. `paths` says where the files lie, `step` hears of every row that was written."""
    page = Page(services, who, paths, step)
    async for piece in services.render(TEMPLATE, {"page": page, "t": page.t}):
        yield piece.encode()


@dataclass(frozen=True)
class TranscriptLine:
    """A line of the transcripts, one of three: a ticket that begins, a day that begins, a message with its files."""

    ticket: Item | None = None
    day: str = ""
    message: Item | None = None
    files: list[Item] = field(default_factory=list)


class Page:
    """What the template reads, each part when it comes to it."""

    def __init__(
        self, services: Services, who: Subject, paths: dict[str, str], step: Callable[[int], Awaitable[None]]
    ) -> None:
        self._services, self._step = services, step
        self._known = {each.name: each for each in every()}
        locale = who.contact.locale if who.contact.locale in LOCALES else LOCALES[0]
        self.t = Say(services.gathered.locales, locale)
        self.who, self.paths, self.made_at = who, paths, stamp(services.clock())
        self.files: dict[tuple[Any, Any], list[Item]] = defaultdict(list)

    async def contact(self) -> AsyncIterator[Item]:
        """Yield whom it is about."""
        async for item in self._items("contact"):
            yield item | {"site": self.who.site.name, "account": self.who.account.name}

    async def transcripts(self) -> AsyncIterator[TranscriptLine]:
        """Yield the tickets with what was said in each, in order. An empty ticket begins too."""
        coming = [item async for item in self._items("ticket")]
        async for item in self._items("attachment"):
            self.files[item["ticket"], item["seq"]].append(item)
        ticket, day = 0, ""
        async for item in self._items("message"):
            while item["ticket"] != ticket and coming:
                yield TranscriptLine(coming[0])
                ticket, day = coming.pop(0)["number"], ""
            if self.t.day(item["at"]) != day:
                day = self.t.day(item["at"])
                yield TranscriptLine(day=item["at"][:10])
            yield TranscriptLine(message=item, files=self.files[item["ticket"], item["seq"]])
        for each in coming:
            yield TranscriptLine(each)

    def facts(self, ticket: Item) -> Item:
        """Return what a ticket's heading says of it."""
        return {name: held for name, held in ticket.items() if name in OF_TICKET and held not in EMPTY}

    async def receipts(self) -> AsyncIterator[Item]:
        """Yield the ledger of consent, each entry with the `notice` that was agreed to and the `labels` of purposes."""
        async for item in self._items("receipt"):
            notice = json.loads(item["document"])["notice"]
            yield item | {"notice": notice, "labels": {each["id"]: each["label"] for each in notice["purposes"]}}

    def others(self) -> list[Holding]:
        """Return the tables that have no form of their own."""
        return [each for each in self._known.values() if each.name not in SHAPED]

    async def left_out(self, holding: Holding) -> int:
        """Return how many rows of a table the account does not give."""
        return 0 if self.who.gives(holding) else await holdings.left_out(self._services, self.who, holding)

    def rows(self, holding: Holding) -> AsyncIterator[Item]:
        """Yield a table as it is, nothing where the account does not give it."""
        return self._items(holding.name)

    async def accesses(self) -> list[Item]:
        """Return who met the data, from the audit log."""
        return await holdings.accesses(self._services, self.who)

    def purposes(self) -> list[Purpose]:
        """Return what each table is for."""
        return [wording.purpose(self.t, each, self.who.policy.days) for each in self._known.values()]

    async def _items(self, name: str) -> AsyncIterator[Item]:
        async for some in holdings.items(self._services, self.who, self._known[name]):
            for item in some:
                yield item
            if name not in SHAPED or name == "message":
                await self._step(len(some))
