"""Visitors who left may be mailed that they were answered, where they agree to that."""

import sqlalchemy as sa
from alembic import op

revision = "0046_answer_mail"
down_revision = "0045_edited_messages"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the sentence beside the box, which no notice has yet, the settings, and the tables."""
    op.add_column("notice_text", sa.Column("mail_label", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("answer_minutes", sa.Integer(), server_default="10", nullable=False))
    op.add_column("account", sa.Column("answer_text", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "answer_letter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        of_contact("answer_letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_letter")),
    )
    op.create_table(
        "answer_mail",
        sa.Column("ticket_id", serial, autoincrement=False, nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.String(length=36), nullable=False),
        sa.Column("mailed_at", sa.BigInteger(), nullable=False),
        sa.Column("bounced", sa.Boolean(create_constraint=False), nullable=False),
        of_contact("answer_mail"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_answer_mail_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_answer_mail")),
        sa.UniqueConstraint("letter_id", name=op.f("uq_answer_mail_letter_id")),
    )
    op.create_table(
        "answer_link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("used", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        of_contact("answer_link"),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_answer_link")),
    )
    for table, column in (
        ("answer_letter", "contact_id"),
        ("answer_letter", "due_at"),
        ("answer_mail", "contact_id"),
        ("answer_link", "contact_id"),
        ("answer_link", "expires_at"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def of_contact(table: str) -> sa.ForeignKeyConstraint:
    """Return the key that lets a table's rows go with their contact."""
    return sa.ForeignKeyConstraint(
        ["contact_id"], ["contact.id"], name=op.f(f"fk_{table}_contact_id"), ondelete="CASCADE"
    )
