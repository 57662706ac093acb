"""Trains filters with scikit-learn. Nothing that scores a message imports this module."""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from spam.filter import Filter, Terms
from spam.head import HELD
from spam.learner import TwoMinds, Views
from spam.retraining import tail

_SURE: Final = 1.0  # standard errors that the line for unseen ham is further out than most likely
_TAIL: Final = 0.1
_FARTHEST: Final = 30.0  # log-odds; far beyond, a probability would be 1 and no text could reach it
_FULL: Final = 32767  # the largest weight, in steps
_FOLDS: Final = 5


def fit(texts: Sequence[str], labels: Sequence[bool], *, key: bytes = b"", held: float = HELD) -> Filter:
    """Train on texts and whether each is spam, so that at most `held` of unseen ham is held.

    Scores are calibrated, and the line is drawn, on texts held out in turn. Raises `ValueError`
    with fewer than five texts of either class.
    """
    spam = np.asarray(labels, dtype=bool)
    if min(spam.sum(), (~spam).sum()) < _FOLDS:
        raise ValueError(f"training needs at least {_FOLDS} texts of spam and {_FOLDS} of ham")
    matrix = Views(key).transform(texts)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(TwoMinds(), matrix, spam, cv=folds, method="decision_function")
    slope, offset = _calibrated(unseen, spam)
    hold = max(0.5, _probability(tail((slope * unseen[~spam] + offset).tolist(), held, _TAIL, _SURE)))
    terms = Terms(key.hex(), 0.0, 0.0, 0.5, hold, int((~spam).sum()), int(spam.sum()))
    model = TwoMinds().fit(matrix, spam)
    return _handed_over(terms, slope * model.coef_[0], slope * model.intercept_[0] + offset)


def partial_fit(known: Filter, texts: Sequence[str], labels: Sequence[bool], *, rate: float = 0.5) -> Filter:
    """Return a filter that learnt these too, in their order, by stochastic gradient descent."""
    spam = np.asarray(labels, dtype=bool)
    if not len(spam):
        return known
    matrix = Views(bytes.fromhex(known.terms.key)).transform(texts)
    model = SGDClassifier(
        loss="log_loss", penalty=None, learning_rate="constant", eta0=rate, shuffle=False,
        max_iter=1, tol=None,
    )  # fmt: skip
    model.classes_, model.t_ = np.array([False, True]), 1.0
    model.coef_, model.intercept_ = _coefficients(known), np.array([known.terms.bias])
    model.partial_fit(matrix, spam)
    ham = known.terms.ham + int((~spam).sum())
    learnt = replace(known.terms, ham=ham, spam=known.terms.spam + int(spam.sum()))
    return _handed_over(learnt, model.coef_[0], model.intercept_[0])


def pipeline(known: Filter) -> Pipeline:
    """Return the scikit-learn pipeline a filter stands for. `decision_function` gives `margins`."""
    model = TwoMinds()
    model.classes_ = np.array([False, True])
    model.coef_, model.intercept_ = _coefficients(known), np.array([known.terms.bias])
    return Pipeline([("views", Views(bytes.fromhex(known.terms.key))), ("linear", model)])


def _coefficients(known: Filter) -> Any:
    return np.array([known.weights], dtype=np.float64) * known.terms.step


def _handed_over(terms: Terms, coefficients: Any, bias: Any) -> Filter:
    """Return the filter with these coefficients, each rounded to a 16-bit number of steps."""
    step = float(np.abs(coefficients).max()) / _FULL or 1.0
    weights = array("h", np.rint(coefficients / step).astype(np.int16).tobytes())
    return Filter(replace(terms, bias=float(bias), step=step), weights)


def _probability(margin: float) -> float:
    return float(1 / (1 + np.exp(-min(margin, _FARTHEST))))


def _calibrated(unseen: Any, spam: Any) -> tuple[float, float]:
    """Return the slope and offset that make margins of unseen texts log-odds (Platt 1999)."""
    model = LogisticRegression(C=1e6).fit(unseen[:, None], spam)
    return max(float(model.coef_[0, 0]), 1e-6), float(model.intercept_[0])
