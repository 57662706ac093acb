"""Saved replies carry files."""

import sqlalchemy as sa
from alembic import op

revision = "0056_response_files"
down_revision = "0055_ticket_fields"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "response_file",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("agent.id", ondelete="CASCADE")),
        sa.Column("response_id", sa.String(36), nullable=False),
        sa.Column("blob", sa.String(43), nullable=False, unique=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("preview", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    for column in ("account_id", "agent_id", "response_id"):
        op.create_index(f"ix_response_file_{column}", "response_file", [column])
