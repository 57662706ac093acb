"""The pieces of an export's page: facts, a message and why it was judged so, a receipt, a file, what a table is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from chat.core.locales import Locales
from chat.export.actions.holdings import Item
from chat.export.domain.markup import Markup, h, spoken
from chat.export.store.holdings import Holding

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
OF_TICKET = ("status", "created_at", "updated_at", "assignee", "tags", "rating", "rating_comment")
UNITS = ("B", "kB", "MB", "GB")
THOUSAND, DECIMALS = 1000, 10
WORDS = 8  # of those that decided, the heaviest; the others are in the JSON


class Say:
    """The words in one language; days and moments in UTC; what has no word yet goes by its own name."""

    def __init__(self, locales: Locales, locale: str) -> None:
        self.locale = locale
        self._words, self._known = locales.words(locale, "export"), locales.strings(locale, "export")

    def __call__(self, key: str, **values: Any) -> str:
        """Say a key."""
        return self._words(key, **values)

    def either(self, key: str, otherwise: str) -> str:
        """Say a key if there is one."""
        return self._known.get(key, otherwise)

    def title(self, name: str) -> str:
        """Name a table."""
        return self.either(f"export.section.{name}", name)

    def field(self, name: str) -> str:
        """Name a field."""
        return self.either(f"export.field.{name}", name)

    def day(self, at: str) -> str:
        """Write the day of a time, as 12 November 2026."""
        date = datetime.fromisoformat(at)
        return f"{date.day} {self._words(f'month.{date.month}')} {date.year}"

    def moment(self, at: str) -> str:
        """Write a time to the minute."""
        return f"{self.day(at)}, {at[11:16]} UTC"


def value(t: Say, held: Any) -> Markup:
    """Return one value of any kind."""
    if held is None or held in ("", [], {}):
        return h("span", "–", class_="quiet")
    if isinstance(held, bool):
        return Markup(t("common.yes" if held else "common.no"))
    if isinstance(held, dict):
        agent = set(held) == {"role", "name"}
        pairs = ", ".join(f"{name}: {each}" for name, each in held.items())
        return spoken((held["name"] or t("export.agent")) if agent else pairs)
    if isinstance(held, list):
        return spoken(", ".join(map(str, held)))
    if isinstance(held, str) and MOMENT.fullmatch(held):
        return h("time", t.moment(held), datetime=held)
    return spoken(held)


def facts(t: Say, item: Item) -> Markup:
    """Return fields and their values as a list."""
    named = ((name, t.either(f"export.{name}.{held}", "")) for name, held in item.items())
    said = {name: word for name, word in named if word}
    pairs = ((h("dt", t.field(name)), h("dd", said.get(name) or value(t, held))) for name, held in item.items())
    return h("dl", *(each for pair in pairs for each in pair))


def message(t: Say, item: Item, files: list[Item], paths: dict[str, str]) -> Markup:
    """Return one message, or that one was taken away."""
    if item["target"] is not None:
        return h("p", t("export.message.removed", seq=item["target"]), class_="system")
    author = item["author"]
    who = t("export.you") if author == "visitor" else (item["agent"] or {}).get("name") or t(f"export.{author}")
    head = h("p", h("b", spoken(who)), " ", h("time", item["at"][11:16], datetime=item["at"]), class_="by")
    body = (
        h("p", t("export.message.damaged" if item.get("damaged") else "export.message.gone"), class_="quiet")
        if item["body"] is None
        else h("p", spoken(item["body"]), class_="text")
    )
    links = h("ul", *(h("li", link(each, paths)) for each in files), class_="files") if files else None
    held = h("p", t("export.message.held"), class_="quiet") if item["held"] else None
    return h(
        "div",
        head,
        body,
        links,
        held,
        judged(t, item),
        class_=f"message is-{author}",
        id=f"m-{item['ticket']}-{item['seq']}",
    )


def judged(t: Say, item: Item) -> Markup | None:
    """Return a message's spam score and what decided; None where it has none."""
    if item.get("verdict") is None:
        return None
    score = t("export.score", score=f"{item['score']:.3f}", verdict=t(f"export.verdict.{item['verdict']}"))
    rows = [[spoken(each["token"]), f"{each['weight']:+.2f}"] for each in item["why"][:WORDS]]
    shown = table([t("export.score.word"), t("export.score.weight")], rows) if rows else h("p", t("export.score.none"))
    return h("details", h("summary", score), h("p", t("export.score.how"), class_="quiet"), shown)


