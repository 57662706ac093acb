"""Who was sent mail is in a ledger; an erasure tells those who are not the contact, in ids only, and lists them."""

import json

import pytest
from msgspec import to_builtins

from chat.erasure.actions import erasure, recipients, views
from chat.erasure.actions.views import ErasureState
from chat.erasure.store import erasures
from chat.erasure.store import recipients as recipient_rows
from chat.infra.audit import audit
from chat.infra.outbox import WAITS
from chat.infra.services import Services
from chat.letters import actions as letters
from chat.letters.store import disclosures
from tests.inside import Guest, House, certified, counted
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
ZOE, ACCOUNTANT = "zoe@visitor.example", "accounts@partner.example"
CANARY = "zqxjkvguava"


async def send(services: Services, guest: Guest, to: str) -> str:
    """A letter about the guest, delivered."""
    made = await services.store.write(
        lambda tx: letters.queue(services, tx, guest.contact, to, "About a visitor", CANARY)
    )
    await letters.sweep(services)
    return made


async def erased(services: Services, house: House, guest: Guest) -> ErasureState:
    """The erasure's state once the sweep was there."""
    number = await erasure.by_agent(services, house.actor, guest.contact.uid)
    await erasure.sweep(services)
    return await views.state(services, house.actor, number)


async def ledger(services: Services, guest: Guest) -> list[disclosures.Disclosure]:
    return await services.store.read(lambda tx: disclosures.of_contact(tx, guest.contact.id))


async def test_what_was_delivered_is_in_the_ledger_and_what_was_refused_is_not(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    sent = await send(services, guest, ACCOUNTANT)
    await send(services, guest, "nobody@partner.example")
    (entry,) = await ledger(services, guest)
    assert (entry.id, entry.kind, entry.categories) == (sent, "mail", ["e-mail", "message"])
    for path in services.settings.data.rglob("*"):
        assert not path.is_file() or ACCOUNTANT.encode() not in path.read_bytes(), path


async def test_a_letter_put_off_is_one_entry_however_often_it_is_tried(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    post.answers.append("451 later")
    await send(services, guest, ACCOUNTANT)
    await letters.sweep(mailed(house.services, post.port, services.clock() + WAITS[0]))
    assert len(post.took) == len(await ledger(services, guest)) == 1


async def test_an_erasure_tells_others_and_not_the_contact(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    stays = await house.visit("Bob", "bob@visitor.example")
    ids = [await send(services, guest, ACCOUNTANT) for _ in range(2)]
    await send(services, guest, ZOE)
    await send(services, stays, "other@partner.example")
    before = len(post.took)
    state = await erased(services, house, guest)
    (mail,) = post.took[before:]
    assert mail.rcpt_tos == [ACCOUNTANT]
    text = post.mails[-1].get_content() + str(post.mails[-1].items())
    assert all(each in text for each in ids)
    assert not [each for each in (CANARY, ZOE, "Zoe", guest.contact.uid) if each in text]
    (listed,) = certified(state).recipients
    assert (listed.kind, listed.count) == ("mail", 2)
    assert listed.told_at is not None
    assert ACCOUNTANT not in json.dumps(to_builtins(state))
    entered = await services.store.read(lambda tx: audit.of_contact(tx, house.actor.account_id, ""))
    assert [(each.who, each.target) for each in entered if each.action == "recipient.told"] == [("system", state.id)]


async def test_who_was_sent_nothing_makes_no_recipient(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    await send(services, guest, ZOE)
    state = await erased(services, house, guest)
    assert (certified(state).recipients, state.recipients) == ([], [])
    assert len(post.took) == 1


async def test_a_recipient_who_cannot_be_notified_now_is_notified_later_and_the_address_goes(
    house: House, post: Post
) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    await send(services, guest, ACCOUNTANT)
    post.answers.append("451 later")
    state = await erased(services, house, guest)
    assert state.state == "done"
    assert [each.told_at for each in state.recipients] == [None]
    later = mailed(house.services, post.port, services.clock() + recipients.WAITS[0])
    assert await recipients.sweep(later) == 1
    assert await recipients.sweep(later) == 0
    again = await views.state(services, house.actor, state.id)
    assert again.recipients[0].told_at is not None
    assert again.certificate == state.certificate  # what was signed stays
    (row,) = await services.store.read(lambda tx: recipient_rows.recipients(tx, state.id))
    assert row.address is None
    assert len(post.took) == 2


async def test_a_recipient_nobody_can_tell_is_given_up_within_a_day(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    await send(services, guest, ACCOUNTANT)
    post.answers += ["451 later"] * 20
    state = await erased(services, house, guest)
    at = services.clock()
    for wait in recipients.WAITS:
        at += wait
        await recipients.sweep(mailed(house.services, post.port, at))
    (row,) = await services.store.read(lambda tx: recipient_rows.recipients(tx, state.id))
    assert (row.address, row.told_at) == (None, None)
    assert sum(recipients.WAITS) < 24 * 60 * recipients.MINUTE


async def test_an_erasure_begun_again_after_its_key_went_still_knows_whom_to_tell(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit("Zoe", ZOE)
    await send(services, guest, ACCOUNTANT)
    number = await erasure.by_agent(services, house.actor, guest.contact.uid)
    due = await services.store.read(lambda tx: erasures.by_id(tx, number))
    await recipients.file(services, due)
    services.keys.destroy(due.key_slot, due.contact_uid)  # killed just after
    await erasure.sweep(services)
    state = await views.state(services, house.actor, number)
    assert state.recipients[0].told_at is not None
    assert (await counted(services))["disclosure"] == 0
