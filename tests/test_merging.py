"""Two contacts taken for one person: seen, exported, held and erased as one, and neither opened to the other."""

import asyncio
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from chat.account.actions import accounts
from chat.consent.actions import teaching
from chat.contacts.schema import merge as table
from chat.contacts.store import persons
from chat.core.errors import BeingErased, InvalidField, NotFound, NotNow
from chat.core.settings import Settings
from chat.core.tokens import Visitor
from chat.erasure.actions import erasure, filing, views
from chat.export.actions import building, exports
from chat.holds import actions as holds
from chat.infra.ledger.ledger import Ledger
from chat.profiles.actions import merging, profiles
from chat.tickets.actions import tickets
from tests.backups import backed_up, restored, rows
from tests.inside import Guest, House, Served, certified, contact_of, found, problem_of

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]


async def two(house: House, *, training: bool = False) -> tuple[Guest, Guest]:
    """Somebody who wrote from a telephone and from a desk."""
    made = await house.visit("Ada", "ada@x.example"), await house.visit("A. L.", "al@x.example", training=training)
    for guest, word in zip(made, ("telephone", "desk"), strict=True):
        await guest.say(f"From my {word}")
    return made


async def joined(house: House, first: Guest, second: Guest) -> str:
    return await merging.merge(house.services, house.actor, first.contact.uid, second.contact.uid)


async def whole(house: House, guest: Guest) -> profiles.ContactProfile:
    return await profiles.one(house.services, house.actor, guest.contact.uid)


async def test_agents_see_both_as_one_and_each_visitor_sees_their_own(app: Served) -> None:
    house = app.house
    first, second = await two(house)
    before = await app.call("GET", f"/widget/{house.key}/export", **second.bearer)
    answer = await app.rest("POST", f"/contacts/{first.contact.uid}/merge", {"other": second.contact.uid})
    assert answer.json() == {"contact_id": first.contact.uid}
    for guest in (first, second):
        seen = (await app.rest("GET", f"/contacts/{guest.contact.uid}")).json()
        assert (seen["id"], seen["name"], seen["merged"]) == (first.contact.uid, "Ada", [second.contact.uid])
        assert {each["number"] for each in seen["tickets"]} == {1, 2}
        assert {each["contact"]["name"] for each in seen["tickets"]} == {"Ada"}
        assert len(seen["consents"]) == 2
        of = (await app.rest("GET", f"/tickets?contact={guest.contact.uid}")).json()["items"]
        assert len(of) == 2
    for email in ("ada@x.example", "al@x.example"):
        found_by = (await app.rest("GET", f"/contacts?email={email}")).json()["items"]
        assert [each["id"] for each in found_by] == [first.contact.uid]
    assert [each["id"] for each in (await app.rest("GET", "/contacts")).json()["items"]] == [first.contact.uid]
    after = await app.call("GET", f"/widget/{house.key}/export", **second.bearer)
    assert "telephone" not in after.text
    assert [each["name"] for each in before.json()["sections"]] == [each["name"] for each in after.json()["sections"]]
    assert first.contact.uid not in after.text
    draft = await second.say("I go on")
    assert draft.number == 2
    log = (await app.rest("GET", f"/contacts/{second.contact.uid}/accesses")).json()["items"]
    assert {first.contact.uid, second.contact.uid} <= {each["contact"] for each in log}
    assert (await app.rest("GET", f"/contacts/{first.contact.uid}/consents")).json()["items"][1]["receipt"]


async def test_an_agents_erasure_forgets_both_and_each_certificate_names_the_other(house: House) -> None:
    services = house.services
    first, second = await two(house, training=True)
    await tickets.hold(services, house.actor, 2, held=True)
    await joined(house, first, second)
    asked = await erasure.by_agent(services, house.actor, second.contact.uid)
    assert await erasure.by_agent(services, house.actor, second.contact.uid) == asked
    await erasure.sweep(services)
    done = {each["contact_uid"]: each["id"] for each in await rows(services, "erasure")}
    assert {*done} == {first.contact.uid, second.contact.uid}
    assert done[second.contact.uid] == asked
    for guest, other in ((first, second), (second, first)):
        state = await views.state(services, house.actor, done[guest.contact.uid])
        assert certified(state).merged_with == [done[other.contact.uid]]
        assert not services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    for name in ("contact", "merge", "message", "ticket", "receipt", "label"):
        assert await rows(services, name) == [], name


