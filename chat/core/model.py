"""The nouns of the domain as plain values; `DESIGN` words, no behaviour beyond what follows from the value itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from chat.core.account_settings import Setting, T
from chat.core.events import SystemEntered, TicketRef

LOCALES = ("en", "el")
Order = Literal["updated", "number", "oldest", "waiting"]
Corner = Literal["end", "start"]
"""Where a line of the page's text ends, or where it starts."""
CORNERS: tuple[Corner, ...] = ("end", "start")
FIELD_ASKS = ("off", "optional", "required")
ENDED = ("solved", "trash")
"""The statuses of tickets that take no more messages."""


@dataclass(frozen=True, slots=True)
class Account:
    """
    One organisation on this server. `settings` are those that features have, by name. `account[SETTING]` is
    one of them.
    """

    id: str
    name: str
    notice_version: int | None
    settings: Mapping[str, int | float | bool]

    def __getitem__(self, setting: Setting[T]) -> T:
        return setting.kind(self.settings[setting.name])


class CustomField(Struct, frozen=True):
    """A field of a site's own: its label in each language that has one. One that is new has no `id` yet."""

    id: str = ""
    labels: dict[str, str] = {}
    required: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """
    One website of an account: its key, the origins that may show the widget, its look, what it asks for.

    `fields` says for name, e-mail and phone whether they are asked, `custom_fields` what else. `privacy_note` stands
    on its privacy page. `notice_version` is that of the notice of its own which is in force, None where it has none and
    the account's is. `position` is the lower corner of the page in which the button stands.
    """

    id: str
    account_id: str
    key: str
    name: str
    origins: list[str]
    color: str
    fields: dict[str, str]
    alternative: str
    custom_fields: list[CustomField]
    privacy_note: str
    notice_version: int | None
    position: Corner


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice in one language, with the sentence beside each box. `sha256` is over all of it."""

    locale: str
    text: str
    privacy_url: str
    chat_label: str
    training_label: str
    mail_label: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """
    One version of what visitors are told and asked. `published_at` in ms. `site` is the id of the site whose own it
    is, None where it is the account's.
    """

    version: int
    published_at: int
    site: str | None
    texts: dict[str, NoticeText]

    def text(self, locale: str) -> NoticeText:
        """Return the text in `locale`, else in English, else in the first language there is."""
        return self.texts.get(locale) or self.texts.get("en") or next(iter(self.texts.values()))


class Notifications(Struct, frozen=True):
    """
    By what the inbox may call an agent (a tone, the desktop, mail while they are away, mail about what is `waiting` for
    anybody), `without` which reasons (`new`
    chats, messages in `mine`, tickets that are `assigned`, notes that name them: `mentioned`), and when not: from and
    until an hour as 22:00, both "" for never.
    """

    sound: bool = False
    desktop: bool = False
    mail: bool = False
    waiting: bool = False
    without: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""


class Preferences(Struct, frozen=True):
    """
    How an agent likes the pages: their language (`locale`, "" as the browser says), their IANA time zone ("" as the
    device has it), and what calls them.
    """

    locale: str = ""
    time_zone: str = ""
    notifications: Notifications = Notifications()


@dataclass(frozen=True, slots=True)
class Agent:
    """
    A person who signs in: `role` is one of `access.ROLES`. Visitors see the `alias`, "" where it is the name, and the
    picture whose random id is the `portrait`, "" where there is none.
    """

    id: str
    account_id: str
    role: str
    name: str
    email: str
    active: bool
    created_at: int
    alias: str = ""
    preferences: Preferences = Preferences()  # noqa: RUF009 - frozen, as this is
    portrait: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """
    Who asks: an agent, by a session or a token, which end at `until` (ms). Scoping by `account_id` is in every
    query. What is not among the `permissions` is refused, and what a token's `scopes` do not cover (None by a session).
    They ask from an address that is in each of the lists of `networks` (`networks.is_inside`): the account's, and then
    a token's own. Agents see the `name`, visitors the `alias`. Where `departments` is not None, they see the tickets of
    these alone, and those of none. The `portrait` is the id of their picture, "" for none.
    """

    account_id: str
    agent_id: str
    role: str
    name: str
    session_id: str = ""
    token_id: str = ""
    until: int | None = None
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    networks: tuple[str, ...] = ()
    alias: str = ""
    departments: frozenset[str] | None = None
    portrait: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """
    The person writing in. `id` is the row's key, `uid` the name others may use; `begun` a keyed hash of the id that
    their browser agreed with; `email_hash`
    what their address is found by, `corrected_at` when an agent last corrected what they gave (ms).
    """

    id: int
    uid: str
    account_id: str
    site_id: str
    key_slot: int
    name: bytes | None
    email: bytes | None
    phone: bytes | None
    fields: bytes | None
    locale: str
    created_at: int
    receipt_id: int | None
    notice_version: int | None
    begun: str | None = None
    email_hash: str | None = None
    corrected_at: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that a contact agreed: `document` is what was signed, to the byte."""

    id: int
    uid: str
    action: str
    notice_version: int
    locale: str
    purposes: dict[str, bool]
    at: int
    document: str
    signature: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    Everything said with one contact on one matter. `number` counts in its account; `tags` and `fields` are sealed.
    `waiting_since` is when the visitor began to wait for an answer, `snoozed_until` when it comes back to who works
    (ms).
    """

    id: int
    account_id: str
    number: int
    contact_id: int
    site_id: str
    status: str
    assignee: str | None
    tags: bytes | None
    last_seq: int
    last_note: int
    held: int
    agent_read: int
    visitor_read: int
    created_at: int
    updated_at: int
    department_id: str | None = None
    last_entry: int = 0
    priority: str = "none"
    waiting_since: int | None = None
    snoozed_until: int | None = None
    fields: bytes | None = None

    @property
    def ended(self) -> bool:
        """Whether it takes no more messages."""
        return self.status in ENDED

    @property
    def ref(self) -> TicketRef:
        """What events say of it."""
        return TicketRef(self.account_id, self.contact_id, self.id, self.number)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, as it is stored: `body` is sealed, `cid` the sender's id for it (16 bytes)."""

    ticket_id: int
    seq: int
    contact_id: int
    author: str
    cid: bytes
    agent_id: str | None
    body: bytes
    at: int
    score: float | None
    held: bool
    redacted_at: int | None = None
    target: int | None = None
    part: str | None = None
    edited_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """
    A file as its row has it: its bytes are the blob's, `name` and `file_key` are sealed. `preview`: there is a small
    image. `width` and `height` are an image's pixels, or None for all else.
    """

    id: str
    blob: str
    name: bytes
    file_key: bytes
    type: str
    size: int
    preview: bool
    width: int | None
    height: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Attachment(KeptFile):
    """A file somebody sent. Without `seq` no message has named it yet."""

    contact_id: int
    ticket_id: int | None
    seq: int | None
    author: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that only agents see, numbered apart. `after_seq` says where it stands in the transcript."""

    ticket_id: int
    note: int
    after_seq: int
    cid: bytes
    agent_id: str
    body: bytes
    at: int


@dataclass(frozen=True, slots=True)
class SystemEntry:
    """
    What was done with a ticket, by a contact, an agent or the server (`author`), numbered apart. `kind` says what, and
    the rest whose it became, in which department it is, with which ticket it has to do, how long it sleeps (`until_at`,
    ms), and which tags it got and lost (sealed). `after_seq` says where it stands in the transcript.
    """

    ticket_id: int
    entry: int
    after_seq: int
    kind: str
    author: str
    agent_id: str | None
    assignee: str | None
    department_id: str | None
    number: int | None
    until_at: int | None
    tags: bytes | None
    at: int


@dataclass(slots=True)
class Draft:
    """
    A message on its way in. The batch fills in `score`, `held`, `sealed`, then `ticket_id`, `number`, `seq`.

    `opens` where a visitor's ticket is to be found or opened first, which is then in `ticket`. `repeated` tells that it
    was stored before, `reopened` that it opened a solved ticket again, `taken` that its author has the ticket now,
    `left` that nobody has, and `entered` what was entered in its ticket. `name` is the author's as agents see it,
    `alias` as visitors do, `portrait` the id of their picture, `source` whoever sent it and so needs no copy.
    `attachments` are ids, and `shown` what their frames say. `department` is the one that a visitor chose for a ticket
    that it opens.
    """

    contact_id: int
    contact_uid: str
    key_slot: int
    account_id: str
    site_id: str
    author: str
    cid: bytes
    text: str
    at: int
    ticket_id: int | None = None
    agent_id: str | None = None
    score: float | None = None
    held: bool = False
    sealed: bytes = b""
    number: int = 0
    seq: int = 0
    repeated: bool = False
    reopened: bool = False
    taken: bool = False
    left: bool = False
    entered: list[SystemEntered] = field(default_factory=list)
    refusal: Exception | None = None
    ticket: Ticket | None = None
    opens: bool = False
    name: str | None = None
    alias: str | None = None
    portrait: str = ""
    source: object = None
    attachments: tuple[str, ...] = ()
    shown: tuple[object, ...] = ()
    department: str | None = None

    @property
    def ref(self) -> TicketRef:
        """What events say of its ticket, once it is stored."""
        return TicketRef(self.account_id, self.contact_id, self.ticket_id or 0, self.number)
