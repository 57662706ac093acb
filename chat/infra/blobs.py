"""
The files of contacts: sealed bytes under random names, in one folder for each contact.

A folder is named by its contact's public id, so that forgetting a contact needs neither key nor row. What is in a file
is nobody's business here: bytes come sealed and go sealed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chat.core.errors import NotFound, Unavailable
from chat.core.locations import DataLocation, Field

OWNER = re.compile(r"[0-9a-f-]{36}\Z")
NAME = re.compile(r"[\w-]{43}\Z", re.ASCII)
PREVIEW = ".small"
READ = 1 << 16

FILES = DataLocation(
    "files",
    "files",
    "contact",
    "the files that were sent and their small images, sealed under keys of their own",
    "attachments",
    (Field("content", "attachment", "to answer", "consent", sealed=True),),
    ("attachments/*/*",),
)
EXPORTS = DataLocation(
    "exports",
    "files",
    "contact",
    "archives of what is held, made to be handed over, sealed under keys of their own",
    "exports",
    (Field("content", "message", "to hand over what is held", "access", sealed=True),),
    ("exports/*/*",),
)


class Blobs:
    """One folder of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    def new_name() -> str:
        """Return a name that tells nothing."""
        return secrets.token_urlsafe(32)

    def write(self, owner: str, name: str, chunks: Iterable[bytes]) -> None:
        """Keep `chunks` on disk, whole or not at all. Raises Unavailable where the disk takes no more."""
        with self.growing(owner, name) as growing:
            for chunk in chunks:
                growing(chunk)

    @contextlib.contextmanager
    def growing(self, owner: str, name: str) -> Iterator[Callable[[bytes], object]]:
        """Give what writes a file piece by piece: whole when the block ends, and not there at all if it fails."""
        path = self._path(owner, name)
        beside = path.with_name(f"{path.name}.part")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # O_EXCL: two writers of one name would mix their bytes. Mode here and not by chmod, so that it is never
            # wider.
            made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "wb") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            # The rename is an entry of the folder: without this a power cut may undo it, and a message names a file
            # that is not there.
            _flush(path.parent)
        except OSError as error:
            raise Unavailable("The file could not be stored") from error
        finally:
            beside.unlink(missing_ok=True)

    def read(self, owner: str, name: str, size: int) -> Iterator[bytes]:
        """Yield a file in pieces of `size` bytes. Raises NotFound at once where there is none."""
        try:
            # Opened before the first piece is asked for, so that a missing file is a 404 and no broken answer.
            file = self._path(owner, name).open("rb")
        except OSError as error:
            raise NotFound("This file is not there any more") from error

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(size):
                    yield piece

        return pieces()

    def remove(self, owner: str, name: str) -> int:
        """Remove a file and its preview, and return how many there were."""
        gone = 0
        for each in (name, name + PREVIEW):
            with contextlib.suppress(FileNotFoundError):
                self._path(owner, each).unlink()
                gone += 1
        if gone:
            _flush(self._folder / owner)
        return gone

    def count(self, owner: str) -> int:
        """Count an owner's files."""
        folder = self._owned(owner)
        return len(list(folder.iterdir())) if folder.is_dir() else 0

    def forget(self, owner: str) -> int:
        """Remove everything of a contact, and return how many files there were."""
        folder, gone = self._owned(owner), 0
        # A file that is being written just now brings the folder back, so again until it is not there.
        while folder.exists():
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
                gone += 1
            with contextlib.suppress(OSError):  # something came meanwhile
                folder.rmdir()
        if gone:
            _flush(self._folder)
        return gone

    def all(self, before: float) -> set[tuple[str, str]]:
        """Return the owner and name of every file that was last written before a time (seconds since 1970)."""
        found = set()
        for owner in self._folder.iterdir() if self._folder.is_dir() else ():
            for path in owner.iterdir() if owner.is_dir() else ():
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < before:
                        found.add((owner.name, path.name.partition(".")[0]))
        return found

    def discard(self, owner: str, name: str) -> None:
        """Remove a leftover with all that was made beside it, half-written or not."""
        folder = self._folder / Path(owner).name
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.partition(".")[0] == name:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty, or gone
            folder.rmdir()

    def _owned(self, owner: str) -> Path:
        # The ids come from rows, but a row may be spoilt: no name of any kind leads out of the folder.
        if not OWNER.match(owner):
            raise NotFound("No such file")
        return self._folder / owner

    def _path(self, owner: str, name: str) -> Path:
        if not NAME.match(name.removesuffix(PREVIEW)):
            raise NotFound("No such file")
        return self._owned(owner) / name


def _flush(folder: Path) -> None:
    """Bring a folder's own entries to the disk: without it a power cut may bring an unlinked file back."""
    with contextlib.suppress(FileNotFoundError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
