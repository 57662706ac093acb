"""Claims about training: both paths score alike, lines hold on unseen texts, bytes repeat."""

from pathlib import Path

import numpy as np
import pytest

from spam import Filter, Verdict
from spam.prior import labelled
from spam.training import fit, partial_fit, pipeline

THINGS = [
    "chair",
    "table",
    "lamp",
    "phone case",
    "blue jacket",
    "invoice",
    "parcel",
    "garden hose",
    "coffee machine",
    "ticket",
]
HAM = [
    f"hello, {ask} my {thing}?"
    for thing in THINGS
    for ask in ("where is", "can I return", "when do you send", "how do I pay for")
]
SPAM = [
    f"{win} a free {thing}, click http://win-{n}.top now!!!"
    for n, thing in enumerate(THINGS)
    for win in ("you won", "claim", "get")
]
TEXTS = HAM + SPAM
LABELS = [False] * len(HAM) + [True] * len(SPAM)
ODD = [
    "",
    "hi",
    "ok ok ok",
    "a\ud800b",
    "你好，我想退款。",
    "f r e e v1agra",
    "ѕubѕсrіbе now",
    "1" * 3_000,
    "😀" * 20,
    "x " * 400,
]


@pytest.fixture(scope="module")
def trained() -> Filter:
    return fit(TEXTS, LABELS, key=b"test")


def test_it_learns(trained: Filter) -> None:
    ham, spam = trained.score_many(
        ["hello, where is my garden table?", "you won a free chair, click http://x.top now!!!"]
    )
    assert trained.verdict(ham) is Verdict.HAM
    assert trained.verdict(spam) is Verdict.SPAM


def test_the_light_path_scores_as_scikit_learn_does(trained: Filter) -> None:
    for filter_ in (trained, Filter.shipped(), partial_fit(trained, SPAM[:5], [False] * 5)):
        light = filter_.margins(TEXTS + ODD)
        assert np.abs(light - pipeline(filter_).decision_function(TEXTS + ODD)).max() < 1e-9
        assert np.ptp(light) > 1  # the control: they differ from text to text


def test_a_changed_weight_would_be_noticed(trained: Filter) -> None:
    changed = Filter(trained.terms, trained.weights[:])
    used = next(number for number, weight in enumerate(changed.weights) if abs(weight) > 1_000)
    changed.weights[used] = 0
    assert np.abs(np.array(changed.margins(TEXTS)) - pipeline(trained).decision_function(TEXTS)).max() > 1e-6


def test_the_same_texts_give_the_same_bytes(trained: Filter) -> None:
    assert fit(TEXTS, LABELS, key=b"test").to_bytes() == trained.to_bytes()


def test_another_key_gives_other_numbers_and_the_same_verdicts(trained: Filter) -> None:
    other = fit(TEXTS, LABELS, key=b"other")
    assert other.weights != trained.weights
    assert other.margins(TEXTS) == pytest.approx(trained.margins(TEXTS), abs=0.1)


def test_a_filter_learns_on_and_leaves_the_first_as_it_was(trained: Filter) -> None:
    before = trained.to_bytes()
    text = "your astrology reading is ready, ask for it today"
    taught = partial_fit(trained, [text] * 10, [True] * 10)
    assert taught.score_many([text])[0] > trained.score_many([text])[0]
    assert (taught.terms.spam, taught.terms.ham) == (trained.terms.spam + 10, trained.terms.ham)
    assert trained.to_bytes() == before
    assert partial_fit(trained, [], []).to_bytes() == before


def test_no_more_ham_is_held_than_asked_for() -> None:
    chance = np.random.default_rng(7)
    words = np.array(["sun", "moon", "rain", "wind", "snow", "hail", "fog", "dew", "ice", "storm"])
    spam = chance.random(600) < 0.5
    odds = np.where(spam[:, None], np.linspace(0.5, 1.5, 10), np.linspace(1.5, 0.5, 10)) / 10
    texts = [" ".join(chance.choice(words, 6, p=share)) for share in odds]
    for held in (0.0, 0.02, 0.2):
        filter_ = fit(texts[:300], spam[:300].tolist(), held=held)
        scores = np.array(filter_.score_many(texts[300:]))
        assert np.mean(scores[~spam[300:]] >= filter_.terms.hold) <= held + 0.05
    assert np.mean(scores[spam[300:]] >= filter_.terms.hold) > 0.2  # the control: it does hold some


@pytest.mark.parametrize("labels", [[True] * 20, [False] * 20, [True] * 4 + [False] * 16, []])
def test_one_class_is_not_enough(labels: list[bool]) -> None:
    with pytest.raises(ValueError, match="at least 5"):
        fit(["text"] * len(labels), labels)


def test_labelled_files_are_read_and_contradictions_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("label\ttext\nham\thello\nspam\twin\nham\tboth\n\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("label\ttext\nspam\tboth\nham\thello\n", encoding="utf-8")
    assert labelled(sorted(tmp_path.glob("*.tsv"))) == (["hello", "win"], [False, True])
