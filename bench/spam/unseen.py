"""Makes priors as the shipped one is made, from a part of the files, and scores what they never saw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from bench.spam.attacks import ATTACKS
from bench.spam.sets import Example
from spam import Filter, Verdict, labelled
from spam.prior import make

KINDS: Final = (("yt_psy", "yt_katy", "ham_banking77", "synth_livechat_en"), ("sms_uci", "synth_livechat_en"))
"""Whole files left out, one lot at a time, to see how a prior does on a kind of text it does not know."""
_STAYS: Final = re.compile(r"(?:https?:/{1,2}|www\.)\S+|\b[\w-]+\.(?:com|co\.uk|net|tv|biz|org)\b\S*|\S+@\S+")
_VOWELS: Final = "aeiou"
_CONSONANTS: Final = "bcdfghjklmnpqrstvwxyz"


@dataclass(frozen=True)
class Held:
    """What a prior did with texts of one file: how many were held, of ham and of spam; how many were only doubted."""

    ham: int
    ham_held: int
    ham_unsure: int
    spam: int
    spam_held: int


def halves(folder: Path) -> tuple[Filter, dict[str, list[Example]]]:
    """Return a prior of every second text of each file, and the other texts; no text of one is in the other."""
    files = _files(folder)
    known = [example for examples in files.values() for example in examples[::2]]
    texts = {text for text, _ in known}
    return _prior(known), {name: [e for e in examples[1::2] if e[0] not in texts] for name, examples in files.items()}


def without(folder: Path, names: Sequence[str]) -> tuple[Filter, dict[str, list[Example]]]:
    """Return a prior of all files but these, and these."""
    files = _files(folder)
    known = [example for name, examples in files.items() if name not in names for example in examples]
    return _prior(known), {name: files[name] for name in names if name in files}


def judged(known: Filter, examples: Sequence[Example]) -> Held:
    """Count what is held and doubted of a file."""
    said = [known.verdict(score) for score in known.score_many([text for text, _ in examples])]
    ham = [verdict for verdict, (_, spam) in zip(said, examples, strict=True) if not spam]
    spam = [verdict for verdict, (_, spam) in zip(said, examples, strict=True) if spam]
    return Held(len(ham), ham.count(Verdict.SPAM), ham.count(Verdict.UNSURE), len(spam), spam.count(Verdict.SPAM))


def foreign(examples: Sequence[Example], seed: int) -> list[Example]:
    """Return texts in a language nobody speaks: each vowel, and each consonant, stands for another; addresses stay."""
    chance = Random(seed)
    known = _VOWELS + _CONSONANTS
    others = "".join(chance.sample(_VOWELS, len(_VOWELS)) + chance.sample(_CONSONANTS, len(_CONSONANTS)))
    letters = str.maketrans(known + known.upper(), others + others.upper())

    def foreign_text(text: str) -> str:
        pieces = zip(_STAYS.split(text), [*_STAYS.findall(text), ""], strict=True)
        return "".join(piece.translate(letters) + address for piece, address in pieces)

    return [(foreign_text(text), spam) for text, spam in examples]


def attacked(known: Filter, examples: Sequence[Example], seed: int) -> dict[str, float]:
    """Return the percentage of the spam that is held, as it is and under each attack."""
    spam = [text for text, is_spam in examples if is_spam]
    found = {"as it is": _held(known, spam)}
    for name, attack in ATTACKS.items():
        chance = Random(seed)
        found[name] = _held(known, [attack(text, chance) for text in spam])
    return found


def _held(known: Filter, texts: Sequence[str]) -> float:
    return 100 * sum(known.verdict(score) is Verdict.SPAM for score in known.score_many(texts)) / len(texts)


def _files(folder: Path) -> dict[str, list[Example]]:
    return {path.stem: labelled.read(path) for path in sorted(folder.glob("*.tsv"))}


def _prior(examples: Sequence[Example]) -> Filter:
    said: dict[str, set[bool]] = {}
    for text, spam in examples:
        said.setdefault(text, set()).add(spam)
    clear = {text: labels.pop() for text, labels in said.items() if len(labels) == 1}
    return make(list(clear), list(clear.values()))
