"""The life of agents: names, roles and departments, coming back, handing ownership over, and who may do what of it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from chat.core.access import ROLES
from chat.core.errors import ChangedMeanwhile, Forbidden, LetheError, NotFound, NotNow, Unauthorized
from chat.core.model import Actor, Agent
from chat.core.networks import Network
from chat.core.versions import Precondition, precondition, tag_of
from chat.infra.audit import store as audit_rows
from chat.infra.store.tx import Tx
from chat.lifecycle.actions import changes, views
from chat.lifecycle.actions.changes import AgentChange
from chat.team import domain, store
from chat.team.actions import agents, sign_ins
from chat.team.domain import Standing
from chat.team.schema import agent
from tests.inside import CHAT, PASSWORD, House, Served, colleague, found, inner_socket, new_id, problem_of

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ROLE = AgentChange


def may(me: str, mine: bool, old: str, new: str, owners: int) -> bool:  # noqa: FBT001 - a row of a table
    """Whether somebody may give an agent another role, in words of its own: what `Standing` is held to."""
    if mine and ROLES.index(new) > ROLES.index(old):
        return False
    if "owner" in {old, new} and me != "owner":
        return False
    if max(ROLES.index(old), ROLES.index(new)) > ROLES.index(me):
        return False
    return not (old == "owner" and new != "owner" and owners == 1)


def disagreements() -> list[tuple[Any, ...]]:
    """Where `Standing` says other than the table."""
    wrong = []
    for me, old, new, owners in product(ROLES, ROLES, ROLES, (1, 2)):
        for mine in (True, False) if me == old else (False,):
            ids = {"target"} if old == "owner" else {"other"}
            stands = Standing("target" if mine else "me", me, frozenset(ids | ({"more"} if owners == 2 else set())))
            try:
                stands.require_role("target", old, new)
                done = True
            except Forbidden:
                done = False
            if done != may(me, mine, old, new, owners):
                wrong.append((me, mine, old, new, owners))
    return wrong


def test_who_may_give_which_role() -> None:
    assert disagreements() == []


def nothing(*_: Any) -> None:
    """Refuse nothing."""


def level(_: str) -> int:
    """All are of one rank."""
    return 0


@pytest.mark.parametrize(
    ("of", "name", "put"),
    [(Standing, "require_manageable", nothing), (Standing, "require_owner_left", nothing), (domain, "_rank", level)],
    ids=["nobody is above", "the last owner may go", "all are alike"],
)
def test_each_rule_is_needed(monkeypatch: pytest.MonkeyPatch, of: Any, name: str, put: Any) -> None:
    monkeypatch.setattr(of, name, put)
    assert disagreements() != []


async def role_of(house: House, agent_id: str) -> str:
    """An agent's role now."""
    return str((await views.get_agent(house.services, house.actor, agent_id)).role)


async def give(house: House, actor: Actor | None, agent_id: str, role: str) -> None:
    """Give an agent a role."""
    await changes.change(house.services, actor, agent_id, ROLE(role=role), account_id=house.actor.account_id)


async def refused(work: Awaitable[Any], *kinds: type[LetheError]) -> None:
    with pytest.raises(kinds):
        await work


async def second_owner(house: House) -> tuple[Agent, Actor]:
    made, _ = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "owner")
    return made, house.acting(made.id, "owner")


async def test_nobody_rises_above_who_raises_them(house: House) -> None:
    admin, _ = await colleague(house.services, house.actor, "adm@acme.example", "Adm", "admin")
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    acting = house.acting(admin.id, "admin")
    await refused(give(house, acting, low.id, "owner"), Forbidden)
    await refused(give(house, acting, admin.id, "owner"), Forbidden)
    await refused(give(house, acting, house.actor.agent_id, "agent"), Forbidden)
    await refused(changes.change(house.services, acting, house.actor.agent_id, ROLE(name="Taken")), Forbidden)
    await refused(give(house, house.acting(low.id, "agent"), low.id, "admin"), Forbidden)
    await refused(give(house, house.actor, house.actor.agent_id, "admin"), Forbidden)  # the last owner
    await give(house, acting, low.id, "admin")
    assert [await role_of(house, each) for each in (admin.id, low.id)] == ["admin", "admin"]


