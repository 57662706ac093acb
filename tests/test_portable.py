"""Receipts in the terms of the standards use no word that the vocabulary does not have, in the sense it has there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chat.account.actions import accounts
from chat.consent.actions import consent, portable
from chat.consent.actions.receipts import signed_receipt
from chat.core.clock import DAY
from tests.backups import withdrawn
from tests.inside import House
from tests.test_audit_log import ahead

VOCABULARY = {
    "dpv:CommunicationForCustomerCare": "purposes",
    "dpv:Consent": "legal_basis",
    "dpv:ConsentExpired": "consent_status",
    "dpv:ConsentGiven": "consent_status",
    "dpv:ConsentRecord": "organisational_measures",
    "dpv:ConsentRefused": "consent_status",
    "dpv:ConsentWithdrawn": "consent_status",
    "dpv:DataController": "entities_legalrole",
    "dpv:MisusePreventionAndDetection": "purposes",
    "dpv:RenewedConsentGiven": "consent_status",
}
"""Looked up one by one in DPV 2.2 as it is published (dpv/modules/*.csv); the module each is in."""
MEANT = {
    "@type": "organisational_measures",
    "event_state": "consent_status",
    "lawful_basis": "legal_basis",
    "party_role": "entities_legalrole",
    "purpose_type": "purposes",
    "status": "consent_status",
}
"""The module from which each field takes its words."""


def words(of: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every term of the vocabulary in a record, with the field that it stands in."""
    if isinstance(of, dict):
        for name, value in of.items():
            yield from words(value, name)
    elif isinstance(of, list):
        for value in of:
            yield from words(value, field)
    elif isinstance(of, str) and re.match(r"[a-z]+:[A-Za-z]+$", of):
        yield field, of


async def records(house: House) -> list[dict[str, Any]]:
    """A record of each kind: given, renewed, expired, withdrawn; with each purpose agreed to and refused."""
    guest = await house.visit()
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": True})
    await consent.expire(ahead(house.services, 731 * DAY))
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": False})
    await accounts.change_account(house.services, house.actor, grace_days=1)
    await withdrawn(guest)
    found = await consent.receipts(house.services, guest.contact.id)
    signed = [signed_receipt(each.document, each.signature) for each in found]
    assert {each.receipt.action for each in signed} == {*portable.STATES}
    return [portable.portable(house.services, each.receipt).record for each in signed]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_every_term_is_one_of_the_vocabulary_in_its_sense(house: House) -> None:
    used = {each for record in await records(house) for each in words(record)}
    assert {term for _, term in used} == {*VOCABULARY}
    assert [(field, term) for field, term in used if VOCABULARY[term] != MEANT[field]] == []


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_term_that_is_made_up_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(portable.STATES, "given", "dpv:ConsentGranted")
    assert {term for record in await records(house) for _, term in words(record)} - {*VOCABULARY} == {
        "dpv:ConsentGranted"
    }
