"""Signed tokens: the visitor's, and an agent's cookies. They hold ids and times, never personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from chat.core.clock import DAY
from chat.core.errors import Unauthorized

VISITOR_DAYS, DEVICE_DAYS = 90, 180


@dataclass(frozen=True)
class Visitor:
    """Whom a visitor's token speaks for, and until when (ms)."""

    contact: str
    site: str
    until: int


class _Serializer(URLSafeSerializer):
    """Takes a token as it was written, and in no other spelling of the same bytes (RFC 4648, 3.5)."""

    def loads(self, s: str | bytes, *args: Any, **options: Any) -> Any:
        """Read a token. Raises BadData."""
        text = s if isinstance(s, str) else s.decode("ascii", "replace")
        for part in text.removeprefix(".").split("."):  # with a point in front it is compressed
            if base64_encode(base64_decode(part)).decode() != part:
                raise BadData("Not as it was written")
        return super().loads(s, *args, **options)


class Tokens:
    """Makes and reads tokens under keys derived from the server's secret."""

    def __init__(self, secret: bytes) -> None:
        # A salt each, so that a token of one kind is never read as one of another.
        self._visitor = _Serializer(secret, salt="lethe/visitor")
        self._cookie = _Serializer(secret, salt="lethe/cookie")
        self._device = _Serializer(secret, salt="lethe/device")

    def visitor(self, contact: str, site: str, now: int) -> str:
        """Return a token for a contact of a site (its key), good for 90 days."""
        return str(self._visitor.dumps([contact, site, now + VISITOR_DAYS * DAY]))

    def read_visitor(self, token: str, now: int) -> Visitor:
        """Return whom the token speaks for. Raises Unauthorized where it is forged or has expired."""
        try:
            contact, site, until = self._visitor.loads(token)
        except (BadData, ValueError, TypeError):
            raise Unauthorized("This token is not one of ours") from None
        if now >= until:
            raise Unauthorized("This token has expired")
        return Visitor(contact, site, until)

    def device(self, agent_id: str, device_id: str, now: int) -> str:
        """Return what a device shows that an agent signed in with, for 180 days."""
        return str(self._device.dumps([agent_id, device_id, now + DEVICE_DAYS * DAY]))

    def read_device(self, shown: str, now: int) -> tuple[str, str]:
        """Return whose device it is and its id, twice nothing where it is not known."""
        try:
            agent_id, device_id, until = self._device.loads(shown)
        except (BadData, ValueError, TypeError):
            return "", ""
        return (agent_id, device_id) if now < until else ("", "")

    def cookie(self, secret: str) -> str:
        """Return the signed cookie around a session's secret."""
        return str(self._cookie.dumps(secret))

    def read_cookie(self, cookie: str) -> str:
        """Return the session's secret. Raises Unauthorized where the cookie is not ours."""
        try:
            return str(self._cookie.loads(cookie))
        except BadData:
            raise Unauthorized("Sign in first") from None
