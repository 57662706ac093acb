"""
Defences taken out one at a time: the claim that each holds is true with it, and must be found false without.

A claim is a function that plays a whole story on a house of its own and asserts at its end; a mutant breaks one thing.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chat.attachments.actions import attachments
from chat.core.errors import ConsentRequired
from chat.erasure.actions import erasure, forgetting, views
from chat.erasure.store import erasures
from chat.infra import store
from chat.infra.blobs import PREVIEW, Blobs
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.keys.slots import open_slots
from chat.infra.services import Services
from chat.infra.store import locations
from chat.letters import actions as letters
from chat.tickets.store import posting
from tests.chance import SEED, WHOLE
from tests.inside import Guest, House, certified
from tests.test_attachments import picture
from tests.test_erasure import erased, found_in, remains

Claim = Callable[[House], Awaitable[None]]
Break = Callable[[pytest.MonkeyPatch], None]


async def nothing(_services: Services, _erasure: DataSubject) -> int:
    """Do and find nothing."""
    return 0


async def used(house: House) -> Guest:
    """Somebody who wrote, sent a picture, and waits for a letter."""
    guest = await house.visit("Zyx", "zyx@x.example")
    file = await attachments.keep(house.services, guest.contact, "visitor", "pot.png", picture())
    draft = guest.draft("Zyxomma")
    draft.attachments = (file.id,)
    await house.box.post(draft)
    await house.services.store.write(
        lambda tx: letters.queue(house.services, tx, guest.contact, "zyx@x.example", "a", "b")
    )
    return guest


async def every_place_is_on_the_certificate(house: House) -> None:
    went = {each.place for each in (await erased(house, await used(house))).places}
    assert {"keys", "files", *(table.name for table in locations.of_contacts())} <= went


async def no_key_is_left(house: House) -> None:
    guest = await used(house)
    await erased(house, guest)
    slots = open_slots(house.services.settings.keys_url)  # not the services' own, which keep copies
    found = slots.look(guest.contact.key_slot, uuid.UUID(guest.contact.uid).bytes)
    slots.close()
    assert found is None


async def no_file_is_left(house: House) -> None:
    await erased(house, await used(house))
    assert [path for path in (house.services.settings.data / "attachments").rglob("*") if path.is_file()] == []


async def a_certificate_that_says_scrubbed_is_right(house: House) -> None:
    guest = await used(house)
    needles = await remains(house, guest)
    with house.services.store._read_engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM message").all()
        done = await erased(house, guest)
        said = certified(done).scrub.done_at
        assert said is None or found_in(house.services.settings.data, needles) == []


async def a_notice_published_since_stops_whoever_is_past_the_gate(house: House) -> None:
    guest = await house.visit()
    said = await guest.say("before")
    await house.publish()
    with pytest.raises(ConsentRequired):
        await house.box.post(guest.draft("after", ticket=said.ticket_id))


def left_out(name: str) -> Break:
    """An erasure that does not know of a place."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        whole = forgetting.steps
        patch.setattr(
            forgetting, "steps", lambda services: [each for each in whole(services) if each.location.name != name]
        )

    return broken


def key_kept(patch: pytest.MonkeyPatch) -> None:
    """Drops the copy in memory, leaves the slot, and finds nothing there."""

    def lying(whole: list[ErasureStep]) -> list[ErasureStep]:
        return [replace(each, look=nothing, take=nothing) if each.location.name == "keys" else each for each in whole]

    whole = forgetting.steps
    patch.setattr(forgetting, "steps", lambda services: lying(whole(services)))


def thumbnail_kept(patch: pytest.MonkeyPatch) -> None:
    """Removes the files, and neither removes nor counts the small images."""

    def large(self: Blobs, owner: str) -> list[Path]:
        folder = self._owned(owner)
        return [path for path in folder.iterdir() if not path.name.endswith(PREVIEW)] if folder.is_dir() else []

    def forget(self: Blobs, owner: str) -> int:
        gone = large(self, owner)
        for path in gone:
            path.unlink()
        return len(gone)

    patch.setattr(Blobs, "forget", forget)
    patch.setattr(Blobs, "count", lambda self, owner: len(large(self, owner)))


def busy_ignored(patch: pytest.MonkeyPatch) -> None:
    """Takes a checkpoint that had to wait for one that was done."""
    plainly = store._impatiently

    def hasty(target: Any, command: str) -> bool:
        plainly(target, command)
        return True

    patch.setattr(store, "_impatiently", hasty)


def consent_not_asked_where_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    """Trusts the gate, which was passed before the notice was published."""
    patch.setattr(posting.TicketPosition, "consents", property(lambda _: True, lambda *_: None), raising=False)


@dataclass(frozen=True)
class Mutant:
    """What is broken, and the claim that must notice."""

    broken: Break
    claim: Claim
    on: tuple[str, ...] = ("sqlite", "postgresql")


MUTANTS = {
    "a table is left out": Mutant(left_out("note"), every_place_is_on_the_certificate),
    "the outbox is left out": Mutant(left_out("outbox"), every_place_is_on_the_certificate),
    "the key's slot is kept": Mutant(key_kept, no_key_is_left),
    "a thumbnail is kept": Mutant(thumbnail_kept, no_file_is_left),
    "a checkpoint's busy is ignored": Mutant(busy_ignored, a_certificate_that_says_scrubbed_is_right, ("sqlite",)),
    "consent is asked outside the transaction": Mutant(
        consent_not_asked_where_it_is_stored, a_notice_published_since_stops_whoever_is_past_the_gate
    ),
}
ON = [(name, kind) for name, mutant in MUTANTS.items() for kind in mutant.on]


@pytest.mark.parametrize(("name", "settings"), ON, indirect=["settings"], ids=[f"{n} on {k}" for n, k in ON])
async def test_a_defence_that_is_taken_out_is_missed(name: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    monkeypatch.setattr(store, "ATTEMPTS", 3)
    await mutant.claim(house)
    mutant.broken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await mutant.claim(house)


async def test_a_place_that_is_not_emptied_keeps_its_erasure_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = forgetting.steps(house.services)
    on_sqlite = house.services.settings.database_url.startswith("sqlite")
    # Each place on one of the two databases, by chance which; the whole of it has each on both.
    for lame in [each for at, each in enumerate(whole) if WHOLE or (at + SEED) % 2 == on_sqlite]:
        guest = await used(house)
        # A row that hangs off the contact would go with it.
        kept = {lame.location.name, "contact"} if lame.location.kind == "table" else {lame.location.name}
        broken = [replace(each, take=nothing) if each.location.name in kept else each for each in whole]
        monkeypatch.setattr(forgetting, "steps", lambda _, broken=broken: broken)
        made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
        request = await house.services.store.read(partial(erasures.by_id, erasure_id=made))
        there = await lame.look(house.services, request.whom)
        await erasure.sweep(house.services)
        assert ((await views.state(house.services, house.actor, made)).state != "done") is bool(there or len(kept) > 1)
        monkeypatch.setattr(forgetting, "steps", lambda _: whole)
        await erasure.sweep(house.services)
        assert (await views.state(house.services, house.actor, made)).state == "done", lame.location.name
