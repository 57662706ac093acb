"""
A receipt in the terms of ISO/IEC TS 27560 (consent records) and the W3C Data Privacy Vocabulary 2.2, signed anew.
"""

from __future__ import annotations

from typing import Any

from chat.core.crypt import canonical
from chat.infra.services import Services

VERSION = "ISO/IEC TS 27560:2023"
CONTEXT = {"dpv": "https://w3id.org/dpv#"}
STATES = {
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
}
PURPOSES = {"chat": "dpv:CommunicationForCustomerCare", "spam_training": "dpv:MisusePreventionAndDetection"}


def portable(services: Services, receipt: dict[str, Any]) -> dict[str, Any]:
    """Return a receipt in the standards' terms; `receipt` under `source` names the one it was made from."""
    document = {
        "@context": CONTEXT,
        "@type": "dpv:ConsentRecord",
        "schema_version": VERSION,
        "record_id": receipt["receipt"],
        "pii_principal_id": receipt["contact_id"],
        "pii_processing": {
            "privacy_notice": receipt["notice"]["privacy_url"],
            "notice": {name: receipt["notice"][name] for name in ("version", "text", "sha256")},
            "language": receipt["locale"],
            "purposes": [_purpose(receipt, each) for each in receipt["notice"]["purposes"]],
        },
        "event": [
            {
                "event_time": receipt["at"],
                "event_type": receipt["action"],
                "event_state": STATES[receipt["action"]],
                "entity_id": receipt["contact_id"],
            }
        ],
        "party_identification": [
            {
                "party_id": receipt["account"]["id"],
                "party_name": receipt["account"]["name"],
                "party_role": "dpv:DataController",
                "party_url": receipt["notice"]["privacy_url"],
            }
        ],
        "source": {"receipt": receipt["receipt"], "site": receipt["site"], "widget_build": receipt["widget_build"]},
        "signed_with": services.signer.public_key,
    }
    over = "the record as JSON, keys sorted, no spaces, UTF-8"
    proof = {"alg": "Ed25519", "value": services.signer.sign(canonical(document)), "over": over}
    return {"record": document, "signature": proof | {"public_key": services.signer.public_key}}


def _purpose(receipt: dict[str, Any], purpose: dict[str, Any]) -> dict[str, Any]:
    agreed = receipt["consent"].get(purpose["id"], False)
    ended = receipt["action"] in {"withdrawn", "expired"}
    return {
        "purpose": purpose["id"],
        "purpose_type": PURPOSES.get(purpose["id"], "dpv:Purpose"),
        "description": purpose["label"],
        "lawful_basis": "dpv:Consent",
        "consent": agreed,
        "status": STATES[receipt["action"]] if agreed or ended else "dpv:ConsentRefused",
    }