async def test_what_a_visitor_takes_back_is_theirs_alone_and_the_rest_stays_one(house: House) -> None:
    services = house.services
    first, second = await two(house)
    third = await house.visit("Ada again")
    await third.say("From the library")
    await joined(house, first, second)
    await joined(house, second, third)
    await erasure.by_visitor(services, Visitor(first.contact.uid, house.key, 0))
    await erasure.sweep(services)
    for guest in (second, third):
        seen = await whole(house, guest)
        assert (seen.id, seen.merged) == (second.contact.uid, [third.contact.uid])
    assert services.keys.holds(second.contact.key_slot, second.contact.uid)
    assert len(await rows(services, "ticket")) == 2


async def test_an_export_for_the_person_holds_both_and_opens_while_both_are_there(app: Served) -> None:
    services, house = app.services, app.house
    first, second = await two(house)
    await joined(house, first, second)
    path = f"/contacts/{second.contact.uid}/export"
    said = (await app.rest("GET", path)).json()
    assert (said["contact_id"], said["merged"][0]["contact_id"]) == (first.contact.uid, second.contact.uid)
    assert all(word in json.dumps(said) for word in ("From my telephone", "From my desk"))
    with zipfile.ZipFile(io.BytesIO((await app.rest("GET", f"{path}?format=zip")).content)) as archive:
        assert b"From my telephone" in archive.read("export.json")
        assert b"From my desk" in archive.read("2/export.json")
        assert b"From my desk" in archive.read("2/index.html")
    filed = (await app.rest("POST", f"/contacts/{first.contact.uid}/exports")).json()["id"]
    await building.sweep(services)
    assert (await app.rest("GET", f"/exports/{filed}/file")).status_code == 200
    await erasure.by_visitor(services, Visitor(second.contact.uid, house.key, 0))
    await erasure.sweep(services)
    with pytest.raises(NotFound):
        await exports.fetch(services, await contact_of(services, first.contact.uid), filed)


async def test_a_hold_carries_over_and_two_of_their_own_are_refused(house: House) -> None:
    services = house.services
    first, second = await two(house)
    third = await house.visit("Cleo")
    await holds.place_hold(services, house.actor, second.contact.uid, "a claim", 9)
    await holds.place_hold(services, house.actor, third.contact.uid, "another", 9)
    await joined(house, first, second)
    held = await holds.page(services, house.actor)
    assert {each.contact_id: each.reason for each in held} == {
        first.contact.uid: "a claim",
        second.contact.uid: "a claim",
        third.contact.uid: "another",
    }
    with pytest.raises(NotNow):
        await joined(house, first, third)
    await holds.lift(services, house.actor, first.contact.uid)
    assert [each.contact_id for each in await holds.page(services, house.actor)] == [third.contact.uid]
    await holds.place_hold(services, house.actor, first.contact.uid, "anew", 9)
    assert len(await holds.page(services, house.actor)) == 3


async def test_what_cannot_be_merged_is_refused_and_changes_nothing(app: Served) -> None:
    house = app.house
    first, second = await two(house)
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    stranger = await other.visit("Bea")
    path = f"/contacts/{first.contact.uid}/merge"
    refused = problem_of(await app.rest("POST", path, {"other": first.contact.uid}), 422, "invalid_field")
    assert refused["field"] == "other"
    problem_of(await app.rest("POST", path, {"other": stranger.contact.uid}), 404, "not_found")
    problem_of(await app.rest("POST", path, {"other": second.contact.uid}, other), 404, "not_found")
    old = app.house.bearer | {"if-match": '"old"'}
    answer = await app.client.post(f"/api/v1{path}", json={"other": second.contact.uid}, headers=old)
    problem_of(answer, 412, "changed_meanwhile")
    await accounts.change_account(app.services, house.actor, grace_days=5)
    await erasure.by_visitor(app.services, Visitor(second.contact.uid, house.key, 0))
    problem_of(await app.rest("POST", path, {"other": second.contact.uid}), 409, "being_erased")
    assert await rows(app.services, "merge") == []


async def test_of_two_merges_at_once_both_hold_and_an_erasure_at_once_is_whole(house: House) -> None:
    services = house.services
    first, second = await two(house)
    third = await house.visit("Cleo")
    await asyncio.gather(joined(house, first, second), joined(house, second, first), joined(house, second, third))
    parts = {(await whole(house, each)).id for each in (first, second)}
    assert len(parts) == 1
    assert len((await whole(house, first)).merged) == 2
    fourth = await house.visit("Dora")

    async def late() -> None:
        with suppress(BeingErased, NotFound):
            await joined(house, first, fourth)

    await asyncio.gather(erasure.by_agent(services, house.actor, third.contact.uid), late())
    await erasure.sweep(services)
    left = await rows(services, "contact")
    assert [each["uid"] for each in left] in ([], [fourth.contact.uid])
    assert await rows(services, "merge") == []


async def test_killed_before_its_end_nothing_is_merged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await two(house)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "enter", killed)
        with pytest.raises(KeyboardInterrupt):
            await joined(house, first, second)
    assert await rows(house.services, "merge") == []
    await joined(house, first, second)
    assert len(await rows(house.services, "merge")) == 1


