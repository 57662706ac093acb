"""The audit log: one chain an account, entered in the deed's own transaction, broken by nothing but tampering."""

from typing import Any

import pytest

from chat.actions.privacy import audit
from chat.audited import Entry
from chat.store.privacy import audit as store
from tests.desks import House


async def entered(house: House, action: str, target: str = "", contact: str = "", who: str = "") -> None:
    """Enter something as the owner."""
    desk, account = house.desk, house.actor.account_id
    who = who or house.actor.agent_id
    await desk.store.write(lambda tx: audit.enter(desk, tx, account, who, action, target, contact))


async def entries(house: House) -> list[Entry]:
    """The chain of an account."""
    return await house.desk.store.read(lambda tx: list(store.chain(tx, house.actor.account_id)))


async def test_entries_are_numbered_and_chained(house: House) -> None:
    before = len(await entries(house))
    for number in ("1", "2", "3"):
        await entered(house, "transcript.viewed", number)
    chain = await entries(house)
    assert [each.number for each in chain] == list(range(1, before + 4))
    assert len({each.hash for each in chain}) == len(chain)


async def test_what_rolls_back_leaves_no_entry(house: House) -> None:
    desk, actor, before = house.desk, house.actor, await entries(house)

    def work(tx: Any) -> None:
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "transcript.viewed", "1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await desk.store.write(work)
    assert await entries(house) == before


@pytest.mark.parametrize("bad", ["Zoe", "zoe@mail.example", "Ζωή", "hello there", "+30 210 1234567 ", "a" * 99])
async def test_a_name_an_address_or_a_text_cannot_be_entered(house: House, bad: str) -> None:
    for values in ({"target": bad}, {"contact": bad}, {"who": bad}):
        with pytest.raises(ValueError, match="ids only"):
            await entered(house, "contact.viewed", **values)
    with pytest.raises(ValueError, match="is not a valid Action"):
        await entered(house, "contact.gossiped")
