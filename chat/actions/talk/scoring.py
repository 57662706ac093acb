"""
Scoring what visitors write on its way into the database, so that nobody's text takes more than its share of a batch.

Scoring is Python and holds the interpreter: while it goes on, the loop hardly gets on. So a contact has a share of each
batch, and a batch a budget of time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Final, TypeVar

from chat.actions.filter.filters import Filters
from chat.model import Draft

BATCH: Final = 256  # messages
SHARE: Final = 1_000  # characters to be scored, after which a contact's further messages wait for the next batch
BUDGET: Final = 0.05  # CPU seconds of a batch; a message costs about 35 us

_Done = TypeVar("_Done")


def shared(waiting: Sequence[tuple[Draft, _Done]]) -> tuple[list[tuple[Draft, _Done]], list[tuple[Draft, _Done]]]:
    """
    Return what makes the next batch, and what waits on.

    In order of arrival, but of a contact who has had their share the next message waits, and so does all they wrote
    after it: among messages of one contact the order stays.
    """
    batch: list[tuple[Draft, _Done]] = []
    later: list[tuple[Draft, _Done]] = []
    spent: Counter[int] = Counter()
    for at, each in enumerate(waiting):
        if len(batch) == BATCH:
            return batch, [*later, *waiting[at:]]
        draft = each[0]
        scored = draft.author == "visitor"
        if scored and spent[draft.contact_id] >= SHARE:
            later.append(each)
            continue
        spent[draft.contact_id] += scored * len(draft.text)
        batch.append(each)
    return batch, later


def score(filters: Filters, drafts: Sequence[Draft], budget: float | None = None) -> int:
    """
    Score drafts, the shortest first, for so many CPU seconds (`BUDGET`); return how many went without.

    Scoring fails open: what the filter chokes on, or has no time for, is stored unscored.
    """
    until = time.thread_time() + (BUDGET if budget is None else budget)
    for draft in sorted(drafts, key=lambda each: len(each.text)):
        if time.thread_time() >= until:
            break
        _score(filters, draft)
    return sum(draft.score is None for draft in drafts)


def _score(filters: Filters, draft: Draft) -> None:
    known = filters.of(draft.account_id)
    try:
        (draft.score,) = known.score_many([draft.text])
        draft.held = known.verdict(draft.score) == "spam"
    except (ValueError, ArithmeticError, LookupError):
        draft.score = None
