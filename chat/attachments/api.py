"""Uploads as they come in: read in memory without ever touching the disk in plain, at a pace, within a share."""

from __future__ import annotations

from functools import partial

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from chat.attachments.actions.attachments import FILE_MOST
from chat.core.errors import InvalidField, TooLarge
from chat.web.requests import paced
from chat.web.room import Take

AROUND, PARTS_MOST, HEADER_MOST = 4096, 10, 2048


# Not the framework's own reader of forms: what is larger than a megabyte it writes to the disk, in plain.
class Parts:
    """Gathers the part named `file` of a multipart body in memory, no more of it than a file may have."""

    def __init__(self, boundary: bytes) -> None:
        self.name, self.data, self.found = "", bytearray(), False
        self._field, self._value, self._mine, self._headers, self._begun = b"", b"", False, 0, 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": partial(self._header, "_field"),
                "on_header_value": partial(self._header, "_value"),
                "on_header_end": self._header_end,
                "on_part_data": self._take,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Read on. Raises InvalidField, TooLarge."""
        try:
            self._parser.write(chunk)
        except MultipartParseError:
            raise InvalidField("The body is not a form", field="body") from None

    def _begin(self) -> None:
        self._field, self._value, self._mine, self._headers = b"", b"", False, 0
        self._begun += 1
        # A form of any number of parts keeps a process busy for as long as its sender likes (CVE-2026-54283,
        # CVE-2023-30798).
        if self._begun > PARTS_MOST:
            raise TooLarge(f"A form has at most {PARTS_MOST} parts")

    def _header(self, which: str, data: bytes, start: int, end: int) -> None:
        self._headers += end - start
        if self._headers > HEADER_MOST:
            raise TooLarge("A part's headers are too long")
        setattr(self, which, getattr(self, which) + data[start:end])

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if options.get(b"name") == b"file" and not self.found:
                self._mine = self.found = True
                self.name = _plain(options.get(b"filename", b"").decode("utf-8", "replace"))
        self._field, self._value = b"", b""

    def _take(self, data: bytes, start: int, end: int) -> None:
        if not self._mine:
            return
        if len(self.data) + end - start > FILE_MOST:
            raise _too_large()
        self.data += data[start:end]


def declared(request: Request) -> int:
    """Return how long a body says it is, 0 where it does not say. Raises InvalidField, TooLarge."""
    _boundary(request)
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        return 0
    # The digits are counted first: Python refuses to read thousands of them, by another error.
    if len(length) > len(str(FILE_MOST + AROUND)) or int(length) > FILE_MOST + AROUND:
        raise _too_large()
    return int(length)


async def file_of(request: Request, take: Take) -> tuple[str, bytes]:
    """
    Read the part named `file`, and return its name and bytes. Raises InvalidField, TooLarge, TooSlow, Unavailable.
    """
    parts, read = Parts(_boundary(request)), 0
    async for chunk in paced(request.stream()):
        read += len(chunk)
        if read > FILE_MOST + AROUND:
            raise _too_large()
        take(len(chunk))
        parts.feed(chunk)
    if not parts.found:
        raise InvalidField("There is no part named file", field="file")
    return parts.name, bytes(parts.data)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidField("Send multipart/form-data with a part named file", field="file")
    return boundary


def _plain(name: str) -> str:
    """Return a file name as it was before the browser wrote it into a header (WHATWG, multipart/form-data)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _too_large() -> TooLarge:
    return TooLarge(f"A file has at most {FILE_MOST // 2**20} MB")
