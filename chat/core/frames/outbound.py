"""What goes out: what the server says, to visitors and agents, written here and nowhere else."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType


class OutboundFrame(Struct, tag_field="type", frozen=True, omit_defaults=False):
    """What goes out."""


class Author(Struct, frozen=True):
    """Who wrote: `kind` is visitor, agent or system. An agent's `portrait` is at `/portraits/{portrait}`."""

    kind: str
    name: str | None = None
    portrait: str | UnsetType = UNSET


class AttachmentOut(Struct, frozen=True):
    """
    A file of a message: `type` is what it was found to be, `preview` whether there is a small image of it.

    `width` and `height` are the pixels of an image as it is shown, so that its place can be kept free before it is
    loaded. The small one has the same shape within 480 by 480. Other files have neither.
    """

    id: str
    name: str
    size: int
    type: str
    preview: bool = False
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET


class MessageOut(OutboundFrame, frozen=True, tag="message"):
    """
    One message. A held one goes to agents without `text`. Of a redacted one `text` is null. One that was changed is
    `edited`.
    """

    ticket: int
    seq: int
    id: str
    author: Author
    at: str
    text: str | UnsetType | None = UNSET
    held: bool = False
    attachments: list[AttachmentOut] = []
    edited: bool | UnsetType = UNSET


class RedactedOut(OutboundFrame, frozen=True, tag="redacted"):
    """The message `target` was emptied, or lost only its `attachment`: forget it, wherever it was kept."""

    ticket: int
    seq: int
    target: int
    attachment: str | UnsetType = UNSET


class EditedOut(OutboundFrame, frozen=True, tag="edited"):
    """
    The message `target` says another `text` now, null where it was taken away since. A held one goes to agents without.
    """

    ticket: int
    seq: int
    target: int
    text: str | UnsetType | None = UNSET
    held: bool = False


Entry = MessageOut | RedactedOut | EditedOut


class NoteOut(OutboundFrame, frozen=True, tag="note"):
    """One note, numbered apart from messages. `after_seq` says where it stands."""

    ticket: int
    note: int
    after_seq: int
    id: str
    author: Author
    text: str
    at: str


class Named(Struct, frozen=True):
    """An agent, account or department by its id and its name."""

    id: str
    name: str


class TagsChanged(Struct, frozen=True):
    """Which tags a ticket got and lost."""

    added: list[str] = []
    removed: list[str] = []


class SystemOut(OutboundFrame, frozen=True, tag="system"):
    """
    What was done with a ticket, for its agents alone, numbered apart. `after_seq` says where it stands. An agent or
    department that is not there any more has no name.
    """

    ticket: int
    entry: int
    after_seq: int
    kind: str
    author: Author
    at: str
    assignee: Named | UnsetType = UNSET
    department: Named | UnsetType = UNSET
    number: int | UnsetType = UNSET
    until: str | UnsetType = UNSET
    tags: TagsChanged | UnsetType = UNSET


class Ack(OutboundFrame, frozen=True, tag="ack"):
    """What was sent is stored: this follows the commit."""

    id: str
    ticket: int
    at: str
    held: bool
    seq: int | UnsetType = UNSET
    note: int | UnsetType = UNSET
    after_seq: int | UnsetType = UNSET


class Seen(Struct, frozen=True):
    """The highest `seq` that each side has read."""

    agent: int = 0
    visitor: int = 0


class ContactName(Struct, frozen=True):
    """A contact by its id, and the name where one was given."""

    id: str
    name: str | None


class SiteName(Struct, frozen=True):
    """A site by its id, its name and the colour of its widget."""

    id: str
    name: str
    color: str


class Preview(Struct, frozen=True):
    """The last message's first characters: `kind` says who wrote it, `agent` which one (an id), `at` is RFC 3339."""

    kind: str
    text: str
    at: str
    agent: str | UnsetType = UNSET


class TicketSummary(Struct, frozen=True):
    """
    A ticket as lists show it. Times are RFC 3339, `unread` is how many messages no agent has read. `waiting_since` is
    when a visitor who has no answer yet began to wait, `snoozed_until` when a ticket that was put aside comes back.
    `fields` has by key what it says in fields of the account's own.
    """

    number: int
    status: str
    assignee: Named | None
    contact: ContactName
    site: SiteName
    department: Named | None
    last_seq: int
    last_note: int
    held: int
    unread: int
    preview: Preview | None
    tags: list[str]
    created_at: str
    updated_at: str
    priority: str
    waiting_since: str | None
    snoozed_until: str | None
    fields: dict[str, str | int | float | bool]


class Welcome(OutboundFrame, frozen=True, tag="welcome"):
    """The state on arrival, and everything after `last_seq`."""

    ticket: int | None
    epoch: int
    seq: int
    messages: list[Entry]
    online: bool | UnsetType = UNSET
    status: str | UnsetType | None = UNSET
    read: Seen | UnsetType = UNSET
    agent: dict[str, str] | UnsetType = UNSET
    notes: list[NoteOut] | UnsetType = UNSET
    entries: list[SystemOut] | UnsetType = UNSET
    last_seq: int | UnsetType = UNSET
    last_note: int | UnsetType = UNSET
    last_entry: int | UnsetType = UNSET
    first_seq: int | UnsetType = UNSET
    summary: TicketSummary | UnsetType = UNSET


