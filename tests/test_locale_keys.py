"""The pages' words: every key that a template or script says is in both languages, in both forms where it counts."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chat.core.access import ROLES
from chat.core.model import LOCALES
from chat.export.actions.wording import Say
from chat.export.store.holdings import Holding, holdings
from chat.features import gathered
from chat.infra.gathered import RetentionRule

WORDS = gathered().locales
ROOT = Path(__file__).parent.parent
SAID = re.compile(r"""(?<![\w.])t\(\s*(["'])(\w[\w.]*\w)\1\s*(,[^()]*(?:\([^()]*\)[^()]*)*)?\)""")
COUNTS = re.compile(r"\bcount\s*[=:,}]")
FORMS = ("one", "other")


def missing(text: str, known: dict[str, str]) -> Iterator[str]:
    """The keys that a text says and that are not among the known ones."""
    for _, key, values in SAID.findall(text):
        forms = [f"{key}.{form}" for form in FORMS] if COUNTS.search(values) else [key]
        yield from (each for each in forms if each not in known)


def texts() -> dict[str, str]:
    """Whatever says a whole key: templates, the pages' scripts, and the server where it writes by itself."""
    sources = ("chat/*/templates/*.html", "static/*.js", "chat/web/*.py", "chat/*/pages.py", "chat/*/pages/*.py")
    paths = [path for each in sources for path in ROOT.glob(each)]
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in sorted(paths)}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_key_that_is_said_is_there_in_each_form(locale: str) -> None:
    known = WORDS.strings(locale, "export")
    found = {name: list(missing(text, known)) for name, text in texts().items()}
    assert {name: keys for name, keys in found.items() if keys} == {}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", ["", "export."])
def test_no_key_is_said_by_two(locale: str, part: str) -> None:
    found = [key for path in WORDS.files(f"words.{part}{locale}.json") for key in json.loads(path.read_text("utf-8"))]
    assert len(found) == len(set(found)) > 100


def test_most_keys_are_seen_by_the_look() -> None:
    assert sum(len(SAID.findall(text)) for text in texts().values()) > 400


@pytest.mark.parametrize(
    "text", ['{{ t("no.such.key") }}', '{{ t("password.due", count=failed) }}', 't("rights.held", { count: of(one) })']
)
def test_a_key_that_is_not_there_or_has_no_forms_is_found(text: str) -> None:
    assert list(missing(text, WORDS.strings("en")))


SHAPED = {"ticket", "message", "attachment", "receipt"}
"""What the page of an export draws in a shape of its own; of the others it names every column."""


def unnamed(each: Holding, known: dict[str, str]) -> list[str]:
    """What an export's page would say in the words of the database."""
    columns = [*each.withheld, *(value.name for value in each.values if each.name not in SHAPED)]
    keys = [f"section.{each.name}", f"why.{each.name}", *(f"field.{column}" for column in columns)]
    keys += [f"withheld.{each.name}.{column}" for column in each.withheld]
    return [key for key in keys if f"export.{key}" not in known]


@pytest.mark.parametrize("locale", LOCALES)
def test_an_export_says_nothing_in_the_words_of_the_database(locale: str) -> None:
    known = WORDS.strings(locale, "export")
    assert [key for each in holdings() for key in unnamed(each, known)] == []
    less = {key: text for key, text in known.items() if key not in {"export.why.link", "export.field.phone"}}
    assert [key for each in holdings() for key in unnamed(each, less)] == ["field.phone", "why.link"]


def unruled(rules: Iterable[RetentionRule], kept: set[str], known: dict[str, str]) -> list[str]:
    """What the page of retention would say of a rule in a key, and an export of those that end what is `kept`."""
    keys = [f"retention.{kind}.{rule.name}" for rule in rules for kind in ("rule", "how", "things")]
    keys += [f"export.kept.{rule.name}.{form}" for rule in rules if rule.name in kept for form in FORMS]
    return [key for key in keys if key not in known]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_rule_of_retention_has_its_words(locale: str) -> None:
    rules, known = gathered().retention_rules, WORDS.strings(locale, "export")
    kept = {each.location.kept for each in holdings()}
    assert unruled(rules, kept, known) == []
    assert len(unruled([replace(rules[0], name="made_up")], {"made_up"}, known)) == 5


@pytest.mark.parametrize("locale", LOCALES)
def test_every_right_and_role_has_its_words(locale: str) -> None:
    known = WORDS.strings(locale)
    keys = [f"right.{name}" for name in gathered().rights] + [f"role.{role}" for role in ROLES]
    assert [key for key in keys if key not in known] == []
    assert len({known[key] for key in keys}) == len(keys) > 30


def test_beside_a_day_a_greek_month_stands_in_the_genitive() -> None:
    days = [Say(WORDS, "el").day(f"2026-{month:02}-12T00:00:00.000Z") for month in range(1, 13)]
    assert days[10] == "12 Νοεμβρίου 2026"
    named = WORDS.strings("el")
    assert not [day for day in days if any(named[f"month.{month}"] in day for month in range(1, 13))]
    assert Say(WORDS, "en").day("2026-05-01T00:00:00.000Z") == "1 May 2026"
