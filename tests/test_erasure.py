"""Erasing a contact: everything of theirs goes, nothing of others does, and the certificate says so."""

import asyncio
import base64
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import to_builtins
from msgspec.json import encode as json_of
from sqlalchemy import insert, select

from chat.contacts.schema import contact
from chat.core.errors import Misconfigured, NotFound
from chat.core.events import KeyDestroyed
from chat.erasure.actions import erasure, forgetting, views
from chat.erasure.actions.certificates import CertifiedConsent
from chat.erasure.actions.views import ErasureState
from chat.erasure.store import erasures
from chat.infra.services import Services
from chat.infra.store import locations
from chat.tickets.actions import activity, tickets
from chat.tickets.schema import message
from tests.chance import WHOLE, dice, some
from tests.inside import Guest, House, Served, certified, contact_of, found, new_id, problem_of

pytestmark = pytest.mark.both_databases

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
CANARY = "Zyxomma Petiolatum"
WROTE = {"contact", "receipt", "ticket", "message", "note"}


async def rows(services: Services, guest: Guest) -> dict[str, list[Any]]:
    """Every row of a contact, by table."""
    key = guest.contact.id

    def work(tx: Any) -> dict[str, list[Any]]:
        return {
            table.name: sorted(map(repr, tx.execute(select(table).where(locations.rows_of(table, key)))))
            for table in locations.of_contacts()
        }

    return await services.store.read(work)


def filled(kept: dict[str, list[Any]]) -> set[str]:
    """The tables that hold rows."""
    return {name for name, found in kept.items() if found}


async def hashed(services: Services, guest: Guest) -> str:
    """A hash over every row of a contact."""
    return sha256(json.dumps(await rows(services, guest)).encode()).hexdigest()


async def chatted(house: House, name: str = CANARY, email: str = "zyx@x.example", count: int = 3) -> Guest:
    """Somebody who wrote, got a note, and whose ticket has a rating."""
    guest = await house.visit(name, email)
    for number in range(count):
        said = await guest.say(f"{CANARY} says {number}")
    await tickets.add_note(house.services, house.actor, said.number, new_id(), f"{CANARY} called twice")
    last = await tickets.last_of(house.services, guest.contact.id)
    assert last is not None
    await activity.rate(house.services, guest.contact, last, 5, f"{CANARY} is glad")
    return guest


async def many(house: House, count: int) -> Guest:
    """A contact with as many messages, all but the first written straight into the table."""
    guest = await chatted(house, count=1)

    def work(tx: Any) -> None:
        first = dict(tx.execute(select(message).where(message.c.contact_id == guest.contact.id)).mappings().one())
        more = [first | {"seq": seq, "cid": seq.to_bytes(16)} for seq in range(2, count + 1)]
        tx.execute(insert(message), more)

    await house.services.store.write(work)
    return guest


async def erased(house: House, guest: Guest) -> ErasureState:
    """Erase, and return how it went."""
    made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    return await views.state(house.services, house.actor, made)


def check(given: object) -> None:
    """Verify a certificate as a stranger would. Raises InvalidSignature."""
    signed = to_builtins(given)
    written = json.dumps(signed["certificate"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signed["signature"]["public_key"]))
    key.verify(base64.b64decode(signed["signature"]["value"]), written.encode())


async def test_an_erasure_takes_all_of_one_contact_and_nothing_of_another(house: House) -> None:
    guest, other = await chatted(house), await chatted(house, "Somebody else", "else@x.example")
    before = await hashed(house.services, other)
    assert filled(await rows(house.services, guest)) >= WROTE
    done = await erased(house, guest)
    assert done.state == "done"
    assert not any((await rows(house.services, guest)).values())
    assert not house.services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    assert await hashed(house.services, other) == before
    assert house.services.keys.holds(other.contact.key_slot, other.contact.uid)


async def test_the_certificate_counts_what_each_place_held(house: House) -> None:
    done = await erased(house, await chatted(house, count=7))
    went = {each.place: (each.found, each.removed, each.left) for each in done.places}
    assert went["keys"] == (1, 1, 0)
    assert went["message"] == (7, 7, 0)
    assert {went[name] for name in ("note", "ticket", "contact")} == {(1, 1, 0)}
    assert went["receipt"] == (2, 2, 0)
    assert set(went) == {
        "keys",
        "files",
        "exports",
        "learnt",
        "versions",
        *(table.name for table in locations.of_contacts()),
    }
    assert done.places[0].place == "keys"


