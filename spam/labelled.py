"""Labelled files, UTF-8: a text a line behind `ham` or `spam` and a tab. The first line may name the columns."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MOST: Final = 2_000_000  # lines


class LabelledFileError(ValueError):
    """A file that cannot be used. The message is one line that says where and why."""


def read(path: Path) -> list[tuple[str, bool]]:
    """Return a file's texts in their order and whether each is spam. Raises LabelledFileError."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise LabelledFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LabelledFileError(f"{path} is not UTF-8 (byte {error.start})") from error
    if len(lines) > MOST:
        raise LabelledFileError(f"{path} has more than {MOST:,} lines")
    first = 1 if lines[0].rstrip("\r").lower() == "label\ttext" else 0
    found = [_line(path, at, line.rstrip("\r")) for at, line in enumerate(lines[first:], first + 1) if line.strip()]
    if not found:
        raise LabelledFileError(f"{path} has no labelled text")
    return found


def for_training(path: Path) -> tuple[list[tuple[str, bool]], int]:
    """Return a file's distinct texts, and how many were left out for having both labels. One class is not enough."""
    said: dict[str, set[bool]] = {}
    for text, spam in read(path):
        said.setdefault(text, set()).add(spam)
    clear = [(text, spam.pop()) for text, spam in said.items() if len(spam) == 1]
    if len({spam for _, spam in clear}) < 2:  # noqa: PLR2004 - ham and spam
        raise LabelledFileError(f"{path} has one kind only; training needs both ham and spam")
    return clear, len(said) - len(clear)


def _line(path: Path, at: int, line: str) -> tuple[str, bool]:
    label, tab, text = line.partition("\t")
    if not tab:
        raise LabelledFileError(f"{path}, line {at}: a label, a tab and a text are needed")
    if label not in {"ham", "spam"}:
        raise LabelledFileError(f"{path}, line {at}: a label is ham or spam, not {label[:20]!a}")
    return text, label == "spam"
