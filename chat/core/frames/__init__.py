"""
The wire protocol `lethe.v1`: every frame, each way, told apart by `type`, and the codes with which a socket is closed.

What comes in is not trusted, and checked as it is read (`inbound`). What goes out is ours, and only written
(`outbound`).
"""

from __future__ import annotations

from chat.core.frames.inbound import (
    TEXT_CHARS,
    AgentFrame,
    AgentMessage,
    AgentNote,
    AgentRead,
    AgentTyping,
    Attached,
    Choices,
    ClientId,
    Close,
    Consent,
    End,
    Hello,
    InboundFrame,
    Number,
    Open,
    Ping,
    Pong,
    Presence,
    Rate,
    Read,
    Seq,
    Shown,
    Typing,
    VisitorFrame,
    VisitorMessage,
    agent_frame,
    id_of,
    visitor_frame,
)
from chat.core.frames.outbound import (
    Ack,
    AttachmentOut,
    Author,
    ConsentRequiredOut,
    ContactName,
    EndedOut,
    Entry,
    ErasureOut,
    ErrorOut,
    MessageOut,
    Named,
    NoteOut,
    NoticeView,
    OutboundFrame,
    PongOut,
    PresenceOut,
    Preview,
    PurposeView,
    ReadOut,
    RedactedOut,
    Seen,
    SiteName,
    TicketOut,
    TicketSummary,
    TypingOut,
    Welcome,
    encode,
)

PROTOCOL = "lethe.v1"
FRAME_BYTES = 65_536

CLOSE_BAD_FRAMES = 4400
CLOSE_UNAUTHORIZED = 4401
CLOSE_FORBIDDEN = 4403
CLOSE_SLOW = 4408
CLOSE_ELSEWHERE = 4409
CLOSE_ERASED = 4410
CLOSE_RATE = 4429
CLOSE_RESTART = 1012
CLOSE_TOO_LARGE = 1009

__all__ = [
    "TEXT_CHARS",
    "Ack",
    "AgentFrame",
    "AgentMessage",
    "AgentNote",
    "AgentRead",
    "AgentTyping",
    "Attached",
    "AttachmentOut",
    "Author",
    "Choices",
    "ClientId",
    "Close",
    "Consent",
    "ConsentRequiredOut",
    "ContactName",
    "End",
    "EndedOut",
    "Entry",
    "ErasureOut",
    "ErrorOut",
    "Hello",
    "InboundFrame",
    "MessageOut",
    "Named",
    "NoteOut",
    "NoticeView",
    "Number",
    "Open",
    "OutboundFrame",
    "Ping",
    "Pong",
    "PongOut",
    "Presence",
    "PresenceOut",
    "Preview",
    "PurposeView",
    "Rate",
    "Read",
    "ReadOut",
    "RedactedOut",
    "Seen",
    "Seq",
    "Shown",
    "SiteName",
    "TicketOut",
    "TicketSummary",
    "Typing",
    "TypingOut",
    "VisitorFrame",
    "VisitorMessage",
    "Welcome",
    "agent_frame",
    "encode",
    "id_of",
    "visitor_frame",
]
