"""The replies that agents keep for answering."""

import sqlalchemy as sa
from alembic import op

revision = "0033_canned_responses"
down_revision = "0032_corrections"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "canned_response",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("department_id", sa.String(length=36), nullable=True),
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_canned_response_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_canned_response_department_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_response")),
        sa.UniqueConstraint("account_id", "shortcut", name=op.f("uq_canned_response_account_id_shortcut")),
    )
    op.create_index(op.f("ix_canned_response_department_id"), "canned_response", ["department_id"])
