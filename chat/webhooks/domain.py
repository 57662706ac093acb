"""
What programs are told, in which words, how it is signed, and when it is tried again.

The kinds of events are a public list: an event of ours may be told by another word, or not at all, and a word once
used keeps its meaning. Signatures are those of Standard Webhooks (https://www.standardwebhooks.com, version 1).
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import assert_never

from chat.core import events
from chat.core.clock import DAY
from chat.core.events import TicketRef

TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class WebhookKind:
    """A kind of event: when it is sent, and which ids and numbers its `data` has beside the account's."""

    when: str
    about: tuple[str, ...] = ()


KINDS: Mapping[str, WebhookKind] = {
    "ticket.created": WebhookKind("a ticket began, with its first message", ("ticket", "contact")),
    "ticket.changed": WebhookKind(
        "an agent changed its status, assignee, department, tags or fields, or whether it is spam",
        ("ticket", "contact"),
    ),
    "ticket.ended": WebhookKind("it was solved or put into the trash", ("ticket", "contact", "by")),
    "ticket.reopened": WebhookKind("it runs again", ("ticket", "contact")),
    "ticket.merged": WebhookKind(
        "the ticket `merged` is a part of it now: its messages have new numbers, behind those that were here",
        ("ticket", "contact", "merged", "seq"),
    ),
    "ticket.deleted": WebhookKind("it was deleted for good", ("ticket", "contact")),
    "message.created": WebhookKind("somebody wrote", ("ticket", "contact", "seq")),
    "message.redacted": WebhookKind("the message `seq` was emptied, or lost a file", ("ticket", "contact", "seq")),
    "message.edited": WebhookKind("the message `seq` says another text", ("ticket", "contact", "seq")),
    "note.created": WebhookKind("an agent wrote a note", ("ticket", "contact", "note")),
    "contact.created": WebhookKind("somebody agreed for the first time", ("contact",)),
    "contact.changed": WebhookKind("an agent corrected what a contact gave", ("contact",)),
    "contact.corrected": WebhookKind("the same, to whoever was sent something of them: read it again", ("contact",)),
    "contact.erasure_requested": WebhookKind(
        "a contact is to be erased: ask for nothing of theirs any more. It is not sent where the erasure is done first",
        ("contact",),
    ),
    "contact.erased": WebhookKind("an erasure is done: delete what you have of them", ("contact", "erasure")),
    "consent.changed": WebhookKind(
        "a contact agreed again or to other purposes, or their consent expired", ("contact",)
    ),
    "notice.published": WebhookKind(
        "another notice is in force: at one `site`, or, where that is empty, at all that have none of their own",
        ("site",),
    ),
}
"""What an endpoint may ask to be told."""
EVERY_KIND = {**KINDS, TEST: WebhookKind('somebody pressed "Send a test"')}
"""What an endpoint may be told, asked for or not."""
STATES = ("waiting", "sent", "failed")
"""Of a delivery."""
SECOND, MINUTE = 1_000, 60_000
# Three days in all, as Standard Webhooks advises.
WAITS = tuple(each * MINUTE for each in (0.5, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 20 * 60))
PATIENCE = 3 * DAY
"""An endpoint that took nothing for so long (ms) is paused."""
OVERLAP = DAY
"""So long (ms) a secret is good beside the one that took its place."""
PREFIX, SECRET_BYTES = "whsec_", 24
SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)
DATE = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"  # Sun, 06 Nov 1994 08:49:37 GMT
    r"|[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9:]{8} GMT"  # Sunday, 06-Nov-94 08:49:37 GMT
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9 ][0-9] [0-9:]{8} [0-9]{4}"  # Sun Nov  6 08:49:37 1994
)
"""What a `Retry-After` may be."""


@dataclass(frozen=True)
class Occurrence:
    """
    What programs are told of an event: its public `kind`, in which account, the row's key of the `contact` it is about,
    or where the event does not say that their public `uid`; the number of the `ticket`; and further ids and numbers.
    """

    kind: str
    account: str
    contact: int | None = None
    ticket: int | None = None
    uid: str = ""
    more: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """Within which it is told in order: its ticket, else its contact, else the account."""
        if self.ticket is not None:
            return f"t{self.ticket}"
        return "" if self.contact is None else f"c{self.contact}"


