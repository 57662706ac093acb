"""Accounts and their sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from msgspec import convert, to_builtins
from sqlalchemy import Row, Select, false, func, insert, select, update

from chat.account.schema import SETTING, account, site
from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.core.model import Account, CustomField, Site
from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx

_site_columns = (*(site.c[field.name] for field in fields(Site)), site.c.mac)

# `chat.core.gate.is_live` in SQL. Two versions that are NULL are not equal, and so no consent.
consents = func.coalesce(
    contact.c.receipt_id.is_not(None) & (contact.c.notice_version == account.c.notice_version), false()
)
"""Whether a contact, joined with its account, consents to the notice in force."""


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store an account."""
    tx.execute(insert(account).values(**made))


def all_of(tx: Tx) -> list[Account]:
    """Return every account of this server."""
    return [_account(row) for row in tx.execute(select(account).order_by(account.c.created_at)).mappings()]


def one(tx: Tx, account_id: str) -> Account:
    """Return an account. Raises NotFound where there is none."""
    row = tx.execute(select(account).where(account.c.id == account_id)).mappings().first()
    if row is None:
        raise NotFound("No such account")
    return _account(row)


def _account(row: Mapping[Any, Any]) -> Account:
    settings = {each.name: row[each.name] for each in account.columns if SETTING in each.info}
    return Account(row["id"], row["name"], row["notice_version"], settings)


def change(tx: Tx, account_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of an account."""
    tx.execute(update(account).where(account.c.id == account_id).values(**values))


def days_of(tx: Tx, account_id: str, *, lock: bool = False) -> dict[str, int]:
    """Return the days by rule for which an account keeps things, those that it has set."""
    query = select(account.c.retention).where(account.c.id == account_id)
    return dict(tx.execute(query.with_for_update() if lock else query).scalar_one())


def add_site(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a site."""
    tx.execute(insert(site).values(**made, mac=bind(tx, site, made)))


def sites(tx: Tx, account_id: str) -> list[Site]:
    """Return the sites of an account, oldest first."""
    query = select(*_site_columns).where(site.c.account_id == account_id).order_by(site.c.created_at, site.c.id)
    return _sites(tx, query)


def site_by_key(tx: Tx, key: str) -> Site:
    """Return the site with this key. Raises NotFound where there is none."""
    found = _sites(tx, select(*_site_columns).where(site.c.key == key))
    if not found:
        raise NotFound("There is no site with this key")
    return found[0]


def site_by_id(tx: Tx, site_id: str) -> Site:
    """Return a site by its id. Raises NotFound where there is none."""
    found = _sites(tx, select(*_site_columns).where(site.c.id == site_id))
    if not found:
        raise NotFound("No such site")
    return found[0]


def _sites(tx: Tx, query: Select[Any]) -> list[Site]:
    return [_site(row) for row in tx.execute(query) if holds(tx, site, row)]


def _site(row: Row[*tuple[Any, ...]]) -> Site:
    found = Site(*row[:-1])
    return replace(found, custom_fields=convert(found.custom_fields, list[CustomField]))


def change_site(tx: Tx, account_id: str, site_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a site of the account. Raises NotFound where it has none such."""
    mine = (site.c.id == site_id) & (site.c.account_id == account_id)
    if "custom_fields" in values:
        values = {**values, "custom_fields": to_builtins(values["custom_fields"])}
    # None of the columns that an owner may change is bound, so the row's MAC still holds.
    if tx.execute(update(site).where(mine).values(**values)).rowcount == 0:
        raise NotFound("No such site")
