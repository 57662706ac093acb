"""Claims about teaching the filter: with consent alone, at once, per account, and gone with whoever taught it."""

import uuid
from array import array
from typing import Any

import pytest
from sqlalchemy import select

from chat.account.actions import accounts
from chat.app import open_services
from chat.consent.actions import consent
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.infra.filters import Filters
from chat.spam_filter.actions import training
from chat.spam_filter.schema import label
from chat.tickets.actions import redaction, tickets
from spam import Filter, Label, Taught
from spam.filter import SHIPPED
from tests.inside import Guest, House, Served, found
from tests.test_withdrawal import later

TEXT = "your astrology reading is ready, ask for it today"


async def labelled(house: House) -> list[Any]:
    """The rows there are."""
    return await house.services.store.read(lambda tx: list(tx.execute(select(label))))


def served(house: House) -> bytes:
    """The account's filter as it scores now."""
    return house.services.filters.of(house.made.account_id).to_bytes()


async def wrote(house: House, text: str = TEXT, *, training: bool = True) -> tuple[Guest, int]:
    """A contact with one message, and the number of the ticket."""
    guest = await house.visit("Zoe", f"{uuid.uuid4().hex}@x.example", training=training)
    return guest, (await guest.say(text)).number


async def mark(house: House, number: int, *, spam: bool) -> None:
    """An agent's word."""
    await tickets.hold(house.services, house.actor, number, held=spam)


async def test_a_mark_teaches_at_once_and_in_its_own_account_only(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example")
    before = house.services.filters.prior.margins([TEXT])[0]
    for _ in range(3):
        _, number = await wrote(house)
        await mark(house, number, spam=True)
    assert house.services.filters.of(house.made.account_id).margins([TEXT])[0] > before + 1
    assert house.services.filters.of(other.made.account_id).margins([TEXT])[0] == before
    assert len(await labelled(house)) == 3


async def test_without_the_purpose_nothing_is_learnt_and_the_mark_still_holds(house: House) -> None:
    _, number = await wrote(house, training=False)
    await mark(house, number, spam=True)
    assert await labelled(house) == []
    assert served(house) == SHIPPED.read_bytes()
    assert (await tickets.summary(house.services, house.actor, number)).held == 1
    _, agreed = await wrote(house)
    await mark(house, agreed, spam=True)
    assert len(await labelled(house)) == 1  # the control


async def test_a_consent_to_an_older_notice_teaches_nothing(house: House) -> None:
    _, number = await wrote(house)
    await house.publish()
    await mark(house, number, spam=True)
    assert await labelled(house) == []


async def test_a_changed_mark_is_as_if_the_first_had_never_been(house: House) -> None:
    _, number = await wrote(house)
    await mark(house, number, spam=False)
    once = served(house)
    await mark(house, number, spam=True)
    assert served(house) != once
    await mark(house, number, spam=False)
    assert served(house) == once != SHIPPED.read_bytes()


async def test_an_erasure_leaves_the_bytes_there_would_be_had_the_contact_never_written(house: House) -> None:
    filters = house.services.filters
    _, kept = await wrote(house, "where is my parcel, I ordered two chairs")
    await mark(house, kept, spam=False)
    await training.sweep(house.services)
    path = filters.path(house.made.account_id)
    without = path.read_bytes()
    gone, number = await wrote(house)
    await mark(house, number, spam=True)
    await training.sweep(house.services)
    assert path.read_bytes() == served(house) != without
    await erasure.by_agent(house.services, house.actor, gone.contact.uid)
    assert served(house) == without  # at once, before any sweep
    assert await erasure.sweep(house.services) == 1
    assert path.read_bytes() == served(house) == without


async def test_with_everybody_erased_the_shipped_filter_is_left_and_no_file(house: House) -> None:
    for _ in range(2):
        guest, number = await wrote(house)
        await mark(house, number, spam=True)
        await training.sweep(house.services)
        await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    assert await erasure.sweep(house.services) == 2
    assert served(house) == SHIPPED.read_bytes()
    assert not house.services.filters.path(house.made.account_id).exists()


async def test_an_unlearning_that_is_skipped_is_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, number = await wrote(house)
    await mark(house, number, spam=True)
    monkeypatch.setattr(Filters, "put", lambda *_: None)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    assert served(house) != SHIPPED.read_bytes()


async def test_a_withdrawn_purpose_and_an_expired_consent_are_unlearnt(house: House) -> None:
    guest, number = await wrote(house)
    await mark(house, number, spam=True)
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": True})
    assert len(await labelled(house)) == 1  # renewing the same keeps it
    await consent.renew(house.services, guest.contact, 1, {"chat": True, "spam_training": False})
    assert (await labelled(house), served(house)) == ([], SHIPPED.read_bytes())
    _, second = await wrote(house)
    await mark(house, second, spam=True)
    await accounts.change_account(house.services, house.actor, consent_days=30)
    assert await consent.expire(later(house, 31)) == 2
    assert (await labelled(house), served(house)) == ([], SHIPPED.read_bytes())


async def test_a_message_or_ticket_that_is_taken_away_is_unlearnt(house: House) -> None:
    for take in (
        lambda n: redaction.message(house.services, house.actor, n, 1),
        lambda n: redaction.purge(house.services, house.actor, n),
    ):
        _, number = await wrote(house)
        await mark(house, number, spam=True)
        assert served(house) != SHIPPED.read_bytes()
        await take(number)
        assert (await labelled(house), served(house)) == ([], SHIPPED.read_bytes())


async def test_a_process_that_starts_serves_what_was_learnt_and_mends_a_damaged_file(
    house: House, settings: Settings
) -> None:
    _, number = await wrote(house)
    await mark(house, number, spam=True)
    path = house.services.filters.path(house.made.account_id)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"not a filter")
    async with open_services(settings) as second:
        assert second.filters.of(house.made.account_id).to_bytes() == served(house)
        assert await training.sweep(second) == 1
    assert path.read_bytes() == served(house)
    assert await training.sweep(house.services) == 0


