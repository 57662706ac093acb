"""
A day in the inbox, played: forty visitors write when people do, four agents work, one of them in Chromium.

What happens is drawn from a seed and played as quickly as it goes. In between everything rests, and what is counted is
held against the database: what each agent is told, and what the one in Chromium sees.
"""

import argparse
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import msgspec
from playwright.sync_api import Page, sync_playwright

from bench.aged import ask
from bench.grown import OLD, SEED, Grown, fill
from bench.kept import Environ, copied
from bench.lethe import SERVE, Shops
from bench.process import free_port, serving
from bench.texts import Said, client_id, written
from chat.core.clock import stamp
from chat.core.crypt import digest
from tests import browser

VISITORS, AGENTS, TICKETS = 40, 4, 2_000
HOURS = (0, 0, 0, 0, 0, 0, 1, 2, 5, 8, 10, 10, 7, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1)
"""How many of a hundred write in which hour."""
REST_EVERY = 25
"""So much happens between two looks at what is counted."""
SETTLES = 20.0
"""Seconds until what is shown may differ from the database."""
MOST = 2
"""Clicks and keys, besides words, that an answer may take, and a ticket of three months ago."""
OPEN = "status=open&snoozed=false&held=false"
VIEWS = ("unassigned", "mine", "open", "waiting", "pending", "snoozed", "quarantine", "unread")
WRITES = "Thank you, it is on its way and comes tomorrow."
CHOSEN = "a day is long enough for this one"
SHOWN = """(names) => Object.fromEntries(names.map((name) => [name, name === "unread"
    ? document.title.match(/^\\((\\d+)\\)/)?.[1]
    : document.querySelector(`[data-view=${name}] .view-count span`)?.textContent]))"""
BEHIND = """
UPDATE message SET held = 1 WHERE ticket_id = (
    SELECT id FROM ticket WHERE account_id = ? AND status = 'open' AND snoozed_until IS NULL AND held = 0 LIMIT 1
)"""
COUNT = """
SELECT status, assignee, snoozed_until IS NOT NULL, agent_read,
    (SELECT count(*) FROM message m WHERE m.ticket_id = t.id AND m.held),
    (SELECT max(m.seq) FROM message m WHERE m.ticket_id = t.id),
    (SELECT max(m.at) FROM message m WHERE m.ticket_id = t.id AND m.author = 'visitor' AND NOT m.held
        AND m.seq > coalesce((SELECT max(a.seq) FROM message a WHERE a.ticket_id = t.id AND a.author = 'agent'), 0))
FROM ticket t WHERE account_id = ? AND status <> 'trash' AND purged_at IS NULL
"""


def by_hand(database: Path, account: str, agent: str) -> dict[str, int]:
    """Count what an agent should be told, from each ticket and what was said in it."""
    made: Counter[str] = Counter(dict.fromkeys(VIEWS, 0))
    with closing(sqlite3.connect(database)) as raw:
        for status, assignee, snoozed, read, held, said, waits in raw.execute(COUNT, (account,)):
            made["quarantine"] += held > 0
            if status == "solved" or held == said:
                continue
            if snoozed or status == "pending":
                made["snoozed" if snoozed else "pending"] += 1
                continue
            made["open"] += 1
            made["unassigned"] += assignee is None
            made["mine"] += assignee == agent
            made["waiting"] += waits is not None
            made["unread"] += assignee in {None, agent} and said > read
    return dict(made)


@dataclass
class Hands:
    """The agent in Chromium: every click and key but words is counted."""

    page: Page
    count: int = 0

    def press(self, key: str) -> None:
        """Press a key."""
        self.count += 1
        self.page.keyboard.press(key)

    def click(self, what: str) -> None:
        """Click on something."""
        self.count += 1
        self.page.locator(what).click()

    def write(self, words: str) -> None:
        """Write where the focus is."""
        self.page.keyboard.type(words)


