"""Agents work in departments."""

import sqlalchemy as sa
from alembic import op

revision = "0016_agent_departments"
down_revision = "0015_agent_letters"


def upgrade() -> None:
    """Make the table, in which nobody is yet."""
    op.create_table(
        "agent_department",
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("department_id", sa.String(length=36), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_department_agent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_agent_department_department_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "department_id", name=op.f("pk_agent_department")),
    )
