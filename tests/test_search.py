"""Search finds what the agent may see, as people write it, newest first; it tells nobody who was erased, and no log."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import true

from chat.account.store import put_agent_in
from chat.core import folding
from chat.core.folding import SearchTerms, fold
from chat.core.frames import ContactName, SiteName
from chat.departments import actions as departments
from chat.erasure.actions import erasure
from chat.profiles.actions import finding
from chat.roles import actions as roles
from chat.search.actions import search
from chat.search.actions.ahead import Ahead
from chat.search.actions.search import RunningSearch
from chat.search.domain import Hit, SearchedBackTo
from chat.tickets.actions import matching, redaction, tickets
from chat.tickets.actions.matching import Sought
from chat.tickets.domain import SearchScope, TicketQuery
from chat.tickets.store import searching
from chat.tickets.store import tickets as rows
from tests.chance import dice
from tests.inside import Guest, House, Served, counted, found, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]


async def asked(app: Served, q: str, house: House | None = None, headers: Any = None, **more: Any) -> list[Any]:
    """The lines of an answer."""
    path, token = "/api/v1/search", headers or (house or app.house).bearer
    answer = await app.client.post(path, json={"q": q, **more}, headers=token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def hits(app: Served, q: str, **more: Any) -> list[tuple[str, int, str]]:
    """In what each hit is, of which ticket, with what is marked in brackets."""
    return [
        (each["found"], each["ticket"], shown(each["parts"])) for each in await asked(app, q, **more) if "found" in each
    ]


def shown(parts: Sequence[str]) -> str:
    """A hit's line."""
    return "".join(f"[{each}]" if number % 2 else each for number, each in enumerate(parts))


async def texts(app: Served, *said: str, **about: Any) -> Guest:
    """A guest who said this."""
    guest = await app.house.visit(**about)
    for each in said:
        await guest.say(each)
    return guest


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Η ΠΑΡΑΓΓΕΛΊΑ σας, κύριε Γιώργο Στρατηγός", "παραγγελια"),
        ("ο Οδυσσεύς και οι φίλοι", "ΟΔΥΣΣΕΥΣ"),
        ("ΟΔΥΣΣΕΑΣ", "οδυσσέας"),
        ("Ταΐζω το μωρό, μαΐου", "ΤΑΙΖΩ μαιου"),
        ("Crème BRÛLÉE", "creme brulee"),
        ("creme", "crème"),
        ("ＦＵＬＬ　ｗｉｄｔｈ ４２", "full width 42"),
        ("ﬁnancial ﬂoor", "financial"),
        ("Straße in İstanbul", "STRASSE istanbul"),
        ("so\u00adft hy\u200bphen", "soft hyphen"),
        ("Wo\u0308rter auseinander", "wörter"),
        ("(a+)+$ .* is plain", "(a+)+$ .*"),
        ("いつ届きますか", "届"),
        ("שָׁלוֹם", "שלום"),
        ("line one\nline  two", "one two"),
    ],
)
def test_a_text_is_found_as_people_write_it(text: str, asks: str) -> None:
    terms = SearchTerms.of(asks)
    assert terms.are_in(text)
    parts = terms.excerpt(text)
    assert len(parts) > 2
    assert all(word in fold(shown(parts)) for word in terms.words if len(terms.words) == 1)
    assert "".join(parts) == " ".join(text.split())
    assert all(any(fold(each) in word or word in fold(each) for word in terms.words) for each in parts[1::2])


def test_others_are_not_found_and_marks_are_where_they_are() -> None:
    assert not SearchTerms.of("か").are_in("が")
    assert not SearchTerms.of("double charge").are_in("double fee")
    assert SearchTerms.of("άλ").excerpt("πα\u0301λι") == ["π", "α\u0301λ", "ι"]
    before, word, after = SearchTerms.of("needle").excerpt("hay " * 100 + "a Needle in it" + " hay" * 100)
    assert (before[:4], word, after[-1]) == ("…hay", "Needle", "…")
    assert len(before + word + after) < folding.EXCERPT + 3
    assert SearchTerms.of("ab").excerpt("abab b") == ["", "abab", " b"]


