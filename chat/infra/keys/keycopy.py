"""
A copy of the data keys and the ledger, in a folder away from the backups: for the day when the keys are lost too.

There is one, overwritten by the next. Erasures reach into it while the folder is there.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from uuid import UUID

from chat.core.errors import Misconfigured, Unavailable
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import SlotFile
from chat.infra.ledger.ledger import Ledger

KEYS_FILE, LEDGER_FILE = "keys.copy", "ledger.copy"


def write(folder: Path, keys: Keys, ledger: Ledger) -> int:
    """
    Write the copy anew, and return how many keys it holds. The one before is overwritten, not left in freed blocks.
    """
    path, beside, old = (folder / each for each in (KEYS_FILE, f".{KEYS_FILE}.part", f".{KEYS_FILE}.old"))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(folder / LEDGER_FILE, ledger.copy().encode())
        # A copy that was interrupted holds keys too, so it is zeroed and not only unlinked.
        _destroy(beside)
        _destroy(old)
        made = SlotFile(beside)
        count = keys.copy_to(made)
        made.close()
        if path.exists():
            path.replace(old)
        beside.replace(path)
        _destroy(old)
    except OSError as error:
        raise Unavailable(f"The keys could not be copied ({error.strerror})") from error
    return count


def holds(folder: str | None, slot: int, owner: str) -> bool | None:
    """Whether the copy has a key, or None where there should be a copy and it cannot be reached or read."""
    if folder is None:
        return False
    try:
        found = _opened(folder)
        if found is None:
            return None
        with closing(found):
            return found.look(slot, UUID(owner).bytes) is not None
    except (Misconfigured, OSError):  # a copy that is damaged keeps no erasure waiting; the certificate says it
        return None


def wipe(folder: str | None, slot: int, owner: str) -> bool:
    """Destroy a key in the copy too, where it can be reached, and return whether there was one."""
    try:
        found = _opened(folder) if folder else None
        if found is None:
            return False
        with closing(found):
            return found.wipe(slot, UUID(owner).bytes)
    except (Misconfigured, OSError):
        return False


def put_back(folder: Path, keys: Keys, ledger: Ledger) -> int:
    """Fill an empty key store and an empty ledger from the copy, and return how many keys. Raises Misconfigured."""
    found = _opened(str(folder))
    if found is None or not (folder / LEDGER_FILE).exists():
        raise Misconfigured(f"There is no copy of the keys in {folder}")
    with closing(found):
        count = keys.adopt(found)
    if ledger.head().number == 0:
        ledger.adopt((folder / LEDGER_FILE).read_text())
    return count


def _opened(folder: str) -> SlotFile | None:
    path = Path(folder) / KEYS_FILE
    return SlotFile(path) if path.exists() else None


def _put(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _destroy(path: Path) -> None:
    """Write zeros over a file, if it is there, before it is unlinked."""
    if path.exists():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
