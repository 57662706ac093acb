"""The certificate of an erasure: what was found and removed in each place, signed, and nothing personal in it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from chat.core.clock import DAY, stamp
from chat.core.crypt import canonical
from chat.core.model import Account
from chat.erasure.store.erasures import Erasure, Went
from chat.infra.keys import keycopy
from chat.infra.services import Services
from chat.infra.store import backups as rows


async def backups(services: Services, erasure: Erasure) -> dict[str, Any]:
    """
    Return when the last backup with remains lapses, and whether those can be read: only where a copy of the keys was
    out of reach and may still hold this one.
    """
    stands, whose = await services.store.read(rows.get_status), (erasure.key_slot, erasure.contact_uid)
    unreached = await asyncio.to_thread(keycopy.holds, stands.keys_copied_to, *whose) is None
    return {"lapse_at": stamp(services.clock() + stands.backup_days * DAY), "readable": unreached}


def made(
    services: Services,
    account: Account,
    erasure: Erasure,
    went: list[Went],
    recipients: list[dict[str, Any]],
    scrubbed: int | None,
    kept: dict[str, Any],
) -> tuple[str, str]:
    """
    Return the certificate as it is signed, to the byte, and the signature. `scrubbed` is when freed pages were, `kept`
    what is to be said of backups.
    """
    now = services.clock()
    document = {
        "certificate": erasure.id,
        "account": {"id": account.id, "name": account.name},
        "requested_at": stamp(erasure.requested_at),
        "requested_by": erasure.source,
        "done_at": stamp(now),
        "places": [step_view(each) for each in went],
        "consent": {"receipts": erasure.receipts, "sha256": erasure.proof},
        "recipients": recipients,
        "scrub": {"done_at": stamp(scrubbed) if scrubbed else None, "due_at": stamp(scrubbed or now + DAY)},
        "backups": kept,
        "signed_with": services.signer.public_key,
    }
    written = canonical(document)
    return written.decode(), services.signer.sign(written)


def signed(erasure: Erasure) -> dict[str, Any] | None:
    """Return the certificate as it is handed out, None before it is made."""
    if erasure.certificate is None:
        return None
    document = json.loads(erasure.certificate)
    over = "the certificate as JSON, keys sorted, no spaces, UTF-8"
    proof = {"alg": "Ed25519", "value": erasure.signature, "over": over, "public_key": document["signed_with"]}
    return {"certificate": document, "signature": proof}


def step_view(went: Went) -> dict[str, Any]:
    """Return how it went in one place."""
    return {
        "place": went.place,
        "kind": went.kind,
        "found": went.found,
        "removed": went.removed,
        "left": went.left,
        "at": stamp(went.at),
    }
