"""
Every error Lethe raises on purpose, each with its wire code, its HTTP status and whether trying again helps.

LetheError
├── BadInput
│   ├── InvalidFrame       invalid_frame     400
│   ├── InvalidField       invalid_field     422   names the field
│   │   └── UnknownParameter unknown_parameter 422 names it
│   ├── TooLarge           too_large         413
│   └── TooSlow            too_slow          408
├── Refused
│   ├── ConsentRequired    consent_required  422
│   ├── NoticeOutdated     notice_outdated   409   carries the current notice
│   ├── Unauthorized       unauthorized      401
│   │   └── SecondFactorRequired second_factor_required 401
│   ├── Forbidden          forbidden         403
│   │   ├── PasswordDue    password_due      403
│   │   ├── SecondFactorDue second_factor_due 403
│   │   ├── StepUpRequired step_up_required  403
│   │   ├── ProviderRequired provider_required 403 names the provider
│   │   ├── NetworkNotAllowed network_not_allowed 403
│   │   └── IdentityRefused identity_refused 403
│   ├── NotFound           not_found         404
│   ├── MentionRefused     mention_refused   422
│   ├── BeingErased        being_erased      409
│   ├── NotNow             not_now           409
│   ├── AlreadyTaken       already_taken     409   carries the current state
│   ├── ChangedMeanwhile   changed_meanwhile 412   carries the current state
│   ├── WrongMethod        method_not_allowed 405
│   ├── Ended              ended             409
│   └── RateLimited        rate_limited      429   carries retry_after
├── Unavailable            unavailable       503
├── StorageFull            storage_full      507
└── Misconfigured          misconfigured     500   one clear line for the engineer
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar

NAME = re.compile(r"[a-z_]{1,40}|c[0-9]{1,4}")  # the second are fields that a site asks for


class LetheError(Exception):
    """
    Something broke. `detail` is a sentence for people that holds no personal data. `wait`: so many seconds a program
    waits before it asks again, where nothing better is known.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    retry: ClassVar[bool] = False
    wait: ClassVar[int | None] = None

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class BadInput(LetheError):
    """What was sent cannot be understood. Sending the same again will not help."""


class InvalidFrame(BadInput):
    """A frame is not JSON, not of a known type, or has a wrong, missing or extra field."""

    code, status, title = "invalid_frame", 400, "This frame is not of the protocol"


class InvalidField(BadInput):
    """One field of a body, form or query is wrong. `field` in `extra` names it."""

    code, status, title = "invalid_field", 422, "A field is not right"


class UnknownParameter(InvalidField):
    """A parameter, filter or field that is not known, or not built yet. `field` in `extra` names it as `named` does."""

    code, title = "unknown_parameter", "A parameter is not known"

    def __init__(self, detail: str, field: str) -> None:
        name = named(field)
        super().__init__(f"{detail}: {name}" if name else detail, field=name)


def named(field: str) -> str:
    """Return a name that a client made up, or "" where it may be anything else: somebody's address, say."""
    return field if NAME.fullmatch(field) else ""


class TooLarge(BadInput):
    """A text or body is over its limit."""

    code, status, title = "too_large", 413, "Too large"


class TooSlow(BadInput):
    """A body came so slowly that it was given up. The line is closed, and the same may be sent again."""

    code, status, title, retry = "too_slow", 408, "Too slow", True


class Refused(LetheError):
    """What was asked is understood and turned away."""


class ConsentRequired(Refused):
    """There is no live consent to the current notice."""

    code, status, title = "consent_required", 422, "Consent is needed first"


class NoticeOutdated(Refused):
    """Consent was given to a version that is not the current one. `notice` in `extra` is."""

    code, status, title = "notice_outdated", 409, "The notice has changed"


class Unauthorized(Refused):
    """A token or session is missing, forged, expired or revoked."""

    code, status, title = "unauthorized", 401, "Sign in first"


class SecondFactorRequired(Unauthorized):
    """The password was right, and nothing is open yet: the agent's second factor comes first, at `/signin/second`."""

    code, title = "second_factor_required", "Show your second factor first"

    def __init__(self, half: str = "") -> None:
        super().__init__("Show your second factor next, at /signin/second")
        # What shows that the password was right, for the browser's cookie: not in `extra`, which programs are told.
        self.half = half


