"""Retraining: runs with their versions, which of them serves, what they got wrong; what agents looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0007_filter"
down_revision = "0006_backup"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the account's share of ham that may be held."""
    op.add_column("account", sa.Column("ham_held", sa.Float(), server_default="0.002", nullable=False))
    op.create_table(
        "given",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_given_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_given")),
    )
    op.create_table(
        "training_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("discarded_at", sa.BigInteger(), nullable=True),
        sa.Column("discarded_by", sa.String(length=36), nullable=True),
        sa.Column("against", sa.Integer(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("counted", sa.String(length=80), nullable=False),
        sa.Column("head", sa.JSON(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_training_run_state")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_training_run_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_run")),
        sa.UniqueConstraint("account_id", "version", name=op.f("uq_training_run_account_id_version")),
    )
    op.create_table(
        "promotion",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_promotion_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["training_run.id"], name=op.f("fk_promotion_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_promotion_account_id"), "promotion", ["account_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("ticket_id", serial, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_review_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_review_ticket_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_contact_id"), "review", ["contact_id"], unique=False)
    op.create_table(
        "mistake",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("ticket_id", serial, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_mistake_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["training_run.id"], name=op.f("fk_mistake_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["ticket_id", "seq"],
            ["label.ticket_id", "label.seq"],
            name=op.f("fk_mistake_ticket_id_seq"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "ticket_id", "seq", name=op.f("pk_mistake")),
    )
    op.create_index(op.f("ix_mistake_contact_id"), "mistake", ["contact_id"], unique=False)