@dataclass
class Day:
    """Everybody who has a part in it, and what was seen."""

    port: int
    grown: Grown
    database: Path
    chance: Random
    people: Shops
    visitors: list[str]
    hands: Hands
    said: int = 0
    answers: list[int] = field(default_factory=list)
    """Clicks and keys from "somebody writes" to "answered"."""
    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    looks: int = 0
    agents: dict[int, str] = field(default_factory=dict)
    account: str = ""

    def __post_init__(self) -> None:
        """Find out who is who."""
        with closing(sqlite3.connect(self.database)) as raw:
            for number, token in enumerate(self.grown.tokens[:AGENTS]):
                found = raw.execute("SELECT agent_id, account_id FROM token WHERE secret_hash = ?", (digest(token),))
                self.agents[number], self.account = found.fetchone()

    def asks(self, agent: int, method: str, path: str, body: Any = None) -> Any:
        """Ask as one of the agents."""
        return ask(self.port, self.grown.tokens[agent], method, path, body)

    def visitor_says(self, number: int) -> None:
        """A visitor comes, writes, and leaves when it is stored."""
        self.said += 1
        wire = self.people.visitor(self.visitors[number])
        wire.send(written(Said(client_id(self.said, time.time_ns() // 1_000_000), f"Where is my order {self.said}?")))
        wire.until(lambda payload: b'"type":"ack"' in payload)
        wire.close()

    def colleague_works(self, agent: int) -> None:
        """One of those without a window does something with a ticket, as it comes."""
        found = self.asks(agent, "GET", f"/tickets?{OPEN}&limit=20")["items"]
        today = [each["number"] for each in found if each["number"] > self.grown.tickets]
        if not today:
            return
        number = self.chance.choice(today)
        snoozed = {"until": stamp(time.time_ns() // 1_000_000 + 3_600_000)}
        answer = {"id": client_id(self.said + 500_000, time.time_ns() // 1_000_000), "text": WRITES}
        self.said += 1
        does: list[tuple[str, str, Any]] = [
            ("POST", "messages", answer),
            ("POST", "messages", answer),
            ("PATCH", "", {"assignee": self.chance.choice(["me", None])}),
            ("PATCH", "", {"status": self.chance.choice(["pending", "solved", "solved"])}),
            ("PATCH", "", {"department": self.grown.department}),
            ("PUT", "/snooze", snoozed),
            ("PUT", "/spam", {"spam": True}),
        ]
        method, path, body = self.chance.choice(does)
        self.asks(agent, method, f"/tickets/{number}{'/' if path == 'messages' else ''}{path}", body)

    def agent_answers(self) -> None:
        """The one in Chromium takes who waits longest, and answers."""
        page, begun, before = self.hands.page, time.perf_counter(), self.hands.count
        if not self.asks(0, "GET", f"/tickets?{OPEN}&assignee=none&limit=1")["items"]:
            return
        self.hands.click("button:has-text('Take next')")
        page.wait_for_url("**/inbox/mine/*")
        number = int(page.url.rsplit("/", 1)[1])
        page.locator("ticket-transcript .entry").first.wait_for()
        page.wait_for_function("document.activeElement?.closest('message-composer')")
        self.hands.write(WRITES)
        self.hands.press("Control+Enter")
        self._wait(lambda: self.asks(0, "GET", f"/tickets/{number}")["status"] == "solved", f"#{number} is answered")
        self.answers.append(self.hands.count - before)
        self.took.append(time.perf_counter() - begun)
        page.goto(f"http://127.0.0.1:{self.port}/inbox/unassigned")

    def look(self) -> None:
        """Hold what everybody is told, and what is shown, against the database."""
        self.looks += 1
        self.wrong += self.reported_wrong()
        try:
            self._wait(lambda: not self.shown_wrong(), "what is shown is what is there")
        except RuntimeError:
            self.wrong += self.shown_wrong()

    def reported_wrong(self) -> list[str]:
        """Return where the server tells an agent another count than there is."""
        found = []
        for number, agent in self.agents.items():
            reported = self.asks(number, "GET", "/tickets/counts")["counts"]
            true = by_hand(self.database, self.account, agent)
            found += [
                f"{name}: {reported[name]} for {count}" for name, count in true.items() if reported[name] != count
            ]
        return found

    def shown_wrong(self) -> list[str]:
        """Return where the page in Chromium shows another count than there is."""
        seen = self.hands.page.evaluate(SHOWN, VIEWS)
        shown = {name: int(seen.get(name) or 0) for name in VIEWS}
        true = by_hand(self.database, self.account, self.agents[0])
        return [f"shown {name}: {shown[name]} for {count}" for name, count in true.items() if shown[name] != count]

    def find_old(self) -> tuple[float, int]:
        """Find a ticket of three months ago in the palette: seconds, and clicks and keys."""
        page, begun, before = self.hands.page, time.perf_counter(), self.hands.count
        self.hands.press("/")
        self.hands.write(OLD)
        page.get_by_role("group", name="Found").get_by_role("option").first.wait_for()
        self.hands.press("Enter")
        page.wait_for_url(f"**/{self.grown.old}#*")
        return time.perf_counter() - begun, self.hands.count - before

    def _wait(self, true: Callable[[], bool], what: str) -> None:
        until = time.perf_counter() + SETTLES
        while not true():
            if time.perf_counter() > until:
                raise RuntimeError(f"not within {SETTLES:.0f} s: {what}")
            self.hands.page.wait_for_timeout(50)


def drawn(chance: Random) -> list[tuple[float, str, int]]:
    """Return what happens in a day in its order: at which hour, what, and whose."""
    made = []
    for visitor in range(VISITORS):
        at = chance.choices(range(24), HOURS)[0] + chance.random()
        for _ in range(chance.choice([1, 1, 2, 3, 4])):
            made.append((at, "says", visitor))
            at += chance.expovariate(10)
    made += [(chance.uniform(8, 20), "works", chance.randrange(1, AGENTS)) for _ in range(VISITORS)]
    made += [(chance.uniform(9, 18), "answers", 0) for _ in range(VISITORS // 4)]
    return sorted(made)


def play(day: Day) -> None:
    """Play the day through, looking now and then."""
    does: dict[str, Callable[[int], None]] = {
        "says": day.visitor_says,
        "works": day.colleague_works,
        "answers": lambda _: day.agent_answers(),
    }
    for turn, (_, what, whose) in enumerate(drawn(day.chance), 1):
        does[what](whose)
        if turn % REST_EVERY == 0:
            day.look()
    day.look()


def controlled(day: Day) -> bool:
    """Hold what was said in a ticket, but not the ticket, and return whether that is seen: so wrong counts can be."""
    day.look()
    with closing(sqlite3.connect(day.database)) as raw, raw:
        raw.execute(BEHIND, (day.account,))
    return bool(day.reported_wrong()) and bool(day.shown_wrong())


@contextmanager
def chromium(port: int, grown: Grown) -> Iterator[Hands]:
    """The first agent, signed in, at the inbox."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser.light(), args=browser.flags())
        page = started.new_context(locale="en-GB").new_page()
        page.goto(f"http://127.0.0.1:{port}/signin")
        page.fill("#email", grown.email)
        page.fill("#password", grown.password)
        page.press("#password", "Enter")
        page.wait_for_url("**/password**")
        for name, text in (("old", grown.password), ("password", CHOSEN), ("again", CHOSEN)):
            page.fill(f"#{name}", text)
        page.press("#again", "Enter")
        page.wait_for_url("**saved**")
        page.goto(f"http://127.0.0.1:{port}/inbox/unassigned")
        page.locator("[data-view=open] .view-count").wait_for()
        yield Hands(page)
        started.close()


def measure(place: Path, seed: int) -> dict[str, Any]:
    """Make the account where it is not there yet, play the day and return figures."""

    def make(environ: Environ) -> None:
        grown = fill(environ, TICKETS, AGENTS, 1000, 0)
        (place / "grown.json").write_bytes(msgspec.json.encode(grown))

    with copied(place, "sqlite", make) as (data, environ):
        grown = msgspec.json.decode((place / "grown.json").read_bytes(), type=Grown)
        port = free_port()
        with serving([*SERVE, "--port", str(port)], port, environ) as server, chromium(port, grown) as hands:
            people = Shops(server, [grown.shop], data)
            day = Day(port, grown, data / "lethe.db", Random(seed), people, people.tokens(VISITORS), hands)
            begun = time.perf_counter()
            play(day)
            played = time.perf_counter() - begun
            seconds, keys = day.find_old()
            caught = controlled(day)
    return {
        "seed": seed,
        "messages": day.said,
        "played in, s": round(played),
        "looks": day.looks,
        "wrong": day.wrong,
        "control caught": caught,
        "answered": len(day.answers),
        "clicks and keys, most": max(day.answers),
        "from Take next to answered, s": round(median(day.took), 2),
        "ticket of three months ago, s": round(seconds, 2),
        "clicks and keys to it": keys,
    }


def faults(made: dict[str, Any]) -> list[str]:
    """Return what of the figures of a day may not be."""
    found = [f"counted wrong: {each}" for each in made["wrong"]]
    found += [] if made["control caught"] else ["a wrong count would not be seen"]
    steps = {"an answer": made["clicks and keys, most"], "an old ticket": made["clicks and keys to it"]}
    return found + [f"{what} took {count} clicks and keys" for what, count in steps.items() if count > MOST]


def main(arguments: list[str]) -> int:
    """Play and print; 1 where something is as it may not be."""
    parser = argparse.ArgumentParser(prog="bench day", description=(__doc__ or "").strip())
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="a folder where the account is kept for the next time")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = measure((given.keep or Path(folder)) / "day", given.seed)
    for name, value in (made | {"load": round(os.getloadavg()[0], 1)}).items():
        print(f"{name}: {value}")
    return int(bool(faults(made)))
