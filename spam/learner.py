"""What scikit-learn trains: texts to columns, and the linear classifier that weighs them."""

from collections.abc import Sequence
from typing import Any, Final, Self

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from spam import features
from spam.features import Numbering, Reader

_VIEWS: Final = len(features.VIEWS)
_FOLDS: Final = 5


class Views(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A transformer from texts to a sparse matrix of `features.SIZE` columns.

    Each view of a text is scaled by one over the root of how many features it has there.
    """

    def __init__(self, key: bytes = b"") -> None:
        self.key = key

    def fit(self, texts: Sequence[str], labels: object = None) -> Self:
        """Learn nothing: the features are hashed."""
        del texts, labels
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, texts: Sequence[str]) -> csr_array:
        """Return one row a text."""
        reader, numbering = Reader(), Numbering(self.key)
        columns: list[int] = []
        values: list[float] = []
        starts = [0]
        for text in texts:
            for view in numbering.views(reader.read(text)):
                columns += view
                values += [max(1, len(view)) ** -0.5] * len(view)
            starts.append(len(columns))
        parts = (np.array(values), np.array(columns, np.int32), np.array(starts, np.int32))
        matrix = csr_array(parts, shape=(len(texts), features.SIZE))
        matrix.sum_duplicates()
        return matrix


class TwoMinds(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A linear classifier of two minds: document counts and a logistic regression.

    The counts' mind gives each feature the log of how much more often spam has it than ham, and sums them view by
    view. A small logistic regression says what each view's sum is worth, and what the other mind is. It learns from
    sums in which each text's own counts were left out, and from what the other mind says of texts held out in turn, so
    that it is not misled by features seen once. Columns must be numbered as in `features`.
    """

    def __init__(self, smoothing: float = 0.1, C: float = 10.0, trust: float = 0.1) -> None:  # noqa: N803  # scikit-learn's name
        self.smoothing = smoothing
        self.C = C
        self.trust = trust

    def fit(self, matrix: csr_array, labels: Any) -> Self:
        """Learn from rows and whether each is spam."""
        spam = np.asarray(labels, dtype=bool)
        self.classes_ = np.array([False, True])
        used = np.unique(matrix.indices)  # solvers walk through all columns there are
        compact, views = matrix[:, used], used >> features.BITS
        weighs = LogisticRegression(C=self.C, max_iter=1000)
        folds = StratifiedKFold(min(_FOLDS, spam.sum(), (~spam).sum()), shuffle=True, random_state=0)
        unseen = cross_val_predict(weighs, compact, spam, cv=folds, method="decision_function")
        sums, counted = self._counted(compact, views, spam)
        head = LogisticRegression(C=self.trust).fit(np.column_stack([sums, unseen]), spam)
        other = weighs.fit(compact, spam)
        worth = max(0.0, head.coef_[0, _VIEWS])
        self.coef_ = np.zeros((1, matrix.shape[1]))
        self.coef_[0, used] = counted * head.coef_[0][views] + worth * other.coef_[0]
        self.intercept_ = head.intercept_ + worth * other.intercept_
        return self

    def decision_function(self, matrix: csr_array) -> Any:
        """Return the log-odds of spam."""
        return matrix @ self.coef_[0] + self.intercept_[0]

    def predict(self, matrix: csr_array) -> Any:
        """Return whether each row is more likely spam than not."""
        return self.decision_function(matrix) > 0

    def _counted(self, matrix: csr_array, views: Any, spam: Any) -> tuple[Any, Any]:
        """Return each row's sums without its own counts, a column a view, and what each feature says."""
        present = matrix.astype(bool).astype(np.int64)
        in_spam, in_ham = present[spam].sum(axis=0), present[~spam].sum(axis=0)
        texts = np.array([spam.sum(), (~spam).sum()])
        own = np.repeat(spam, np.diff(matrix.indptr))
        without = self._odds(
            in_spam[matrix.indices] - own,
            in_ham[matrix.indices] - ~own,
            texts - np.stack([own, ~own], axis=1),
        )
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        cells = rows * _VIEWS + views[matrix.indices]
        sums = np.bincount(cells, matrix.data * without, matrix.shape[0] * _VIEWS)
        return sums.reshape(-1, _VIEWS), self._odds(in_spam, in_ham, texts)

    def _odds(self, in_spam: Any, in_ham: Any, texts: Any) -> Any:
        """Return the log-odds a feature's counts speak for, none where it was never seen."""
        share = self.smoothing
        spam_share = (in_spam + share) / (texts[..., 0] + 2 * share)
        ham_share = (in_ham + share) / (texts[..., 1] + 2 * share)
        return np.where(in_spam + in_ham > 0, np.log(spam_share / ham_share), 0.0)
