"""Archives of what is held of a contact."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Integer, LargeBinary, String, Table

from chat.account.schema import add_settings
from chat.export.domain import EXPORT_AGENT_NAMES, EXPORT_NOTES
from chat.infra.store.columns import about, metadata, personal, plain, to, uid

add_settings(EXPORT_AGENT_NAMES, EXPORT_NOTES)

# The file lies in the folder `exports`, under a key of its own that is sealed here. Whoever builds it has it until
# `leased_until`, and names the file anew: what a killed build left is found by no row.
export = Table(
    "export",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("source", String(10), nullable=False),
    plain("state", String(10), nullable=False, default="queued"),
    plain("done", Integer, nullable=False, default=0, inner=True),
    plain("total", Integer, nullable=False, default=0, inner=True),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("blob", String(43), unique=True, inner=True),
    personal("file_key", LargeBinary, "attachment", withheld="opens an archive like this one"),
    # Those who are one person with the contact, and in the archive too: its key is sealed under each of theirs as well,
    # so that it opens no more once one of them is erased.
    plain("merged", JSON, nullable=False, default=[], server_default="[]", inner=True),
    plain("size", BigInteger, nullable=False, default=0),
    plain("leased_until", BigInteger, nullable=False, default=0, inner=True),
    personal("requested_at", BigInteger, "time", nullable=False),
    personal("done_at", BigInteger, "time"),
    plain("expires_at", BigInteger, nullable=False, index=True),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    info=about(
        "contact",
        "to hand over what is held, Art. 15 and 20 GDPR",
        basis="access",
        kept="exports",
        saved=False,
    ),
)
