"""An account may say from which networks its agents ask."""

import sqlalchemy as sa
from alembic import op

revision = "0025_networks"
down_revision = "0024_sessions"


def upgrade() -> None:
    """Add the table; nobody has a list yet."""
    op.create_table(
        "allowed_networks",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("networks", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_allowed_networks_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_allowed_networks")),
    )
