"""Each view reads its tickets by an index, on both databases, however many others there are."""

from typing import Any

import pytest
from sqlalchemy import event, insert, text

from chat.core.model import Order
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import tagging as tagging_actions
from chat.tickets.domain import TicketQuery
from chat.tickets.schema import STATUSES, ticket
from chat.tickets.store import tagging, tickets
from tests.inside import Served

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ROWS = 2000
OPEN = {"status": "open", "snoozed": False, "held": False}
VIEWS: dict[str, tuple[dict[str, Any], Order, str]] = {
    "unassigned": (OPEN | {"assignee": None}, "updated", "ix_ticket_open_assignee"),
    "mine": (OPEN | {"assignee": "a"}, "updated", "ix_ticket_open_assignee"),
    "open": (OPEN, "updated", "ix_ticket_account_id_status_updated_at"),
    "oldest": (OPEN, "oldest", "ix_ticket_account_id_status_updated_at"),
    "waiting": (OPEN | {"waiting": True}, "waiting", "ix_ticket_open_waiting"),
    "pending": (OPEN | {"status": "pending"}, "updated", "ix_ticket_account_id_status_updated_at"),
    "snoozed": ({"snoozed": True, "held": False}, "updated", "ix_ticket_put_aside"),
    "solved": ({"status": "solved", "held": False}, "updated", "ix_ticket_account_id_status_updated_at"),
    "quarantine": ({"held": True}, "updated", "ix_ticket_held"),
    "trash": ({"status": "trash"}, "updated", "ix_ticket_account_id_status_updated_at"),
    "department": (OPEN | {"department": "d"}, "updated", "ix_ticket_account_id_status_updated_at"),
    "site": (OPEN | {"site": "s"}, "updated", "ix_ticket_account_id_status_updated_at"),
    "tag": (OPEN | {"tag": "t"}, "updated", "ix_ticket_account_id_status_updated_at"),
    "saved, of a tag": ({"tag": "t", "held": False}, "updated", "ix_ticket_tagged"),
    "saved, of a priority": ({"priority": "urgent", "held": False}, "updated", "ix_ticket_priority"),
    "saved, who waits": ({"waiting": True, "assignee": None, "held": False}, "updated", "ix_ticket_waiting"),
}


def plan(tx: Tx, query: dict[str, Any], order: Order, but: set[str], account: str = "account") -> str:
    """How the database reads a view without some of its indexes: nothing of this stays."""
    asked: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, values: object, *___: object) -> None:
        asked.append((statement, values))

    event.listen(tx, "before_cursor_execute", hear)
    tickets.page(tx, account, TicketQuery(**query), None, 51, order, departments=None)
    event.remove(tx, "before_cursor_execute", hear)
    statement, values = asked[-1]  # before it, it may have asked how many have a tag
    with tx.begin_nested() as undone:
        for name in but:
            tx.execute(text(f"DROP INDEX {name}"))
        explain = "EXPLAIN QUERY PLAN"
        if tx.dialect.name == "postgresql":
            explain = "EXPLAIN"
            _fill(tx, account)
            for plain in ("enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off"):
                tx.execute(text(f"SET LOCAL {plain}"))
            tx.execute(text("SET LOCAL join_collapse_limit = 1"))  # tickets first: there are no contacts to begin with
        # Another text each time: SQLite would explain again what it had in mind before.
        found = "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {statement} -- {len(but)}", values))
        undone.rollback()
    return found


def _fill(tx: Tx, account: str) -> None:
    """Give PostgreSQL tickets to reckon with: of none, it reckons as it was left by others."""
    tx.execute(text("SET LOCAL session_replication_role = replica"))  # of nobody, and nobody's
    like = {"account_id": account, "contact_id": 1, "site_id": "s", "created_at": 1}
    varied = [
        {"number": n + 10, "status": STATUSES[n % 4], "updated_at": n, "assignee": "abc"[n % 3]} for n in range(ROWS)
    ]
    tx.execute(insert(ticket), [like | each for each in varied])
    tx.execute(text("ANALYZE ticket"))


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_is_read_by_an_index(services: Services, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    monkeypatch.setattr(tagging, "FEW", -1)  # a tag that many tickets have
    query, order, index = VIEWS[view]
    every = {str(each.name) for each in ticket.indexes}
    # PostgreSQL chooses by what the rows are like, and these are like no shop's: it is left the one that is meant.
    others = every - {index} if services.settings.database_url.startswith("postgresql") else set[str]()
    found = await services.store.write(lambda tx: plan(tx, query, order, others))
    assert index in found
    # The control: where that is gone, it is not read by it.
    assert index not in await services.store.write(lambda tx: plan(tx, query, order, every))


async def test_tickets_of_a_rare_tag_are_read_by_their_keys(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    account = app.house.actor.account_id
    await (await app.house.visit()).say("hello")
    await app.rest("PATCH", "/tickets/1", {"tags": ["rare"]})
    query = {"tag": tagging_actions.tag_id(app.services, account, "rare"), "held": False}

    every = {str(each.name) for each in ticket.indexes}

    async def found() -> str:
        return await app.services.store.write(lambda tx: plan(tx, query, "updated", every, account))

    by_key = (
        "pk_ticket on ticket"
        if "postgresql" in app.services.settings.database_url
        else "ticket USING INTEGER PRIMARY KEY"
    )
    shown = await found()
    assert by_key in shown
    assert "ticket_tag" not in shown
    # The control: of a tag that many have, each ticket of the list is asked whether it has it.
    monkeypatch.setattr(tagging, "FEW", -1)
    assert "ticket_tag" in await found()
