"""An owner gives rights to roles and takes them: at once, bound, on record, and never so that nobody is left."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.backup.actions import replay
from chat.core import access
from chat.core.access import EVERYBODY, MANAGERS, ROLES, Right
from chat.core.errors import Forbidden, InvalidField
from chat.core.settings import Settings
from chat.features import permissions, rights
from chat.infra.audit.schema import audit
from chat.infra.store import engine, migrations
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.roles import store
from chat.roles.schema import role_right
from chat.team.actions import agents, sessions
from chat.team.schema import agent
from chat.tokens.schema import token
from tests.inside import House, Served, found, inner_socket
from tests.test_restore_older import moved, older  # noqa: F401 - a fixture

pytestmark = pytest.mark.anyio
RIGHTS, USUAL = rights(), permissions()
CELLS = [(role, name) for name in RIGHTS for role in ROLES]
CLOSED = [each for each in CELLS if not RIGHTS[each[1]].is_open(each[0])]


@dataclass
class Person:
    """An agent of the house with a token."""

    id: str
    bearer: dict[str, str]
    house: House

    async def may(self) -> frozenset[str]:
        """What they may now."""
        actor = await sessions.by_token(self.house.services, self.bearer["authorization"].removeprefix("Bearer "))
        return actor.permissions


async def joined(house: House, role: str, name: str = "") -> Person:
    """Somebody of a role joins."""
    token = f"lethe_of_{role}{name}_{house.made.site_key}"
    made, _ = await agents.add_agent(house.services, house.actor, f"{token}@acme.example", role.title(), role)
    await house.services.store.write(lambda tx: agents.give_token(tx, made.id, token, "test", 0))
    return Person(made.id, {"authorization": f"Bearer {token}"}, house)


async def changed(house: House, **cells: bool) -> roles.RolesView:
    """The owner lets the role agent have these rights, named with `__` for the dot, or not; all else is usual."""
    agent = {name.replace("__", "."): allowed for name, allowed in cells.items()}
    return await roles.change(house.services, house.actor, {"agent": agent})


async def test_what_is_taken_is_refused_at_once_and_what_is_given_is_there(app: Served) -> None:
    agent, guest = await joined(app.house, "agent"), await app.house.visit("Zoe")
    export, audit = f"/api/v1/contacts/{guest.contact.uid}/export", "/api/v1/audit"

    async def status(path: str) -> int:
        return (await app.client.get(path, headers=agent.bearer)).status_code

    assert (await status(export), await status(audit)) == (200, 403)
    await changed(app.house, contact__export=False, audit__read=True)
    assert (await status(export), await status(audit)) == (403, 200)
    await changed(app.house)
    assert (await status(export), await status(audit)) == (200, 403)


async def test_another_role_and_another_account_keep_theirs(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example")
    theirs, admin, mine = (
        await joined(other, "agent"),
        await joined(app.house, "admin"),
        await joined(app.house, "agent"),
    )
    await changed(app.house, contact__export=False)
    assert await theirs.may() == USUAL["agent"]
    assert await admin.may() == USUAL["admin"]
    assert await mine.may() == USUAL["agent"] - {"contact.export"}


async def test_an_owner_alone_changes_and_others_read(app: Served) -> None:
    body = {"changed": {"agent": {"audit.read": True}}}
    for role, reads in (("agent", 403), ("admin", 200), ("auditor", 200)):
        person = await joined(app.house, role)
        assert (await app.client.get("/api/v1/roles", headers=person.bearer)).status_code == reads
        assert (await app.client.put("/api/v1/roles", json=body, headers=person.bearer)).status_code == 403
    answer = await app.rest("PUT", "/roles", body)
    assert answer.status_code == 200
    assert answer.json()["changed"] == body["changed"] | {"admin": {}, "owner": {}, "auditor": {}}
    assert answer.json() == (await app.rest("GET", "/roles")).json()


@pytest.mark.parametrize(
    ("role", "name", "allowed"),
    [
        ("agent", "agent.manage", True),
        ("admin", "role.change", True),
        ("owner", "role.change", False),
        ("owner", "agent.manage", False),
        ("agent", "account.read", False),
        ("auditor", "ticket.read", True),
        ("auditor", "contact.read", True),
        ("agent", "no.such", True),
        ("nobody", "ticket.read", True),
    ],
)
async def test_what_nobody_may_give_or_take_is_refused_and_changes_nothing(
    house: House, role: str, name: str, *, allowed: bool
) -> None:
    with pytest.raises(InvalidField):
        await roles.change(house.services, house.actor, {"agent": {"contact.export": False}, role: {name: allowed}})
    assert (await roles.roles(house.services, house.actor)).changed == {each: {} for each in ROLES}


def test_what_can_never_be_changed_leaves_an_owner_who_can_change_all_else() -> None:
    nothing = dict.fromkeys(RIGHTS, False)
    left = access.allowed(RIGHTS, "owner", nothing)
    assert {"role.read", "role.change", "agent.read", "agent.manage", "account.read"} <= left
    everything = dict.fromkeys(RIGHTS, True)
    assert access.allowed(RIGHTS, "agent", everything).isdisjoint({"agent.manage", "role.change", "account.change"})
    assert "role.change" not in access.allowed(RIGHTS, "admin", everything)
    looks = access.allowed(RIGHTS, "auditor", everything)
    assert {each for each in looks if each.split(".")[1] not in {"read", "oversee", "own"}} == set()
    assert looks.isdisjoint({"ticket.read", "contact.read", "hold.read", "quarantine.read"})


def test_a_right_is_default_deny() -> None:
    """The controls: of an unknown role, and of a row about a right or role that is not open."""
    assert access.allowed(RIGHTS, "stranger", {}) == access.allowed(RIGHTS, "", {"ticket.read": True}) == frozenset()
    one = {"a": Right("admin"), "b": MANAGERS, "c": EVERYBODY, "d": Right("agent", audits=True)}
    assert access.allowed(one, "agent", {"a": True, "b": True, "c": False, "e": True}) == {"a", "c", "d"}
    assert access.allowed(one, "auditor", {"a": True}) == {"c", "d"}
    assert access.allowed(one, "owner", {"b": False, "d": False}) == {"a", "b", "c"}


def forge(tx: Tx, account: str, role: str, name: str, mac: str = "") -> None:
    """Store a row that gives a right, as who can write the database and has no secret might."""
    row = {"account_id": account, "role": role, "permission": name, "allowed": True, "changed_at": 0, "mac": mac}
    tx.execute(insert(role_right).values(row))


async def test_a_row_that_the_server_did_not_write_gives_nothing(house: House) -> None:
    agent, account = await joined(house, "agent"), house.actor.account_id
    write = house.services.store.write
    await write(lambda tx: forge(tx, account, "agent", "audit.read"))
    assert "audit.read" not in await agent.may()
    await changed(house, hold__read=True)  # a row that holds, moved to another right
    mac = await house.services.store.read(lambda tx: tx.execute(select(role_right.c.mac)).scalars().all())
    await write(lambda tx: forge(tx, account, "agent", "hold.change", next(each for each in mac if each)))
    assert await agent.may() >= {"hold.read"}
    assert (await agent.may()).isdisjoint({"audit.read", "hold.change"})
    await write(lambda tx: tx.execute(update(role_right).values(role="agent", allowed=True, mac="0")))
    assert "hold.read" not in await agent.may()


async def test_a_taken_right_does_not_come_back_by_a_spoilt_row(house: House) -> None:
    agent = await joined(house, "agent")
    await changed(house, contact__export=False)
    await house.services.store.write(lambda tx: tx.execute(update(role_right).values(allowed=True)))
    assert "contact.export" not in await agent.may()
    await changed(house)  # and the owner mends it
    assert await agent.may() == USUAL["agent"]


async def test_the_control_rows_that_are_taken_at_their_word_give_everything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await joined(house, "agent")
    await house.services.store.write(lambda tx: forge(tx, house.actor.account_id, "agent", "audit.read"))
    monkeypatch.setattr(store, "holds", lambda *_: True)
    assert "audit.read" in await agent.may()


async def test_a_row_about_what_is_not_open_is_not_read(house: House) -> None:
    agent = await joined(house, "agent")

    def work(tx: Tx) -> None:
        for role, name in CLOSED:
            store.put(tx, house.actor.account_id, role, name, not RIGHTS[name].usual(role), 0)

    await house.services.store.write(work)
    assert await agent.may() == USUAL["agent"]
    assert (await roles.roles(house.services, house.actor)).changed == {each: {} for each in ROLES}


async def test_each_change_is_in_the_audit_log_and_taking_in_the_ledger(house: House) -> None:
    await changed(house, contact__export=False, audit__read=True)
    await changed(house, contact__export=False)
    query = select(audit.c.action, audit.c.target).where(audit.c.action.like("right.%")).order_by(audit.c.number)
    assert await house.services.store.read(lambda tx: [tuple(each) for each in tx.execute(query)]) == [
        ("right.given", "agent/audit.read"),
        ("right.taken", "agent/contact.export"),
        ("right.taken", "agent/audit.read"),
    ]
    said = [each.what for each in house.services.ledger.entries() if each.did == "take"]
    assert [each["permission"] for each in said] == ["contact.export", "audit.read"]
    assert {each["account"] for each in said} == {house.actor.account_id}


async def test_a_restore_gives_no_right_back_that_was_taken(house: House) -> None:
    agent = await joined(house, "agent")
    await changed(house, audit__read=True)
    before = house.services.ledger.head().number
    await changed(house, contact__export=False)
    entries = [each for each in house.services.ledger.entries() if each.number > before]
    # The database as it was: what was given is there, what was taken is not yet.
    await house.services.store.write(lambda tx: tx.execute(delete(role_right)))
    account, given = house.actor.account_id, True
    await house.services.store.write(lambda tx: store.put(tx, account, "agent", "audit.read", given, 0))
    assert await agent.may() >= {"audit.read", "contact.export"}
    assert (await replay.run(house.services, entries))["take"] == 2
    assert await agent.may() == USUAL["agent"] - {"contact.export"}


async def test_what_is_open_is_closed_where_the_rights_of_its_role_change(app: Served) -> None:
    agent, admin = await joined(app.house, "agent"), await joined(app.house, "admin")
    async with (
        inner_socket(app, "/ws/agent", agent.bearer) as theirs,
        inner_socket(app, "/ws/gone", agent.bearer) as page,
        inner_socket(app, "/ws/agent", admin.bearer) as others,
    ):
        for each in (theirs, page, others):
            assert (await each("", "welcome"))["type"] == "welcome"
        await changed(app.house, ticket__read=False)
        assert (await theirs("", "websocket.close"))["code"] == "forbidden"
        assert (await theirs("", "websocket.close"))["type"] == "websocket.close"
        assert (await page("", "websocket.close"))["type"] == "websocket.close"
        assert (await others("ping", "pong"))["type"] == "pong"
    async with inner_socket(app, "/ws/agent", agent.bearer) as again:
        assert (await again("", "welcome"))["code"] == "forbidden"


@pytest.mark.parametrize(
    ("frame", "taken"),
    [
        ({"type": "open", "ticket": 1, "last_seq": 0}, "ticket__read"),
        ({"type": "message", "ticket": 1, "text": "x", "attachments": []}, "ticket__answer"),
        ({"type": "note", "ticket": 1, "text": "x"}, "ticket__answer"),
        ({"type": "typing", "ticket": 1, "on": True}, "ticket__answer"),
        ({"type": "presence", "status": "away"}, "ticket__answer"),
    ],
)
async def test_no_frame_is_taken_without_its_right(app: Served, frame: dict[str, Any], taken: str) -> None:
    guest, agent = await app.house.visit("Zoe"), await joined(app.house, "agent")
    await guest.say("hello")
    frame = frame | ({"id": "0190a000-0000-7000-8000-000000000001"} if frame["type"] in {"message", "note"} else {})
    if taken != "ticket__read":
        await changed(app.house, **{taken: False})
        async with inner_socket(app, "/ws/agent", agent.bearer) as inner:
            await inner("", "welcome")
            kind = frame.pop("type")
            assert (await inner(kind, "error", **frame))["code"] == "forbidden"
    else:
        async with inner_socket(app, "/ws/agent", agent.bearer) as inner:
            await inner("", "welcome")
            kind = frame.pop("type")
            assert (await inner(kind, "welcome", **frame))["type"] == "welcome"


async def test_two_owners_at_once_leave_one_of_both_tables(house: House) -> None:
    one, two = {"agent": {"contact.export": False}}, {"agent": {"audit.read": True}}
    await asyncio.gather(*(roles.change(house.services, house.actor, each) for each in (one, two, one, two)))
    now = (await roles.roles(house.services, house.actor)).changed["agent"]
    assert now in ({"contact.export": False}, {"audit.read": True})


async def test_an_agent_cannot_change_what_they_may(house: House) -> None:
    person = house.acting("x", "admin")
    with pytest.raises(Forbidden):
        await roles.change(house.services, person, {"admin": {"hold.change": False}})


async def test_a_database_is_brought_forward_with_all_that_hangs_off_its_agents(
    house: House,
    older: Settings,  # noqa: F811 - it is a fixture
) -> None:
    """A table that SQLite makes anew to change a check takes sessions and tokens with it."""
    migrations.migrate(older, "0019_tokens")
    await moved(house, older)
    migrations.migrate(older)
    target = engine(older.database_url)
    with target.begin() as tx:
        assert tx.execute(select(token.c.agent_id)).scalars().all() == [house.actor.agent_id]
        tx.execute(update(agent).values(role="auditor"))
    with pytest.raises(IntegrityError), target.begin() as tx:
        tx.execute(update(agent).values(role="visitor"))
    target.dispose()