async def test_who_lost_the_right_meanwhile_changes_nobody(house: House) -> None:
    """The actor as they were when they signed in: what they may is asked again where it is done."""
    admin, _ = await colleague(house.services, house.actor, "adm@acme.example", "Adm", "admin")
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    stale = house.acting(admin.id, "admin")
    await give(house, house.actor, admin.id, "agent")
    await refused(give(house, stale, low.id, "admin"), Forbidden)
    await refused(changes.deactivate(house.services, stale, low.id), Forbidden)
    await refused(agents.add_agent(house.services, stale, "x@acme.example", "X", "agent"), Forbidden)
    assert await role_of(house, low.id) == "agent"


async def test_another_accounts_agents_are_not_there(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example", house.box)
    theirs = house.actor.agent_id
    for work in (
        views.get_agent(house.services, other.actor, theirs),
        changes.change(house.services, other.actor, theirs, ROLE(name="Taken")),
        changes.reactivate(house.services, other.actor, theirs),
        changes.hand_over(house.services, other.actor, theirs),
    ):
        await refused(work, NotFound)
    assert (await views.get_agent(house.services, house.actor, theirs)).name == "Acme"


async def _demote_each_other(house: House, monkeypatch: pytest.MonkeyPatch, seconds: float = 1) -> list[object]:
    """Two owners demote each other. Each waits so long after it counted for the other to have counted as well."""
    other, second = await second_owner(house)
    counted_both, count = threading.Barrier(2), store.active_owners

    def slowly(tx: Tx, account_id: str) -> frozenset[str]:
        owners = count(tx, account_id)
        with suppress(threading.BrokenBarrierError):
            counted_both.wait(seconds)
        return owners

    monkeypatch.setattr(store, "active_owners", slowly)
    return [
        *await asyncio.gather(
            give(house, house.actor, other.id, "agent"),
            give(house, second, house.actor.agent_id, "agent"),
            return_exceptions=True,
        )
    ]


async def owners_of(house: House) -> int:
    """How many owners there are."""
    found_agents = await agents.agents(house.services, house.actor)
    return [each.role for each in found_agents if each.active].count("owner")


async def test_two_owners_who_demote_each_other_leave_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await _demote_each_other(house, monkeypatch)
    assert sorted(type(each).__name__ for each in done) == ["Forbidden", "NoneType"]
    assert await owners_of(house) == 1


async def test_the_control_who_counts_without_a_lock_leaves_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(tx: Tx, account_id: str) -> frozenset[str]:
        mine = (agent.c.account_id == account_id) & (agent.c.role == "owner") & agent.c.deactivated_at.is_(None)
        return frozenset(tx.execute(select(agent.c.id).where(mine)).scalars())

    monkeypatch.setattr(store, "active_owners", unlocked)
    left, seconds = (1, 1) if house.services.store.sqlite else (0, 30)
    await _demote_each_other(house, monkeypatch, seconds)
    assert await owners_of(house) == left


async def signed_in(app: Served, email: str, password: str) -> str:
    """A session's cookie; the client forgets it."""
    answer = await app.sign_in(email, password)
    app.client.cookies.clear()
    return str(answer.headers["set-cookie"].partition(";")[0])


async def test_another_role_ends_sessions_and_their_sockets_and_what_a_token_may_not(app: Served) -> None:
    house, services = app.house, app.services
    made, password = await colleague(services, house.actor, "adm@acme.example", "Adm", "admin")
    cookie = await signed_in(app, made.email, password)
    await services.store.write(lambda tx: agents.give_token(tx, made.id, "lethe_theirs", "a program", 0))
    bearer = {"authorization": "Bearer lethe_theirs"}
    assert (await app.call("GET", "/api/v1/audit", **bearer)).status_code == 200
    async with inner_socket(app, "/ws/agent", {"cookie": cookie, "origin": CHAT}) as socket:
        await socket("", "welcome")
        await give(house, house.actor, made.id, "agent")
        heard = await socket("", "websocket.close")
        assert (heard["type"], heard.get("code")) == ("error", "unauthorized")
    problem_of(await app.call("GET", "/api/v1/account", cookie=cookie), 401, "unauthorized")
    problem_of(await app.call("GET", "/api/v1/audit", **bearer), 403, "forbidden")
    assert (await app.call("GET", "/api/v1/tickets", **bearer)).status_code == 200


async def test_without_that_the_session_would_go_on(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    made, password = await colleague(app.services, app.house.actor, "adm@acme.example", "Adm", "admin")
    cookie = await signed_in(app, made.email, password)
    monkeypatch.setattr(store, "end_sessions", lambda *_, **__: 0)
    await give(app.house, app.house.actor, made.id, "agent")
    assert (await app.call("GET", "/api/v1/account", cookie=cookie)).status_code == 200


async def entries(house: House) -> list[tuple[str, str, str]]:
    """Who did what to which thing."""
    chain = await house.services.store.read(lambda tx: list(audit_rows.chain(tx, house.actor.account_id)))
    return [(each.who, each.action, each.target) for each in chain]


async def test_a_role_is_on_record_with_the_one_before_it(app: Served) -> None:
    house, me = app.house, app.house.actor.agent_id
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    await give(house, house.actor, low.id, "admin")
    await give(house, None, low.id, "owner")
    assert (await entries(house))[-2:] == [
        (me, "agent.role_changed", f"{low.id}/agent>admin"),
        ("command", "agent.role_changed", f"{low.id}/admin>owner"),
    ]
    listed = (await app.rest("GET", f"/audit?target={low.id}")).json()["items"]
    assert [each["action"] for each in listed] == ["agent.role_changed", "agent.role_changed", "agent.added"]
    ledger = [(each.did, each.what) for each in house.services.ledger.entries()]
    assert ledger == [("role", {"agent": low.id, "role": role}) for role in ("admin", "owner")]


async def test_nothing_that_is_as_it_was_is_entered(house: House) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    before = await entries(house)
    await changes.change(house.services, house.actor, low.id, ROLE(name="Low", role="agent", departments=[]))
    assert await entries(house) == before


async def test_name_and_departments_change_and_go_with_what_they_are_of(app: Served) -> None:
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    made = [(await app.rest("POST", "/departments", {"name": name})).json()["id"] for name in ("Sales", "Help")]
    answer = await app.rest("PATCH", f"/agents/{low.id}", {"name": " Lowe  Smith ", "departments": made})
    assert answer.json() == {
        "id": low.id,
        "name": "Lowe Smith",
        "role": "agent",
        "status": "active",
        "departments": sorted(made),
        "email": "low@acme.example",
    }
    await app.rest("DELETE", f"/departments/{made[0]}")
    assert (await app.rest("GET", f"/agents/{low.id}")).json()["departments"] == [made[1]]
    for body in ({"name": "\u200b"}, {"role": "king"}, {"departments": [new_id()]}, {}):
        problem_of(await app.rest("PATCH", f"/agents/{low.id}", body), 422, "invalid_field")
    problem_of(await app.rest("PATCH", f"/agents/{low.id}", {"status": "x"}), 422, "unknown_parameter")
    assert (await app.rest("GET", f"/agents/{low.id}")).json()["name"] == "Lowe Smith"


async def test_a_department_of_another_account_is_none(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.context.postbox)
    theirs = (await app.rest("POST", "/departments", {"name": "Theirs"}, house=other)).json()["id"]
    answer = await app.rest("PATCH", f"/agents/{app.house.actor.agent_id}", {"departments": [theirs]})
    assert problem_of(answer, 422, "invalid_field")["field"] == "departments"


async def test_a_change_of_what_was_changed_meanwhile_is_refused_with_how_it_is(app: Served) -> None:
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    path, bearer = f"/api/v1/agents/{low.id}", app.house.bearer
    seen = (await app.rest("GET", f"/agents/{low.id}")).headers["etag"]
    first = await app.client.patch(path, json={"name": "One"}, headers=bearer | {"if-match": seen})
    assert first.status_code == 200
    assert first.headers["etag"] == (await app.rest("GET", f"/agents/{low.id}")).headers["etag"] != seen
    late = await app.client.patch(path, json={"name": "Two"}, headers=bearer | {"if-match": seen})
    assert problem_of(late, 412, "changed_meanwhile")["current"] == first.json()
    for header in (f'"x", {first.headers["etag"]}', "*"):
        again = await app.client.patch(path, json={"role": "agent"}, headers=bearer | {"if-match": header})
        assert (again.status_code, again.json()["name"]) == (200, "One")
    weak = await app.client.patch(path, json={"name": "Two"}, headers=bearer | {"if-match": f"W/{seen}"})
    problem_of(weak, 412, "changed_meanwhile")


async def test_the_control_who_shows_no_tag_overwrites(app: Served) -> None:
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    for name in ("One", "Two"):
        assert (await app.rest("PATCH", f"/agents/{low.id}", {"name": name})).status_code == 200


async def test_of_two_who_change_one_state_at_once_the_second_hears_of_it(house: House) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    seen = tag_of(await views.get_agent(house.services, house.actor, low.id))
    done = await asyncio.gather(
        *(
            changes.change(house.services, house.actor, low.id, ROLE(name=name), Precondition(frozenset({seen})))
            for name in ("One", "Two", "Three")
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["AgentView", *["ChangedMeanwhile"] * 2]


def test_what_a_header_asks_for() -> None:
    state = views.AgentView(id="a", name="b", role="agent", status="active", departments=[])
    for header, fine in ((None, True), ("*", True), (tag_of(state), True), (f"W/{tag_of(state)}", False), ("", False)):
        expected: Callable[[Any], None] = precondition(header).require
        if fine:
            expected(state)
        else:
            with pytest.raises(ChangedMeanwhile):
                expected(state)


async def test_who_comes_back_needs_the_new_password_and_nothing_old_opens(app: Served) -> None:
    house, services = app.house, app.services
    made, password = await colleague(services, house.actor, "low@acme.example", "Low", "agent")
    cookie = await signed_in(app, made.email, password)
    await services.store.write(lambda tx: agents.give_token(tx, made.id, "lethe_theirs", "a program", 0))
    problem_of(await app.rest("POST", f"/agents/{made.id}/reactivation"), 409, "not_now")
    gone = await app.rest("POST", f"/agents/{made.id}/deactivation")
    assert (gone.status_code, gone.json()["status"]) == (200, "deactivated")
    answer = await app.rest("POST", f"/agents/{made.id}/reactivation")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert answer.headers["etag"] == (await app.rest("GET", f"/agents/{made.id}")).headers["etag"]
    problem_of(await app.call("GET", "/api/v1/account", cookie=cookie), 401, "unauthorized")
    problem_of(await app.call("GET", "/api/v1/account", authorization="Bearer lethe_theirs"), 401, "unauthorized")
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(services, made.email, password, Network("here"))
    again = await sign_ins.sign_in(services, made.email, answer.json()["password"], Network("here"))
    assert again.password_due
    assert "agent.reactivated" in [action for _, action, _ in await entries(house)]


async def test_an_admin_reactivates_no_owner(house: House) -> None:
    other, _ = await second_owner(house)
    admin, _ = await colleague(house.services, house.actor, "adm@acme.example", "Adm", "admin")
    await changes.deactivate(house.services, house.actor, other.id)
    await refused(changes.reactivate(house.services, house.acting(admin.id, "admin"), other.id), Forbidden)
    assert (await changes.reactivate(house.services, house.actor, other.id)).role == "owner"


async def test_ownership_goes_to_another_in_one_step(app: Served) -> None:
    house = app.house
    low, password = await colleague(app.services, house.actor, "low@acme.example", "Low", "agent")
    cookies = [await signed_in(app, low.email, password), await signed_in(app, house.made.owner_email, PASSWORD)]
    problem_of(await app.rest("POST", f"/agents/{house.actor.agent_id}/ownership"), 422, "invalid_field")
    assert (await app.rest("POST", f"/agents/{low.id}/ownership")).json()["role"] == "owner"
    assert await role_of(house, house.actor.agent_id) == "admin"
    for cookie in cookies:
        problem_of(await app.call("GET", "/api/v1/account", cookie=cookie), 401, "unauthorized")
    problem_of(await app.rest("POST", f"/agents/{low.id}/ownership"), 403, "forbidden")
    assert [target for _, action, target in await entries(house) if action == "agent.role_changed"] == [
        f"{low.id}/agent>owner",
        f"{house.actor.agent_id}/owner>admin",
    ]


async def test_ownership_that_fails_half_way_stays_where_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    set_role = store.set_role

    def failing(tx: Tx, agent_id: str, role: str) -> None:
        if role == "admin":
            raise NotNow("half way")
        set_role(tx, agent_id, role)

    monkeypatch.setattr(store, "set_role", failing)
    await refused(changes.hand_over(house.services, house.actor, low.id), NotNow)
    assert [await role_of(house, each) for each in (low.id, house.actor.agent_id)] == ["agent", "owner"]


async def test_ownership_goes_to_nobody_who_cannot_sign_in(house: House) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    await changes.deactivate(house.services, house.actor, low.id)
    await refused(changes.hand_over(house.services, house.actor, low.id), NotNow)
    admin, _ = await colleague(house.services, house.actor, "adm@acme.example", "Adm", "admin")
    await refused(changes.hand_over(house.services, house.acting(admin.id, "admin"), low.id), Forbidden)


async def test_an_agents_page_changes_them_and_keeps_what_was_typed(app: Served) -> None:
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    await app.sign_in()
    page = (await app.client.get(f"/admin/agents/{low.id}")).text
    mark, state = (page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("csrf", "state"))
    form = {"csrf": mark, "state": state.replace("&#34;", '"'), "name": "Lowe", "role": "admin"}
    saved = await app.client.post(f"/admin/agents/{low.id}", data=form, headers={"origin": CHAT})
    assert saved.status_code == 303, saved.text
    late = await app.client.post(f"/admin/agents/{low.id}", data=form | {"name": "Late"}, headers={"origin": CHAT})
    assert late.status_code == 412
    assert 'value="Late"' in late.text
    assert (await views.get_agent(app.services, app.house.actor, low.id)).name == "Lowe"


async def test_an_agent_is_added_once_however_often_it_is_asked_for(app: Served) -> None:
    asked = {"id": new_id(), "email": "new@acme.example", "name": "New", "role": "admin"}
    answers = [*await asyncio.gather(*(app.rest("POST", "/agents", asked) for _ in range(3)))]
    assert sorted(each.status_code for each in answers) == [200, 200, 201]
    assert [("password" in each.json()) for each in answers].count(True) == 1
    made = next(each for each in answers if each.status_code == 201)
    assert made.headers["etag"] == (await app.rest("GET", f"/agents/{asked['id']}")).headers["etag"]
    again = await app.rest("POST", "/agents", asked)
    assert (again.status_code, again.json()["name"], "password" in again.json()) == (200, "New", False)
    assert [action for _, action, _ in await entries(app.house)].count("agent.added") == 2
    signed = await sign_ins.sign_in(app.services, "new@acme.example", made.json()["password"], Network("here"))
    assert signed.password_due
    other = await app.rest("POST", "/agents", asked | {"email": "other@acme.example"})
    assert problem_of(other, 422, "invalid_field")["field"] == "id"


async def test_without_an_id_it_is_added_anew_each_time(app: Served) -> None:
    """The control: the second is refused for its address, which is taken."""
    asked = {"email": "new@acme.example", "name": "New"}
    assert (await app.rest("POST", "/agents", asked)).json()["role"] == "agent"
    assert problem_of(await app.rest("POST", "/agents", asked), 422, "invalid_field")["field"] == "email"


async def test_what_nobody_can_be_added_with_adds_nobody_and_leaves_no_key(app: Served) -> None:
    keys = len(list(app.services.keys._slots.all()))
    good = {"email": "new@acme.example", "name": "New"}
    other = await found(app.services, "Other", "owner@other.example", app.context.postbox)
    for field, value in (
        ("email", "nobody"),
        ("name", " "),
        ("role", "king"),
        ("departments", [new_id()]),
        ("id", "x"),
        ("id", new_id().upper()),
    ):
        assert (
            problem_of(await app.rest("POST", "/agents", good | {field: value}), 422, "invalid_field")["field"] == field
        )
    problem_of(await app.rest("POST", "/agents", good | {"id": other.actor.agent_id}), 409, "not_now")
    problem_of(await app.rest("POST", "/agents", good | {"password": "x"}), 422, "unknown_parameter")
    problem_of(await app.rest("GET", "/agents?limit=3"), 422, "unknown_parameter")
    assert len(list(app.services.keys._slots.all())) == keys + 1  # the other account's owner
    assert len((await app.rest("GET", "/agents")).json()["items"]) == 1


async def test_an_admin_adds_no_owner(app: Served) -> None:
    admin, _ = await colleague(app.services, app.house.actor, "adm@acme.example", "Adm", "admin")
    await app.services.store.write(lambda tx: agents.give_token(tx, admin.id, "lethe_theirs", "a program", 0))
    asked = {"email": "new@acme.example", "name": "New", "role": "owner"}
    answer = await app.call("POST", "/api/v1/agents", asked, authorization="Bearer lethe_theirs")
    problem_of(answer, 403, "forbidden")
