"""The words of the schema: a column of a table about people says what it holds of them, or that it is plain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

serial = BigInteger().with_variant(Integer, "sqlite")


def uid(category: str = "") -> Column[str]:
    """Return a key that is a UUIDv7; of a `category` where it stands for a person."""
    return Column("id", String(36), primary_key=True, info={"personal": category or None})


def to(target: str, *, cascade: bool = True, **options: Any) -> ForeignKey:
    """Point at a row, and go with it where it `cascade`s."""
    return ForeignKey(target, ondelete="CASCADE" if cascade else None, **options)


def personal(
    name: str, kind: Any, category: str, *rest: Any, purpose: str = "", basis: str = "", **options: Any
) -> Column[Any]:
    """Return a column that holds personal data; purpose and basis are its table's where it names none."""
    said = {"personal": category, "purpose": purpose, "basis": basis}
    return Column(name, kind, *rest, info=said, **options)


def plain(name: str, kind: Any, *rest: Any, **options: Any) -> Column[Any]:
    """Return a column of a table about people that says nothing of them."""
    return Column(name, kind, *rest, info={"personal": None}, **options)


def about(whom: str, why: str, *, basis: str = "", kept: str = "") -> dict[str, str]:
    """Return a table's `info`: about whom it is, why, on what basis, and which rule ends it."""
    return {"about": whom, "why": why, "basis": basis, "kept": kept}
