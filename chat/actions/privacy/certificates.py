"""The certificate of an erasure: what was found and removed in each place, signed, and nothing personal in it."""

from __future__ import annotations

import json
from typing import Any

from chat.actions.desk import Desk
from chat.actions.privacy.consent import canonical
from chat.clock import DAY, stamp
from chat.model import Account
from chat.store.privacy.erasures import Erasure, Went

BACKUP_DAYS = 30


def made(desk: Desk, account: Account, erasure: Erasure, went: list[Went], scrubbed: int | None) -> tuple[str, str]:
    """Return the certificate as it is signed, to the byte, and the signature. `scrubbed` is when freed pages were."""
    now = desk.clock()
    document = {
        "certificate": erasure.id,
        "account": {"id": account.id, "name": account.name},
        "requested_at": stamp(erasure.requested_at),
        "requested_by": erasure.source,
        "done_at": stamp(now),
        "places": [shown(each) for each in went],
        "consent": {"receipts": erasure.receipts, "sha256": erasure.proof},
        "recipients": [],
        "scrub": {"done_at": stamp(scrubbed) if scrubbed else None, "due_at": stamp(scrubbed or now + DAY)},
        "backups": {"lapse_at": stamp(now + BACKUP_DAYS * DAY), "readable": False},
        "signed_with": desk.signer.public_key,
    }
    written = canonical(document)
    return written.decode(), desk.signer.sign(written)


def signed(erasure: Erasure) -> dict[str, Any] | None:
    """Return the certificate as it is handed out, None before it is made."""
    if erasure.certificate is None:
        return None
    document = json.loads(erasure.certificate)
    over = "the certificate as JSON, keys sorted, no spaces, UTF-8"
    proof = {"alg": "Ed25519", "value": erasure.signature, "over": over, "public_key": document["signed_with"]}
    return {"certificate": document, "signature": proof}


def shown(went: Went) -> dict[str, Any]:
    """Return how it went in one place."""
    return {
        "place": went.place,
        "kind": went.kind,
        "found": went.found,
        "removed": went.removed,
        "left": went.left,
        "at": stamp(went.at),
    }
