"""Receipts as they are signed and handed out."""

from __future__ import annotations

from msgspec import Struct, json

from chat.core.crypt import Proof

OVER = "the receipt as JSON, keys sorted, no spaces, UTF-8"

# The fields of a receipt stand in the order of their names, as in what is signed: it is handed out to the byte.


class ReceiptAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """With whom the contact agreed."""

    id: str
    name: str


class ReceiptPurpose(Struct, frozen=True, forbid_unknown_fields=True):
    """A purpose that was asked for, with the sentence beside its box."""

    id: str
    label: str
    required: bool


class ReceiptNotice(Struct, frozen=True, forbid_unknown_fields=True):
    """The notice as the contact was shown it."""

    privacy_url: str
    purposes: list[ReceiptPurpose]
    sha256: str
    text: str
    version: int


class ReceiptSite(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the contact agreed."""

    key: str
    name: str


class ReceiptDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: `receipt` is its id, `consent` has each purpose with what was said, `at` is RFC 3339."""

    account: ReceiptAccount
    action: str
    at: str
    consent: dict[str, bool]
    contact_id: str
    locale: str
    notice: ReceiptNotice
    receipt: str
    signed_with: str
    site: ReceiptSite
    widget_build: str


class SignedReceipt(Struct, frozen=True):
    """A receipt and the signature over it."""

    receipt: ReceiptDocument
    signature: Proof


def signed_receipt(document: str, signature: str) -> SignedReceipt:
    """Return a receipt as it is handed out: what was signed, and the signature with the key that checks it."""
    said = json.decode(document, type=ReceiptDocument)
    return SignedReceipt(said, Proof("Ed25519", signature, OVER, said.signed_with))