async def test_the_certificate_is_signed_and_holds_nothing_personal(house: House) -> None:
    guest = await chatted(house)
    done = await erased(house, guest)
    signed = to_builtins(done.certificate)
    check(signed)
    written = json.dumps(signed, ensure_ascii=False)
    hashes = house.services.email_hash(house.made.account_id, "zyx@x.example")
    assert not [each for each in (*CANARY.split(), "zyx@", guest.contact.uid, hashes) if each in written]
    assert signed["certificate"]["backups"]["lapse_at"] > signed["certificate"]["done_at"]
    signed["certificate"]["places"][1]["left"] = 1
    with pytest.raises(InvalidSignature):
        check(signed)


async def test_a_receipt_kept_by_the_visitor_is_proven_by_the_certificate(house: House) -> None:
    guest = await chatted(house)
    ledger = [guest.begun.receipt.signature.value]
    made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    ledger += [each.split("'")[-2] for each in (await rows(house.services, guest))["receipt"] if "withdrawn" in each]
    await erasure.sweep(house.services)
    said = certified(await views.state(house.services, house.actor, made)).consent
    assert said == CertifiedConsent(2, sha256("\n".join(ledger).encode()).hexdigest())


async def test_a_certificate_is_handed_out_to_the_byte_as_it_is_signed(house: House) -> None:
    done = await erased(house, await chatted(house))
    row = await house.services.store.read(lambda tx: erasures.by_id(tx, done.id))
    written = json_of(certified(done))
    assert written.decode() == row.certificate
    assert house.services.signer.signed(written, row.signature or "")


async def test_asked_twice_at_once_or_later_it_is_one_erasure(house: House) -> None:
    guest = await chatted(house)
    services, uid = house.services, guest.contact.uid
    ids = await asyncio.gather(*(erasure.by_agent(services, house.actor, uid) for _ in range(5)))
    await asyncio.gather(*(erasure.sweep(services) for _ in range(3)))
    assert {*ids, await erasure.by_agent(services, house.actor, uid)} == {ids[0]}
    done = await views.state(services, house.actor, ids[0])
    assert {each.place: (each.found, each.removed) for each in done.places}["message"] == (3, 3)
    check(done.certificate)


