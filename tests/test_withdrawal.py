"""Withdrawing stops everything at once; what is erased when; what holds an erasure up; when a consent expires."""

from dataclasses import replace
from typing import Any

import pytest

from chat.account.actions import accounts
from chat.consent import store as consents
from chat.consent.actions import consent
from chat.contacts.store import holds as stored
from chat.core.clock import DAY
from chat.core.errors import BeingErased, ConsentRequired, Forbidden, InvalidField, NotFound, Unauthorized
from chat.core.ids import uuid7
from chat.erasure.actions import erasure, views
from chat.erasure.store import erasures
from chat.holds import actions as holds
from chat.infra.services import Services
from chat.profiles.actions import profiles as contacts
from chat.profiles.domain import ContactQuery
from chat.tickets.actions import tickets
from chat.tickets.domain import TicketQuery
from tests.inside import Guest, House, Served, found, problem_of
from tests.test_erasure import WROTE, chatted, check, erased, filled, rows

pytestmark = pytest.mark.both_databases


def later(house: House, days: float) -> Services:
    """The same services, days on."""
    return replace(house.services, clock=lambda: house.services.clock() + int(days * DAY))


async def listed(house: House) -> list[int]:
    """The numbers of the tickets that agents see."""
    items, _ = await tickets.page(house.services, house.actor, TicketQuery(), None, 50)
    return [each.number for each in items]


async def withdraw(house: House, guest: Guest) -> str:
    """The visitor withdraws."""
    visitor = house.services.tokens.read_visitor(guest.begun.token, house.services.clock())
    return await erasure.by_visitor(house.services, visitor)


async def test_with_a_grace_withdrawing_stops_all_and_the_erasure_follows(house: House) -> None:
    await accounts.change_account(house.services, house.actor, grace_days=7)
    guest = await chatted(house)
    number = (await listed(house))[0]
    made = await withdraw(house, guest)
    with pytest.raises(ConsentRequired):
        await guest.say("one more thing")
    assert await listed(house) == []
    with pytest.raises(NotFound):
        await tickets.one(house.services, house.actor, number)
    assert await erasure.sweep(house.services) == 0
    assert await erasure.sweep(later(house, 6.9)) == 0
    assert filled(await rows(house.services, guest)) >= WROTE
    assert await erasure.sweep(later(house, 7.1)) == 1
    assert (await views.state(house.services, house.actor, made)).state == "done"
    assert not any((await rows(house.services, guest)).values())


async def test_without_a_grace_nothing_is_waited_for(house: House) -> None:
    guest = await chatted(house)
    await withdraw(house, guest)
    assert await erasure.sweep(house.services) == 1


async def test_an_agents_word_brings_a_waiting_erasure_forward_and_never_puts_it_off(house: House) -> None:
    await accounts.change_account(house.services, house.actor, grace_days=30)
    guest = await chatted(house)
    made = await withdraw(house, guest)
    assert await erasure.by_agent(house.services, house.actor, guest.contact.uid) == made
    assert await withdraw(house, guest) == made
    assert await erasure.sweep(house.services) == 1


async def test_a_hold_stops_an_erasure_and_hides_contact_and_tickets_until_it_ends(house: House) -> None:
    guest, other = await chatted(house), await chatted(house, "Somebody else", "else@x.example")
    number = max(await listed(house))
    said = await holds.place_hold(house.services, house.actor, guest.contact.uid, "Claim 17 at the court", 30)
    assert await listed(house) == [number]
    with pytest.raises(NotFound):
        await contacts.one(house.services, house.actor, guest.contact.uid)
    shown, _ = await contacts.page(house.services, house.actor, ContactQuery(), 0, 50)
    assert [each.id for each in shown] == [other.contact.uid]
    before = await rows(house.services, guest)
    made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    assert await erasure.sweep(house.services) == 0
    stands = await views.state(house.services, house.actor, made)
    assert (stands.state, stands.held_until) == ("queued", said.held_until)
    assert (await rows(house.services, guest))["message"] == before["message"]
    assert house.services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    assert await erasure.sweep(later(house, 31)) == 1
    assert not any((await rows(house.services, guest)).values())


async def test_a_hold_that_is_lifted_lets_the_erasure_go_on(house: House) -> None:
    guest = await chatted(house)
    await holds.place_hold(house.services, house.actor, guest.contact.uid, "A claim", 30)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    assert await erasure.sweep(house.services) == 0
    await holds.lift(house.services, house.actor, guest.contact.uid)
    assert await erasure.sweep(house.services) == 1
    with pytest.raises(NotFound):
        await holds.lift(house.services, house.actor, guest.contact.uid)


async def test_a_hold_that_comes_between_finding_and_beginning_wins(house: House) -> None:
    guest = await chatted(house)
    made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    due = await house.services.store.read(lambda tx: erasures.due(tx, house.services.clock()))
    await holds.place_hold(house.services, house.actor, guest.contact.uid, "A claim", 1)
    assert [each.id for each in due] == [made]
    assert await house.services.store.write(lambda tx: erasures.begin(tx, due[0])) is False


async def test_what_is_being_erased_cannot_be_held_any_more(house: House) -> None:
    guest = await chatted(house)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    due = await house.services.store.read(lambda tx: erasures.due(tx, house.services.clock()))
    assert await house.services.store.write(lambda tx: erasures.begin(tx, due[0]))
    with pytest.raises(BeingErased):
        await holds.place_hold(house.services, house.actor, guest.contact.uid, "A claim", 1)


