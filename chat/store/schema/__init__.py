"""
Every table, whom it is about, and what each personal column holds.

A table about a contact reaches `contact` by keys that cascade, and each column of a table about people is `personal`,
with its category, or `plain`. Texts of people are sealed: the bytes here are nothing without the key of their owner,
which is kept in a store of its own. `chat/store/places.py` reads all of this; `tests/test_places.py` holds it complete.
"""

from chat.store.schema.columns import metadata
from chat.store.schema.filter import given, label, mistake, promotion, review, training_run
from chat.store.schema.privacy import (
    audit,
    audit_head,
    audit_part,
    disclosure,
    erasure,
    erasure_place,
    export,
    hold,
    link,
    receipt,
    recipient,
)
from chat.store.schema.retention import retention_count, retention_run
from chat.store.schema.talk import ENDED, STATUSES, attachment, contact, message, note, outbox, ticket
from chat.store.schema.team import ROLES, account, agent, department, notice, notice_text, session, site, token

__all__ = [
    "ENDED",
    "ROLES",
    "STATUSES",
    "account",
    "agent",
    "attachment",
    "audit",
    "audit_head",
    "audit_part",
    "contact",
    "department",
    "disclosure",
    "erasure",
    "erasure_place",
    "export",
    "given",
    "hold",
    "label",
    "link",
    "message",
    "metadata",
    "mistake",
    "note",
    "notice",
    "notice_text",
    "outbox",
    "promotion",
    "receipt",
    "recipient",
    "retention_count",
    "retention_run",
    "review",
    "session",
    "site",
    "ticket",
    "token",
    "training_run",
]
