"""Makes the shipped filter: ``python -m spam.prior DATA_DIR`` reads every ``*.tsv`` there.

Each file has a header line, then lines of label (``ham`` or ``spam``), a tab and a text. The files
are not shipped. `docs/spam-model-card.md` says what they were.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from spam.disguising import disguised
from spam.filter import SHIPPED, Filter
from spam.training import fit

DISGUISED: Final = 0.2


def labelled(paths: Iterable[Path]) -> tuple[list[str], list[bool]]:
    """Return files' distinct texts and whether each is spam, without those found as both."""
    found: dict[str, set[bool]] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").split("\n")[1:]:
            label, tab, text = line.partition("\t")
            if tab:
                found.setdefault(text, set()).add(label == "spam")
    clear = {text: labels.pop() for text, labels in found.items() if len(labels) == 1}
    return list(clear), list(clear.values())


def make(texts: list[str], labels: list[bool]) -> Filter:
    """Train as the shipped filter is trained: on the texts, and disguised copies of a fifth of the spam."""
    more, theirs = disguised(texts, labels, DISGUISED)
    return fit(texts + more, labels + theirs, key=b"lethe prior")


def main(folder: str) -> None:
    """Train on a folder's files and put the shipped filter in its place.

    Sums of several threads end in other last digits. With `OMP_NUM_THREADS=1` the same files give the same bytes.
    """
    make(*labelled(sorted(Path(folder).glob("*.tsv")))).save(SHIPPED)


if __name__ == "__main__":
    main(sys.argv[1])