def occurrence(event: events.Event) -> Occurrence | None:  # noqa: C901, PLR0911, PLR0912 - one line an event
    """Return what programs are told of an event, None where nothing."""
    match event:
        case events.TicketOpened():
            return _in("ticket.created", event.ticket)
        case events.TicketChanged() | events.TicketStatusChanged() | events.QuarantineChanged():
            return _in("ticket.changed", event.ticket)
        case events.TicketEnded():
            return _in("ticket.ended", event.ticket, by=event.by)
        case events.TicketReopened():
            return _in("ticket.reopened", event.ticket)
        case events.TicketMerged():
            return _in("ticket.merged", event.ticket, merged=event.merged, seq=event.seq)
        case events.TicketGone():
            return _in("ticket.deleted", event.ticket)
        case events.MessageStored():
            return _in("message.created", event.ticket, seq=event.seq)
        case events.MessageEdited():
            return _in("message.edited", event.ticket, seq=event.target)
        case events.MessageRedacted():
            return _in("message.redacted", event.ticket, seq=event.target)
        case events.NoteAdded():
            return _in("note.created", event.ticket, note=event.note)
        case events.ContactBegan():
            return Occurrence("contact.created", event.account, event.contact)
        case events.ContactChanged():
            return Occurrence("contact.changed", event.account, uid=event.contact)
        case events.ContactGone():
            return Occurrence("contact.erasure_requested", event.account, event.contact)
        case events.ContactCorrected():
            return Occurrence("contact.corrected", event.account, event.contact)
        case events.ContactErased():
            said = {"contact": event.contact, "erasure": event.erasure}
            return Occurrence("contact.erased", event.account, more=said)
        case events.ConsentChanged():
            return Occurrence("consent.changed", event.account, event.contact)
        case events.NoticePublished():
            return Occurrence("notice.published", event.account, more={"site": event.site})
        case (
            events.TypingChanged()
            | events.MessagesRead()
            | events.SystemEntered()
            | events.LookingChanged()
            | events.PresenceChanged()
            | events.CredentialsRevoked()
            | events.RightsChanged()
            | events.NetworksChanged()
            | events.SiteChanged()
            | events.ErasureChanged()
            | events.AgentMentioned()
            | events.TicketAssigned()
            | events.KeyDestroyed()
            | events.LabelsChanged()
            | events.FilterVersionChanged()
            | events.WorkDue()
            | events.EventsMissed()
            | events.PresenceRequested()
        ):
            return None
        case _:
            assert_never(event)


def _in(kind: str, ticket: TicketRef, **more: int | str) -> Occurrence:
    return Occurrence(kind, ticket.account, ticket.contact, ticket.number, more=more)


def make_secret() -> str:
    """Return a new secret, as Standard Webhooks writes one."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, at: int, body: bytes) -> str:
    """Return the signature over a message that is sent at a time (in seconds)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, f"{message_id}.{at}.".encode() + body, "sha256")).decode()


def wait(tries: int, asked: int = 0, left: int = PATIENCE) -> int | None:
    """
    Return in how many ms one that failed for the `tries`th time is tried again, None where it is given up: as the
    receiver `asked`, if that is longer than usual and no longer than what is `left` of the three days.
    """
    if tries > len(WAITS):
        return None
    usual = int(WAITS[tries - 1])
    # A tenth more or less: what failed at one time must not all come again at one time.
    spread = secrets.randbelow(usual // 5)
    return max(usual - usual // 10 + spread, min(asked + spread, left))


def asked_wait(header: str, at: int) -> int:
    """
    Return for how many ms from a time on a `Retry-After` asks to be left alone (RFC 9110, 10.2.3: seconds, or a date in
    one of three forms); 0 where it is neither, or longer than anything is tried.
    """
    asked = int(header) * SECOND if SECONDS.fullmatch(header) else _until(header) - at
    return asked if 0 < asked <= PATIENCE else 0


def _until(date: str) -> int:
    # What reads it takes what is no date of HTTP as well, some of it slowly.
    if not DATE.fullmatch(date):
        return 0
    try:
        return int(parsedate_to_datetime(date).replace(tzinfo=UTC).timestamp() * SECOND)
    except (ValueError, OverflowError):
        return 0
