"""
A stranger's file looked at in a process of its own, `python -m chat.attachments.domain.looking`: the file comes by
standard input and what it is goes out by standard output. The limits are the system's, so that they hold in a decoder's
C code too.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from chat.attachments.domain.filetypes import IMAGES, sniff
from chat.core.errors import InvalidField, Unavailable

CPU_SECONDS, WALL_SECONDS = 10, 60
# The largest photo that is taken needs 900 MB.
MEMORY = 3 << 29
MADE_MOST = 32 * 1024 * 1024
HEAD_MOST = 1024
ENVIRON = {"PYTHONPATH": str(Path(__file__).parents[3])}  # and nothing else: no secret, no address of a database
# -P: nothing is imported from the folder that the server happens to be in. -B: no file may be written.
COMMAND = (sys.executable, "-P", "-B", "-m", "chat.attachments.domain.looking")
PORTRAIT = "portrait"
"""What the program is told where the file is to be a portrait."""


@dataclass(frozen=True)
class Looked:
    """What a file is, its bytes as they are kept, and of an image its pixels and a small one."""

    type: str
    data: bytes
    small: bytes = b""
    width: int | None = None
    height: int | None = None


class FileHead(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The line before the bytes: why a file is refused, or what it is. `whole` bytes follow, then the small image."""

    refused: str = ""
    type: str = ""
    width: int | None = None
    height: int | None = None
    whole: int = 0


def look(data: bytes) -> Looked:
    """Return what a file is. An image is drawn anew. Raises InvalidField for what is no file we take."""
    kind = sniff(data)
    if kind is None:
        raise InvalidField("Only images, PDF, ZIP and office documents, and plain text are taken", field="file")
    if kind not in IMAGES:
        return Looked(kind, data)
    from chat.attachments.domain.pictures import redraw  # noqa: PLC0415 - most of this process's time, for images only

    drawn = redraw(data, kind)
    if len(drawn.data) + len(drawn.small) > MADE_MOST:
        raise InvalidField("This image takes too much space; send it as a JPEG", field="file")
    return Looked(drawn.type, drawn.data, drawn.small, drawn.width, drawn.height)


def portray(data: bytes) -> Looked:
    """Return the portrait that an image makes, as the small image. Raises InvalidField."""
    from chat.attachments.domain.pictures import portrait  # noqa: PLC0415 - as above

    return Looked("image/webp", b"", portrait(data, sniff(data) or ""))


def packed(looked: Looked | InvalidField) -> bytes:
    """Return a line of JSON and, for an image, the bytes after it. Other files are kept as they came."""
    if isinstance(looked, InvalidField):
        return msgspec.json.encode(FileHead(refused=looked.detail)) + b"\n"
    drawn = looked.data if looked.small else b""
    head = FileHead(type=looked.type, width=looked.width, height=looked.height, whole=len(drawn))
    return msgspec.json.encode(head) + b"\n" + drawn + looked.small


def unpacked(answer: bytes, sent: bytes) -> Looked:
    """Return what was packed of a file. Raises InvalidField where it was refused, Unavailable where it is no answer."""
    line, _, rest = answer.partition(b"\n")
    try:
        head = msgspec.json.decode(line, type=FileHead)
    except msgspec.MsgspecError:
        raise Unavailable("The file could not be looked at; send it again", retry_after=10) from None
    if head.refused:
        raise InvalidField(head.refused, field="file")
    return Looked(head.type, rest[: head.whole] or sent, rest[head.whole :], head.width, head.height)


def confine() -> None:
    """Let the system end this process where a file takes more than its share. It writes no file, dumps no memory."""
    with contextlib.suppress(OSError):  # Linux: where memory runs out, rather this process than the server
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = {
        resource.RLIMIT_CPU: (CPU_SECONDS, CPU_SECONDS + 1),
        resource.RLIMIT_AS: (MEMORY, MEMORY),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    for what, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of the address space
            resource.setrlimit(what, limit)
    signal.alarm(WALL_SECONDS)  # whoever asked may be gone by then
    with contextlib.suppress(OSError):
        os.nice(5)


def main() -> None:
    """Read a file, answer, end."""
    confine()
    data = sys.stdin.buffer.read()
    answer: Looked | InvalidField
    try:
        answer = portray(data) if PORTRAIT in sys.argv else look(data)
    except InvalidField as refused:
        answer = refused
    except MemoryError:
        answer = InvalidField("This file takes too much memory", field="file")
    sys.stdout.buffer.write(packed(answer))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
