"""What teaches the spam filter."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from chat.account.schema import add_settings
from chat.infra.store.columns import AGENT, about, metadata, personal, plain, serial, to, uid
from chat.spam_filter.domain import HAM_HELD

add_settings(HAM_HELD)

# Of a message nothing but numbers: the features, hashed under the account's key, sealed under the contact's.
label = Table(
    "label",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", serial, to("contact.id"), nullable=False, index=True),
    personal("spam", Boolean(create_constraint=False), "classification", nullable=False),
    personal(
        "features",
        LargeBinary,
        "classification",
        nullable=False,
        withheld="hashes of the message's words, which itself is given",
    ),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "to teach the spam filter", basis="consent", kept="training"),
)

# An agent's word on a message of the quarantine, whether or not it may teach: what was looked at is not asked again.
review = Table(
    "review",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", serial, to("contact.id"), nullable=False, index=True),
    personal("spam", Boolean(create_constraint=False), "classification", nullable=False),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "to know which held messages an agent has looked at", basis="interest", kept="transcripts"),
)

# What the operator's labelled files taught: numbers like those of a label, of texts that no contact wrote here.
given = Table(
    "given",
    metadata,
    Column("account_id", to("account.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("spam", Boolean(create_constraint=False), nullable=False),
    Column("features", LargeBinary, nullable=False),
    info=about("nobody", "labelled texts that the operator gave, as hashed numbers"),
)

# A retraining, and the version it made: of the labels made before `asked_at` that are still there. `counted` tells
# which those were when head, file and report were made; where it is not so any more, they are made anew.
training_run = Table(
    "training_run",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("progress", Integer, nullable=False, default=0),
    Column("asked_at", BigInteger, nullable=False),
    Column("asked_by", String(36), nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("discarded_at", BigInteger),
    Column("discarded_by", String(36)),
    Column("against", Integer, nullable=False),
    Column("labels", Integer, nullable=False, default=0),
    Column("counted", String(80), nullable=False, default=""),
    Column("head", JSON),
    Column("sha256", String(64)),
    Column("report", JSON),
    UniqueConstraint("account_id", "version"),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    info=about("nobody", "a retraining of the filter: counts over labels, made anew when one of them goes"),
)

# Which version serves: the last row whose version still has labels; without a run the head that is shipped.
promotion = Table(
    "promotion",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("run_id", to("training_run.id")),
    Column("at", BigInteger, nullable=False),
    Column("agent_id", String(36), nullable=False),
    sqlite_autoincrement=True,
    info=about("nobody", "which version of the filter was put to use, when; an agent's id at most"),
)

# A label that a version which had not seen it got wrong; goes with the label.
mistake = Table(
    "mistake",
    metadata,
    plain("run_id", to("training_run.id"), primary_key=True),
    plain("ticket_id", serial, primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", serial, to("contact.id"), nullable=False, index=True),
    personal("spam", Boolean(create_constraint=False), "classification", nullable=False),
    personal("margin", Float, "classification", nullable=False),
    ForeignKeyConstraint(["ticket_id", "seq"], ["label.ticket_id", "label.seq"], ondelete="CASCADE"),
    info=about("contact", "to see where the spam filter errs", basis="consent", kept="training"),
)
