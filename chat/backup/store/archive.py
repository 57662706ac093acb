"""
A backup as one file: a signed head of 1024 bytes, then a ZIP. Nothing is believed before every byte was hashed.

The head is written last, so what was cut short has none.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from chat.core.crypt import Signer
from chat.core.errors import Misconfigured, Unavailable
from chat.infra.ledger.ledger import LedgerHead
from chat.infra.store.backups import BackupStatus

FORMAT = 1
HEAD_BYTES = 1024
MAGIC = b"lethe backup %d\n"
ENDING = ".backup"
READ = 1 << 20


@dataclass(frozen=True, slots=True)
class ArchiveSeal:
    """What a backup says first: its id, when it was begun (ms), the schema, and of the rest the size and SHA-256."""

    id: str
    made_at: int
    revision: str
    size: int
    sha256: str


class Writing:
    """A backup that is being written. Its members come in any order, each with its hash in `members`."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = ZipFile(file, "w", allowZip64=True)
        self.members: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[bytes], *, squeeze: bool = True) -> int:
        """Add a member, and return its size. What is sealed cannot be made smaller, so do not `squeeze` it."""
        info, seen, size = ZipInfo(name), hashlib.sha256(), 0
        info.compress_type = ZIP_DEFLATED if squeeze else ZIP_STORED
        # How large it gets nobody knows beforehand, and without this one over 2 GB would fail at its end.
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                seen.update(piece)
                size += len(piece)
        self.members[name] = seen.hexdigest()
        return size

    def close(self) -> None:
        """End the list of members."""
        self._zip.close()

    def abandon(self) -> None:
        """Leave it as it is: it would else be ended when it is collected, on a disk that takes no more."""
        self._zip.fp = None


class Backup:
    """A backup that was found whole and ours."""

    def __init__(self, path: Path, head: ArchiveSeal, file: BinaryIO) -> None:
        self.path, self.head = path, head
        self._zip = ZipFile(file)
        self.manifest: dict[str, Any] = json.loads(self._zip.read("manifest.json"))

    def names(self, below: str) -> list[str]:
        """Return the members below a folder."""
        return [each for each in self.manifest["members"] if each.startswith(below)]

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a member's lines."""
        with self._zip.open(name) as member:
            yield from member

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's bytes. Raises Misconfigured where they are not those the manifest names."""
        seen = hashlib.sha256()
        with self._zip.open(name) as member:
            while piece := member.read(READ):
                seen.update(piece)
                yield piece
        if seen.hexdigest() != self.manifest["members"][name]:
            raise Misconfigured(f"{self.path} is damaged: a member is not what its manifest says")


@contextmanager
def writing(path: Path, signer: Signer, made: dict[str, Any]) -> Iterator[Writing]:
    """
    Write a backup beside `path` and put it there whole, or leave nothing. `made`: id, made_at, revision. Raises
    Unavailable where the disk takes no more.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(bytes(HEAD_BYTES))
            out = Writing(file)
            try:
                yield out
                out.close()
            finally:
                out.abandon()
            # Only now the head: whatever was cut short has zeros there, and is refused before a byte of it is read.
            _seal(file, signer, made)
        beside.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise Unavailable(f"The backup could not be written ({error.strerror or error}); nothing was kept") from error
    finally:
        with contextlib.suppress(OSError):  # also where the folder is none
            beside.unlink(missing_ok=True)


@contextmanager
def opened(path: Path, signer: Signer) -> Iterator[Backup]:
    """Open a backup. Raises Misconfigured where it is damaged, cut short, newer, or not this server's."""
    try:
        with path.open("rb") as file:
            head = _head(path, file, signer)
            if (os.fstat(file.fileno()).st_size - HEAD_BYTES, _hash(file)) != (head.size, head.sha256):
                raise Misconfigured(f"{path} is damaged: its bytes are not those that were written")
            yield Backup(path, head, file)
    except (OSError, BadZipFile) as error:
        raise Misconfigured(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from error


def counts_of(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return how many rows a backup has of each table."""
    return {str(each["name"]): each["rows"] for each in manifest["tables"]}


def ledger_head_of(manifest: Mapping[str, Any]) -> LedgerHead:
    """Return how far the ledger was when a backup was begun."""
    return LedgerHead(manifest["ledger"]["number"], manifest["ledger"]["mark"])


def status_of(manifest: Mapping[str, Any]) -> BackupStatus:
    """Return the server's row as a backup has it."""
    return BackupStatus(**manifest["server"])


def ours(folder: Path, signer: Signer) -> list[tuple[Path, ArchiveSeal]]:
    """Return the backups in a folder that this server made, oldest first. Whatever else is there is not looked at."""
    found = []
    # By their signature and not by their name alone: `lapse` deletes what this returns.
    for path in folder.glob(f"lethe-*{ENDING}"):
        with contextlib.suppress(Misconfigured, OSError), path.open("rb") as file:
            found.append((path, _head(path, file, signer)))
    return sorted(found, key=lambda each: each[1].made_at)


def tidy(folder: Path) -> None:
    """Remove what a backup that was killed left behind, and nothing that another is just writing."""
    for path in folder.glob(f".lethe-*{ENDING}.part"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            # Raises, and so leaves the file, while whoever writes it holds its lock. One whose writer was killed has
            # none.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _seal(file: BinaryIO, signer: Signer, made: dict[str, Any]) -> None:
    file.flush()
    size = os.fstat(file.fileno()).st_size - HEAD_BYTES
    said = json.dumps(asdict(ArchiveSeal(**made, size=size, sha256=_hash(file))), sort_keys=True).encode()
    head = MAGIC % FORMAT + said + b"\n" + signer.sign(MAGIC % FORMAT + said).encode() + b"\n"
    os.pwrite(file.fileno(), head.ljust(HEAD_BYTES), 0)
    os.fsync(file.fileno())


def _head(path: Path, file: BinaryIO, signer: Signer) -> ArchiveSeal:
    held = file.read(HEAD_BYTES)
    magic, _, rest = held.partition(b"\n")
    first = magic.split()
    if first[:2] != [b"lethe", b"backup"] or len(held) < HEAD_BYTES:
        cut = len(held) < HEAD_BYTES or not held.strip(b"\0")
        raise Misconfigured(f"{path} is " + ("cut short: it was never finished" if cut else "not a backup of Lethe"))
    if first[2:] != [b"%d" % FORMAT]:
        raise Misconfigured(f"{path} is of a newer format than this Lethe reads; run the Lethe that made it")
    said, _, rest = rest.partition(b"\n")
    signature, _, padding = rest.partition(b"\n")
    if not signer.signed(magic + b"\n" + said, signature.decode(errors="replace")) or padding.strip(b" "):
        raise Misconfigured(
            f"{path} was made by another server, or its head is damaged; is this the LETHE_SECRET_KEY it was made with?"
        )
    return ArchiveSeal(**json.loads(said))


def _hash(file: BinaryIO) -> str:
    seen = hashlib.sha256()
    file.seek(HEAD_BYTES)
    while piece := file.read(READ):
        seen.update(piece)
    return seen.hexdigest()


def _flush(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
