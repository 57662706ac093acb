"""A request to forget a contact as it is shown: to programs, on pages and sockets, and as lines."""

from __future__ import annotations

from msgspec import Struct

from chat.core import frames
from chat.core.clock import stamp
from chat.erasure.actions.certificates import SignedCertificate, StepView
from chat.erasure.actions.recipients import RecipientView
from chat.erasure.store.erasures import Erasure


class ErasureView(Struct, frozen=True):
    """A request to forget a contact, as lists show it. Times are RFC 3339, `held_until` where a hold keeps it."""

    id: str
    state: str
    source: str
    requested_at: str
    due_at: str
    held_until: str | None
    done_at: str | None


class ErasureState(ErasureView, frozen=True):
    """How far a request is, place by place, whom it has to tell, and the certificate once it is done."""

    places: list[StepView]
    recipients: list[RecipientView]
    certificate: SignedCertificate | None


class CertifiedErasure(ErasureView, frozen=True):
    """A request and its certificate."""

    certificate: SignedCertificate | None


class ErasureProgress(Struct, frozen=True):
    """How far a request is: of so many `places` so many were `reached`."""

    id: str
    state: str
    due_at: str
    certificate: SignedCertificate | None
    places: int
    reached: int


def erasure_view(found: Erasure, held: int | None = None) -> ErasureView:
    """Return a request as lists show it. `held` is until when (ms) its contact is."""
    return ErasureView(
        id=found.id,
        state=found.state,
        source=found.source,
        requested_at=stamp(found.requested_at),
        due_at=stamp(found.due_at),
        held_until=None if held is None else stamp(held),
        done_at=None if found.done_at is None else stamp(found.done_at),
    )


def frame(found: Erasure) -> frames.ErasureOut:
    """Return what agents' pages are told of a request: to forget the contact, and how far it is."""
    return frames.ErasureOut(
        erasure=found.id,
        contact=found.contact_uid,
        source=found.source,
        state=found.state,
        requested_at=stamp(found.requested_at),
        due_at=stamp(found.due_at),
        done_at=None if found.done_at is None else stamp(found.done_at),
    )


def as_lines(done: CertifiedErasure) -> list[str]:
    """Return a request and its certificate as lines for people."""
    head = f"{done.id}: {done.state}"
    if done.certificate is None:
        return [head + "; not finished yet, the server's sweep goes on with it"]
    document = done.certificate.certificate
    places = [f"  {each.place}: found {each.found}, removed {each.removed}" for each in document.places]
    return [head, *places, f"  the last backup with unreadable remains lapses {document.backups.lapse_at}"]