async def test_the_reason_of_a_hold_is_sealed_and_only_managers_place_one(house: House) -> None:
    guest = await chatted(house)
    agent = house.acting(uuid7(), "agent")
    for action in (
        holds.place_hold(house.services, agent, guest.contact.uid, "x", 1),
        holds.page(house.services, agent),
    ):
        with pytest.raises(Forbidden):
            await action
    for reason, days in (("", 1), ("x" * 501, 1), ("x", 0), ("x", 4000)):
        with pytest.raises(InvalidField):
            await holds.place_hold(house.services, house.actor, guest.contact.uid, reason, days)
    await holds.place_hold(house.services, house.actor, guest.contact.uid, "Claim of Zoe", 1)
    kept = await house.services.store.read(lambda tx: stored.of_account(tx, house.actor.account_id))
    assert b"Zoe" not in kept[0][0].reason
    assert [each.reason for each in await holds.page(house.services, house.actor)] == ["Claim of Zoe"]


async def test_holds_over_rest(app: Served) -> None:
    guest = await chatted(app.house)
    path = f"/contacts/{guest.contact.uid}/hold"
    held = await app.rest("PUT", path, {"reason": "A claim", "days": 3})
    assert held.status_code == 200
    listed_ = (await app.rest("GET", "/holds")).json()["items"]
    assert [(each["reason"], each["held_until"]) for each in listed_] == [("A claim", held.json()["held_until"])]
    other = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("PUT", path, {"reason": "A claim", "days": 3}, house=other), 404, "not_found")
    problem_of(await app.rest("DELETE", path, house=other), 404, "not_found")
    assert (await app.rest("GET", "/holds", house=other)).json()["items"] == []
    assert (await app.rest("DELETE", path)).status_code == 204


async def actions(house: House, guest: Guest) -> list[str]:
    """What the contact's ledger says, first to last."""
    return [each.action for each in await consent.receipts(house.services, guest.contact.id)]


async def test_a_consent_expires_after_the_accounts_period_and_may_be_renewed(house: House) -> None:
    await accounts.change_account(house.services, house.actor, consent_days=30)
    guest, young = await chatted(house), await chatted(house, "Young", "young@x.example")
    assert await consent.expire(house.services) == 0
    assert await consent.expire(later(house, 29.9)) == 0
    await consent.renew(later(house, 10), young.contact, 1, {"chat": True, "spam_training": False})
    assert await consent.expire(later(house, 30.1)) == 1
    assert await consent.expire(later(house, 30.1)) == 0
    assert await actions(house, guest) == ["given", "expired"]
    with pytest.raises(ConsentRequired):
        await guest.say("still here?")
    await young.say("I renewed")
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": False})
    await guest.say("and I, late")
    assert await actions(house, guest) == ["given", "expired", "renewed"]


async def test_more_consents_than_a_chunk_expire_in_one_round(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consents, "CHUNK", 2)
    guests = [await chatted(house, f"Guest {n}", f"g{n}@x.example") for n in range(5)]
    assert await consent.expire(later(house, 731)) == len(guests)
    for each in guests:
        assert await actions(house, each) == ["given", "expired"]


async def test_who_has_expired_can_still_withdraw_and_be_erased(house: House) -> None:
    guest = await chatted(house)
    assert await consent.expire(later(house, 731)) == 1
    await withdraw(house, guest)
    assert await actions(house, guest) == ["given", "expired", "withdrawn"]
    with pytest.raises(Unauthorized):
        await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": False})
    assert (await erased(house, guest)).state == "done"


async def test_an_optional_purpose_is_withdrawn_by_itself(house: House) -> None:
    guest = await house.visit(training=True)
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": False})
    ledger = await consent.receipts(house.services, guest.contact.id)
    assert [each.purposes["spam_training"] for each in ledger] == [True, False]
    await guest.say("the chat goes on")


@pytest.mark.parametrize("values", [{"grace_days": -1}, {"grace_days": 31}, {"consent_days": 0}])
async def test_periods_have_limits(app: Served, values: dict[str, Any]) -> None:
    problem_of(await app.rest("PATCH", "/account", values), 422, "invalid_field")
    fine = (await app.rest("PATCH", "/account", {"grace_days": 3, "consent_days": 90})).json()
    assert (fine["grace_days"], fine["consent_days"]) == (3, 90)


async def test_every_entry_of_the_ledger_comes_in_the_terms_of_the_standard(app: Served) -> None:
    guest = await chatted(app.house)
    await consent.expire(later(app.house, 731))
    await consent.renew(app.services, guest.contact, 1, {"chat": True, "spam_training": True})
    mine = (await app.call("GET", f"/widget/{app.house.key}/receipt?format=ts27560", **guest.bearer)).json()
    await accounts.change_account(app.services, app.house.actor, grace_days=1)
    await withdraw(app.house, guest)
    path = f"/contacts/{guest.contact.uid}/consents"
    records = (await app.rest("GET", f"{path}?format=ts27560")).json()["items"]
    states = [each["record"]["event"][0]["event_state"].removeprefix("dpv:") for each in records]
    assert states == ["ConsentGiven", "ConsentExpired", "RenewedConsentGiven", "ConsentWithdrawn"]
    assert mine == records[2]
    for each in records:
        check({"certificate": each["record"], "signature": each["signature"]})
        assert {"schema_version", "record_id", "pii_principal_id", "pii_processing"} <= set(each["record"])
    asked = [each["status"] for each in records[0]["record"]["pii_processing"]["purposes"]]
    assert asked == ["dpv:ConsentGiven", "dpv:ConsentRefused"]
    problem_of(await app.rest("GET", f"{path}?format=xml"), 422, "invalid_field")
