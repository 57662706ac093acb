"""Requests to forget a contact as they are shown: to programs, on pages and sockets, and as lines."""

from __future__ import annotations

from msgspec import UNSET, Struct
from msgspec.structs import asdict

from chat.contacts.store import holds
from chat.core import access, frames
from chat.core.clock import DAY, stamp
from chat.core.model import Actor
from chat.erasure.actions import certificates, forgetting, recipients
from chat.erasure.actions.certificates import SignedCertificate, StepView
from chat.erasure.actions.recipients import RecipientView
from chat.erasure.store import erasures
from chat.erasure.store.erasures import Erasure
from chat.infra.services import Services
from chat.infra.store.tx import Tx

LATELY = DAY // 12
"""So many ms back a page that comes to listen is told of: more than passes while one is drawn or its line is away."""
LATELY_MOST = 500


class ErasureView(Struct, frozen=True):
    """
    A request to forget somebody, as lists show it: `subject` is contact or agent. Times are RFC 3339, `held_until`
    where a hold keeps it.
    """

    id: str
    subject: str
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
        subject=found.subject,
        state=found.state,
        source=found.source,
        requested_at=stamp(found.requested_at),
        due_at=stamp(found.due_at),
        held_until=None if held is None else stamp(held),
        done_at=None if found.done_at is None else stamp(found.done_at),
    )


def frame(found: Erasure) -> frames.ErasureOut:
    """Return what agents' pages are told of a request: whom to forget, and how far it is."""
    return frames.ErasureOut(
        erasure=found.id,
        contact=found.contact_uid,
        source=found.source,
        state=found.state,
        requested_at=stamp(found.requested_at),
        due_at=stamp(found.due_at),
        done_at=None if found.done_at is None else stamp(found.done_at),
        subject="agent" if found.of_agent else UNSET,
    )


def as_lines(done: CertifiedErasure) -> list[str]:
    """Return a request and its certificate as lines for people."""
    head = f"{done.id}: {done.state}"
    if done.certificate is None:
        return [head + "; not finished yet, the server's sweep goes on with it"]
    document = done.certificate.certificate
    places = [f"  {each.place}: found {each.found}, removed {each.removed}" for each in document.places]
    return [head, *places, f"  the last backup with unreadable remains lapses {document.backups.lapse_at}"]


async def progress(services: Services, account_id: str, erasure_id: str) -> ErasureProgress:
    """Return how far a request is, and its certificate, to whoever knows its number. Nothing in it is personal."""

    def work(tx: Tx) -> tuple[Erasure, list[erasures.StepOutcome]]:
        found = erasures.one(tx, account_id, erasure_id)
        return found, erasures.list_outcomes(tx, erasure_id)

    found, outcomes = await services.store.read(work)
    return ErasureProgress(
        id=found.id,
        state=found.state,
        due_at=stamp(found.due_at),
        certificate=certificates.signed(found),
        places=len(forgetting.steps_of(services, found)),
        reached=len(outcomes),
    )


async def state(services: Services, actor: Actor, erasure_id: str) -> ErasureState:
    """Return how far a request of the account is, place by place, and its certificate once it is done."""
    access.require(actor, "erasure.read")

    def work(tx: Tx) -> tuple[Erasure, list[erasures.StepOutcome], dict[int, int]]:
        found = erasures.one(tx, actor.account_id, erasure_id)
        return found, erasures.list_outcomes(tx, erasure_id), holds.until(tx, [found.contact_id])

    found, outcomes, held = await services.store.read(work)
    return ErasureState(
        **asdict(erasure_view(found, held.get(found.contact_id))),
        places=[certificates.step_view(each) for each in outcomes],
        recipients=await recipients.of(services, erasure_id),
        certificate=certificates.signed(found),
    )


async def page(
    services: Services, actor: Actor, before: str | None, limit: int
) -> tuple[list[ErasureView], str | None]:
    """Return the account's requests, newest first, and where the next page begins."""
    access.require(actor, "erasure.read")

    def work(tx: Tx) -> tuple[list[Erasure], dict[int, int]]:
        found = erasures.page(tx, actor.account_id, before, limit + 1)
        return found, holds.until(tx, [each.contact_id for each in found])

    found, held = await services.store.read(work)
    items = [erasure_view(each, held.get(each.contact_id)) for each in found[:limit]]
    return items, found[limit - 1].id if len(found) > limit else None


async def frame_of(services: Services, account_id: str, erasure_id: str) -> frames.ErasureOut:
    """Return what is told of a request that another process filed or finished."""
    return frame(await services.store.read(lambda tx: erasures.one(tx, account_id, erasure_id)))


async def lately(services: Services, account_id: str, since: int) -> list[frames.ErasureOut]:
    """Return what was told from two hours before a time on (ms), for who may have missed it."""
    at = since - LATELY
    return [
        frame(each) for each in await services.store.read(lambda tx: erasures.since(tx, account_id, at, LATELY_MOST))
    ]


async def of_contacts(services: Services, account_id: str, contact_uids: list[str]) -> list[frames.ErasureOut]:
    """Return what is told of those of some contacts who are being erased, or were, however long ago."""
    found = await services.store.read(lambda tx: erasures.of_contacts(tx, account_id, contact_uids))
    return [frame(each) for each in found]
