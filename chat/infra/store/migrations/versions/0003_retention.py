"""Retention: days by account and department, departments of tickets, the reports of its runs."""

import sqlalchemy as sa
from alembic import op

revision = "0003_retention"
down_revision = "0002_audit"


def upgrade() -> None:
    """Make departments and reports; give accounts, contacts and tickets their columns."""
    op.create_table(
        "department",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("retention", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_department_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_department_account_id_name")),
    )
    op.add_column("account", sa.Column("retention", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("contact", sa.Column("emptied_at", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("department_id", sa.String(length=36), nullable=True))
    op.create_index(op.f("ix_ticket_department_id"), "ticket", ["department_id"], unique=False)
    _runs()


def _runs() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("scrubbed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_retention_run_state")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_retention_run_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index("ix_retention_run_account_id_started_at", "retention_run", ["account_id", "started_at"])
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_retention_run_running",
        "retention_run",
        ["account_id"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_table(
        "retention_count",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("purged", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=True),
        sa.Column("oldest", sa.BigInteger(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_run.id"], name=op.f("fk_retention_count_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "rule", name=op.f("pk_retention_count")),
    )
