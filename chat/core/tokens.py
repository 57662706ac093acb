"""Signed tokens: the visitor's, and an agent's cookies. They hold ids and times, never personal data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from chat.core.clock import DAY, HOUR
from chat.core.errors import Unauthorized

VISITOR_DAYS, DEVICE_DAYS = 90, 180
HALF_SECONDS, ATTEMPT_SECONDS = 300, 600
"""So long the step between password and second factor may take, and signing in at an identity provider."""
CEREMONY_SECONDS = 300
"""So long it may take to show a passkey."""


@dataclass(frozen=True)
class Visitor:
    """Whom a visitor's token speaks for, and until when (ms)."""

    contact: str
    site: str
    until: int


@dataclass(frozen=True)
class HalfSession:
    """
    Whose password was right, or who came back from their identity `provider`, until when (ms) that counts, and a `mark`
    of their password.
    """

    agent: str
    mark: str
    until: int
    provider: str = ""


@dataclass(frozen=True)
class ProviderAttempt:
    """
    A sign-in at an identity provider that a browser began: a `secret` of that browser's, when it began (ms), where it
    leads `after`, and the `session` that shows again whose it is, "" where one begins.
    """

    provider: str
    secret: str
    begun: int
    after: str
    session: str


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
        self._half = _Serializer(secret, salt="lethe/half")
        self._offer = _Serializer(secret, salt="lethe/offer")
        self._ceremony = _Serializer(secret, salt="lethe/ceremony")
        self._attempt = _Serializer(secret, salt="lethe/attempt")
        self._unsubscribe = _Serializer(secret, salt="lethe/unsubscribe")

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

    def unsubscribe(self, contact: str) -> str:
        """Return what ends mail about answers to a contact, and nothing else, as long as they are here."""
        return str(self._unsubscribe.dumps(contact))

    def read_unsubscribe(self, shown: str) -> str:
        """Return whose mail it ends. Raises Unauthorized where it is not one of ours."""
        try:
            return str(self._unsubscribe.loads(shown))
        except (BadData, ValueError):
            raise Unauthorized("This link is not one of ours") from None

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

    def half_session(self, agent_id: str, mark: str, now: int, provider: str = "") -> str:
        """
        Return what shows for five minutes that an agent's password was right, or that they came from a `provider`. It
        opens nothing by itself.
        """
        return str(self._half.dumps([agent_id, mark, now + HALF_SECONDS * 1000, provider]))

    def read_half_session(self, shown: str, now: int) -> HalfSession:
        """Return whose password was right. Raises Unauthorized where it is forged or has expired."""
        try:
            agent_id, mark, until, provider = self._half.loads(shown)
        except (BadData, ValueError, TypeError):
            raise Unauthorized("Sign in first") from None
        if now >= until:
            raise Unauthorized("This took too long; sign in again")
        return HalfSession(agent_id, mark, until, provider)

    def provider_attempt(self, attempt: ProviderAttempt) -> str:
        """Return what a browser shows when it comes back from an identity provider."""
        return str(self._attempt.dumps([getattr(attempt, each.name) for each in fields(ProviderAttempt)]))

    def read_provider_attempt(self, shown: str, now: int) -> ProviderAttempt | None:
        """Return what a browser began, None where it began nothing, or more than ten minutes ago."""
        try:
            attempt = ProviderAttempt(*self._attempt.loads(shown))
        except (BadData, ValueError, TypeError):
            return None
        return attempt if now < attempt.begun + ATTEMPT_SECONDS * 1000 else None

    def offer(self, agent_id: str, secret: str, now: int) -> str:
        """Return a secret that an agent may take for their codes within an hour. It is not sealed: they see it."""
        return str(self._offer.dumps([agent_id, secret, now + HOUR]))

    def read_offer(self, shown: str, agent_id: str, now: int) -> str | None:
        """Return the secret that was offered to this agent, None where none was, or too long ago."""
        try:
            whose, secret, until = self._offer.loads(shown)
        except (BadData, ValueError, TypeError):
            return None
        return str(secret) if whose == agent_id and now < until else None

    def ceremony(self, kind: str, whose: str, challenge: str, now: int) -> str:
        """Return what shows for five minutes which challenge was given, for what, and to whom (a session, a step)."""
        return str(self._ceremony.dumps([kind, whose, challenge, now + CEREMONY_SECONDS * 1000]))

    def read_ceremony(self, shown: str, kind: str, whose: str, now: int) -> tuple[str, int] | None:
        """Return the challenge, and until when (ms) it is good. None where it was given for another use, or is old."""
        try:
            given_for, to, challenge, until = self._ceremony.loads(shown)
        except (BadData, ValueError, TypeError):
            return None
        return (challenge, until) if (given_for, to) == (kind, whose) and now < until else None
