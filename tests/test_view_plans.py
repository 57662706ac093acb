"""Each view reads its tickets by an index, on both databases, however many others there are."""

from typing import Any

import pytest
from sqlalchemy import event, text

from chat.core.model import Order
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.domain import TicketQuery
from chat.tickets.schema import ticket
from chat.tickets.store import tickets

pytestmark = pytest.mark.anyio
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


def plan(tx: Tx, query: dict[str, Any], order: Order, but: set[str]) -> str:
    """How the database reads a view without some of its indexes: nothing of this stays."""
    asked: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, values: object, *___: object) -> None:
        asked.append((statement, values))

    event.listen(tx, "before_cursor_execute", hear)
    tickets.page(tx, "account", TicketQuery(**query), None, 51, order, departments=None)
    event.remove(tx, "before_cursor_execute", hear)
    statement, values = asked[0]
    with tx.begin_nested() as undone:
        for name in but:
            tx.execute(text(f"DROP INDEX {name}"))
        explain = "EXPLAIN QUERY PLAN"
        if tx.dialect.name == "postgresql":
            explain = "EXPLAIN"
            tx.execute(text("SET LOCAL enable_seqscan = off"))
        # Another text each time: SQLite would explain again what it had in mind before.
        found = "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {statement} -- {len(but)}", values))
        undone.rollback()
    return found


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_is_read_by_an_index(services: Services, view: str) -> None:
    query, order, index = VIEWS[view]
    every = {str(each.name) for each in ticket.indexes}
    # PostgreSQL chooses by how many rows there are, of which there are none: it is left the one that is meant.
    others = every - {index} if services.settings.database_url.startswith("postgresql") else set[str]()
    found = await services.store.write(lambda tx: plan(tx, query, order, others))
    assert index in found
    # The control: where that is gone, it is not read by it.
    assert index not in await services.store.write(lambda tx: plan(tx, query, order, every))
