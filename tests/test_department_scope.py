"""Who sees only their own departments finds, opens, hears and exports no other ticket: it looks as if not there."""

from dataclasses import dataclass

import pytest
from sqlalchemy import true, update

from chat.account.schema import agent_department
from chat.account.store import put_agent_in
from chat.core.errors import LetheError
from chat.departments import actions as departments
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.tickets.actions import changing
from chat.tickets.store import tickets as rows
from tests.inside import Guest, House, Served, inner_socket
from tests.test_roles import Person, joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]


@dataclass
class Split:
    """An account whose agents see their own departments: a guest in sales, one in returns, one in none."""

    app: Served
    agent: Person
    guests: dict[str, Guest]
    numbers: dict[str, int]
    departments: dict[str, str]

    @property
    def house(self) -> House:
        """The account."""
        return self.app.house

    async def get(self, path: str) -> int:
        """With which status the agent is answered."""
        return (await self.app.client.get(f"/api/v1{path}", headers=self.agent.bearer)).status_code

    async def listed(self) -> set[int]:
        """The numbers that the agent's list has."""
        answer = await self.app.client.get("/api/v1/tickets", headers=self.agent.bearer)
        return {each["number"] for each in answer.json()["items"]}


@pytest.fixture
async def split(app: Served) -> Split:
    """Made with its three tickets, and an agent of sales."""
    house, agent = app.house, await joined(app.house, "agent")
    made = {each: (await departments.add(app.services, house.actor, each, {})).id for each in ("sales", "returns")}
    guests, numbers = {}, {}
    for each in ("sales", "returns", "none"):
        guests[each] = await house.visit(each.title())
        numbers[each] = (await guests[each].say("hello")).number
        if each in made:
            await changing.change(app.services, house.actor, numbers[each], {"department": made[each]})
    await app.services.store.write(lambda tx: put_agent_in(tx, house.actor.account_id, agent.id, [made["sales"]]))
    await roles.change(app.services, house.actor, {"agent": {"ticket.read_all": False}})
    return Split(app, agent, guests, numbers, made)


ONE = ("/tickets/{number}", "/tickets/{number}/messages", "/tickets/{number}/notes", "/contacts/{contact}")
TWO = ("/contacts/{contact}/export", "/contacts/{contact}/consents")


@pytest.mark.parametrize("path", [*ONE, *TWO])
async def test_another_departments_ticket_is_not_there(split: Split, path: str) -> None:
    for name, status in (("sales", 200), ("none", 200), ("returns", 404)):
        filled = path.format(number=split.numbers[name], contact=split.guests[name].contact.uid)
        assert await split.get(filled) == status, name
    assert await split.listed() == {split.numbers["sales"], split.numbers["none"]}


async def test_lists_of_contacts_and_the_quarantine_leave_it_out(split: Split) -> None:
    def held(tx: Tx) -> None:
        for guest in split.guests.values():
            ticket = rows.of_contact(tx, guest.contact.id)
            assert ticket is not None
            rows.hold(tx, ticket.id, held=True)

    await split.app.services.store.write(held)
    for path, key in (("/contacts", "id"), ("/spam/quarantine", "ticket")):
        items = (await split.app.client.get(f"/api/v1{path}", headers=split.agent.bearer)).json()["items"]
        all_of = (await split.app.rest("GET", path)).json()["items"]
        assert len({each[key] for each in items}) == 2, path
        hidden = {each[key] for each in all_of} - {each[key] for each in items}
        assert hidden in ({split.guests["returns"].contact.uid}, {split.numbers["returns"]})
    judged = {"word": "release", "messages": [{"ticket": split.numbers["returns"], "seq": 1}]}
    answer = await split.app.client.post("/api/v1/spam/quarantine", json=judged, headers=split.agent.bearer)
    assert answer.status_code == 404


@pytest.mark.parametrize("verb", ["PATCH", "DELETE", "POST", "ERASE"])
async def test_nothing_is_changed_there(split: Split, verb: str) -> None:
    number, contact = split.numbers["returns"], split.guests["returns"].contact.uid
    path = f"/contacts/{contact}" if verb == "ERASE" else f"/tickets/{number}"
    body = {"status": "solved"} if verb == "PATCH" else None
    if verb == "POST":
        path, body = f"{path}/messages", {"id": "0190a000-0000-7000-8000-000000000001", "text": "hello"}
    real = "DELETE" if verb == "ERASE" else verb
    answer = await split.app.client.request(real, f"/api/v1{path}", json=body, headers=split.agent.bearer)
    assert answer.status_code == 404, answer.text
    assert (await split.app.rest("GET", f"/tickets/{number}")).json()["status"] == "open"


async def test_it_is_heard_neither_when_it_changes_nor_when_it_is_opened(split: Split) -> None:
    async with inner_socket(split.app, "/ws/agent", split.agent.bearer) as inner:
        await inner("", "welcome")
        assert (await inner("open", "welcome", ticket=split.numbers["returns"], last_seq=0))["code"] == "not_found"
        await split.guests["returns"].say("a secret of returns")
        await split.guests["sales"].say("a word to sales")
        while (frame := await inner("", "ticket"))["number"] != split.numbers["sales"]:
            assert frame["status"] == "gone"
        assert "a secret of returns" not in str(inner.heard)
        shown = {"tickets": [split.numbers["returns"], split.numbers["sales"]], "contacts": []}
        assert (await inner("shown", "ticket", **shown))["number"] == split.numbers["returns"]


async def test_one_that_goes_to_another_department_is_gone_where_it_is_open(split: Split) -> None:
    async with inner_socket(split.app, "/ws/agent", split.agent.bearer) as inner:
        await inner("", "welcome")
        assert (await inner("open", "welcome", ticket=split.numbers["sales"], last_seq=0))["type"] == "welcome"
        returns = split.departments["returns"]
        await changing.change(split.app.services, split.house.actor, split.numbers["sales"], {"department": returns})
        while (await inner("", "ticket"))["status"] != "gone":
            pass
        await split.guests["sales"].say("for returns alone")
        await split.guests["none"].say("for all")
        while (await inner("", "ticket"))["number"] != split.numbers["none"]:
            pass
        assert "for returns alone" not in str(inner.heard)


async def test_a_membership_that_the_server_did_not_write_opens_nothing(split: Split) -> None:
    returns = split.departments["returns"]
    work = update(agent_department).values(department_id=returns)
    await split.app.services.store.write(lambda tx: tx.execute(work))
    assert await split.listed() == {split.numbers["none"]}


async def test_the_control_with_the_right_all_of_it_is_there(split: Split) -> None:
    await roles.change(split.app.services, split.house.actor, {})
    assert await split.listed() == set(split.numbers.values())
    assert await split.get(f"/tickets/{split.numbers['returns']}") == 200


async def test_the_control_a_query_without_the_condition_shows_it(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "seen", lambda _: true())
    assert split.numbers["returns"] in await split.listed()


@pytest.mark.parametrize("role", ["admin", "owner"])
async def test_it_cannot_be_taken_from_those_who_act_on_the_whole_account(split: Split, role: str) -> None:
    with pytest.raises(LetheError):
        await roles.change(split.app.services, split.house.actor, {role: {"ticket.read_all": False}})
