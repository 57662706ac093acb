"""What the features below tickets ask about conversations is answered for one account, and by an index."""

from typing import Any

import pytest
from sqlalchemy import Engine, event, select, tuple_

from chat.tickets.actions import redaction
from chat.tickets.schema import message, ticket
from chat.tickets.store import conversations
from tests.inside import House, found

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def keys(house: House) -> list[int]:
    """The keys of all tickets, first to last."""
    return await house.services.store.read(lambda tx: list(tx.execute(select(ticket.c.id).order_by("id")).scalars()))


async def test_tickets_and_texts_are_those_of_the_account_that_is_asked_for(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example")
    await other.publish()
    for each in (house, house, other):
        await (await each.visit("Zoe")).say("Hello?")
    ids = await keys(house)
    refs = [(each, 1) for each in ids]

    def work(tx: Any) -> Any:
        return [
            (
                conversations.numbers(tx, each.made.account_id, ids),
                {*conversations.texts(tx, each.made.account_id, [*refs, (ids[0], 9)])},
                conversations.count_running(tx, each.made.account_id, [each.site.id]),
            )
            for each in (house, other)
        ]

    mine, theirs = await house.services.store.read(work)
    assert mine == ({ids[0]: 1, ids[1]: 2}, {(ids[0], 1), (ids[1], 1)}, 2)
    assert theirs == ({ids[2]: 1}, {(ids[2], 1)}, 1)


async def test_a_ticket_that_is_deleted_has_no_number_and_runs_no_more(house: House) -> None:
    guest = await house.visit("Zoe")
    silent = await house.visit("Ada")
    await guest.say("Hello?")
    (key,) = await keys(house)
    account = house.made.account_id

    def asked(tx: Any) -> Any:
        wrote = [conversations.has_written(tx, each.contact.id) for each in (guest, silent)]
        return (
            wrote,
            conversations.count_running(tx, account, [house.site.id]),
            conversations.numbers(tx, account, [key]),
        )

    assert await house.services.store.read(asked) == ([True, False], 1, {key: 1})
    await redaction.purge(house.services, house.actor, 1)
    assert await house.services.store.read(asked) == ([False, False], 0, {})


def scans(tx: Any, asking: Any) -> list[str]:
    """The tables that SQLite walks through for what is asked."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> None:
        statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        asking()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    plans = [tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all() for statement, given in statements]
    return [row[3] for plan in plans for row in plan if row[3].startswith("SCAN") and "CONSTANT" not in row[3]]


@ON_SQLITE
async def test_texts_are_found_by_an_index_however_many_messages_there_are(house: House) -> None:
    account, refs = house.made.account_id, [(1, 1), (2, 1)]
    by_pairs = select(message.c.body).where(tuple_(message.c.ticket_id, message.c.seq).in_(refs))

    def work(tx: Any) -> tuple[list[str], list[str]]:
        found = scans(tx, lambda: conversations.texts(tx, account, refs))
        return found, scans(tx, lambda: tx.execute(by_pairs).all())

    found, without = await house.services.store.read(work)
    assert found == []
    assert without == ["SCAN message"], "the control: by pairs alone every message is looked at"


@ON_SQLITE
async def test_more_texts_than_one_statement_asks_for_are_read_in_several(house: House) -> None:
    await (await house.visit("Zoe")).say("Hello?")
    (key,) = await keys(house)
    refs = [*((key + each, 1) for each in range(1, 2 * conversations.CHUNK)), (key, 1)]
    account = house.made.account_id
    assert {*await house.services.store.read(lambda tx: conversations.texts(tx, account, refs))} == {(key, 1)}
