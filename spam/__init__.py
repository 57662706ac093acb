"""A spam filter for short texts: texts and labels in, numbers out. It knows nothing of chats.

Scoring is plain Python. Training (`spam.training`) needs scikit-learn, which nothing here imports.
"""

from spam.filter import Filter, Verdict
from spam.marks import Label, Marks, NeverLearntError
from spam.modelfile import ModelFileError
from spam.taught import Taught

__all__ = ["Filter", "Label", "Marks", "ModelFileError", "NeverLearntError", "Taught", "Verdict"]
