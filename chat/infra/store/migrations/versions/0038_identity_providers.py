"""Agents may sign in through an identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0038_identity_providers"
down_revision = "0037_merges"


def upgrade() -> None:
    """Add the tables; no account has a provider yet."""
    op.create_table(
        "identity_provider",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("key_slot", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=True),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("creates", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("enforced", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("suspended", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("default_role", sa.String(length=10), nullable=False),
        sa.Column("role_claim", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("factors", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_identity_provider_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
    )
    op.create_index(op.f("ix_identity_provider_account_id"), "identity_provider", ["account_id"])
    op.create_table(
        "provider_identity",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("provider_id", sa.String(length=36), nullable=False),
        sa.Column("subject_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_provider_identity_agent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["identity_provider.id"],
            name=op.f("fk_provider_identity_provider_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_identity")),
        sa.UniqueConstraint("provider_id", "subject_hash", name=op.f("uq_provider_identity_provider_id_subject_hash")),
        sa.UniqueConstraint("provider_id", "agent_id", name=op.f("uq_provider_identity_provider_id_agent_id")),
    )
    op.create_index(op.f("ix_provider_identity_agent_id"), "provider_identity", ["agent_id"])
    op.create_table(
        "used_sign_in",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_used_sign_in")),
    )
    op.create_index(op.f("ix_used_sign_in_expires_at"), "used_sign_in", ["expires_at"])
