"""
The canary walk: rare words go in by ordinary use of a real browser, are erased, and are then in no byte that is left.

`CANARY_SEEDS=25` walks 25 times on SQLite and 5 times on PostgreSQL with Redis; otherwise it is once each.
"""

import os
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import redis
from playwright.sync_api import Browser, WebSocketRoute, expect
from psycopg import sql
from sqlalchemy import select

from chat.agent_profile.actions import profile
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.portraits import actions as portraits
from chat.portraits.schema import portrait
from chat.team import store as team
from chat.team.actions import agents, sessions
from chat.team.schema import agent as table
from chat.team.schema import session
from tests.inside import new_id
from tests.test_attachments import picture
from tests.walks.canary import World, in_window, on_screen, planted, world
from tests.walks.shop import Guest
from tests.walks.test_inbox import entry

SEEDS = int(os.environ.get("CANARY_SEEDS", "1"))
WALKS = [
    *(("sqlite", seed) for seed in range(1, SEEDS + 1)),
    *(("postgresql", seed) for seed in range(1, max(1, SEEDS // 5) + 1)),
]
SEALED = {"contact", "receipt", "ticket", "message", "note", "attachment", "label", "outbox"}


def withdrawn(guest: Guest) -> None:
    """The visitor takes everything back in the widget."""
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_role("heading", name="It is done")).to_be_visible()


def restored(here: World) -> None:
    """What was backed up before comes back into an empty place, and the words do not come with it."""
    there = here.elsewhere()
    there.run("restore", str(here.backups))
    assert there.rows() == {}
    assert there.found() == []


@pytest.mark.parametrize(("kind", "seed"), WALKS, ids=[f"{kind}-{seed}" for kind, seed in WALKS])
def test_what_was_planted_and_erased_is_in_no_byte(kind: str, seed: int, browser: Browser, tmp_path: Path) -> None:
    with world(kind, seed, tmp_path) as here:
        with here.browser(browser.browser_type) as context:
            guest = planted(here, context)
            assert set(here.rows()) >= SEALED, "what is looked for was stored"
            assert here.found() == [], "and is in the clear nowhere but in memory"
            here.run("backup", str(here.backups))
            key = here.key()
            assert here.holding(key) == (["contacts.keys"] if kind == "sqlite" else [])
            withdrawn(guest)
            here.sweep()
            signed = guest.frame.get_by_text("Everything is erased, and the certificate is signed.")
            expect(signed).to_be_visible(timeout=30_000)
        assert here.rows() == {}
        assert here.holding(key) == []
        assert here.found() == []
        restored(here)


def test_the_walk_notices_words_in_the_clear_and_an_erasure_that_was_not_carried_out(
    browser: Browser, tmp_path: Path
) -> None:
    with world("sqlite", 0, tmp_path) as here:
        with here.browser(browser.browser_type) as context:
            here.account.rest("PATCH", "/account", {"grace_days": 7})
            guest = planted(here, context)
            number = here.account.tickets()[0]["number"]
            here.account.rest("PATCH", f"/tickets/{number}", {"tags": [here.words["label"]]})
            guest.page.evaluate("word => { localStorage.setItem('seen', word) }", here.words["name"])
            before, key = here.rows(), here.key()
            withdrawn(guest)
        left = here.lethe.settings.data / "attachments" / "left"
        left.write_text(f"all about {here.words['content']}")
        found = here.found()
        assert {("label", "database ticket.tags"), ("content", str(left))} < set(found)
        assert {name for name, place in found if str(here.profile) in place} == {"name"}
        assert {name for name, _ in found} == {"label", "content", "name"}
        after = here.rows()
        assert before.pop("label") == 2, "these two were marked"
        assert after == before | {"receipt": 2}, "an optional purpose, and its labels, end at once; the rest is there"
        assert here.holding(key) == ["contacts.keys"]


def given(here: World) -> str:
    """An agent with name, alias, address, picture and device, who answers a visitor; their id."""
    words, account = here.words, here.account

    async def work(services: Services) -> tuple[str, str]:
        owner = await sessions.by_token(services, account.token)
        made, password = await agents.add_agent(services, owner, words["email"], words["name"], "agent")
        actor = replace(owner, agent_id=made.id, role="agent", name=words["name"])
        await profile.change(services, actor, alias=words["label"])
        await portraits.put(services, actor, picture())
        await services.store.write(lambda tx: agents.give_token(tx, made.id, "lethe_theirs", "a program", 0))
        return made.id, password

    agent, password = here.lethe.perform(work)
    account.sign_in(words["email"], password)
    with account.contact("Ada", c1="1").socket() as visitor:
        visitor.get("welcome")
        visitor.post("Good day")
    account.rest("PATCH", "/tickets/1", {"assignee": agent})
    theirs = {"Authorization": "Bearer lethe_theirs"}
    said = here.lethe.http.post(
        "/api/v1/tickets/1/messages", json={"id": new_id(), "text": "I am here"}, headers=theirs
    )
    assert said.status_code == 201, said.text
    return agent


def test_an_agent_who_is_deleted_is_in_no_byte_and_in_no_colleagues_window(browser: Browser, tmp_path: Path) -> None:
    """Of two windows that show their name, the one that is not told keeps it: the control."""
    with world("postgresql", 1, tmp_path) as here:
        agent = given(here)
        sealed = rows_of(here, agent)
        assert {each for _, each in lasting(here, sealed)} == {*sealed}, "what is looked for is there"
        with here.browser(browser.browser_type) as context:
            inbox, deaf = context.new_page(), context.new_page()
            inbox.goto(f"{here.lethe.origin}/signin")
            inbox.fill("#email", here.account.email)
            inbox.fill("#password", here.account.password)
            inbox.press("#password", "Enter")
            inbox.wait_for_url("**/inbox**")
            deaf.route_web_socket("**/ws/agent", lambda line: heard_but_erasures(line.connect_to_server(), line))
            for each in (inbox, deaf):
                each.goto(f"{here.lethe.origin}/inbox/open/1")
                expect(entry(each, "I am here").get_by_text(here.words["name"])).to_be_visible()
            inbox.locator("message-composer textarea").fill("not yet sent")
            here.account.rest("DELETE", f"/agents/{agent}")
            here.sweep()
            expect(entry(inbox, "I am here").get_by_text("Former agent")).to_be_visible()
            inbox.wait_for_function("name => !document.body.innerText.includes(name)", arg=here.words["name"])
            expect(inbox.locator("message-composer textarea")).to_have_value("not yet sent")
            assert in_window(inbox, here.words) == []
            assert on_screen(deaf, here.words) == ["name"]
        assert here.found() == []
        assert lasting(here, sealed) == []


def heard_but_erasures(server: WebSocketRoute, page: WebSocketRoute) -> None:
    """A line on which nobody hears of an erasure."""
    server.on_message(lambda said: None if '"erasure"' in str(said) else page.send(said))


def rows_of(here: World, agent: str) -> list[str]:
    """What only the agent's rows hold, sealed as it is."""

    async def look(services: Services) -> list[str]:
        def work(tx: Tx) -> list[str]:
            row = team.one(tx, tx.execute(select(table.c.account_id).where(table.c.id == agent)).scalar_one(), agent)
            image = tx.execute(select(portrait.c.image).where(portrait.c.agent_id == agent)).scalar_one()
            device = tx.execute(select(session.c.device).where(session.c.agent_id == agent)).scalar_one()
            said = [row.email_hash, row.password_hash]
            return [*said, *(each.hex() for each in (row.name, row.alias, row.email, image, device))]

        return await services.store.read(work)

    return here.lethe.perform(look)


def lasting(here: World, sealed: list[str]) -> list[tuple[str, str]]:
    """
    Those that a row of any table, in either database, or a value in Redis still has, and where; but for what counts
    attempts by a hash and is gone by itself within an hour.
    """
    kept: list[tuple[str, str]] = []
    for name in ("LETHE_DATABASE_URL", "LETHE_KEYS_URL"):
        with psycopg.connect(here.environ[name].replace("+psycopg", "")) as connection:
            tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            for (each,) in connection.execute(tables).fetchall():
                rows = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(each)))
                kept += [(each, row) for (row,) in rows]
    with redis.Redis.from_url(here.environ["LETHE_REDIS_URL"]) as client:
        kept += [
            ("Redis", f"{key} {client.dump(key)}") for key in client.scan_iter() if not 0 < client.ttl(key) <= 3600
        ]
    return [(place, each) for each in sealed for place, row in kept if each in row]
