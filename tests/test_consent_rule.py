"""Who consents now is said twice, in Python and in SQL, and both say the same; nobody says it a third time."""

import ast
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.account import store as accounts
from chat.account.schema import account, site
from chat.contacts.schema import contact
from chat.core.gate import in_force, is_live
from tests.inside import House

ROOT = Path(__file__).parent.parent
ONCE = {"chat/core/gate.py", "chat/account/store.py"}
NAMES = {"notice_version", "agreed"}


def comparisons(source: str) -> Iterator[int]:
    """The lines in which the version that somebody agreed to is compared with another."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = (node.left, *node.comparators)
            if any(isinstance(each, ast.Attribute) and each.attr in NAMES for each in sides):
                yield node.lineno


def test_the_rule_is_written_nowhere_else() -> None:
    found = {str(path.relative_to(ROOT)): list(comparisons(path.read_text())) for path in ROOT.glob("chat/**/*.py")}
    assert {path for path, lines in found.items() if lines} - ONCE == set()
    assert found["chat/account/store.py"]


@pytest.mark.parametrize(
    "text", ["row.receipt_id is None or row.notice_version != row.current", "contact.notice_version == version"]
)
def test_the_control_a_second_writing_is_found(text: str) -> None:
    assert list(comparisons(text)) == [1]


@pytest.mark.anyio
async def test_python_and_sql_say_the_same(house: House) -> None:
    guest = await house.visit("Zoe")
    receipt = guest.contact.receipt_id
    assert receipt is not None
    said = set()

    def work(tx: Any, agreed: int | None, shared: int | None, own: int | None, held: int | None) -> tuple[bool, bool]:
        theirs = contact.c.id == guest.contact.id
        tx.execute(update(contact).where(theirs).values(receipt_id=held, notice_version=agreed))
        tx.execute(update(account).values(notice_version=shared))
        tx.execute(update(site).values(notice_version=own))
        found = select(accounts.consents, contact.c.notice_version == account.c.notice_version)
        query = found.join(account, account.c.id == contact.c.account_id).select_from(contact).where(theirs)
        in_sql, mutant = tx.execute(query).one()
        return in_sql is True, mutant is True and held is not None

    differ = set()
    for agreed, shared, own, held in itertools.product((None, 1, 2), (None, 1, 2), (None, 1, 2), (None, receipt)):
        values = (agreed, shared, own, held)
        in_sql, mutant = await house.services.store.write(
            partial(work, agreed=agreed, shared=shared, own=own, held=held)
        )
        assert in_sql == is_live(held, agreed, in_force(own, shared)), values
        said.add(in_sql)
        differ |= {values} if mutant != in_sql else set()
    assert said == {True, False}
    assert (1, 1, 2, receipt) in differ, (
        "the control: the account's alone would let in who agreed to no notice of the site"
    )
    assert all(own is not None for _, _, own, _ in differ)
