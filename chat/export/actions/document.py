"""What an export in JSON says, as a type: for programs that read one, and for the description of the interface."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType


class ExportParty(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is the controller."""

    id: str
    name: str


class ExportSite(Struct, frozen=True, forbid_unknown_fields=True):
    """The site at which the contact agreed."""

    key: str
    name: str


class ExportField(Struct, frozen=True, forbid_unknown_fields=True):
    """A field that is given, with its category of data, and why and on what basis it is kept."""

    name: str
    category: str
    purpose: str
    basis: str


class WithheldField(Struct, frozen=True, forbid_unknown_fields=True):
    """A field that is not given, and why."""

    field: str
    why: str


class ExportSection(Struct, frozen=True, forbid_unknown_fields=True):
    """What one table holds, row by row. `left_out` counts rows that the account does not give."""

    name: str
    why: str
    retention: str
    fields: list[ExportField]
    withheld: list[WithheldField]
    items: list[dict[str, object]]
    left_out: int | UnsetType = UNSET


class ExportReader(Struct, frozen=True, forbid_unknown_fields=True):
    """Who met the data: by role, with an agent's name where the account gives it; `former` where they were deleted."""

    role: str
    name: str | None
    former: bool | UnsetType = UNSET


class ExportAccess(Struct, frozen=True, forbid_unknown_fields=True):
    """That somebody met the data, when (RFC 3339), and how, as in the audit log."""

    at: str
    who: ExportReader
    action: str


class ExportedContact(Struct, frozen=True, forbid_unknown_fields=True):
    """All that is held on a contact."""

    format: str
    version: int
    made_at: str
    controller: ExportParty
    site: ExportSite
    contact_id: str
    sections: list[ExportSection]
    access: list[ExportAccess]


class ExportDocument(ExportedContact, frozen=True, forbid_unknown_fields=True):
    """All that is held on a contact, and on those who agents take for the same person, where there are any."""

    merged: list[ExportedContact] | UnsetType = UNSET
