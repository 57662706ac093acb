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
from chat.own_responses import actions as responses
from chat.own_responses.actions import NewOwnResponse
from chat.own_responses.schema import own_response
from chat.portraits import actions as portraits
from chat.portraits.schema import portrait
from chat.push.actions import subscribing
from chat.push.schema import push_subscription
from chat.team import store as team
from chat.team.actions import agents, sessions
from chat.team.schema import agent as table
from chat.team.schema import session
from chat.views import actions as views
from chat.views.actions import NewView, ViewFilters
from chat.views.schema import saved_view
from tests.inside import new_id
from tests.test_attachments import picture
from tests.walks.canary import World, in_window, on_screen, world
from tests.walks.planting import planted
from tests.walks.shop import Guest, until
from tests.walks.test_inbox import entry

SEEDS = int(os.environ.get("CANARY_SEEDS", "1"))
WALKS = [
    *(("sqlite", seed) for seed in range(1, SEEDS + 1)),
    *(("postgresql", seed) for seed in range(1, max(1, SEEDS // 5) + 1)),
]
SEALED = {
    *("contact", "receipt", "ticket", "message", "note", "attachment", "label", "outbox", "disclosure", "mention"),
    *("answer_mail", "answer_link", "waiting_mail", "push_call", "system_entry", "merge", "merged_ticket"),
}

DRAFTED = ("draft", "name")
"""What an agent is writing, with a saved reply in it whose variable was filled."""


def withdrawn(guest: Guest) -> None:
    """The visitor takes everything back in the widget."""
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_role("heading", name="It is done")).to_be_visible()


def restored(here: World) -> World:
    """What was backed up before, brought back into an empty place."""
    there = here.elsewhere()
    there.run("restore", str(here.backups))
    assert there.rows() == {}
    return there


def known(here: World) -> dict[str, list[Path]]:
    """Where words may be: `seen` was put into the browser, and looking that does not find it there finds nothing."""
    return {"seen": [here.profile]}


@pytest.mark.parametrize(("kind", "seed"), WALKS, ids=[f"{kind}-{seed}" for kind, seed in WALKS])
def test_what_was_planted_and_erased_is_in_no_byte(kind: str, seed: int, browser: Browser, tmp_path: Path) -> None:
    """The controls: a file in the clear is found, all rows and the key are there before, and one word stays."""
    with world(kind, seed, tmp_path) as here:
        with here.browser(browser.browser_type) as context:
            both = planted(here, context)
            assert set(here.rows()) >= SEALED, "what is looked for was stored"
            left = here.lethe.settings.data / "attachments" / "left"
            left.write_text(f"all about {here.words['content']}")
            assert {*DRAFTED} <= {*on_screen(both.inbox, here.words)}
            found = here.found()
            assert [*found] == [("content", str(left))], "else it is in the clear nowhere but in memory"
            left.unlink()
            here.run("backup", str(here.backups))
            key = here.key()
            assert here.holding(key) == (["contacts.keys"] if kind == "sqlite" else [])
            withdrawn(both.guest)
            both.other.withdraw()
            both.guest.page.evaluate("word => { localStorage.setItem('seen', word) }", here.words["seen"])
            here.sweep()
            signed = both.guest.frame.get_by_text("Everything is erased, and the certificate is signed.")
            expect(signed).to_be_visible(timeout=30_000)
            until(both.inbox, lambda: on_screen(both.inbox, here.words) == ["view"])  # which is the agent's own
        assert here.rows() == {}
        assert here.holding(key) == []
        if kind == "postgresql":
            assert lasting(here, [each for word in here.words.values() for each in (word, word.encode().hex())]) == []
        found, may = restored(here).found(), known(here)
        assert [each for each in found if not any(str(where) in each[1] for where in may.get(each[0], []))] == []
        assert "seen" in {name for name, _ in found}


def given(here: World) -> str:
    """
    An agent with name, alias, address, picture, view, saved reply and a device to be called on, who answers a visitor
    and whom a note names; their id.
    """
    words, account = here.words, here.account

    async def work(services: Services) -> tuple[str, str]:
        owner = await sessions.by_token(services, account.token)
        made, password = await agents.add_agent(services, owner, words["email"], words["name"], "agent")
        actor = replace(owner, agent_id=made.id, role="agent", name=words["name"])
        await profile.change(services, actor, alias=words["label"])
        await portraits.put(services, actor, picture())
        await services.store.write(lambda tx: agents.give_token(tx, made.id, "lethe_theirs", "a program", 0))
        await views.add(services, actor, NewView(words["view"], ViewFilters(tag=words["tag"])))
        await responses.add(services, actor, NewOwnResponse("mine", words["draft"], words["answer"]))
        return made.id, password

    async def call(services: Services) -> None:
        owner = await sessions.by_token(services, account.token)
        one = select(session.c.id).where(session.c.agent_id == agent)
        device = await services.store.read(lambda tx: tx.execute(one).scalar_one())
        actor = replace(owner, agent_id=agent, role="agent", session_id=device)
        await subscribing.subscribe(services, actor, f"{here.push.url}/{words['other']}", "en")

    agent, password = here.lethe.perform(work)
    account.sign_in(words["email"], password)
    here.lethe.perform(call)
    with account.contact("Ada", c1="1").socket() as visitor:
        visitor.get("welcome")
        visitor.post("Good day")
    account.rest("PATCH", "/tickets/1", {"assignee": agent})
    account.rest("POST", "/tickets/1/notes", {"id": new_id(), "text": "Look", "mentions": [agent]})
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
            kept = saved_view.c.body, own_response.c.body, push_subscription.c.endpoint
            more = [tx.execute(select(each).where(each.table.c.agent_id == agent)).scalar_one() for each in kept]
            said = [row.email_hash, row.password_hash]
            return [*said, *(each.hex() for each in (row.name, row.alias, row.email, image, device, *more))]

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
