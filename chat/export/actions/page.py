"""
The page of an export, for people to read: one file without script, in the contact's language; made piece by piece.

What it has a form for (who, transcripts, files, receipts) stands first; whatever else the schema says is held follows
as plain tables, so that a new table is on the page without a line here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from chat.core.clock import stamp
from chat.core.model import LOCALES
from chat.export.actions import blocks, holdings
from chat.export.actions.holdings import Item, Subject
from chat.export.domain.markup import Markup, h
from chat.export.store.holdings import Holding
from chat.export.store.holdings import holdings as every
from chat.infra.services import Services

SHAPED = ("contact", "ticket", "message", "attachment", "receipt")
EMPTY: tuple[Any, ...] = (None, [], "")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass
class Page:
    """What the parts of the page share: the words, whose it is, the files by ticket and message."""

    services: Services
    who: Subject
    t: blocks.Say
    paths: dict[str, str]
    step: Callable[[int], Awaitable[None]]
    tickets: dict[int, Item] = field(default_factory=dict)
    attached: dict[tuple[Any, Any], list[Item]] = field(default_factory=lambda: defaultdict(list))


async def pieces(
    services: Services, who: Subject, paths: dict[str, str], step: Callable[[int], Awaitable[None]]
) -> AsyncIterator[bytes]:
    """Yield the page as UTF-8."""
    locale = who.contact.locale if who.contact.locale in LOCALES else LOCALES[0]
    page = Page(services, who, blocks.Say(services.gathered.locales, locale), paths, step)
    known = {each.name: each for each in every()}
    yield _head(page).encode()
    for part in (_contact, _transcripts, _files, _receipts):
        async for piece in part(page, known):
            yield piece.encode()
    for name, holding in known.items():
        if name not in SHAPED:
            async for piece in _plainly(page, holding):
                yield piece.encode()
    yield (await _access(page)).encode()
    yield _foot(page, list(known.values())).encode()


def _head(page: Page) -> str:
    t, name = page.t, page.who.account.name
    title = t("export.page.title", name=name)
    style = files("chat.export.actions").joinpath("page.css").read_text("utf-8")
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", http_equiv="Content-Security-Policy", content=POLICY),
        h("title", title),
        h("style", Markup(style)),
    )
    made = t("export.page.made", moment=t.moment(stamp(page.services.clock())))
    top = h("header", h("h1", title), h("p", t("export.page.lead"), class_="lead"), h("p", made, class_="quiet"))
    return f'<!doctype html>\n<html lang="{t.locale}">\n{head}\n<body>\n{top}\n<main>\n'


def _foot(page: Page, known: list[Holding]) -> str:
    t = page.t
    about = [blocks.purpose(t, each, page.who.policy.days) for each in known]
    rights = [h("li", t(f"export.rights.{each}")) for each in ("correct", "erase", "object", "decide", "complain")]
    more = [
        h("section", h("h2", t("export.why.title")), h("p", t("export.why.lead")), *about, id="why"),
        h("section", h("h2", t("export.rights.title")), h("ul", *rights), id="rights"),
    ]
    return "\n".join(more) + "\n</main>\n</body>\n</html>\n"


async def _contact(page: Page, known: dict[str, Holding]) -> AsyncIterator[str]:
    yield f'<section id="contact">{h("h2", page.t("export.section.contact"))}\n'
    async for some in holdings.items(page.services, page.who, known["contact"]):
        for item in some:
            yield blocks.facts(page.t, item | {"site": page.who.site.name, "account": page.who.account.name})
    yield "</section>\n"


async def _transcripts(page: Page, known: dict[str, Holding]) -> AsyncIterator[str]:
    """Yield the tickets with what was said in each, in order; an empty ticket has its heading too."""
    async for some in holdings.items(page.services, page.who, known["ticket"]):
        page.tickets |= {item["number"]: item for item in some}
    async for some in holdings.items(page.services, page.who, known["attachment"]):
        for item in some:
            page.attached[item["ticket"], item["seq"]].append(item)
    yield f'<section id="tickets">{h("h2", page.t("export.section.ticket"))}\n'
    if not page.tickets:
        yield h("p", page.t("export.none"), class_="quiet")
    transcripts = Transcripts(page)
    async for some in holdings.items(page.services, page.who, known["message"]):
        yield "".join(transcripts.said(item) for item in some)
        await page.step(len(some))
    yield transcripts.end() + "</section>\n"


class Transcripts:
    """The tickets one after another, each with its heading and a line where a day begins."""

    def __init__(self, page: Page) -> None:
        self._page, self._coming = page, list(page.tickets)
        self._ticket, self._day = 0, ""

    def said(self, item: Item) -> str:
        """Return a message with whatever begins with it."""
        made = []
        while item["ticket"] != self._ticket and self._coming:
            made.append(self._next())
        day = self._page.t.day(item["at"])
        if day != self._day:
            made.append(h("p", h("time", day, datetime=item["at"][:10]), class_="day"))
            self._day = day
        files = self._page.attached[item["ticket"], item["seq"]]
        return "".join([*made, blocks.message(self._page.t, item, files, self._page.paths)])

    def end(self) -> str:
        """Return what is left: tickets in which nothing was said."""
        rest = "".join(self._next() for _ in list(self._coming))
        return rest + ("</article>\n" if self._ticket else "")

    def _next(self) -> str:
        before = "</article>\n" if self._ticket else ""
        self._ticket, self._day = self._coming.pop(0), ""
        ticket = self._page.tickets[self._ticket]
        shown = {name: value for name, value in ticket.items() if name in blocks.OF_TICKET and value not in EMPTY}
        head = h("h3", f"#{self._ticket}")
        return f'{before}<article class="ticket" id="ticket-{self._ticket}">{head}{blocks.facts(self._page.t, shown)}\n'


async def _files(page: Page, _: dict[str, Holding]) -> AsyncIterator[str]:
    yield f'<section id="files">{h("h2", page.t("export.section.attachment"))}\n'
    found = [each for some in page.attached.values() for each in some]
    rows = [blocks.file_row(page.t, each, page.paths) for each in found]
    heads = [page.t(f"export.file.{each}") for each in ("name", "from", "type", "size", "at")]
    yield blocks.table(heads, rows) if rows else h("p", page.t("export.none"), class_="quiet")
    yield "</section>\n"


async def _receipts(page: Page, known: dict[str, Holding]) -> AsyncIterator[str]:
    yield f'<section id="receipts">{h("h2", page.t("export.section.receipt"))}\n<ol class="receipts">\n'
    async for some in holdings.items(page.services, page.who, known["receipt"]):
        yield "".join(blocks.receipt(page.t, item) for item in some)
    yield f"</ol>{h('p', page.t('export.receipt.signed'), class_='quiet')}</section>\n"


async def _access(page: Page) -> str:
    """Return who met the data, from the audit log."""
    t, found = page.t, await holdings.accesses(page.services, page.who)
    heads = [t.field(name) for name in ("at", "who", "action")]
    shown = blocks.table(heads, [blocks.access(t, each) for each in found])
    return (
        h("section", h("h2", t.title("access")), shown if found else h("p", t("export.access.none")), id="access")
        + "\n"
    )


async def _plainly(page: Page, holding: Holding) -> AsyncIterator[str]:
    """Yield a table as it is; nothing where it holds nothing."""
    title = h("h2", page.t.title(holding.name))
    if not page.who.gives(holding):
        count = await holdings.left_out(page.services, page.who, holding)
        told = page.t(f"export.left_out.{holding.name}", count=count)
        yield f'<section id="{holding.name}">{title}{h("p", told)}</section>\n' if count else ""
        return
    names, begun = [value.name for value in holding.values], False
    async for some in holdings.items(page.services, page.who, holding):
        if not begun:
            heads = h("tr", *(h("th", page.t.field(name), scope="col") for name in names))
            yield f'<section id="{holding.name}">{title}<div class="wide"><table><thead>{heads}</thead><tbody>\n'
        begun = True
        yield "".join(h("tr", *(h("td", blocks.value(page.t, each[name])) for name in names)) for each in some)
        await page.step(len(some))
    yield "</tbody></table></div></section>\n" if begun else ""
