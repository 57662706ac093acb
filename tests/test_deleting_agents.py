"""An agent who is deleted is forgotten: key, rows and name, wherever it is stopped, whoever is at work meanwhile."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chat.agent_mail import actions as agent_mail
from chat.core.errors import Forbidden, InvalidField, LetheError, NotFound, NotNow, Unauthorized
from chat.core.frames import AgentMessage
from chat.core.model import Actor, Agent
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.departments import actions as departments
from chat.erasure.actions import erasure, forgetting, views
from chat.erasure.actions.views import ErasureState
from chat.erasure.store import erasures
from chat.infra.gathered import ErasureStep
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.columns import metadata
from chat.lifecycle.actions import adding, changes, deleting
from chat.lifecycle.actions import views as shown
from chat.lifecycle.actions.adding import NewAgent
from chat.lifecycle.actions.changes import AgentChange
from chat.portraits import actions as portraits
from chat.portraits.schema import portrait
from chat.team import store
from chat.team.actions import agents, sessions, sign_ins
from chat.team.domain import Standing
from chat.tickets.actions import changing, posting, tickets, transcripts
from tests.backups import backed_up, restored
from tests.chance import some
from tests.inside import CHAT, Guest, House, Served, certified, colleague, found, inner_socket, new_id, problem_of
from tests.post import Post
from tests.test_attachments import picture
from tests.test_erasure import ON_SQLITE, Killed, check, found_in

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
NAME, EMAIL = "Zyxomma Canary", "zyxomma@canary.example"


@dataclass
class Going:
    """An agent with everything that one can have: a session, a token, a department, two tickets, words in one."""

    house: House
    agent: Agent
    password: str
    guest: Guest
    cookie: str
    numbers: list[int]

    @property
    def services(self) -> Services:
        """Those of the house."""
        return self.house.services

    async def rows(self) -> dict[str, int]:
        """How many rows hang off the agent in each table."""

        def work(tx: Any) -> dict[str, int]:
            tables = locations.of_agents()
            return {
                each.name: len(tx.execute(select(each).where(locations.rows_of(each, self.agent.id, "agent"))).all())
                for each in tables
            }

        return await self.services.store.read(work)

    async def assignees(self) -> list[str | None]:
        """Whose the tickets are, first to last."""
        found_tickets = [await tickets.summary(self.services, self.house.actor, number) for number in self.numbers]
        return [each.assignee.id if each.assignee else None for each in found_tickets]

    async def delete(self, heir: str | None = None, actor: Actor | None = None) -> str:
        """File it."""
        return await deleting.delete(self.services, actor or self.house.actor, self.agent.id, heir)

    async def state(self, made: str) -> ErasureState:
        """How far it is."""
        return await views.state(self.services, self.house.actor, made)


async def going(house: House, name: str = NAME, email: str = EMAIL, role: str = "agent") -> Going:
    """Make one."""
    services = house.services
    agent, password = await colleague(services, house.actor, email, name, role)
    guest = await house.visit("Ada")
    numbers = [(await guest.say("hello")).number, (await (await house.visit("Bob")).say("hello too")).number]
    department = (await departments.add(services, house.actor, f"Help {new_id()[:8]}", {})).id
    await changes.change(services, house.actor, agent.id, AgentChange(departments=[department]))
    await services.store.write(lambda tx: agents.give_token(tx, agent.id, f"lethe_{agent.id}", "a program", 0))
    for number in numbers:
        await changing.change(services, house.actor, number, {"assignee": agent.id})
    acting = replace(house.acting(agent.id, role), name=name)
    opened = await tickets.one(services, acting, numbers[0])
    await house.box.post(
        posting.from_agent(
            acting, opened, AgentMessage(ticket=numbers[0], id=new_id(), text="Good day"), services.clock()
        )
    )
    await tickets.add_note(services, acting, numbers[0], new_id(), "a note")
    made = await sign_ins.sign_in(services, email, password, Network("here"))
    return Going(house, agent, password, guest, services.tokens.cookie(made.secret), numbers)


async def swept(going: Going, heir: str | None = None) -> ErasureState:
    """Delete the agent, carry it out, and return how it went."""
    made = await going.delete(heir)
    await erasure.sweep(going.services)
    return await going.state(made)


async def test_nothing_hangs_off_an_agent_who_is_deleted_and_the_certificate_counts_it(house: House) -> None:
    one = await going(house)
    before = await one.rows()
    assert {"agent", "agent_department", "session", "token"} <= {name for name, count in before.items() if count}
    done = await swept(one)
    assert (done.state, done.subject) == ("done", "agent")
    check(done.certificate)
    assert certified(done).subject == "agent"
    went = {each.place: (each.found, each.removed, each.left) for each in certified(done).places}
    assert set(went) == {"keys", "ticket", "response-files", *before}
    assert all((taken, left) == (there, 0) for there, taken, left in went.values())
    held = {"keys": 1, "ticket": 2, "agent": 1, "agent_department": 1, "token": 1, "session": 0}
    assert {place: went[place][0] for place in held} == held  # sessions ended when it was asked for
    assert not any((await one.rows()).values())
    assert not one.services.keys.holds(await slot_of(done, one), one.agent.id)
    for word in (NAME, EMAIL, "Zyxomma"):
        assert word not in str(done)


async def slot_of(done: ErasureState, one: Going) -> int:
    """Where the key was."""
    return (await one.services.store.read(lambda tx: erasures.by_id(tx, done.id))).key_slot


async def test_every_table_about_agents_goes_with_one_but_the_audit_log(house: House) -> None:
    about = {table.name for table in metadata.sorted_tables if table.info.get("about") == "agent"}
    reached = {table.name for table in locations.of_agents()}
    assert about - reached == {"audit"}
    assert reached - about == {"mention"}, "which is of a ticket and of whom a note names, and goes with either"
    places = [step.location.name for step in forgetting.agent_steps(house.services)]
    assert places[0] == "keys"
    assert places[-1] == "agent"
    assert len(places) == len(set(places)) == len(reached) + 3


async def test_what_they_wrote_stays_and_names_nobody(app: Served) -> None:
    one = await going(app.house)
    heir, _ = await colleague(app.services, app.house.actor, "heir@acme.example", "Heir", "agent")
    assert "Zyxomma" in await transcripts.as_text(app.services, one.guest.contact)
    await swept(one, heir.id)
    assert await one.assignees() == [heir.id, heir.id]
    said = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    assert [(each["author"], each["text"]) for each in said[1:]] == [({"kind": "agent", "name": None}, "Good day")]
    noted = (await app.rest("GET", "/tickets/1/notes")).json()["items"]
    assert [(each["author"], each["text"]) for each in noted] == [({"kind": "agent", "name": None}, "a note")]
    done = (await app.rest("GET", "/tickets/1/events")).json()["items"]
    assert [(each["kind"], each["author"]["kind"], each["assignee"]["name"]) for each in done] == [
        ("assigned", "agent", ""),
        ("assigned", "system", "Heir"),
    ]
    text = await transcripts.as_text(app.services, one.guest.contact)
    assert "Former agent: Good day" in text
    await app.rest("PATCH", "/account", {"export_agent_names": True, "export_notes": True})
    for answer in (
        await app.rest("GET", f"/contacts/{one.guest.contact.uid}/export"),
        await app.rest("GET", "/agents"),
        await app.rest("GET", "/audit"),
        await app.client.get(f"/widget/{app.house.key}/transcript", headers=one.guest.bearer),
    ):
        assert answer.status_code == 200
        assert "Zyxomma" not in answer.text
    exported = (await app.rest("GET", f"/contacts/{one.guest.contact.uid}/export")).json()
    items = [item for section in exported["sections"] for item in section["items"]]
    former = {"role": "agent", "name": None, "former": True}
    assert [item["agent"] for item in items if item.get("body") in {"Good day", "a note"}] == [former, former]


async def test_without_an_heir_the_tickets_are_nobodys(house: House) -> None:
    one = await going(house)
    await swept(one)
    assert await one.assignees() == [None, None]


async def test_an_heir_who_left_meanwhile_gets_nothing(house: House) -> None:
    one = await going(house)
    heir, _ = await colleague(house.services, house.actor, "heir@acme.example", "Heir", "agent")
    made = await one.delete(heir.id)
    await changes.deactivate(house.services, house.actor, heir.id)
    await erasure.sweep(house.services)
    assert ((await one.state(made)).state, await one.assignees()) == ("done", [None, None])


async def opens(one: Going) -> set[str]:
    """What lets the agent in."""
    tried: dict[str, Awaitable[Any]] = {
        "password": sign_ins.sign_in(one.services, one.agent.email, one.password, Network("here")),
        "session": sessions.by_session(one.services, one.cookie),
        "token": sessions.by_token(one.services, f"lethe_{one.agent.id}"),
    }
    found_open = set()
    for name, trying in tried.items():
        with suppress(Unauthorized):
            await trying
            found_open.add(name)
    return found_open


async def test_they_are_out_when_it_is_asked_for_and_not_only_when_it_is_done(app: Served) -> None:
    one = await going(app.house)
    assert await opens(one) == {"password", "session", "token"}
    async with inner_socket(app, "/ws/agent", {"cookie": f"lethe_session={one.cookie}", "origin": CHAT}) as socket:
        await socket("", "welcome")
        answer = await app.rest("DELETE", f"/agents/{one.agent.id}")
        assert answer.status_code == 202
        assert (await socket("", "websocket.close"))["code"] == "unauthorized"
    assert await opens(one) == set()
    problem_of(await app.rest("PATCH", f"/agents/{one.agent.id}", {"name": "Again"}), 404, "not_found")
    problem_of(await app.rest("POST", f"/agents/{one.agent.id}/reactivation"), 404, "not_found")
    again = await app.rest("DELETE", f"/agents/{one.agent.id}")
    assert again.json() == answer.json()
    await erasure.sweep(app.services)
    assert (await app.rest("DELETE", f"/agents/{one.agent.id}")).json() == answer.json()
    found_erasure = (await app.rest("GET", f"/erasures/{answer.json()['erasure_id']}")).json()
    assert (found_erasure["state"], found_erasure["subject"]) == ("done", "agent")
    problem_of(await app.rest("GET", f"/agents/{one.agent.id}"), 404, "not_found")
    entered = (await app.rest("GET", f"/audit?target={one.agent.id}")).json()["items"]
    assert {"agent.erased", "agent.deleted"} <= {each["action"] for each in entered}


async def test_who_may_not_be_deleted_or_by_whom(house: House) -> None:
    one = await going(house)
    admin, _ = await colleague(house.services, house.actor, "adm@acme.example", "Adm", "admin")
    acting, mine = house.acting(admin.id, "admin"), house.actor.agent_id
    other = await found(house.services, "Other", "owner@other.example", house.box)
    refusals: list[tuple[Awaitable[Any], type[LetheError]]] = [
        (deleting.delete(house.services, acting, mine), Forbidden),
        (deleting.delete(house.services, house.actor, mine), Forbidden),  # the last owner
        (deleting.delete(house.services, house.acting(one.agent.id, "agent"), admin.id), Forbidden),
        (deleting.delete(house.services, other.actor, one.agent.id), NotFound),
        (deleting.delete(house.services, house.actor, new_id()), NotFound),
        (one.delete(one.agent.id), InvalidField),
        (one.delete(new_id()), InvalidField),
        (one.delete(other.actor.agent_id), InvalidField),
    ]
    for work, kind in refusals:
        with pytest.raises(kind):
            await work
    assert await opens(one) == {"password", "session", "token"}
    assert await erasure.sweep(house.services) == 0


async def test_two_owners_who_delete_each_other_leave_one(house: House) -> None:
    other, _ = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "owner")
    second = house.acting(other.id, "owner")
    done = await asyncio.gather(
        deleting.delete(house.services, house.actor, other.id),
        deleting.delete(house.services, second, house.actor.agent_id),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["Forbidden", "str"]


async def test_without_the_rule_the_last_owner_goes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Standing, "require_owner_left", lambda *_: None)
    assert await deleting.delete(house.services, house.actor, house.actor.agent_id)


async def test_a_deletion_stopped_at_any_write_goes_on_to_the_same_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Stops at one write in three, in nine on PostgreSQL, by turns before it commits and after. What is half gone keeps
    nobody waiting.
    """
    services, left = house.services, [0]
    write = services.store.write

    async def stopping(work: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and stop % 2:
            raise Killed
        made = await write(work)
        if left[0] == 0:
            raise Killed
        return made

    one_in = 3 if services.store.sqlite else 9
    for stop in some(range(1, 100), one_in, "where a deletion stops"):
        one = await going(house, email=f"zyx{stop}@canary.example")
        made = await one.delete()
        left[0], stopped = stop, False
        monkeypatch.setattr(services.store, "write", stopping)
        try:
            await erasure.sweep(services)
        except Killed:
            stopped = True
        monkeypatch.setattr(services.store, "write", write)
        assert await shown.list_agents(services, house.actor)
        assert "Good day" in await transcripts.as_text(services, one.guest.contact)
        assert (await tickets.summary(services, house.actor, one.numbers[0])).number == one.numbers[0]
        await erasure.sweep(services)
        done = await one.state(made)
        went = {each.place: (each.found, each.removed, each.left) for each in done.places}
        assert (done.state, went["keys"], went["agent"]) == ("done", (1, 1, 0), (1, 1, 0)), stop
        check(done.certificate)
        assert not any((await one.rows()).values())
        if not stopped:
            break
    assert stop > 15
    assert not stopped  # the last of them came to its end: there is no write behind it


async def test_a_ticket_that_is_given_to_them_meanwhile_is_found_by_the_second_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await going(house)
    made, whole = await one.delete(), forgetting.agent_steps

    async def nothing(*_: Any) -> int:
        return 0

    def lame(services: Services) -> list[ErasureStep]:
        return [
            replace(each, take=nothing) if each.location.name in {"ticket", "agent"} else each
            for each in whole(services)
        ]

    monkeypatch.setattr(forgetting, "agent_steps", lame)
    await erasure.sweep(house.services)
    assert ((await one.state(made)).state, (await one.state(made)).certificate) == ("running", None)
    monkeypatch.setattr(forgetting, "agent_steps", whole)
    await erasure.sweep(house.services)
    assert ((await one.state(made)).state, await one.assignees()) == ("done", [None, None])
    with pytest.raises((NotFound, NotNow)):
        await changing.change(house.services, house.actor, 1, {"assignee": one.agent.id})


async def test_who_signs_in_or_writes_meanwhile_gets_in_nowhere_and_loses_nobody_a_message(house: House) -> None:
    for turn in range(4):
        one = await going(house, email=f"zyx{turn}@canary.example")
        acting = house.acting(one.agent.id, "agent")
        opened = await tickets.one(house.services, acting, one.numbers[0])
        draft = posting.from_agent(
            acting,
            opened,
            AgentMessage(ticket=one.numbers[0], id=new_id(), text=f"late {turn}"),
            house.services.clock(),
        )
        done = await asyncio.gather(
            sign_ins.sign_in(house.services, one.agent.email, one.password, Network("here")),
            house.box.post(draft),
            one.delete(),
            return_exceptions=True,
        )
        assert isinstance(done[2], str), done
        await erasure.sweep(house.services)
        assert await opens(one) == set()
        assert not any((await one.rows()).values())
        assert f"Former agent: late {turn}" in await transcripts.as_text(house.services, one.guest.contact)


async def test_nobody_is_made_of_a_former_agents_id(house: House) -> None:
    one = await going(house)
    await swept(one)
    with pytest.raises(InvalidField) as refused:
        await adding.add(house.services, house.actor, NewAgent("new@acme.example", "New", id=one.agent.id))
    assert refused.value.extra["field"] == "id"


async def test_mail_that_waits_for_them_goes_too(house: House, post: Post) -> None:
    one = await going(house)
    post.answers += ["451 later"] * 3

    def queue(tx: Any) -> str:
        return agent_mail.queue(house.services, tx, store.one(tx, house.actor.account_id, one.agent.id), "page.agents")

    with suppress(Exception):
        await house.services.store.write(queue)
    await swept(one)
    assert (await one.rows())["agent_letter"] == 0


@ON_SQLITE
async def test_no_byte_of_the_rows_is_left_in_the_files(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    one, folder = await going(house), house.services.settings.data
    needles = await bytes_of(one)
    assert found_in(folder, needles)
    assert certified(await swept(one)).scrub.done_at
    assert found_in(folder, needles) == []
    # And without the scrub it is seen: the log still holds what was deleted.
    one = await going(house, email="again@canary.example")
    needles = await bytes_of(one)

    async def idle(**_: bool) -> bool:
        return False

    monkeypatch.setattr(house.services.store, "scrub", idle)
    await swept(one)
    assert found_in(folder, needles) == ["lethe.db-wal"]


async def bytes_of(one: Going) -> list[bytes]:
    """What only the agent's rows hold, and what nobody may hold anywhere."""
    await portraits.put(one.services, one.house.acting(one.agent.id, "agent"), picture())
    row = await one.services.store.read(lambda tx: store.one(tx, one.house.actor.account_id, one.agent.id))
    kept = select(portrait.c.image).where(portrait.c.agent_id == one.agent.id)
    image = await one.services.store.read(lambda tx: tx.execute(kept).scalar_one())
    # Some of it: a file has it in pieces.
    rows = [row.name, row.email, row.email_hash.encode(), row.password_hash.encode(), image[-48:]]
    return [*rows, NAME.encode(), EMAIL.encode()]


async def test_no_restore_brings_them_back(house: House, vault: Path, elsewhere: Settings) -> None:
    one = await going(house)
    heir, _ = await colleague(house.services, house.actor, "heir@acme.example", "Heir", "agent")
    path = await backed_up(house, vault)
    await swept(one, heir.id)
    async with restored(elsewhere, path) as (after, report):
        assert report.replayed["erase_agent"] == 1
        again = replace(one, house=replace(house, services=after))
        assert not any((await again.rows()).values())
        assert await again.assignees() == [heir.id, heir.id]
        assert {each.name for each in await agents.agents(after, house.actor)} == {"Acme", "Heir"}
        with pytest.raises(Unauthorized):
            await sign_ins.sign_in(after, EMAIL, one.password, Network("here"))


@ON_SQLITE
async def test_without_the_ledger_a_restore_brings_them_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await going(house)
    path = await backed_up(house, vault)
    monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await swept(one)
    async with restored(elsewhere, path) as (after, _):
        assert one.agent.id in {each.id for each in await agents.agents(after, house.actor)}


async def test_the_ledger_says_ids_alone(house: House) -> None:
    one = await going(house)
    await swept(one)
    written = house.services.ledger.copy()
    assert one.agent.id in written
    assert not [word for word in (NAME, EMAIL, "Zyxomma", "canary") if word in written]


async def test_the_page_says_what_goes_and_what_stays_and_leads_to_the_certificate(app: Served) -> None:
    one = await going(app.house)
    await app.sign_in()
    page = (await app.client.get(f"/admin/agents/{one.agent.id}")).text
    assert "This cannot be undone" in page
    assert "What they wrote stays" in page
    form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "tickets_to": new_id()}
    refused = await app.client.post(f"/admin/agents/{one.agent.id}/delete", data=form, headers={"origin": CHAT})
    assert (refused.status_code, "tickets_to-error" in refused.text) == (422, True)
    form["tickets_to"] = app.house.actor.agent_id
    done = await app.client.post(f"/admin/agents/{one.agent.id}/delete", data=form, headers={"origin": CHAT})
    assert done.status_code == 303
    await erasure.sweep(app.services)
    assert "an agent" in (await app.client.get(done.headers["location"])).text
    assert await one.assignees() == [app.house.actor.agent_id] * 2
    mine = (await app.client.get(f"/admin/agents/{app.house.actor.agent_id}")).text
    assert "This is the last owner" in mine
