"""The certificate of an erasure: what was found and removed in each place, signed, and nothing personal in it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType, json

from chat.core.clock import DAY, stamp
from chat.core.crypt import Proof, canonical
from chat.core.model import Account
from chat.erasure.store.erasures import Erasure, StepOutcome
from chat.erasure.store.recipients import Recipient
from chat.infra.keys import keycopy
from chat.infra.services import Services
from chat.infra.store import backups as rows

OVER = "the certificate as JSON, keys sorted, no spaces, UTF-8"

# The fields of a certificate stand in the order of their names, as in what is signed: it is handed out to the byte.


class CertifiedAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose contact it was."""

    id: str
    name: str


class CertifiedBackups(Struct, frozen=True, forbid_unknown_fields=True):
    """When the last backup with remains lapses, and whether those can be read."""

    lapse_at: str
    readable: bool


class CertifiedConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """How many receipts there were, and a hash that proves them."""

    receipts: int
    sha256: str


class CertifiedPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """How it went in one place."""

    at: str
    found: int
    kind: str
    left: int | None
    place: str
    removed: int


class CertifiedRecipient(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    By what way somebody was sent how much, and when they were told; null where they were not yet. A `recipient` that is
    a program of the account (`kind` webhook) is named by its id.
    """

    count: int
    kind: str
    recipient: str | UnsetType = UNSET
    told_at: str | None


class CertifiedScrub(Struct, frozen=True, forbid_unknown_fields=True):
    """When the database was written anew, and by when it has to be."""

    done_at: str | None
    due_at: str


class Certificate(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What is signed: `certificate` is the request's id, times are RFC 3339, `subject` is there for who is no contact,
    `merged_with` where other contacts of the same person were erased with it: the ids of their requests.
    """

    account: CertifiedAccount
    backups: CertifiedBackups
    certificate: str
    consent: CertifiedConsent
    done_at: str
    places: list[CertifiedPlace]
    recipients: list[CertifiedRecipient]
    requested_at: str
    requested_by: str
    scrub: CertifiedScrub
    signed_with: str
    subject: str | UnsetType = UNSET
    merged_with: list[str] | UnsetType = UNSET


class SignedCertificate(Struct, frozen=True):
    """A certificate and the signature over it."""

    certificate: Certificate
    signature: Proof


class Certified(NamedTuple):
    """How it went in each place, who was told, and the other requests that were filed for the same person."""

    outcomes: list[StepOutcome]
    recipients: list[Recipient]
    merged_with: list[str]


class StepView(Struct, frozen=True):
    """How it went in one place so far. `at` is RFC 3339."""

    place: str
    kind: str
    found: int
    removed: int
    left: int | None
    at: str


async def backups(services: Services, erasure: Erasure) -> CertifiedBackups:
    """
    Return when the last backup with remains lapses, and whether those can be read: only where a copy of the keys was
    out of reach and may still hold this one.
    """
    stands, whose = await services.store.read(rows.get_status), (erasure.key_slot, erasure.contact_uid)
    # None says that the copy could not be read. Taken for "no key there", the certificate would promise too much.
    unreached = await asyncio.to_thread(keycopy.holds, stands.keys_copied_to, *whose) is None
    return CertifiedBackups(stamp(services.clock() + stands.backup_days * DAY), unreached)


def sign(
    services: Services,
    account: Account,
    erasure: Erasure,
    found: Certified,
    scrubbed: int | None,
    kept: CertifiedBackups,
) -> tuple[str, str]:
    """
    Return the certificate as it is signed, to the byte, and the signature. `scrubbed` is when freed pages were, `kept`
    what is to be said of backups.
    """
    now = services.clock()
    document = Certificate(
        account=CertifiedAccount(account.id, account.name),
        backups=kept,
        certificate=erasure.id,
        consent=CertifiedConsent(erasure.receipts, erasure.proof),
        done_at=stamp(now),
        merged_with=found.merged_with or UNSET,
        places=[
            CertifiedPlace(stamp(each.at), each.found, each.kind, each.left, each.place, each.removed)
            for each in found.outcomes
        ],
        recipients=[
            CertifiedRecipient(
                count=len(each.letters),
                kind=each.kind,
                recipient=each.named or UNSET,
                told_at=stamp(each.told_at) if each.told_at else None,
            )
            for each in found.recipients
        ],
        requested_at=stamp(erasure.requested_at),
        requested_by=erasure.source,
        scrub=CertifiedScrub(stamp(scrubbed) if scrubbed else None, stamp(scrubbed or now + DAY)),
        signed_with=services.signer.public_key,
        subject=erasure.subject if erasure.of_agent else UNSET,
    )
    written = canonical(document)
    return written.decode(), services.signer.sign(written)


def signed(erasure: Erasure) -> SignedCertificate | None:
    """Return the certificate as it is handed out, None before it is made."""
    if erasure.certificate is None:
        return None
    document = json.decode(erasure.certificate, type=Certificate)
    return SignedCertificate(document, Proof("Ed25519", erasure.signature or "", OVER, document.signed_with))


def step_view(outcome: StepOutcome) -> StepView:
    """Return how it went in one place."""
    return StepView(outcome.place, outcome.kind, outcome.found, outcome.removed, outcome.left, stamp(outcome.at))
