"""What the server's row knows of backups and of a restore that has not finished."""

import sqlalchemy as sa
from alembic import op

revision = "0006_backup"
down_revision = "0005_rights"


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("server") as server:
        server.add_column(sa.Column("backup_days", sa.Integer(), server_default="30", nullable=False))
        server.add_column(sa.Column("backed_up_at", sa.BigInteger(), nullable=True))
        server.add_column(sa.Column("backup_folder", sa.Text(), nullable=True))
        server.add_column(sa.Column("keys_copied_to", sa.Text(), nullable=True))
        server.add_column(sa.Column("restoring", sa.String(length=36), nullable=True))