async def test_nobody_erases_an_unknown_or_another_accounts_contact(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example")
    await other.publish()
    guest = await chatted(other)
    before = await hashed(house.services, guest)
    for uid in (guest.contact.uid, new_id(), "x", ""):
        with pytest.raises(NotFound):
            await erasure.by_agent(house.services, house.actor, uid)
    with pytest.raises(NotFound):
        await erasure.by_email(house.services, house.actor, "zyx@x.example")
    assert await erasure.sweep(house.services) == 0
    assert await hashed(house.services, guest) == before
    made = await erased(other, guest)
    with pytest.raises(NotFound):
        await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    with pytest.raises(NotFound):
        await views.state(house.services, house.actor, made.id)


async def test_by_address_every_contact_that_has_it_goes(house: House) -> None:
    guests = [await chatted(house) for _ in range(3)]
    other = await chatted(house, email="other@x.example")
    done = await erasure.now(house.services, " ZYX@x.example")
    assert [each.state for each in done] == ["done"] * 3
    assert [each.source for each in done] == ["command"] * 3
    for guest in guests:
        assert not any((await rows(house.services, guest)).values())
    assert filled(await rows(house.services, other)) >= WROTE
    with pytest.raises(NotFound):
        await erasure.now(house.services, "zyx@x.example")


async def test_what_is_written_while_an_erasure_runs_is_refused_or_goes_too(house: House) -> None:
    guest = await many(house, 5000)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    sweeping = asyncio.create_task(erasure.sweep(house.services))
    refused = 0
    while not sweeping.done():
        said = await asyncio.gather(guest.say("still here"), return_exceptions=True)
        refused += isinstance(said[0], Exception)
    assert refused > 0
    assert not any((await rows(house.services, guest)).values())


async def test_others_write_between_the_chunks_of_a_large_erasure(house: House) -> None:
    guest, other = await many(house, 20_000), await house.visit()
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    sweeping = asyncio.create_task(erasure.sweep(house.services))
    stored = 0
    while not sweeping.done():
        await other.say("and I?")
        stored += 1
    assert stored > 1
    assert len((await rows(house.services, other))["message"]) == stored
    assert not any((await rows(house.services, guest)).values())


class Killed(BaseException):
    """Stands for a process that ends here."""


@pytest.mark.parametrize("turn", range(2 if WHOLE else 1))
async def test_an_erasure_stopped_at_any_write_goes_on_to_the_same_end(
    house: House, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """
    Stops at one write in three, in nine on PostgreSQL, by turns before it commits and after; the whole of it does both
    at each. `tests/test_erasure_killed.py` stops with SIGKILL.
    """
    other = await chatted(house, "Somebody else", "else@x.example")
    before, services = await hashed(house.services, other), house.services
    write, left, late = services.store.write, [0], dice("which stops come before").randrange(2)

    async def stopping(work: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and (stop + turn + late) % 2:
            raise Killed
        made = await write(work)
        if left[0] == 0:
            raise Killed
        return made

    one_in = 3 if services.store.sqlite else 9
    for stop in some(range(1, 200), one_in, "where an erasure stops"):
        guest = await chatted(house)
        made = await erasure.by_agent(services, house.actor, guest.contact.uid)
        left[0], stopped = stop, False
        monkeypatch.setattr(services.store, "write", stopping)
        try:
            await erasure.sweep(services)
        except Killed:
            stopped = True
        monkeypatch.setattr(services.store, "write", write)
        await erasure.sweep(services)
        done = await views.state(services, house.actor, made)
        went = {each.place: (each.found, each.removed, each.left) for each in done.places}
        assert (done.state, went["keys"], went["message"]) == ("done", (1, 1, 0), (3, 3, 0)), stop
        check(done.certificate)
        assert not any((await rows(services, guest)).values())
        if not stopped:
            break
    assert stop > 15
    assert not stopped  # the last of them came to its end: there is no write behind it
    assert await hashed(services, other) == before


async def test_a_place_left_out_is_seen_in_what_remains(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of all above: an erasure that forgets a place is not called done."""
    guest = await chatted(house)
    whole = forgetting.steps(house.services)

    async def nothing(_services: Services, _erasure: Any) -> int:
        return 0

    lame = [replace(each, take=nothing) if each.location.name == "keys" else each for each in whole]
    monkeypatch.setattr(forgetting, "steps", lambda _: lame)
    done = await erased(house, guest)
    assert (done.state, done.certificate) == ("running", None)
    assert done.places[0].left == 1
    monkeypatch.setattr(forgetting, "steps", lambda _: whole)
    await erasure.sweep(house.services)
    assert (await views.state(house.services, house.actor, done.id)).state == "done"


@ON_SQLITE
async def test_a_damaged_key_slot_is_said_and_stops_nobody_elses_erasure(house: House) -> None:
    guest, other = await chatted(house), await chatted(house)
    path = house.services.settings.data / "keys" / "contacts.keys"
    whole, at = path.read_bytes(), guest.contact.key_slot * 96
    path.write_bytes(whole[:at] + b"?" + whole[at + 1 :])
    with pytest.raises(Misconfigured):
        house.services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    assert (await erased(house, guest)).state == "failed"
    assert filled(await rows(house.services, guest)) >= WROTE
    assert (await erased(house, other)).state == "done"
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + guest_byte(guest) + whole[at + 1 :])
    assert (await erased(house, guest)).state == "done"


def guest_byte(guest: Guest) -> bytes:
    """The first byte of a contact's slot."""
    return bytes.fromhex(guest.contact.uid.replace("-", ""))[:1]


def found_in(folder: Path, needles: list[bytes]) -> list[str]:
    """The files below a folder that hold any of these."""
    return [path.name for path in folder.rglob("*") if path.is_file() and any(n in path.read_bytes() for n in needles)]


async def remains(house: House, guest: Guest) -> list[bytes]:
    """What only a contact's rows hold: sealed texts, the hash of the address, a receipt's signature."""

    def work(tx: Any) -> list[bytes]:
        bodies = tx.execute(select(message.c.body).where(message.c.contact_id == guest.contact.id)).scalars()
        row = tx.execute(select(contact).where(contact.c.id == guest.contact.id)).one()
        return [*bodies, row.name, row.email, row.email_hash.encode()]

    known = await house.services.store.read(work)
    return [*known, guest.begun.receipt.signature.value.encode()]


@ON_SQLITE
async def test_after_the_scrub_no_byte_of_the_rows_is_in_the_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, folder = await chatted(house, email="one@x.example"), house.services.settings.data
    needles = await remains(house, guest)
    assert "lethe.db-wal" in found_in(folder, needles)
    done = await erased(house, guest)
    assert found_in(folder, needles) == []
    assert certified(done).scrub.done_at
    # And without the scrub it is seen: the log still holds what was deleted.
    guest = await chatted(house, email="two@x.example")
    needles = await remains(house, guest)

    async def idle(**_: bool) -> bool:
        return False

    monkeypatch.setattr(house.services.store, "scrub", idle)
    done = await erased(house, guest)
    assert found_in(folder, needles) == ["lethe.db-wal"]
    assert certified(done).scrub.done_at is None


@ON_SQLITE
async def test_a_scrub_is_not_called_done_while_a_reader_holds_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.infra.store.ATTEMPTS", 3)
    store = house.services.store
    with store._read_engine.connect() as reader:
        reader.execute(select(message)).all()
        await chatted(house)
        assert await store.scrub(small=True) is False
    assert await store.scrub(small=True) is True


async def test_the_daily_scrub_takes_a_quiet_moment_and_waits_for_none_longer_than_a_day(house: House) -> None:
    assert await erasure.scrub(house.services) == 1

    async def after(hours: float, since_a_word: int) -> int:
        """What the sweep does so many hours later, and so many ms after somebody wrote."""
        then = house.services.clock() + int(hours * 3_600_000)
        said = replace(house, services=replace(house.services, clock=lambda: then - since_a_word))
        await chatted(said, email=f"{hours}@x.example")
        return await erasure.scrub(replace(house.services, clock=lambda: then))

    assert await after(11, 2 * erasure.QUIET) == 0
    assert await after(13, 1000) == 0
    assert await after(24.1, 1000) == 1
    assert await after(37, 2 * erasure.QUIET) == 1
    assert await after(38, 2 * erasure.QUIET) == 0


async def test_a_key_erased_elsewhere_is_dropped_here(house: House) -> None:
    guest = await chatted(house)
    keys, contact_ = house.services.keys, guest.contact
    assert (contact_.key_slot, contact_.uid) in keys._cache
    house.services.bus.publish(KeyDestroyed(contact_.key_slot, contact_.uid))
    assert (contact_.key_slot, contact_.uid) not in keys._cache


async def test_what_another_process_erased_lately_is_dropped_by_the_next_sweep(house: House) -> None:
    guest = await chatted(house)
    await erased(house, guest)
    place = (guest.contact.key_slot, guest.contact.uid)
    house.services.keys._cache[place] = next(iter(house.services.keys._cache.values()))
    await erasure.sweep(house.services)
    assert place not in house.services.keys._cache


async def test_rest_files_lists_and_shows_erasures(app: Served) -> None:
    first, second = await chatted(app.house), await chatted(app.house, email="b@x.example")
    filed = (await app.rest("POST", "/erasures", {"contact_id": first.contact.uid})).json()
    again = await app.rest("DELETE", f"/contacts/{first.contact.uid}")
    assert (again.status_code, again.json()["erasure_id"]) == (202, filed["erasure_id"])
    made = (await app.rest("POST", "/erasures", {"email": "b@x.example"})).json()
    assert made["erasure_ids"] == [made["erasure_id"]]
    await erasure.sweep(app.services)
    page = (await app.rest("GET", "/erasures?limit=1")).json()
    assert [each["id"] for each in page["items"]] == [made["erasure_id"]]
    page = (await app.rest("GET", f"/erasures?limit=1&cursor={page['next']}")).json()
    assert ([each["id"] for each in page["items"]], page["next"]) == ([filed["erasure_id"]], None)
    shown = (await app.rest("GET", f"/erasures/{filed['erasure_id']}")).json()
    assert (shown["state"], shown["source"]) == ("done", "api")
    check(shown["certificate"])
    for body in ({}, {"contact_id": "x", "email": "y"}):
        problem_of(await app.rest("POST", "/erasures", body), 422, "invalid_field")
    problem_of(await app.rest("POST", "/erasures", {"who": "x"}), 422, "unknown_parameter")
    for body in ({"contact_id": new_id()}, {"email": "nobody@x.example"}, {"email": "b@x.example"}):
        problem_of(await app.rest("POST", "/erasures", body), 404, "not_found")
    assert (await contact_of_or_none(app.services, second.contact.uid)) is None


async def contact_of_or_none(services: Services, uid: str) -> Any:
    """A contact, None where it is gone."""
    try:
        return await contact_of(services, uid)
    except NotFound:
        return None


async def test_another_account_sees_none_of_these_erasures(app: Served) -> None:
    done = await erased(app.house, await chatted(app.house))
    other = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("GET", f"/erasures/{done.id}", house=other), 404, "not_found")
    assert (await app.rest("GET", "/erasures", house=other)).json()["items"] == []


async def test_the_pages_show_progress_and_certificate_in_both_languages(app: Served) -> None:
    guest = await chatted(app.house)
    await app.sign_in()
    assert "<code>" not in (await app.client.get("/admin/erasures")).text
    made = await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    waiting = await app.client.get(f"/admin/erasures/{made}")
    assert waiting.status_code == 200
    await erasure.sweep(app.services)
    for locale in ("en", "el"):
        shown = await app.client.get(f"/admin/erasures?locale={locale}")
        assert made in shown.text
        one = await app.client.get(f"/admin/erasures/{made}?locale={locale}")
        assert "<code>message</code>" in one.text
        assert CANARY not in one.text
    assert (await app.client.get("/admin/erasures/nothing")).status_code == 404


async def test_a_finished_erasure_keeps_its_first_certificate(house: House) -> None:
    done = await erased(house, await chatted(house))
    later = await house.services.store.write(lambda tx: erasures.close(tx, done.id, 1, "{}", ""))
    assert later is False
    assert await views.state(house.services, house.actor, done.id) == done
