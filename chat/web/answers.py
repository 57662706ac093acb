"""How requests are answered: JSON, problems, and the headers that every answer carries."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Mapping
from hashlib import sha256
from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chat.core.errors import LetheError, TooSlow
from chat.web.authentication import secure
from chat.web.rates import rate_headers


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
    wait = error.extra.get("retry_after", error.wait)
    if wait is not None:
        headers["retry-after"] = str(math.ceil(wait))
    if error.status == TooSlow.status:
        headers["connection"] = "close"  # what is still to come on this line is nobody's
    return headers


def unless_known(request: HTTPConnection, answer: Response) -> Response:
    """Return an answer with a tag of all it says, or 304 without a body to who has it already (RFC 9110, 13.1.2)."""
    tag = answer.headers["etag"] = f'"{sha256(answer.body).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return NotModifiedResponse(answer.headers) if known & {tag, "*"} else answer


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS = "max-age=31536000"
"""A year over HTTPS alone (RFC 6797), but not for the host's subdomains, which may not be ours."""


class SecurityHeaders:
    """Adds the headers to every HTTP answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on, adding headers to the start of an HTTP answer."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    # Only where there is none: a page's own policy is narrower, or must be another.
                    headers.setdefault(name, value)
                headers.update(rate_headers(scope))
                if "context" in scope.get("state", {}) and secure(HTTPConnection(scope)):
                    headers.setdefault("strict-transport-security", HSTS)
            await send(message)

        return self.app(scope, receive, sent)
