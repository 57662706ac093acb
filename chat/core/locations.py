"""
Data locations: where personal data may be. Each is declared beside what it is about, a table in its schema. Erasure,
export and the record of processing are made from these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

BASES = {
    "consent": "consent, Art. 6(1)(a) GDPR",
    "contract": "the account's contract with its agents, Art. 6(1)(b) GDPR",
    "claims": "legal claims, Art. 6(1)(f) with Art. 17(3)(e) GDPR",
    "access": "a legal duty to hand over what is held, Art. 6(1)(c) with Art. 15 and 20 GDPR",
    "duty": "a legal duty to prove consent and erasure, answer and tell, Art. 6(1)(c) with Art. 7(1), 12, 19 GDPR",
    "interest": "legitimate interest in a service that is not abused, Art. 6(1)(f) GDPR",
}
CATEGORIES = frozenset(
    {
        *("identifier", "name", "e-mail", "phone", "address", "IP", "cookie", "locale", "time"),
        *("message", "attachment", "portrait", "custom-field", "rating", "classification", "consent"),
        *("key", "credential", "role", "action"),
    }
)
SUBJECTS = frozenset({"contact", "agent", "recipient", "nobody"})


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of personal data in a location: `sealed` where it is stored under the person's own key."""

    name: str
    category: str
    purpose: str
    basis: str
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class DataLocation:
    """
    Somewhere personal data may be. `about` is contact, agent, recipient (of what was sent) or nobody. `why` says what
    it is for, or why it is about nobody. `kept` names the rule that ends it. `paths` are the patterns of its files in
    the data folder, or of its keys in Redis. A table has none.
    """

    name: str
    kind: str
    about: str
    why: str
    kept: str = ""
    fields: tuple[Field, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """What this declaration leaves unsaid."""
        if self.about not in SUBJECTS or not self.why:
            return [f"{self.name} does not say about whom it is and why"]
        if self.about == "nobody":
            return [f"{self.name}.{each.name} is personal, and its location about nobody" for each in self.fields]
        found = []
        if not self.fields or not self.kept:
            found.append(f"{self.name} is about a person and does not say what it holds or how long")
        return found + [
            f"{self.name}.{each.name} lacks category, purpose or basis" for each in self.fields if _bare(each)
        ]


def find_unclaimed(names: Iterable[str], known: Iterable[DataLocation]) -> list[str]:
    """Return the files or keys among `names` that are of no known location."""
    patterns = [pattern for location in known for pattern in location.paths]
    return sorted(name for name in names if not any(_fits(name, pattern) for pattern in patterns))


def _fits(name: str, pattern: str) -> bool:
    """Whether a name is of a pattern, folder by folder: no `*` reaches into another one."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _bare(field: Field) -> bool:
    return field.category not in CATEGORIES or not field.purpose or field.basis not in BASES
