"""Which tickets somebody asks for, and what an owner may set about messages."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from chat.core.account_settings import Setting

MESSAGE_RATE = Setting(
    "message_rate", int, 120, "a contact's messages a minute, 0 for no limit", "site", 0, 10_000, order=1
)


class TicketQuery(Struct, frozen=True, kw_only=True):
    """
    Which tickets: in a `status` (in any but the trash), of an `assignee` or `department` by id or of none, of a
    contact by its public id, with a tag, with `held` messages or with others.
    """

    status: str | UnsetType = UNSET
    assignee: str | UnsetType | None = UNSET
    contact: str | UnsetType = UNSET
    department: str | UnsetType | None = UNSET
    tag: str | UnsetType = UNSET
    held: bool | UnsetType = UNSET
