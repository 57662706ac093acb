"""Accounts and their sites."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from msgspec import convert, to_builtins
from sqlalchemy import Row, Select, delete, false, func, insert, select, update

from chat.account.schema import SETTING, account, agent_department, department, site
from chat.contacts.schema import contact
from chat.core.errors import Forbidden, NotFound
from chat.core.model import Account, CustomField, Site
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx

_site_columns = (*(site.c[field.name] for field in fields(Site)), site.c.deleted_at, site.c.mac)
_live = site.c.deleted_at.is_(None)

# `chat.core.gate.in_force` and `is_live` in SQL. Two versions that are NULL are not equal, and so no consent.
_own = select(site.c.notice_version).where(site.c.id == contact.c.site_id).correlate(contact).scalar_subquery()
_in_force = func.coalesce(_own, account.c.notice_version)
consents = func.coalesce(contact.c.receipt_id.is_not(None) & (contact.c.notice_version == _in_force), false())
"""Whether a contact, joined with its account, consents to the notice in force at their site."""


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store an account."""
    tx.execute(insert(account).values(**made))


def all_of(tx: Tx) -> list[Account]:
    """Return every account of this server."""
    return [_account(row) for row in tx.execute(select(account).order_by(account.c.created_at)).mappings()]


def is_here(tx: Tx, account_id: str) -> bool:
    """Whether there is such an account."""
    return tx.execute(select(account.c.id).where(account.c.id == account_id)).first() is not None


def one(tx: Tx, account_id: str, *, lock: bool = False) -> Account:
    """Return an account. Raises NotFound where there is none."""
    query = select(account).where(account.c.id == account_id)
    row = tx.execute(query.with_for_update() if lock else query).mappings().first()
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
    if "custom_fields" in made:
        made = {**made, "custom_fields": to_builtins(made["custom_fields"])}
    tx.execute(insert(site).values(**made, mac=bind(tx, site, made)))


def sites(tx: Tx, account_id: str, *, deleted: bool = False) -> list[Site]:
    """Return the sites of an account, oldest first, with `deleted` those too."""
    mine = [site.c.account_id == account_id, *(() if deleted else (_live,))]
    return _sites(tx, select(*_site_columns).where(*mine).order_by(site.c.created_at, site.c.id))


def sites_made_at(tx: Tx, account_id: str) -> dict[str, int]:
    """Return when each site of an account was made (ms), by its id."""
    query = select(site.c.id, site.c.created_at).where(site.c.account_id == account_id, _live)
    return {row.id: row.created_at for row in tx.execute(query)}


def site_by_key(tx: Tx, key: str) -> Site:
    """Return the site with this key. Raises NotFound where there is none, or it was deleted."""
    found = _sites(tx, select(*_site_columns).where(site.c.key == key, _live))
    if not found:
        raise NotFound("There is no site with this key")
    return found[0]


def site_by_id(tx: Tx, site_id: str) -> Site:
    """Return a site by its id, deleted or not: what was said there still names it. Raises NotFound."""
    found = _sites(tx, select(*_site_columns).where(site.c.id == site_id))
    if not found:
        raise NotFound("No such site")
    return found[0]


def site_of_account(tx: Tx, account_id: str, site_id: str) -> Site:
    """Return a site of an account by its id. Raises NotFound where it has none such."""
    mine = (site.c.id == site_id) & (site.c.account_id == account_id)
    found = _sites(tx, select(*_site_columns).where(mine, _live))
    if not found:
        raise NotFound("No such site")
    return found[0]


def is_deleted(tx: Tx, site_id: str) -> bool:
    """Whether a site is not there any more."""
    return tx.execute(select(site.c.id).where(site.c.id == site_id, _live)).first() is None


def require_site(tx: Tx, site_id: str) -> int | None:
    """
    Return the version of a site's own notice, if it has one. Raises Forbidden where the site was deleted: what was open
    there takes nothing more.
    """
    found = tx.execute(select(site.c.notice_version, site.c.deleted_at).where(site.c.id == site_id)).first()
    if found is not None and found.deleted_at is not None:
        raise Forbidden("This site does not offer the chat any more")
    return None if found is None else found.notice_version


def lock_site(tx: Tx, site_id: str) -> bool:
    """Lock a site, of whichever account, and tell whether it is or was there."""
    return tx.execute(select(site.c.id).where(site.c.id == site_id).with_for_update()).first() is not None


def lock_sites(tx: Tx, account_id: str) -> None:
    """Lock every site of an account, so that of two that are deleted at once the second sees what is left."""
    mine = select(site.c.id).where(site.c.account_id == account_id)
    tx.execute(mine.order_by(site.c.id).with_for_update()).all()


def delete_site(tx: Tx, account_id: str, site_id: str, at: int) -> None:
    """Mark a site of the account as deleted at a time (ms). Nothing where it is not there any more."""
    mine = (site.c.id == site_id) & (site.c.account_id == account_id)
    row = tx.execute(select(*_site_columns).where(mine, _live)).first()
    if row is not None:
        tx.execute(update(site).where(mine).values(rebound(tx, site, row, deleted_at=at)))


def _sites(tx: Tx, query: Select[Any]) -> list[Site]:
    return [_site(row) for row in tx.execute(query) if holds(tx, site, row)]


def _site(row: Row[*tuple[Any, ...]]) -> Site:
    found = Site(*row[:-2])
    return replace(found, custom_fields=convert(found.custom_fields, list[CustomField]))


def change_site(tx: Tx, account_id: str, site_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a site of the account. Raises NotFound where it has none such."""
    mine = (site.c.id == site_id) & (site.c.account_id == account_id) & _live
    if "custom_fields" in values:
        values = {**values, "custom_fields": to_builtins(values["custom_fields"])}
    # None of the columns that an owner may change is bound, so the row's MAC still holds.
    if tx.execute(update(site).where(mine).values(**values)).rowcount == 0:
        raise NotFound("No such site")


def offered_departments(tx: Tx, site_id: str) -> dict[str, str]:
    """Return the names of the departments that a visitor of a site may choose from, by id: none where it asks not."""
    query = (
        select(department.c.id, department.c.name, site.c.fields)
        .join(site, site.c.account_id == department.c.account_id)
        .where(site.c.id == site_id)
        .order_by(department.c.name, department.c.id)
    )
    return {row.id: row.name for row in tx.execute(query) if row.fields.get("department", "off") != "off"}


def departments_of_agents(tx: Tx, account_id: str) -> dict[str, list[str]]:
    """Return the ids of the departments that each agent of an account works in, those who work in none left out."""
    theirs = agent_department.join(department, department.c.id == agent_department.c.department_id)
    query = select(agent_department).select_from(theirs).where(department.c.account_id == account_id)
    found: dict[str, list[str]] = {}
    for row in tx.execute(query.order_by(agent_department.c.agent_id, agent_department.c.department_id)):
        if holds(tx, agent_department, row):
            found.setdefault(row.agent_id, []).append(row.department_id)
    return found


def put_agent_in(tx: Tx, account_id: str, agent_id: str, departments: Collection[str]) -> None:
    """Let an agent work in these departments of the account and in no others. Those that it has not are left out."""
    tx.execute(delete(agent_department).where(agent_department.c.agent_id == agent_id))
    known = select(department.c.id).where(department.c.account_id == account_id, department.c.id.in_(departments))
    for each in tx.execute(known.order_by(department.c.id)).scalars().all():
        made = {"agent_id": agent_id, "department_id": each}
        tx.execute(insert(agent_department).values(**made, mac=bind(tx, agent_department, made)))
