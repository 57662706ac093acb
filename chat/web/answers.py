"""How requests are answered: JSON, and problems."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import JSONResponse, Response

from chat.core.errors import LetheError, TooSlow


class JSON(JSONResponse):
    """JSON that no cache keeps."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Add the headers."""
        super().init_headers({"cache-control": "no-store"} | dict(headers or {}))

    def render(self, content: Any) -> bytes:
        """Write frames and plain values alike."""
        return msgspec.json.encode(content)


def problem(error: LetheError) -> Response:
    """Write an error as RFC 9457 `application/problem+json` with its stable `code`."""
    body = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    headers = {"cache-control": "no-store"} | error_headers(error)
    extra = {name: value for name, value in error.extra.items() if name not in body}
    return Response(
        json.dumps(body | extra, default=msgspec.to_builtins), error.status, headers, "application/problem+json"
    )


def error_headers(error: LetheError) -> dict[str, str]:
    """Return the headers that go with an error, whether a program or a person is answered."""
    headers = {}
    if "retry_after" in error.extra:
        headers["retry-after"] = str(math.ceil(error.extra["retry_after"]))
    if error.status == TooSlow.status:
        headers["connection"] = "close"  # what is still to come on this line is nobody's
    return headers
