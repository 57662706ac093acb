"""
Scoring what visitors write on its way into the database, so that nobody's text takes more than its share of a batch.

Scoring is Python and holds the interpreter: while it goes on, the loop hardly gets on. So a contact has a share of each
batch, a batch a budget of time, and who had their share rests, so that others' messages go between theirs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final, TypeVar

from chat.core.model import Draft
from chat.infra.filters import Filters

BATCH: Final = 256  # messages
SHARE: Final = 1_000  # characters to be scored, after which a contact's further messages wait for the next batch
RESTS: Final = 3  # times as long as the batch took that a contact who had their share rests
LONGEST_REST: Final = 1.0  # seconds
BUDGET: Final = 0.05  # CPU seconds of a batch; a message costs about 35 us

_Done = TypeVar("_Done")


class Rests:
    """Who had their share of a batch lately and rests, by contact. Times are the loop's, in seconds."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def now(self, now: float) -> Collection[int]:
        """Return the contacts that rest."""
        self._until = {contact: until for contact, until in self._until.items() if until > now}
        return self._until.keys()

    def left(self, now: float) -> float:
        """Return the seconds until the first of them is done resting."""
        return max(0.0, min(self._until.values(), default=now) - now)

    def enter(self, drafts: Sequence[Draft], began: float, now: float) -> None:
        """Let those rest who had their share of the batch that began then."""
        spent: Counter[int] = Counter()
        for draft in drafts:
            spent[draft.contact_id] += _costs(draft)
        until = now + min(LONGEST_REST, RESTS * (now - began))
        self._until |= {contact: until for contact, count in spent.items() if count >= SHARE}


def shared(
    waiting: Sequence[tuple[Draft, _Done]], resting: Collection[int] = ()
) -> tuple[list[tuple[Draft, _Done]], list[tuple[Draft, _Done]]]:
    """
    Return what makes the next batch, and what waits on.

    In order of arrival, but of a contact who rests or has had their share the next message waits, and so does all they
    wrote after it: among messages of one contact the order stays.
    """
    batch: list[tuple[Draft, _Done]] = []
    later: list[tuple[Draft, _Done]] = []
    spent = Counter(dict.fromkeys(resting, SHARE))
    for at, each in enumerate(waiting):
        if len(batch) == BATCH:
            return batch, [*later, *waiting[at:]]
        draft = each[0]
        if draft.author == "visitor" and spent[draft.contact_id] >= SHARE:
            later.append(each)
        else:
            spent[draft.contact_id] += _costs(draft)
            batch.append(each)
    return batch, later


def score(filters: Filters, drafts: Sequence[Draft], budget: float | None = None) -> int:
    """
    Score drafts, the shortest first, for so many CPU seconds (`BUDGET`), and return how many went without.

    Scoring fails open: what the filter chokes on, or has no time for, is stored unscored.
    """
    # Time of this thread's own: what else the machine does must not leave messages unscored.
    until = time.thread_time() + (BUDGET if budget is None else budget)
    # The shortest first: one long text must not use up what a hundred short ones need.
    for draft in sorted(drafts, key=lambda each: len(each.text)):
        if time.thread_time() >= until:
            break
        _score(filters, draft)
    return sum(draft.score is None for draft in drafts)


def judge(filters: Filters, account_id: str, text: str) -> tuple[float | None, bool]:
    """Return a text's score in an account, and whether it is to be held. What the filter chokes on is unscored."""
    known = filters.of(account_id)
    try:
        (score,) = known.score_many([text])
    except (ValueError, ArithmeticError, LookupError):
        return None, False
    return score, known.verdict(score) == "spam"


def _costs(draft: Draft) -> int:
    """Return the characters of a draft that are to be scored: an agent's are not."""
    return len(draft.text) if draft.author == "visitor" else 0


def _score(filters: Filters, draft: Draft) -> None:
    draft.score, draft.held = judge(filters, draft.account_id, draft.text)
