"""Claims about storing messages: numbered without a gap, each once, none without consent; on both databases."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.account.schema import account, site
from chat.contacts.schema import contact
from chat.core.errors import ConsentRequired, Ended, NotFound
from chat.core.model import Draft
from chat.core.settings import from_env
from chat.infra.store import Store, migrations
from chat.tickets.schema import message, ticket
from chat.tickets.store.posting import store_all

pytestmark = pytest.mark.both_databases


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with one account and three contacts, all of whom consent."""
    environ = {
        "LETHE_DATA": str(tmp_path),
        "LETHE_DATABASE_URL": database_url,
        "LETHE_KEYS_URL": f"file://{tmp_path}/k",
    }
    migrations.migrate(from_env(environ))
    made = Store(database_url)
    made.write_here(people)
    yield made
    made.close()


def people(tx: Connection) -> None:
    tx.execute(insert(account).values(id="a", name="A", created_at=0, notice_version=1, message_rate=0))
    look = {"name": "S", "origins": [], "color": "#000000", "fields": {}, "created_at": 0}
    tx.execute(insert(site).values(id="s", account_id="a", key="k", **look))
    for number in (1, 2, 3):
        agreed = {"receipt_id": number, "notice_version": 1, "locale": "en", "created_at": 0}
        tx.execute(insert(contact).values(uid=f"c{number}", account_id="a", site_id="s", key_slot=number, **agreed))


def draft(
    of: int, text: str = "hello", cid: bytes | None = None, author: str = "visitor", to: int | None = None
) -> Draft:
    """A message of the contact `of`, or to them in the ticket `to`."""
    made = Draft(of, f"c{of}", of, "a", "s", author, cid or uuid.uuid4().bytes, text, at=1, ticket_id=to)
    made.opens, made.sealed = to is None and author == "visitor", text.encode()
    return made


def test_messages_of_many_tickets_are_numbered_without_a_gap(store: Store) -> None:
    for _ in range(3):
        store_all(store, [draft(1 + turn % 3) for turn in range(7)])
    rows = store.write_here(
        lambda tx: tx.execute(
            select(
                message.c.ticket_id, func.count(), func.min(message.c.seq), func.max(message.c.seq), ticket.c.last_seq
            )
            .join(ticket, ticket.c.id == message.c.ticket_id)
            .group_by(message.c.ticket_id, ticket.c.last_seq)
        ).all()
    )
    assert sorted((count, first, last, known) for _, count, first, last, known in rows) == [
        (6, 1, 6, 6),
        (6, 1, 6, 6),
        (9, 1, 9, 9),
    ]


def test_who_opens_a_ticket_is_shown_it_and_the_next_message_goes_there(store: Store) -> None:
    first, second = draft(1), draft(1)
    store_all(store, [first, second])
    assert first.ticket is not None
    assert first.ticket == second.ticket
    assert (first.ticket.number, first.ticket.last_seq, first.ticket.tags) == (1, 2, None)
    third = draft(1, to=first.ticket.id)
    store_all(store, [third])
    assert (third.seq, third.number) == (3, 1)


@pytest.mark.parametrize("together", [True, False])
def test_the_same_id_again_is_stored_once_and_gets_the_first_number(store: Store, *, together: bool) -> None:
    cid = uuid.uuid4().bytes
    first, again, other = draft(1, cid=cid), draft(1, cid=cid), draft(2)
    if together:
        store_all(store, [first, again, other])
    else:
        store_all(store, [first])
        store_all(store, [other, again])
    assert (first.repeated, again.repeated) == (False, True)
    assert (first.ticket_id, first.seq) == (again.ticket_id, again.seq)
    assert other.refusal is None
    assert store.write_here(lambda tx: tx.execute(select(func.count()).select_from(message)).scalar()) == 2


def test_a_withdrawn_visitor_may_not_post_and_nobody_else_is_disturbed(store: Store) -> None:
    opened = draft(1)
    store_all(store, [opened])
    assert opened.ticket_id is not None
    store.write_here(lambda tx: tx.execute(update(contact).where(contact.c.uid == "c1").values(receipt_id=None)))
    refused, fresh, other = draft(1, to=opened.ticket_id), draft(1), draft(2)
    store_all(store, [refused, fresh, other])
    assert isinstance(refused.refusal, ConsentRequired)
    assert isinstance(fresh.refusal, ConsentRequired)
    assert (other.refusal, other.seq) == (None, 1)


def test_a_notice_published_since_stops_the_visitor_and_not_the_agent(store: Store) -> None:
    opened = draft(1)
    store_all(store, [opened])
    store.write_here(lambda tx: tx.execute(update(account).values(notice_version=2)))
    visitor, agent = draft(1, to=opened.ticket_id), draft(1, author="agent", to=opened.ticket_id)
    store_all(store, [visitor, agent])
    assert isinstance(visitor.refusal, ConsentRequired)
    assert (agent.refusal, agent.seq) == (None, 2)


@pytest.mark.parametrize("author", ["visitor", "agent"])
def test_the_first_answer_to_a_solved_ticket_opens_it_again(store: Store, author: str) -> None:
    opened = draft(1)
    store_all(store, [opened])
    store.write_here(lambda tx: tx.execute(update(ticket).values(status="solved")))
    first, second = draft(1, author=author, to=opened.ticket_id), draft(1, author=author, to=opened.ticket_id)
    store_all(store, [first, second])
    assert [(each.refusal, each.reopened) for each in (first, second)] == [(None, True), (None, False)]
    assert store.write_here(lambda tx: tx.execute(select(ticket.c.status)).scalar_one()) == "open"


def test_a_ticket_in_the_trash_and_another_contacts_ticket_take_nothing(store: Store) -> None:
    mine, theirs = draft(1), draft(2)
    store_all(store, [mine, theirs])
    store.write_here(lambda tx: tx.execute(update(ticket).where(ticket.c.id == mine.ticket_id).values(status="trash")))
    late, strange = draft(1, to=mine.ticket_id), draft(1, to=theirs.ticket_id)
    store_all(store, [late, strange])
    assert isinstance(late.refusal, Ended)
    assert isinstance(strange.refusal, NotFound)


def test_the_database_itself_refuses_a_visitors_message_without_a_receipt(store: Store) -> None:
    opened = draft(1)
    store_all(store, [opened])
    row: dict[str, Any] = store.write_here(lambda tx: dict(tx.execute(select(message)).mappings().one()))
    row |= {"seq": 2, "cid": uuid.uuid4().bytes, "receipt_id": None}
    with pytest.raises(IntegrityError, match="consent"):
        store.write_here(lambda tx: tx.execute(insert(message).values(row)))
    # The controls: an agent needs none, and with one it is taken.
    store.write_here(lambda tx: tx.execute(insert(message).values(row | {"author": "agent"})))
    store.write_here(lambda tx: tx.execute(insert(message).values(row | {"seq": 3, "receipt_id": 1})))


def test_a_ticket_keeps_count_of_held_and_read(store: Store) -> None:
    opened, held = draft(1), draft(1)
    held.held, held.score = True, 0.99
    store_all(store, [opened, held])
    answer = draft(1, author="agent", to=opened.ticket_id)
    store_all(store, [answer])
    row = store.write_here(lambda tx: tx.execute(select(ticket)).one())
    assert (row.last_seq, row.held, row.visitor_read, row.agent_read, row.status) == (3, 1, 2, 3, "open")
    stored = store.write_here(lambda tx: tx.execute(select(message).where(message.c.seq == 2)).one())
    assert (stored.held, stored.score, stored.receipt_id, stored.body) == (True, pytest.approx(0.99), 1, b"hello")
