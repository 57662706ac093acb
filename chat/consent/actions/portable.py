"""
A receipt in the terms of ISO/IEC TS 27560 (consent records) and the W3C Data Privacy Vocabulary 2.2, signed anew.
"""

from __future__ import annotations

from msgspec import Struct

from chat.consent.actions.receipts import ReceiptDocument, ReceiptPurpose
from chat.core.crypt import Proof, canonical
from chat.infra.services import Services

VERSION = "ISO/IEC TS 27560:2023"
CONTEXT = {"dpv": "https://w3id.org/dpv#"}
STATES = {
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
}
PURPOSES = {
    "chat": "dpv:CommunicationForCustomerCare",
    "spam_training": "dpv:MisusePreventionAndDetection",
    "answers_by_mail": "dpv:CommunicationForCustomerCare",
}


class PortableReceipt(Struct, frozen=True):
    """A receipt as JSON-LD in the standards' terms, and the signature over it."""

    record: dict[str, object]
    signature: Proof


def portable(services: Services, receipt: ReceiptDocument) -> PortableReceipt:
    """Return a receipt in the standards' terms. `receipt` under `source` names the one it was made from."""
    document: dict[str, object] = {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "schema_version": VERSION,
        "record_id": receipt.receipt,
        "pii_principal_id": receipt.contact_id,
        "pii_processing": {
            "privacy_notice": receipt.notice.privacy_url,
            "notice": {
                "version": receipt.notice.version,
                "text": receipt.notice.text,
                "sha256": receipt.notice.sha256,
            },
            "language": receipt.locale,
            "purposes": [_purpose(receipt, each) for each in receipt.notice.purposes],
        },
        "event": [
            {
                "event_time": receipt.at,
                "event_type": receipt.action,
                "event_state": STATES[receipt.action],
                "entity_id": receipt.contact_id,
            }
        ],
        "party_identification": [
            {
                "party_id": receipt.account.id,
                "party_name": receipt.account.name,
                "party_role": "dpv:DataController",
                "party_url": receipt.notice.privacy_url,
            }
        ],
        "source": {"receipt": receipt.receipt, "site": receipt.site, "widget_build": receipt.widget_build},
        "signed_with": services.signer.public_key,
    }
    over = "the record as JSON, keys sorted, no spaces, UTF-8"
    signature = services.signer.sign(canonical(document))
    return PortableReceipt(document, Proof("Ed25519", signature, over, services.signer.public_key))


def _purpose(receipt: ReceiptDocument, purpose: ReceiptPurpose) -> dict[str, object]:
    agreed = receipt.consent.get(purpose.id, False)
    ended = receipt.action in {"withdrawn", "expired"}
    return {
        "purpose": purpose.id,
        "purpose_type": PURPOSES.get(purpose.id, "dpv:Purpose"),
        "description": purpose.label,
        "lawful_basis": "dpv:Consent",
        "consent": agreed,
        "status": STATES[receipt.action] if agreed or ended else "dpv:ConsentRefused",
    }
