"""A spam filter for short texts: texts and labels in, numbers out; it knows nothing of chats.

Scoring is plain Python. Training (`spam.training`) needs scikit-learn, which nothing here imports.
"""

from spam.filter import Filter, Verdict
from spam.modelfile import ModelFileError

__all__ = ["Filter", "ModelFileError", "Verdict"]
