"""Why a message is in quarantine, in words: what the filter calls `[phone]` or `(has ! 1)` is named for people."""

from __future__ import annotations

from typing import Final

from chat.core.locales import Words

KINDS: Final = frozenset(
    {"mail", "link", "handle", "money", "percent", "clock", "code", "card", "phone", "account", "name", "short"}
)
TRAITS: Final = frozenset({"emoji", "lookalike", "shouted", "leet", "dotted", "spaced", "length", "words"})
HAS: Final = {"has !": "has_exclamation", "has ?": "has_question"}


def chip(t: Words, token: str) -> str:
    """Return what decided, as `Filter.explain` names it, in words: a trait, or a word, a kind, a number, or two."""
    if len(token) > 1 and token[0] == "(" and token[-1] == ")":
        trait = token[1:-1].rpartition(" ")[0]
        key = HAS.get(trait, trait if trait in TRAITS else "")
        return t(f"held.why.{key}") if key else token
    return " + ".join(_one(t, part) for part in token.split(" "))


def _one(t: Words, part: str) -> str:
    kind = part[1:-1] if part[:1] == "[" and part[-1:] == "]" else ""
    if kind in KINDS:
        return t(f"held.why.{kind}")
    if kind.startswith("tld_"):
        return t("held.why.tld", what=kind.removeprefix("tld_"))
    if kind.startswith("digits"):
        return t("held.why.digits", what=kind.removeprefix("digits"))
    if "0" in part and not any(char.isalpha() for char in part) and part.strip("0.,:/+()-%") == "":
        return t("held.why.digits", what=part.count("0"))
    return part if any(char.isalnum() for char in part) else t("held.why.sign", what=part)
