"""Allow-lists. Each row is bound; one that does not hold lets nobody in."""

from __future__ import annotations

from sqlalchemy import select, update

from chat.core.networks import CLOSED
from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once
from chat.networks.schema import allowed_networks


def of_account(tx: Tx, account_id: str, *, lock: bool = False) -> str:
    """
    Return an account's list as `networks.listed` wrote it: "" where it has none. Where its row does not hold, CLOSED:
    the list is there to keep people out, so who can spoil a row must not get in by that.
    """
    query = select(allowed_networks).where(allowed_networks.c.account_id == account_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return ""
    return str(row.networks) if holds(tx, allowed_networks, row) else CLOSED


def prepare(tx: Tx, account_id: str, at: int) -> None:
    """Let there be a row to lock, so that of two who change a list the second sees what the first did."""
    row = {"account_id": account_id, "networks": ""}
    once(tx, allowed_networks, row | {"changed_at": at, "mac": bind(tx, allowed_networks, row)})


def put(tx: Tx, account_id: str, networks: str, at: int) -> None:
    """Set a list that is there, whether or not it held."""
    row = {"account_id": account_id, "networks": networks}
    mine = allowed_networks.c.account_id == account_id
    made = {"networks": networks, "changed_at": at, "mac": bind(tx, allowed_networks, row)}
    tx.execute(update(allowed_networks).where(mine).values(**made))