def receipt(t: Say, item: Item) -> Markup:
    """Return one entry of the ledger of consent, with the words that were agreed to."""
    head = f"{t.either('export.consent.' + item['action'], item['action'])}, {t.moment(item['at'])}"
    said = json.loads(item["document"])["notice"]
    labels = {each["id"]: each["label"] for each in said["purposes"]}
    answers = [
        h("li", h("b", t("common.yes" if agreed else "common.no")), ": ", spoken(labels.get(purpose, purpose)))
        for purpose, agreed in item["purposes"].items()
    ]
    notice = h(
        "details",
        h("summary", t("contact.consent.notice", version=item["notice_version"])),
        h("blockquote", spoken(said["text"])),
    )
    return h("li", h("p", h("b", head)), h("ul", *answers), notice)


def access(t: Say, item: Item) -> list[object]:
    """Return one entry of the audit log as a row: when, who, what."""
    who = item["who"]
    by = spoken(who["name"] or t("export.agent")) if who["role"] == "agent" else t(f"export.by.{who['role']}")
    return [value(t, item["at"]), by, t.either(f"audit.action.{item['action']}", item["action"])]


def link(item: Item, paths: dict[str, str]) -> Markup:
    """Return a file's name, leading to it where it is in the archive."""
    path = paths.get(item["id"])
    name = spoken(item["name"] or item["id"])
    return h("a", name, href=quote(path)) if path else name


def file_row(t: Say, item: Item, paths: dict[str, str]) -> list[object]:
    """Return a file as a row."""
    sender = t("export.you" if item["author"] == "visitor" else "export.agent")
    missing = None if item["id"] in paths else h("p", t("export.file.missing"), class_="quiet")
    named = Markup(link(item, paths) + (missing or ""))
    return [named, sender, item["type"], sized(item["size"]), value(t, item["created_at"])]


def table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> Markup:
    """Return a table that scrolls on its own where it is too wide."""
    head = h("thead", h("tr", *(h("th", each, scope="col") for each in heads)))
    return h(
        "div", h("table", head, h("tbody", *(h("tr", *(h("td", each) for each in row)) for row in rows))), class_="wide"
    )


def purpose(t: Say, holding: Holding, days: Mapping[str, int]) -> Markup:
    """Return what a table is for, on what basis, how long it is kept, what of it is given and what is not."""
    location = holding.location
    kinds = dict.fromkeys(t.either(f"export.category.{each.category}", each.category) for each in location.fields)
    bases = dict.fromkeys(t(f"export.basis.{each.basis}") for each in location.fields)
    withheld = [
        h("li", f"{t.field(name)}: {t.either(f'export.withheld.{holding.name}.{name}', why)}")
        for name, why in holding.withheld.items()
    ]
    pairs = {
        "export.why.purpose": t.either(f"export.why.{holding.name}", location.why),
        "export.why.kinds": ", ".join(kinds),
        "export.why.basis": "; ".join(bases),
        "export.why.kept": kept(t, location.kept, days),
    }
    made = [each for key, said in pairs.items() for each in (h("dt", t(key)), h("dd", said))]
    if withheld:
        made += [h("dt", t("export.why.withheld")), h("dd", h("ul", *withheld))]
    return h("div", h("h3", t.title(holding.name)), h("dl", *made), class_="purpose")


def kept(t: Say, rule: str, days: Mapping[str, int]) -> str:
    """Say how long something is kept: by a rule's days, or what it says of itself."""
    return t(f"export.kept.{rule}", count=days[rule]) if rule in days else t.either(f"export.kept.{rule}", rule)


def sized(size: int) -> str:
    """Write a number of bytes as people read it."""
    number, unit = float(size), 0
    while number >= THOUSAND and unit < len(UNITS) - 1:
        number, unit = number / THOUSAND, unit + 1
    return f"{number:.0f} {UNITS[unit]}" if unit == 0 or number >= DECIMALS else f"{number:.1f} {UNITS[unit]}"