async def test_what_is_stored_of_a_label_is_sealed_and_names_no_word(house: House) -> None:
    guest, number = await wrote(house)
    await mark(house, number, spam=True)
    (row,) = await labelled(house)
    taught = house.services.filters.taught(house.made.account_id)
    assert b" ".join(str(each).encode() for each in sorted(taught.numbers(TEXT))) not in row.features
    house.services.keys.destroy(guest.contact.key_slot, guest.contact.uid)
    await training.refresh(house.services, house.made.account_id, guest.contact.id)
    assert served(house) == SHIPPED.read_bytes()  # without its key a label says nothing


async def test_an_erasure_drops_the_words_that_scoring_remembers(house: House) -> None:
    guest, number = await wrote(house, "zanzibar sundial, where is my parcel")
    await mark(house, number, spam=True)
    await guest.say("zanzibar again")
    known = house.services.filters.of(house.made.account_id)
    assert "zanzibar" in repr(vars(known))
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    assert "zanzibar" not in repr(vars(known) | vars(known._reader) | vars(house.services.filters.prior))


async def test_marks_teach_over_rest(app: Served) -> None:
    _, number = await wrote(app.house)
    answer = await app.rest("PUT", f"/tickets/{number}/spam", {"spam": True})
    assert answer.status_code == 200
    assert len(await labelled(app.house)) == 1
    assert served(app.house) != SHIPPED.read_bytes()


def test_a_contacts_labels_are_counted_once() -> None:
    taught = Taught(Filter.shipped(), b"key")
    for _ in range(2):
        taught.marks.put(1, {(1, 1): Label(array("I", [5, 7]), spam=True)})
    assert taught.marks.texts == (0, 1)
