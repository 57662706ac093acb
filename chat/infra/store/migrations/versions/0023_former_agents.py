"""Agents are forgotten as contacts are: by a request, with a certificate."""

import sqlalchemy as sa
from alembic import op

revision = "0023_former_agents"
down_revision = "0022_invitations"


def upgrade() -> None:
    """Add whom a request is about, so far contacts, and who gets an agent's tickets."""
    op.add_column("erasure", sa.Column("subject", sa.String(length=10), server_default="contact", nullable=False))
    op.add_column("erasure", sa.Column("heir", sa.String(length=36), nullable=True))
