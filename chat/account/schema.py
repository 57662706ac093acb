"""An account, its sites and its departments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table, Text, UniqueConstraint, false

from chat.core.account_settings import Setting
from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

SETTING = "setting"
"""What the `info` of a column has that is a setting's."""
KINDS: dict[type, Any] = {int: Integer(), float: Float(), bool: Boolean(create_constraint=False)}


def column_of(setting: Setting[Any]) -> Column[Any]:
    """Return the column of a setting, which says whose it is."""
    server = false() if setting.is_switch else str(setting.default)
    kind, default = KINDS[setting.kind], setting.default
    return Column(setting.name, kind, nullable=False, default=default, server_default=server, info={SETTING: True})


account = Table(
    "account",
    metadata,
    uid(),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tickets", Integer, nullable=False, default=0),
    Column("notice_version", Integer),
    Column("retention", JSON, nullable=False, default={}, server_default="{}"),
    info=about("nobody", "an organisation"),
)


def add_settings(*settings: Setting[Any]) -> None:
    """Give accounts a column for each of a feature's settings."""
    for each in settings:
        account.append_column(column_of(each))


site = Table(
    "site",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("color", String(7), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("custom_fields", JSON, nullable=False, default=[], server_default="[]"),
    Column("alternative", Text, nullable=False, default=""),
    Column("privacy_note", Text, nullable=False, default="", server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("notice_version", Integer),
    Column("position", String(5), nullable=False, default="end", server_default="end"),
    # Its contacts and tickets still say its name. Bound, so that who has the database alone cannot open it again.
    Column("deleted_at", BigInteger),
    mac(),
    info=about("nobody", "a website of an organisation", bound=("id", "account_id", "key", "deleted_at")),
)

# `retention` holds days by rule, only those that differ: of an account from the rules' defaults, of a department from
# its account.
department = Table(
    "department",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("retention", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
    info=about("nobody", "a part of an organisation"),
)

agent_department = Table(
    "agent_department",
    metadata,
    personal("agent_id", String(36), "identifier", to("agent.id"), primary_key=True),
    plain("department_id", String(36), to("department.id"), primary_key=True),
    mac(),
    info=about(
        "agent",
        "in which parts of the account an agent works",
        basis="contract",
        kept="as long as the agent works there",
        bound=("agent_id", "department_id"),
    ),
)
