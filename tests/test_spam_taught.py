"""Claims about the quick way through a taught filter: it scores as the plain sum does, and remembers nothing stale."""

import math
from hashlib import sha256

import pytest

from spam import Filter, Taught, Verdict
from spam.features import Numbering, Reader
from spam.head import ScoringHead
from spam.marks import halves
from tests.chance import dice
from tests.test_spam_filter import HAM, HOSTILE, SHORT, SPAM

KEY = b"an account's key"
PRIOR = Filter.shipped()
GREEKLISH = ["kalispera, pote tha erthei i paraggelia mou?", "kerdise 5000 evro twra, pata edw www.kerdos.top"]
TEXTS = [*SPAM, *HAM, *SHORT, *HOSTILE, *GREEKLISH]


class Stale(Taught):
    """The mutant: what is remembered of words stays when marks come in."""

    def _renew(self) -> None:
        if self._served is None:
            super()._renew()


def taught(made: type[Taught] = Taught, head: ScoringHead | None = None) -> Taught:
    """A filter that learnt some of the texts."""
    known = made(Filter.shipped(), KEY, head=head)
    chance = dice("taught")
    for number in range(60):
        text = chance.choice(TEXTS)
        known.learn(number, number, text, spam=text in SPAM)
    return known


def plain(known: Taught, text: str) -> float:
    """The margin as it is defined: the prior's, and what each view's counts say over the root of its features."""
    hidden, head = Numbering(sha256(KEY).digest()), known.head
    reading = Reader().read(text)
    views = hidden.views(reading)
    ham, spam = known.marks.texts
    often = math.log((spam + head.doubt) / (ham + head.doubt))
    total = head.prior * PRIOR.margins([text])[0] + head.bias * (ham + spam) / (ham + spam + 20 * head.doubt)
    for weight, numbers in zip(head.weights, views, strict=True):
        for count in filter(None, map(known.marks.counts.get, numbers)):
            of_ham, of_spam = halves(count)
            said = math.log((of_spam + head.smoothing) / (of_ham + head.smoothing)) - often
            total += weight * said / math.sqrt(len(numbers))
    return total


@pytest.mark.parametrize("head", [None, ScoringHead(weights=(0.7, 0.2, 0.1, 1.3), prior=0.6, bias=-2.0)])
def test_the_quick_way_scores_as_the_plain_sum_does(head: ScoringHead | None) -> None:
    known = taught(head=head)
    known.settle()
    for _ in range(2):  # afresh, and remembered
        assert known.margins(TEXTS) == pytest.approx([plain(known, text) for text in TEXTS], abs=1e-9)
    assert max(abs(a - b) for a, b in zip(known.margins(TEXTS), PRIOR.margins(TEXTS), strict=True)) > 1  # the control


def test_no_score_is_said_by_counts_that_are_gone() -> None:
    known, stale = taught(), taught(Stale)
    for made in (known, stale):
        made.margins(TEXTS)
        for number in range(0, 60, 2):
            made.marks.forget(number)
    afresh = Taught(Filter.shipped(), KEY, marks=known.marks)
    assert known.margins(TEXTS) == afresh.margins(TEXTS)
    assert stale.margins(TEXTS) != afresh.margins(TEXTS)  # the control


def test_a_score_is_the_same_when_memory_ran_full(monkeypatch: pytest.MonkeyPatch) -> None:
    known = taught()
    before = known.margins(TEXTS)
    monkeypatch.setattr("spam.filter._REMEMBERED", 7)
    assert known.margins(TEXTS) == taught().margins(TEXTS) == before


@pytest.mark.parametrize("text", GREEKLISH)
def test_greek_in_latin_letters_can_be_taught(text: str) -> None:
    known = Taught(Filter.shipped(), KEY)
    before = known.margins([text])[0]
    for number in range(3):
        known.learn(number, 0, text, spam=True)
    assert known.margins([text])[0] > before + 1


@pytest.mark.parametrize("text", ["hi", "ok thanks", "γεια", "👍"])
def test_a_short_text_is_not_held_however_often_it_was_marked(text: str) -> None:
    known = Taught(Filter.shipped(), KEY)
    for number in range(300):
        known.learn(number, 0, text, spam=True)
        known.learn(1000 + number, 0, HAM[number % len(HAM)], spam=False)
    known.settle()
    assert known.verdict(known.score_many([text])[0]) is Verdict.UNSURE
