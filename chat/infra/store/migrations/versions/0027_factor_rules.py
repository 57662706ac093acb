"""An account may want second factors of its roles, each from a day on."""

import sqlalchemy as sa
from alembic import op

revision = "0027_factor_rules"
down_revision = "0026_erasure_asks"


def upgrade() -> None:
    """Add the table. No account wants any yet."""
    op.create_table(
        "factor_rule",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_factor_rule_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_factor_rule")),
    )