class EarlierOut(OutboundFrame, frozen=True, tag="earlier"):
    """What was said in a ticket from `first_seq` on and before `before`, and what stands among that."""

    ticket: int
    before: int
    first_seq: int
    messages: list[Entry]
    notes: list[NoteOut]
    entries: list[SystemOut]


class TypingOut(OutboundFrame, frozen=True, tag="typing"):
    """Somebody types in a ticket or has stopped."""

    ticket: int
    author: Author
    on: bool


class LookingOut(OutboundFrame, frozen=True, tag="looking"):
    """Which other agents look at a ticket now."""

    ticket: int
    agents: list[Named]


class ReadOut(OutboundFrame, frozen=True, tag="read"):
    """Somebody has read up to `seq`."""

    ticket: int
    seq: int
    author: Author


class PresenceOut(OutboundFrame, frozen=True, tag="presence"):
    """To visitors: whether somebody is there. To agents: which agent is."""

    online: bool | UnsetType = UNSET
    agent: dict[str, str] | UnsetType = UNSET
    status: str | UnsetType = UNSET


class TicketOut(OutboundFrame, frozen=True, tag="ticket"):
    """
    A ticket as lists show it, new or changed. Of one that is gone there is no more than `status`, and `merged_into`
    where it is a part of another. `ticket` and `number` are the same number.
    """

    ticket: int
    number: int
    status: str
    assignee: Named | UnsetType | None = UNSET
    contact: ContactName | UnsetType = UNSET
    site: SiteName | UnsetType = UNSET
    department: Named | UnsetType | None = UNSET
    last_seq: int | UnsetType = UNSET
    last_note: int | UnsetType = UNSET
    held: int | UnsetType = UNSET
    unread: int | UnsetType = UNSET
    preview: Preview | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    waiting_since: str | UnsetType | None = UNSET
    snoozed_until: str | UnsetType | None = UNSET
    fields: dict[str, str | int | float | bool] | UnsetType = UNSET
    merged_into: int | UnsetType = UNSET


class ViewsOut(OutboundFrame, frozen=True, tag="views"):
    """
    How many tickets are in each view that says so: `unassigned`, `mine`, `open`, `waiting`, `pending`, `snoozed`,
    `quarantine`, and of those that are open in each `department:ID` and `site:ID` that has any. `unread` are those of
    `unassigned` and `mine` in which something was not read.
    """

    counts: dict[str, int]


class PurposeView(Struct, frozen=True):
    """A purpose that is asked for, with the sentence beside its box."""

    id: str
    required: bool
    label: str


class NoticeView(Struct, frozen=True):
    """A notice in one language as a visitor gets it. `sha256` is over all of it."""

    version: int
    text: str
    privacy_url: str
    sha256: str
    purposes: list[PurposeView]


class ConsentRequiredOut(OutboundFrame, frozen=True, tag="consent_required"):
    """Nothing passes until the visitor agrees to this notice. `notice` is null where none is published."""

    notice: NoticeView | None


class EndedOut(OutboundFrame, frozen=True, tag="ended"):
    """The ticket takes no more messages."""

    ticket: int
    by: Author


class PongOut(OutboundFrame, frozen=True, tag="pong"):
    """The line stands: the answer to a `ping`."""


class ErasureOut(OutboundFrame, frozen=True, tag="erasure"):
    """
    A contact is being erased, or was: forget all there is of them. `state` is done once there is a certificate. Where
    the `subject` is agent, `contact` is an agent's id: read anew what names them.
    """

    erasure: str
    contact: str
    source: str
    state: str
    requested_at: str
    due_at: str
    done_at: str | None
    subject: str | UnsetType = UNSET


class ContactOut(OutboundFrame, frozen=True, tag="contact"):
    """What is shown of a contact is another: whoever shows it reads it again. It says nothing of what there is now."""

    contact: str


class MentionedOut(OutboundFrame, frozen=True, tag="mentioned"):
    """To the agent who is named in a note, wherever they are: which ticket and note, and who wrote it."""

    ticket: int
    note: int
    author: Author


class AssignedOut(OutboundFrame, frozen=True, tag="assigned"):
    """To the agent to whom a ticket was given, wherever they are: which one, and who gave it, `system` for a rule."""

    ticket: int
    author: Author


class ErrorOut(OutboundFrame, frozen=True, tag="error"):
    """
    A frame was refused. `id` names the message it was about, `ticket` what could not be opened, if any, and
    `merged_into` of which one that is a part.
    """

    code: str
    detail: str
    id: str | UnsetType = UNSET
    ticket: int | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET
    merged_into: int | UnsetType = UNSET


_encoder = msgspec.json.Encoder()


def encode(frame: OutboundFrame) -> str:
    """Write a frame as one line of JSON."""
    return _encoder.encode(frame).decode()
