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

AGENT = "agent"
"""The context of an agent's id: exports give it as the account chooses."""

serial = BigInteger().with_variant(Integer, "sqlite")


def uid(category: str = "") -> Column[str]:
    """Return a key that is a UUIDv7; of a `category` where it stands for a person."""
    return Column("id", String(36), primary_key=True, info={"personal": category or None})


def to(target: str, *, cascade: bool = True, **options: Any) -> ForeignKey:
    """Point at a row, and go with it where it `cascade`s."""
    return ForeignKey(target, ondelete="CASCADE" if cascade else None, **options)


def personal(
    name: str,
    kind: Any,
    category: str,
    *rest: Any,
    purpose: str = "",
    basis: str = "",
    context: str = "",
    withheld: str = "",
    **options: Any,
) -> Column[Any]:
    """
    Return a column that holds personal data. Purpose and basis are its table's where it names none.

    `context` is what its sealed bytes open as, filled in from their row; `text/…` where they were sealed with a `cid`.
    `withheld` says why no export gives it.
    """
    said = {"personal": category, "purpose": purpose, "basis": basis, "context": context, "withheld": withheld}
    return Column(name, kind, *rest, info=said, **options)


def plain(name: str, kind: Any, *rest: Any, inner: bool = False, **options: Any) -> Column[Any]:
    """Return a column of a table about people that says nothing of them; `inner` where it is the machine's own."""
    return Column(name, kind, *rest, info={"personal": None, "inner": inner}, **options)


def mac() -> Column[str]:
    """Return the column that binds a row which opens something to what it says. See `chat/infra/store/bound.py`."""
    return plain("mac", String(64), nullable=False, default="", server_default="", inner=True)


def about(
    whom: str,
    why: str,
    *,
    basis: str = "",
    kept: str = "",
    setting: str = "",
    saved: bool = True,
    bound: tuple[str, ...] = (),
) -> dict[str, Any]:
    """
    Return a table's `info`: about whom it is, why, on what basis, which rule ends it; not `saved` where a backup leaves
    its rows out, as they are of the moment; the columns that its `mac` is over, where it has one.

    Without the account's `setting`, where one is named, an export says how many rows there are and no more.
    """
    said = {"about": whom, "why": why, "basis": basis, "kept": kept, "setting": setting, "saved": saved}
    return said | {"bound": bound}