class Forbidden(Refused):
    """The one who asks is known and may not. An origin that the site does not name is forbidden too."""

    code, status, title = "forbidden", 403, "Not allowed"


class PasswordDue(Forbidden):
    """Who is signed in must first change the password that was generated for them."""

    code, title = "password_due", "Change the password first"


class SecondFactorDue(Forbidden):
    """Who is signed in must first turn on a second factor, at `/second-factor`: their account wants one of them."""

    code, title = "second_factor_due", "Turn on a second factor first"


class StepUpRequired(Forbidden):
    """
    Who is signed in must show their password, a code or a passkey again, at `/step-up`: it was too long ago for this.
    """

    code, title = "step_up_required", "Show again that it is you"

    def __init__(
        self, detail: str = "", *, has_codes: bool = False, has_passkeys: bool = False, has_provider: bool = False
    ) -> None:
        super().__init__(detail, has_codes=has_codes, has_passkeys=has_passkeys, has_provider=has_provider)
        # Not in `extra`, which programs are told: what was typed goes back to the page that asks, and nowhere else.
        self.form: Sequence[tuple[str, str]] = ()


class ProviderRequired(Forbidden):
    """
    Agents with such an address sign in through their organisation's identity provider alone. `provider` in `extra` is
    its id: people go on at `/signin/provider/{id}`.
    """

    code, title = "provider_required", "Sign in through your organisation"

    def __init__(self, provider: str) -> None:
        super().__init__("Your account wants you to sign in through its identity provider", provider=provider)


class NetworkNotAllowed(Forbidden):
    """Who asks may, but not from this network. Nothing of the address is said or kept."""

    code, title = "network_not_allowed", "Not from this network"


class IdentityRefused(Forbidden):
    """What a page says of who is signed in does not hold. The detail says to whoever built it what does."""

    code, title = "identity_refused", "This does not prove who is signed in"


class NotFound(Refused):
    """It does not exist, or is not this account's: the two look alike on purpose."""

    code, status, title = "not_found", 404, "Not found"


class MentionRefused(Refused):
    """A note names somebody who would not hear of it: there is no such agent, or they may not see the ticket."""

    code, status, title = "mention_refused", 422, "Who is named here may not see this ticket"


class BeingErased(Refused):
    """An erasure of this contact has begun, and nothing stops it any more."""

    code, status, title = "being_erased", 409, "This is being erased"


class NotNow(Refused):
    """What is asked for does not fit how things stand. The detail says what does."""

    code, status, title = "not_now", 409, "Not as things stand"


class AlreadyTaken(Refused):
    """A colleague took the ticket a moment before. `current` in `extra` is how it is now."""

    code, status, title = "already_taken", 409, "A colleague has it"


class ChangedMeanwhile(Refused):
    """Somebody changed it since the state that `If-Match` names. `current` in `extra` is how it is now."""

    code, status, title = "changed_meanwhile", 412, "It was changed meanwhile"


class WrongMethod(Refused):
    """There is something at this address, but not for this verb."""

    code, status, title = "method_not_allowed", 405, "Not with this verb"


class Ended(Refused):
    """The ticket has ended and takes no more messages."""

    code, status, title = "ended", 409, "This chat has ended"


class RateLimited(Refused):
    """Too many at once. `retry_after` in `extra` is in seconds, rounded up: who waits so long is not refused again."""

    code, status, title, retry = "rate_limited", 429, "Too many at once", True

    def __init__(self, detail: str = "", *, retry_after: float) -> None:
        super().__init__(detail, retry_after=math.ceil(retry_after * 100) / 100)


class Unavailable(LetheError):
    """A part that is needed is away. Nothing was stored, and the same may be sent again."""

    code, status, title, retry, wait = "unavailable", 503, "Not available just now", True, 5


class StorageFull(LetheError):
    """There is no room for more: of one person, of the account, or on the disk."""

    code, status, title, wait = "storage_full", 507, "There is no room for this", 600


class Misconfigured(LetheError):
    """The server cannot run like this. The detail says what to do about it."""

    code, status, title = "misconfigured", 500, "The server is not set up right"
