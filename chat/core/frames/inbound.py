"""
What comes in: a closed union for each side. Unknown types, extra or missing fields and wrong values are refused here
and nowhere else. A frame needs consent unless its class says otherwise.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, ClassVar, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from chat.core.errors import InvalidFrame, TooLarge
from chat.core.repeated import repeated
from chat.core.texts import seen

TEXT_CHARS = 10_000

UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ONE_ID, SOME_ID = re.compile(UUID), re.compile(rf'"id"\s{{0,9}}:\s{{0,9}}"({UUID})"')
ClientId = Annotated[str, Meta(pattern=rf"^{UUID}\Z")]
Text = Annotated[str, Meta(min_length=1)]
Attached = Annotated[list[ClientId], Meta(max_length=10)]
Mentioned = Annotated[list[ClientId], Meta(max_length=20)]
Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Seq = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Part = Annotated[int, Meta(ge=1, le=500)]


class InboundFrame(Struct, tag_field="type", frozen=True, forbid_unknown_fields=True):
    """
    What comes in. `needs_consent` is true unless a visitor's frame says otherwise. `permission` is the one that an
    agent's frame needs.
    """

    needs_consent: ClassVar[bool] = True
    permission: ClassVar[str | None] = None


class Choices(Struct, frozen=True, forbid_unknown_fields=True):
    """What the contact agrees to: `chat` must be true for anything to pass. The rest is free."""

    chat: bool
    spam_training: bool = False
    answers_by_mail: bool = False


class Hello(InboundFrame, frozen=True, tag="hello"):
    """First frame of a visitor, within 10 seconds. `fresh` leaves an ended ticket behind."""

    needs_consent: ClassVar[bool] = False
    token: str
    last_seq: Seq = 0
    fresh: bool = False


class Consent(InboundFrame, frozen=True, tag="consent"):
    """Renewal: agree to the current notice, or to other purposes."""

    needs_consent: ClassVar[bool] = False
    notice_version: Number
    consent: Choices


class VisitorMessage(InboundFrame, frozen=True, tag="message"):
    """
    A visitor's message. The same `id` is stored once. With attachments, uploaded before, it may have no text. One that
    opens a ticket opens it in the `department` that was chosen, where the site lets visitors choose.
    """

    id: ClientId
    text: str
    attachments: Attached = []
    department: ClientId | None = None


class Edit(InboundFrame, frozen=True, tag="edit"):
    """The visitor changes their last message, numbered `target`, within five minutes; a null `text` takes it back."""

    id: ClientId
    target: Number
    text: str | None


class Typing(InboundFrame, frozen=True, tag="typing"):
    """The visitor types or has stopped. It never holds what is typed."""

    on: bool


class Read(InboundFrame, frozen=True, tag="read"):
    """The visitor has seen everything up to `seq`."""

    seq: Seq


class Rate(InboundFrame, frozen=True, tag="rate"):
    """The visitor's rating of the chat, 1 to 5."""

    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=2000)] = ""


class End(InboundFrame, frozen=True, tag="end"):
    """The visitor ends the chat."""


class Open(InboundFrame, frozen=True, tag="open"):
    """
    An agent opens a ticket and from now on hears what happens in it. `latest` asks for no more than the newest so many
    messages, and for what stands among them.
    """

    permission: ClassVar[str | None] = "ticket.read"
    ticket: Number
    last_seq: Seq = 0
    latest: Part | None = None


class Earlier(InboundFrame, frozen=True, tag="earlier"):
    """An agent asks what was said in a ticket that is open on this socket before the message numbered `before`."""

    permission: ClassVar[str | None] = "ticket.read"
    ticket: Number
    before: Number
    count: Part = 100


class Close(InboundFrame, frozen=True, tag="close"):
    """An agent stops watching a ticket."""

    permission: ClassVar[str | None] = "ticket.read"
    ticket: Number


class AgentMessage(InboundFrame, frozen=True, tag="message"):
    """An agent's answer. The same `id` is stored once. With attachments, uploaded before, it may have no text."""

    permission: ClassVar[str | None] = "ticket.answer"
    ticket: Number
    id: ClientId
    text: str
    attachments: Attached = []


class AgentNote(InboundFrame, frozen=True, tag="note"):
    """A note on a ticket that only agents see. `mentions` are the ids of colleagues who are told that it names them."""

    permission: ClassVar[str | None] = "ticket.answer"
    ticket: Number
    id: ClientId
    text: Text
    mentions: Mentioned = []


class AgentEdit(InboundFrame, frozen=True, tag="edit"):
    """An agent changes their last message, numbered `target`, within five minutes; a null `text` takes it back."""

    permission: ClassVar[str | None] = "ticket.answer"
    ticket: Number
    id: ClientId
    target: Number
    text: str | None