QS = ("", "   ", "a", "\u200b", "\u0301", "x" * 2000, "a b " * 40, "?")
BAD = {
    "regex=1": "regex",
    "status=closed": "status",
    "since=yesterday": "since",
    "since=2026-11-02&until=2026-11-01": "until",
    "assignee=x": "assignee",
    "site=x": "site",
    "limit=0": "limit",
    "since=0001-01-01T00:00:00": "since",
    "q=twice": "q",
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_cannot_be_looked_for_is_said(app: Served) -> None:
    for q in QS:
        for answer in (
            await app.rest("POST", "/search", {"q": q}),
            await app.client.get("/api/v1/search", params={"q": q}, headers=app.house.bearer),
        ):
            assert problem_of(answer, 422, "invalid_field")["field"] == "q"
    for query, named in BAD.items():
        answer = await app.rest("GET", f"/search?q=ab&{query}")
        assert (answer.status_code, answer.json()["field"]) == (422, named)
    for q in ("(a+)+$", "%_\\", "'; --", "[[", "42", "👍", "\0ab"):
        assert [each["complete"] for each in await asked(app, q)] == [True]


async def test_everything_is_found_newest_first_where_the_filters_say(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = dict.fromkeys(("name", "email", "phone"), "optional")
    (await app.rest("PATCH", f"/sites/{app.house.site.id}", {"fields": fields})).raise_for_status()
    about = {"name": "Blue Vera", "email": "vera@blue.example", "phone": "+30 2101234567"}
    first = await texts(app, "Hello, my blue parcel is late", **about)
    await texts(app, "a BLUE one", "and now nothing")
    await tickets.add_note(app.services, app.house.actor, 2, new_id(), "She means the blue one")
    await app.rest("PATCH", "/tickets/2", {"tags": ["blue-chip"]})
    await first.say("still no blue parcel")
    lines = await asked(app, "blue")
    said = [each for each in lines if "found" in each]
    assert [each["at"] for each in said] == sorted((each["at"] for each in said), reverse=True)
    assert {(each["found"], each["ticket"]) for each in said} == {
        *(("message", number) for number in (1, 2)),
        *((each, 1) for each in ("name", "email")),
        *((each, 2) for each in ("note", "tag")),
    }
    shown_now = [each["complete"] for each in lines if "found" not in each]
    assert shown_now[-1]
    assert not any(shown_now[:-1])
    assert await hits(app, "2101234567") == [("phone", 1, "+30 [2101234567]")]
    assert await hits(app, "#2") == [("number", 2, "#[2]")]
    assert sorted(await hits(app, "vera")) == [("email", 1, "[vera]@blue.example"), ("name", 1, "Blue [Vera]")]
    await filters(app)
    await in_pieces(app, monkeypatch)


async def filters(app: Served) -> None:
    """Each narrows it, and what is in the trash or held is marked."""
    for each in range(4):
        await texts(app, f"apple {each}")  # tickets 3 to 6
    actor, services, site = app.house.actor, app.services, app.house.site.id
    dep = (await departments.add(services, actor, "sales", {})).id
    await app.rest("PATCH", "/tickets/3", {"status": "trash"})
    await app.rest("PATCH", "/tickets/4", {"assignee": "me", "department": dep, "tags": ["vip"]})
    await tickets.hold(services, actor, 5, held=True)
    marked = {each["ticket"]: (each["status"], each["held"]) for each in await asked(app, "apple") if "found" in each}
    assert marked == {3: ("trash", False), 4: ("open", False), 5: ("open", True), 6: ("open", False)}
    for more, numbers in (
        ({"status": "trash"}, {3}),
        ({"assignee": "me"}, {4}),
        ({"assignee": "none"}, {3, 5, 6}),
        ({"department": dep}, {4}),
        ({"department": "none"}, {3, 5, 6}),
        ({"tag": "vip"}, {4}),
        ({"held": True}, {5}),
        ({"held": False}, {3, 4, 6}),
        ({"site": site}, {3, 4, 5, 6}),
        ({"site": new_id()}, set()),
        ({"since": "2001-01-01"}, {3, 4, 5, 6}),
        ({"until": "2001-01-01"}, set()),
        ({"since": "9999-12-31"}, set()),
    ):
        assert {number for _, number, _ in await hits(app, "apple", **more)} == numbers, more


async def in_pieces(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long ticket is looked at in pieces, and who has all they asked for goes on from there."""
    monkeypatch.setattr(matching, "TEXTS", 3)
    await texts(app, *(f"pear {each:02}" for each in range(12)))
    assert [text for _, _, text in await hits(app, "pear")] == [f"[pear] {each:02}" for each in reversed(range(12))]
    until: dict[str, Any] = {}
    seen: set[str] = set()
    complete = False
    while not complete:
        *lines, last = await asked(app, "pear", limit=3, **until)
        new = {shown(each["parts"]) for each in lines if "found" in each} - seen
        complete, until = last["complete"], {"until": last["searched_back_to"]}
        assert new or complete
        seen |= new
    assert len(seen) == 12


LETTERS = "aAé\u0301Σσς\u0345Åﬁ\u00ad\u200d가ᄀ\u1161\u0ce2が\u3099 \u00b4İ"
"""Those that fold into others, and marks that would be drawn over what came before."""


def test_many_texts_are_looked_at_as_each_by_itself_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = dice("texts")

    def some() -> list[str]:
        return ["".join(chance.choices(LETTERS, k=chance.randrange(8))) for _ in range(4)]

    def folds_alike() -> bool:
        return all(fold("\n".join(texts)) == "\n".join(map(fold, texts)) for texts in (some() for _ in range(2000)))

    assert folds_alike()
    for texts in (some() for _ in range(2000)):
        words = SearchTerms(tuple(dict.fromkeys(filter(None, (fold(each) for each in chance.choice(some()).split())))))
        assert words.may_be_in(texts) or not any(map(words.are_in, texts))
    terms = SearchTerms.of("λόγος")
    assert not terms.may_be_in(["a word", "λόγο", "λο\nγος", "γος"])
    assert terms.may_be_in(["a word", "ΛΌΓΟΣ"])
    # The control: joined by nothing, the mark of one is drawn over the end of another.
    monkeypatch.setattr(folding, "_APART", "")
    assert terms.may_be_in(["a word", "λό", "γος"])


def test_long_texts_are_compared_fewer_at_once() -> None:
    def sizes(length: int) -> list[int]:
        rows: Any = [(1, seq, "agent", b"", bytes(length), 0, False) for seq in range(150)]
        made = list(matching.batches(rows))
        assert [row for some in made for row in some] == rows
        return [len(some) for some in made]

    assert sizes(100) == [64, 64, 22]
    assert set(sizes(10_000)) <= {2, 4}
    assert list(matching.batches([])) == []


async def listed(app: Served, path: str, key: str, **query: Any) -> list[Any]:
    """A whole list, page by page."""
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    for _ in range(20):
        answer = await app.client.get(f"/api/v1{path}", params=query | cursor, headers=app.house.bearer)
        found += [each[key] for each in answer.json()["items"]]
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}
    raise AssertionError("it never ends")


async def test_lists_are_of_those_with_the_words(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tickets, finding):
        monkeypatch.setattr(module, "SEARCHED", 2)
    await app.rest("PATCH", f"/sites/{app.house.site.id}", {"fields": {"name": "optional", "email": "optional"}})
    guests = [await texts(app, "Σας ρωτώ", name=f"Ζωή {each}" if each % 3 else "") for each in range(6)]
    await guests[2].say("ένα ΜΉΛΟ")
    for order, numbers in (("number", [2, 3, 5, 6]), ("updated", [3, 6, 5, 2])):
        assert await listed(app, "/tickets", "number", q="ζωη", order=order, limit=1) == numbers
    assert await listed(app, "/tickets", "number", q="μηλο") == [3]
    assert await listed(app, "/tickets", "number", q="#4") == [4]
    assert await listed(app, "/tickets", "number", q="μηλο", status="solved") == []
    named = [each.contact.uid for number, each in enumerate(guests) if number % 3]
    assert await listed(app, "/contacts", "id", q="ΖΩΗ", limit=1) == named
    assert await listed(app, "/contacts", "id", q="nobody") == []
    await erasure.by_agent(app.services, app.house.actor, guests[1].contact.uid)
    assert await listed(app, "/contacts", "id", q="ζωη") == named[1:]
    for path in ("/tickets?q=", "/contacts?q=a"):
        assert problem_of(await app.rest("GET", path), 422, "invalid_field")["field"] == "q"


async def test_who_may_not_see_it_finds_nothing(app: Served) -> None:
    made = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    for number, uid in enumerate(made, 1):
        await texts(app, "cherry", name=f"Cherry {number}", email="cherry@shop.example")
        await app.rest("PATCH", f"/tickets/{number}", {"department": uid, "tags": ["cherry"]})
    agent = await joined(app.house, "agent")
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, made[:1]))
    await roles.change(app.services, app.house.actor, {"agent": {"ticket.read_all": False}})
    other = await found(app.services, "Other", "owner@other.example")
    for q in ("cherry", "2"):
        assert {number for _, number, _ in await hits(app, q, headers=agent.bearer)} <= {1}
        assert await hits(app, q, house=other) == []
    assert {found for found, _, _ in await hits(app, "cherry", headers=agent.bearer)} == {
        "message",
        "name",
        "email",
        "tag",
    }
    await tickets.hold(app.services, app.house.actor, 1, held=True)
    closed = {"ticket.read_all": False, "contact.read": False, "quarantine.read": False}
    await roles.change(app.services, app.house.actor, {"agent": closed})
    assert {found for found, _, _ in await hits(app, "cherry", headers=agent.bearer)} == {"name", "tag"}
    answer = await app.client.post("/api/v1/search", json={"q": "cherry", "held": True}, headers=agent.bearer)
    problem_of(answer, 403, "forbidden")


@dataclass
class Running:
    """A search of four tickets that has sought at one of them."""

    app: Served
    guests: list[Guest]
    numbers: list[int]
    lines: AsyncIterator[Any]
    met: list[int] = field(default_factory=list)

    async def rest(self) -> set[int]:
        """Of which of the four is told what is found from now on, by their places."""
        return {self.numbers.index(each.ticket) async for each in self.lines if isinstance(each, Hit)}

    def meanwhile(self, patch: pytest.MonkeyPatch, does: Callable[[int], Awaitable[object]]) -> None:
        """Do something when a ticket's words were found, and before that can be told."""
        real = matching.look

        async def look(*given: Any) -> Any:
            matches = await real(*given)
            for match in matches:
                self.met.append(self.numbers.index(match.of.ticket.number))
                await does(self.met[-1])
            return matches

        patch.setattr(matching, "look", look)


async def running(app: Served, word: str) -> Running:
    """It is begun, and has told how far it came once."""
    guests = [await app.house.visit() for _ in range(4)]
    numbers = [(await each.say(f"{word} {place}")).number for place, each in enumerate(guests)]
    sought = Sought(SearchTerms.of(word), addresses=True, held=None)
    scope = SearchScope(TicketQuery(status="open"))
    lines = await search.begin(RunningSearch(app.services, app.house.actor, scope, sought, 50, Ahead(100)))
    async for line in lines:
        if isinstance(line, SearchedBackTo):
            break
    return Running(app, guests, numbers, lines)


async def erased_meanwhile(app: Served, patch: pytest.MonkeyPatch) -> None:
    """Who is erased when their words were found is not told of."""
    one = await running(app, "grape")

    async def erase(place: int) -> None:
        if place == 1:
            await erasure.by_agent(app.services, app.house.actor, one.guests[1].contact.uid)

    one.meanwhile(patch, erase)
    shown_now = await one.rest()
    assert 1 in one.met
    assert shown_now == {0, 2}


async def purged_meanwhile(app: Served, patch: pytest.MonkeyPatch) -> None:
    """Nor is what is purged, or redacted."""
    one = await running(app, "kiwi")

    async def purge(place: int) -> None:
        if place == 1:
            await redaction.purge(app.services, app.house.actor, one.numbers[1])
        if place == 0:
            await redaction.message(app.services, app.house.actor, one.numbers[0], 1)

    one.meanwhile(patch, purge)
    assert await one.rest() == {2}
    assert {0, 1} <= {*one.met}


async def changed_meanwhile(app: Served, _: pytest.MonkeyPatch) -> None:
    """What goes to the front, which was searched, is searched again."""
    one = await running(app, "lemon")
    await one.guests[0].say("nothing new")
    assert 0 in await one.rest()


async def revoked_meanwhile(app: Served, _: pytest.MonkeyPatch) -> None:
    """Whose token ends is told no more."""
    one = await running(app, "mango")
    (await app.rest("DELETE", f"/tokens/{app.house.actor.token_id}")).raise_for_status()
    said = [each async for each in one.lines if not isinstance(each, SearchedBackTo)]
    assert [each.code for each in said] == ["unauthorized"]


async def test_what_goes_while_a_search_runs_is_not_shown(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "TEXTS", 1)
    for claim in (erased_meanwhile, purged_meanwhile, changed_meanwhile, revoked_meanwhile):
        with monkeypatch.context() as patch:
            await claim(app, patch)


async def test_nothing_is_kept_of_a_search_nor_found_of_who_is_erased(
    app: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    guest = await texts(app, "hello Quince", name="Quince")
    before = await counted(app.services)
    await app.rest("GET", "/search?q=quince")
    assert len(await hits(app, "quince")) == 2
    grown = {name for name, count in (await counted(app.services)).items() if count != before[name]}
    assert grown <= {"audit"}
    entries = (await app.rest("GET", "/audit")).json()["items"]
    assert [each["action"] for each in entries].count("tickets.searched") == 1
    for kept in (json.dumps(entries), (await app.client.get("/metrics")).text, *capfd.readouterr()):
        assert "quince" not in kept.lower()
    await tickets.hold(app.services, app.house.actor, 1, held=True)
    assert len(await hits(app, "quince")) == 2
    entries = (await app.rest("GET", "/audit")).json()["items"]
    assert [each["target"] for each in entries if each["action"] == "quarantine.viewed"] == ["1"]
    await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    assert await hits(app, "quince") == await hits(app, "1") == []


def every_department(patch: pytest.MonkeyPatch) -> None:
    """The walk alone goes without: what is told is looked at again, which is the second defence."""
    for module in (searching, rows):
        patch.setattr(module, "seen", lambda _: true())
    patch.setattr(rows, "one", lambda tx, account, number, _: REAL(tx, account, number, None))


def unchecked(patch: pytest.MonkeyPatch) -> None:
    """What was found is told as it is."""

    async def shown_now(_: RunningSearch, ready: Any) -> Any:
        who, where = ContactName("", None), SiteName("", "", "")
        return [Hit("", each.of.ticket.number, "", [], "", who, where, None, held=False) for each in ready]

    patch.setattr(search, "_shown", shown_now)


REAL = rows.one


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_its_defences_more_is_shown(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls."""
    monkeypatch.setattr(matching, "TEXTS", 1)
    for claim in (erased_meanwhile, purged_meanwhile):
        with monkeypatch.context() as patch:
            unchecked(patch)
            with pytest.raises(AssertionError):
                await claim(app, patch)
    with monkeypatch.context() as patch:
        patch.setattr(folding, "fold", str.lower)
        with pytest.raises(AssertionError):
            test_a_text_is_found_as_people_write_it("ΟΔΥΣΣΕΑΣ", "οδυσσέας")
    every_department(monkeypatch)
    with pytest.raises(AssertionError):
        await test_who_may_not_see_it_finds_nothing(app)
