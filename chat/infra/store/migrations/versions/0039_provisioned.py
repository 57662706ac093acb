"""An identity provider may look after agents."""

import sqlalchemy as sa
from alembic import op

revision = "0039_provisioned"
down_revision = "0038_identity_providers"


def upgrade() -> None:
    """Add the table. None has said anything yet."""
    op.create_table(
        "provisioned",
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("external_id", sa.LargeBinary()),
        sa.Column("external_hash", sa.String(length=64)),
        sa.Column("removed_at", sa.BigInteger()),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_provisioned_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_provisioned")),
    )
    op.create_index(op.f("ix_provisioned_external_hash"), "provisioned", ["external_hash"], unique=False)