class AgentTyping(InboundFrame, frozen=True, tag="typing"):
    """An agent types in a ticket or has stopped."""

    permission: ClassVar[str | None] = "ticket.answer"
    ticket: Number
    on: bool


class AgentRead(InboundFrame, frozen=True, tag="read"):
    """An agent has seen everything in a ticket up to `seq`."""

    permission: ClassVar[str | None] = "ticket.answer"
    ticket: Number
    seq: Seq


class Presence(InboundFrame, frozen=True, tag="presence"):
    """An agent is there, or away."""

    permission: ClassVar[str | None] = "ticket.answer"
    status: Literal["online", "away"]


class Looking(InboundFrame, frozen=True, tag="looking"):
    """An agent looks at a ticket that is open on this socket, or at none. Said again each half minute, it lasts."""

    permission: ClassVar[str | None] = "ticket.read"
    ticket: Number | None


class Shown(InboundFrame, frozen=True, tag="shown"):
    """An agent's page shows or keeps something of these contacts and tickets, and is told which of them are gone."""

    permission: ClassVar[str | None] = "erasure.read"
    contacts: Annotated[list[ClientId], Meta(max_length=200)] = []
    tickets: Annotated[list[Number], Meta(max_length=200)] = []


class Follow(InboundFrame, frozen=True, tag="follow"):
    """An agent looks at a view, and is told from now on how many tickets are in each."""

    permission: ClassVar[str | None] = "ticket.read"
    view: Annotated[str, Meta(min_length=1, max_length=100)]


class Ping(InboundFrame, frozen=True, tag="ping"):
    """Asks whether the line still stands. A `pong` says so."""

    needs_consent: ClassVar[bool] = False


class Pong(InboundFrame, frozen=True, tag="pong"):
    """The answer to a `ping`."""

    needs_consent: ClassVar[bool] = False


VisitorFrame = Hello | Consent | VisitorMessage | Edit | Typing | Read | Rate | End | Ping | Pong
AgentFrame = (
    Open
    | Earlier
    | Close
    | AgentMessage
    | AgentNote
    | AgentEdit
    | AgentTyping
    | AgentRead
    | Presence
    | Looking
    | Shown
    | Follow
    | Ping
    | Pong
)

F = TypeVar("F", bound=InboundFrame)

_visitor: msgspec.json.Decoder[VisitorFrame] = msgspec.json.Decoder(VisitorFrame)
_agent: msgspec.json.Decoder[AgentFrame] = msgspec.json.Decoder(AgentFrame)


def visitor_frame(text: str) -> VisitorFrame:
    """Read one visitor's frame. Raises InvalidFrame or TooLarge, which say what is wrong with it."""
    frame = _checked(_decoded(_visitor, text))
    if isinstance(frame, Consent) and repeated(text) is not None:  # who says no and yes has not said yes
        raise InvalidFrame("each field of a consent is said once")
    return frame


def agent_frame(text: str) -> AgentFrame:
    """Read one agent's frame. Raises InvalidFrame or TooLarge say what is wrong with it."""
    return _checked(_decoded(_agent, text))


def _decoded(decoder: msgspec.json.Decoder[F], text: str) -> F:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidFrame(_plain(error), id=id_of(text)) from None


def id_of(text: str) -> str | None:
    """
    Return the `id` of a frame that is refused, so that its sender does not wait for an answer, or None where there is
    none to be read. Takes what the decoder does not: half a surrogate pair, wrong fields, a frame that breaks off.
    """
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        found = SOME_ID.search(text)
        return found[1] if found else None
    name = frame.get("id") if isinstance(frame, dict) else None
    return name if isinstance(name, str) and ONE_ID.fullmatch(name) else None


def _plain(error: Exception) -> str:
    """
    Say what is wrong without echoing what was sent: msgspec quotes what it does not know, and that may be anything.
    """
    said = str(error)
    if said.startswith("Invalid enum value"):
        return f"not one of the values there are - at {said.rpartition(' - at ')[2]}"
    if said.startswith("Invalid value"):
        return "type: not a type of this protocol"
    if "unknown field" in said:
        return "a field that this type does not have"
    return said if isinstance(error, msgspec.ValidationError) else "not JSON"


def _checked(frame: F) -> F:
    text = getattr(frame, "text", "") or ""
    said = isinstance(frame, VisitorMessage | AgentMessage | AgentNote)
    if said and not seen(text) and not getattr(frame, "attachments", []):
        why = "There is nothing to see in this text, and no attachment - at `$.text`"
        raise InvalidFrame(why, id=getattr(frame, "id", None))
    # Here and not by the type: its sender hears `too_large` with the message's id, and can send it in parts.
    if len(text) > TEXT_CHARS:
        raise TooLarge(f"A text holds at most {TEXT_CHARS} characters", id=getattr(frame, "id", None))
    return frame
