"""
The archive of one contact: a ZIP with JSON for machines, a page for people, and the files; made piece by piece.

Nothing of it is ever whole in memory, and each chunk of rows is read in a transaction of its own, so that a contact
with very many messages keeps nobody waiting.
"""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from chat.attachments.domain import filetypes
from chat.core.clock import stamp
from chat.core.crypt import Sealed
from chat.core.errors import NotFound
from chat.export.actions import holdings, page
from chat.export.actions.holdings import Item, Subject
from chat.export.store.holdings import holdings as every
from chat.infra.gathered import FileOf
from chat.infra.services import Services

FORMAT, VERSION = "lethe-export", 1
NAME_BYTES = 80  # of a path that may lie deep in folders of its reader
AfterPiece = Callable[[int], Awaitable[None]]
Paths = dict[str, str]
"""Where in the archive each attachment lies, by its id."""


class Drain:
    """What a ZIP is written to and emptied from. It cannot go back, so nothing waits for the end."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Take what the ZIP has ready."""
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """Return what has gathered."""
        made = bytes(self._held)
        self._held.clear()
        return made


async def nothing(_: int) -> None:
    """Tell nobody how far it is."""


async def zipped(services: Services, who: Subject, step: AfterPiece = nothing) -> AsyncGenerator[bytes, None]:
    """Yield the archive. `step` hears of every so many rows that were written, twice each: as JSON and on the page."""
    drain = Drain()
    with zipfile.ZipFile(drain, "w", zipfile.ZIP_DEFLATED) as made:
        for number, each in enumerate((who, *who.merged), 1):
            # Who is the same person has a folder of their own, with the same in it.
            async with aclosing(_part(services, each, made, drain, f"{number}/" if number > 1 else "", step)) as part:
                async for piece in part:
                    yield piece
    yield drain.take()


async def _part(
    services: Services, who: Subject, made: zipfile.ZipFile, drain: Drain, folder: str, step: AfterPiece
) -> AsyncGenerator[bytes, None]:
    """Write what is held of one contact into a folder of the archive."""
    paths, alone = Paths(), replace(who, merged=())
    # Closed from within: who goes away in the middle must not leave an entry open in the archive.
    # Files first: only then is it known which can be read, and JSON and page name no others.
    async with aclosing(_files(services, who, (made, drain, folder), paths)) as files:
        async for piece in files:
            yield piece
    # Each goes over the rows again: kept for both, those of somebody who wrote much would fill the memory.
    for name, pieces in (
        ("export.json", as_json(services, alone, paths, step)),
        ("index.html", page.pieces(services, alone, paths, step)),
    ):
        async with aclosing(_entry(services, made, drain, folder + name, pieces)) as entry:
            async for piece in entry:
                yield piece


async def as_json(
    services: Services, who: Subject, paths: Paths | None = None, step: AfterPiece = nothing
) -> AsyncIterator[bytes]:
    """Yield what is held as one JSON document; attachments name their place in the archive where there is one."""
    yield msgspec.json.encode(head(services, who))[:-1] + b',"sections":['
    for number, holding in enumerate(every()):
        said = holdings.described(services, who, holding)
        if not who.gives(holding):
            said["left_out"] = await holdings.left_out(services, who, holding)
        yield (b",\n" if number else b"\n") + msgspec.json.encode(said)[:-1] + b',"items":['
        before = b"\n"
        async for some in holdings.items(services, who, holding):
            yield before + b",\n".join(msgspec.json.encode(placed(each, paths)) for each in some)
            before = b",\n"
            await step(len(some))
        yield b"]}"
    access = [msgspec.json.encode(each) for each in await holdings.accesses(services, who)]
    yield b'\n],"access":[\n' + b",\n".join(access) + b"\n]"
    for number, each in enumerate(who.merged):
        yield b",\n" if number else b',"merged":[\n'
        async for piece in as_json(services, each):
            yield piece
    yield b"]}\n" if who.merged else b"}\n"


def head(services: Services, who: Subject) -> Item:
    """Return what an export says of itself: its form and version, who is the controller, whom it is about."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": stamp(services.clock()),
        "controller": {"id": who.account.id, "name": who.account.name},
        "site": {"key": who.site.key, "name": who.site.name},
        "contact_id": who.contact.uid,
    }


def placed(item: Item, paths: Paths | None) -> Item:
    """Return an attachment with its place in the archive, anything else as it is."""
    return item | {"path": paths[item["id"]]} if paths and item.get("id") in paths else item


def path_of(number: int, name: str, kind: str) -> str:
    """Return a file's place in the archive: safe and like no other, whatever its sender called it."""
    return f"files/{number:04d}-{filetypes.tidy(name, kind, NAME_BYTES)}"


async def _files(
    services: Services, who: Subject, into: tuple[zipfile.ZipFile, Drain, str], paths: Paths
) -> AsyncGenerator[bytes, None]:
    """Write the files into a folder of the archive. One that is gone, or damaged, is left without a path."""
    made, drain, folder = into
    async for uid, path, file in _known_files(services, who):
        try:
            pieces = _pieces(await file(services, who.contact, uid))
            async with aclosing(_entry(services, made, drain, folder + path, pieces)) as entry:
                async for piece in entry:
                    yield piece
        except (NotFound, Sealed):
            continue
        paths[uid] = path


async def _known_files(services: Services, who: Subject) -> AsyncIterator[tuple[str, str, FileOf]]:
    """Yield every file that a row stands for: its id, its place in the archive, and what opens it."""
    parts, number = services.gathered.export_parts, 0
    for holding in every():
        file = parts[holding.name].file if holding.name in parts else None
        if file is None:
            continue
        async for some in holdings.items(services, who, holding):
            for each in some:
                number += 1
                yield each["id"], path_of(number, each["name"] or "", each["type"]), file


async def _entry(
    services: Services, made: zipfile.ZipFile, drain: Drain, name: str, pieces: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    at = datetime.fromtimestamp(services.clock() / 1000, UTC)
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    with made.open(entry, "w") as file:
        async for piece in pieces:
            # In a thread, since compressing keeps the processor for long, and sockets wait for the loop.
            await asyncio.to_thread(file.write, piece)
            if ready := drain.take():
                yield ready


async def _pieces(coming: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces that are read and opened in a thread."""
    while (piece := await asyncio.to_thread(next, coming, None)) is not None:
        yield piece