async def test_a_merge_widens_no_consent(house: House) -> None:
    """Each message teaches by what its own contact agreed to."""
    services = house.services
    first, second = await two(house, training=True)
    await joined(house, first, second)
    for number in (1, 2):
        await tickets.hold(services, house.actor, number, held=True)
    assert {each["contact_id"] for each in await rows(services, "label")} == {second.contact.id}


async def test_a_row_that_somebody_wrote_merges_nobody(house: House) -> None:
    first, second = await two(house)
    third = await house.visit("Cleo")
    await joined(house, first, second)
    moved = update(table).values(person=third.contact.uid)
    await house.services.store.write(lambda tx: tx.execute(moved))
    assert [(await whole(house, each)).merged for each in (first, second, third)] == [[], [], []]


async def merged_since(
    house: House, vault: Path, elsewhere: Settings
) -> tuple[Guest, Guest, profiles.ContactProfile, int]:
    """Two who were merged since a backup, how the second is seen when it is restored, and how many were merged then."""
    first, second = await two(house)
    path = await backed_up(house, vault)
    await joined(house, first, second)
    async with restored(elsewhere, path) as (services, report):
        seen = await profiles.one(services, house.actor, second.contact.uid)
        return first, second, seen, report.replayed["merge"]


async def test_a_restore_takes_them_for_one_person_again(house: House, vault: Path, elsewhere: Settings) -> None:
    first, second, seen, merges = await merged_since(house, vault, elsewhere)
    assert (seen.id, seen.merged, merges) == (first.contact.uid, [second.contact.uid], 1)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_ledger_a_restore_parts_them(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    _, second, seen, _ = await merged_since(house, vault, elsewhere)
    assert (seen.id, seen.merged) == (second.contact.uid, [])


async def test_a_merge_takes_both_ways_of_naming_the_other_on_the_page(house: House) -> None:
    services = house.services
    first, second = await two(house)
    uid = first.contact.uid
    for other in ("al@x.example", second.contact.uid):
        assert [each.id for each in await merging.candidates(services, house.actor, uid, other)] == [second.contact.uid]
    for other in ("ada@x.example", uid):
        with pytest.raises(InvalidField):
            await merging.candidates(services, house.actor, uid, other)


Claim = Callable[[House], Awaitable[None]]


async def an_archive_opens_no_more_without_all_of_its_keys(house: House) -> None:
    services = house.services
    first, second = await two(house)
    await joined(house, first, second)
    filed = await exports.ask(services, first.contact, "agent", house.actor.agent_id, [second.contact])
    await building.sweep(services)
    services.keys.destroy(second.contact.key_slot, second.contact.uid)
    with pytest.raises(NotFound):
        b"".join((await exports.fetch(services, first.contact, filed.id)).pieces)


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "whole", lambda _tx, one, **_: [one])


def everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    real = filing.request
    monkeypatch.setattr(filing, "request", lambda *given, **how: real(*given, **how | {"whole": True}))


def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seal, opened = exports.seal_key, exports.file_key
    monkeypatch.setattr(exports, "seal_key", lambda services, whose, *rest: seal(services, whose[:1], *rest))
    monkeypatch.setattr(exports, "file_key", lambda services, whose, *rest: opened(services, whose[:1], *rest))


def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persons, "holds", lambda *_: True)


def held_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "_hold_both", lambda *_: False)


def agreed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of them agreed to counts for the whole person."""
    real = teaching._has_agreed
    monkeypatch.setattr(teaching, "_has_agreed", lambda tx, one: any(real(tx, each) for each in persons.whole(tx, one)))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("claim", "mutant"),
    [
        (test_an_agents_erasure_forgets_both_and_each_certificate_names_the_other, alone),
        (test_what_a_visitor_takes_back_is_theirs_alone_and_the_rest_stays_one, everybody),
        (an_archive_opens_no_more_without_all_of_its_keys, one_key),
        (test_a_row_that_somebody_wrote_merges_nobody, trusting),
        (test_a_hold_carries_over_and_two_of_their_own_are_refused, held_alone),
        (test_a_merge_widens_no_consent, agreed_together),
    ],
)
async def test_what_holds_a_merge_is_missed_where_it_is_taken_out(
    house: House, monkeypatch: pytest.MonkeyPatch, claim: Claim, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The negative controls."""
    mutant(monkeypatch)
    with pytest.raises((AssertionError, NotFound, pytest.fail.Exception)):
        await claim(house)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_an_archive_of_a_person_opens_no_more_once_one_key_is_gone(house: House) -> None:
    await an_archive_opens_no_more_without_all_of_its_keys(house)
