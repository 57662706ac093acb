"""The replies that agents keep for answering."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, String, Table, Text, UniqueConstraint

from chat.infra.store.columns import about, metadata, to, uid

# Of no department it is the whole account's, and so is one whose department was deleted.
canned_response = Table(
    "canned_response",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("department_id", String(36), ForeignKey("department.id", ondelete="SET NULL"), index=True),
    Column("shortcut", String(40), nullable=False),
    Column("title", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("translations", JSON, nullable=False, server_default="{}"),
    UniqueConstraint("account_id", "shortcut"),
    info=about("nobody", "what agents answer often, in the words of the organisation"),
)
