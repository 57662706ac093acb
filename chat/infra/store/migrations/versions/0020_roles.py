"""An owner may change what roles may; there are auditors."""

import sqlalchemy as sa
from alembic import op

revision = "0020_roles"
down_revision = "0019_tokens"

BEFORE = "role IN ('owner', 'admin', 'agent')"
AFTER = "role IN ('owner', 'admin', 'agent', 'auditor')"


def upgrade() -> None:
    """Add the table, and the role to those that an agent may have."""
    op.create_table(
        "role_right",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("permission", sa.String(length=60), nullable=False),
        sa.Column("allowed", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_right_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "role", "permission", name=op.f("pk_role_right")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _check_in_place()
    else:
        op.drop_constraint(op.f("ck_agent_role"), "agent", type_="check")
        op.create_check_constraint(op.f("ck_agent_role"), "agent", AFTER)


def _check_in_place() -> None:
    """
    Change the check as SQLite's own docs do where nothing on disk becomes another (lang_altertable.html, section 7): a
    table that is made anew would take with it what hangs off agents, their sessions and tokens.
    """
    op.execute("PRAGMA writable_schema=ON")
    said = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = 'agent'"
    )
    op.get_bind().execute(said, {"before": BEFORE, "after": AFTER})
    op.execute("PRAGMA writable_schema=RESET")
