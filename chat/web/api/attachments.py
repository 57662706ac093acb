"""Files in and out: read from the request without ever touching the disk in plain, given back as nothing that runs."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chat.actions.privacy import consent
from chat.actions.talk import attachments, redaction, tickets
from chat.actions.talk.attachments import FILE_MOST, File
from chat.errors import InvalidField, TooLarge
from chat.filetypes import IMAGES
from chat.web.api.lists import truth
from chat.web.doors import JSON, actor_of, doors_of, visitor_of
from chat.web.parameters import takes

AROUND = 4096
HEADER_MOST = 2048


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about files and about what is taken away."""
    return [
        Route("/tickets/{number:int}", delete_ticket, methods=["DELETE"]),
        Route("/tickets/{number:int}/attachments", post_attachment, methods=["POST"]),
        Route("/tickets/{number:int}/messages/{seq:int}", redact_message, methods=["DELETE"]),
        Route("/attachments/{id}", get_attachment),
        Route("/attachments/{id}", delete_attachment, methods=["DELETE"]),
    ]


async def upload(request: Request) -> Response:
    """`POST /widget/{site_key}/attachments`: multipart with one `file`; 201 with what a message names it by."""
    doors = doors_of(request)
    contact = await consent.contact_of(doors.desk, visitor_of(request, request.path_params["site_key"]))
    async with doors.uploads:
        name, data = await _file(request)
        return JSON(await attachments.keep(doors.desk, contact, "visitor", name, data), 201)


@takes("small")
async def download(request: Request) -> Response:
    """`GET /widget/{site_key}/attachments/{id}`; `?small=true` for the small image."""
    desk = doors_of(request).desk
    contact = await consent.contact_of(desk, visitor_of(request, request.path_params["site_key"]))
    small = truth(request.query_params.get("small", "false"), "small")
    return _given(await attachments.of_visitor(desk, contact, request.path_params["id"], small=small))


async def post_attachment(request: Request) -> Response:
    """`POST /tickets/{number}/attachments`: multipart with one `file`; 201."""
    actor, doors = await actor_of(request), doors_of(request)
    opened = await tickets.one(doors.desk, actor, request.path_params["number"])
    async with doors.uploads:
        name, data = await _file(request)
        return JSON(await attachments.keep(doors.desk, opened.contact, "agent", name, data), 201)


@takes("small")
async def get_attachment(request: Request) -> Response:
    """`GET /attachments/{id}`; `?small=true` for the small image."""
    actor = await actor_of(request)
    small = truth(request.query_params.get("small", "false"), "small")
    desk = doors_of(request).desk
    return _given(await attachments.of_agent(desk, actor, request.path_params["id"], small=small))


async def delete_attachment(request: Request) -> Response:
    """`DELETE /attachments/{id}`: for good; 200 with the redaction, 204 where no message had named it."""
    actor = await actor_of(request)
    entry = await redaction.attachment(doors_of(request).desk, actor, request.path_params["id"])
    return Response(status_code=204) if entry is None else JSON(entry)


async def redact_message(request: Request) -> Response:
    """`DELETE /tickets/{number}/messages/{seq}`: empties it for good; 200 with the redaction, twice the same."""
    actor, at = await actor_of(request), request.path_params
    return JSON(await redaction.message(doors_of(request).desk, actor, at["number"], at["seq"]))


@takes("permanent")
async def delete_ticket(request: Request) -> Response:
    """`DELETE /tickets/{number}`: into the trash; `?permanent=true` for good, 204."""
    actor, number = await actor_of(request), request.path_params["number"]
    if not truth(request.query_params.get("permanent", "false"), "permanent"):
        return JSON(await redaction.trash(doors_of(request).desk, actor, number))
    await redaction.purge(doors_of(request).desk, actor, number)
    return Response(status_code=204)


class Parts:
    """Gathers the part named `file` of a multipart body in memory, no more of it than a file may have."""

    def __init__(self, boundary: bytes) -> None:
        self.name, self.data, self.found = "", bytearray(), False
        self._field, self._value, self._mine, self._headers = b"", b"", False, 0
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


async def _file(request: Request) -> tuple[str, bytes]:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise InvalidField("Send multipart/form-data with a part named file", field="file")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > FILE_MOST + AROUND:
        raise _too_large()
    parts, read = Parts(options[b"boundary"]), 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > FILE_MOST + AROUND:
            raise _too_large()
        parts.feed(chunk)
    if not parts.found:
        raise InvalidField("There is no part named file", field="file")
    return parts.name, bytes(parts.data)


def _plain(name: str) -> str:
    """Return a file name as it was before the browser wrote it into a header (WHATWG, multipart/form-data)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _too_large() -> TooLarge:
    return TooLarge(f"A file has at most {FILE_MOST // 2**20} MB")


def _given(file: File) -> Response:
    """Only images by their own type; everything is to be saved and not shown, and could run nothing if it were."""
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if file.size is not None:
        headers["content-length"] = str(file.size)
    kind = file.type if file.type in IMAGES else "application/octet-stream"
    return StreamingResponse(file.pieces, headers=headers, media_type=kind)
