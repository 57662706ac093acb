"""API tokens: what they open and what not, whose they are, when they end; attacks on them, each with its control."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import text, update

from chat.core import access, frames, networks, scopes
from chat.core.clock import DAY, HOUR
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, Unauthorized
from chat.core.macs import Macs
from chat.core.model import LOCALES, Actor
from chat.core.settings import Settings, from_env
from chat.infra.services import Services
from chat.infra.store import engine, folder, migrations
from chat.routes import every
from chat.team.actions import sessions
from chat.tokens import actions as tokens
from chat.tokens import store
from chat.tokens.actions import MadeToken, WantedToken
from chat.tokens.schema import token as table
from chat.web.endpoint import API, Ask, endpoint
from chat.web.page_endpoint import PageEndpoint
from tests.backups import backed_up, restored
from tests.commands import lethe as run
from tests.inside import CHAT, House, Served, colleague, new_id, problem_of
from tests.lethe import Account, Lethe
from tests.test_bodies import BODIES
from tests.test_migrations import environment, one_line
from tests.test_permissions import PERMISSIONS, UNRULED, required

pytestmark = pytest.mark.anyio
EVERY = [each for each in scopes.KNOWN if each != scopes.ALL]
WITHOUT = [each for each in EVERY if each != scopes.VISITOR_DATA]


async def made(house: House, *wanted: str, actor: Actor | None = None, **more: Any) -> MadeToken:
    """A token of the owner's, or of whoever acts."""
    asked = WantedToken("a program", list(wanted), **more)
    found = await tokens.make(house.services, actor or house.actor, asked)
    assert isinstance(found, MadeToken)
    return found


def bearer(token: MadeToken) -> dict[str, str]:
    return {"authorization": f"Bearer {token.token}"}


async def plain_actor(house: House) -> Actor:
    """An agent without any rights beyond answering."""
    agent, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    return house.acting(agent.id, "agent")


# What there is, and what each needs.


def test_every_permission_and_no_other_has_scopes() -> None:
    assert {*scopes.NEEDED} == PERMISSIONS["owner"]
    assert scopes.missing(frozenset(EVERY), "wish.grant") == [scopes.ALL]  # the control: what is new is closed
    assert scopes.missing(frozenset({scopes.ALL}), "wish.grant") == []


def test_every_address_for_agents_has_scopes_or_is_for_people_alone() -> None:
    for_agents = [each for each in every() if each.audience == "agent"]
    assert len(for_agents) > 100
    assert {str(each) for each in for_agents if each.permission not in scopes.NEEDED} == set(UNRULED)


def unscoped() -> set[str]:
    """The agents' frames that a token may send whatever its scopes."""
    return {each.__name__ for each in get_args(frames.AgentFrame) if each.permission not in scopes.NEEDED}


def test_every_frame_of_an_agent_has_scopes() -> None:
    assert unscoped() == {"Ping", "Pong"}


def test_the_control_a_frame_without_scopes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames.AgentNote, "permission", None)
    assert unscoped() == {"Ping", "Pong", "AgentNote"}


def unmet(endpoints: Any) -> list[str]:
    """The addresses that let in a token which the actions behind them then refuse, perhaps after they did something."""
    found = []
    for each in endpoints:
        held = frozenset(scopes.NEEDED.get(each.permission, scopes.ALL).split())
        found += [
            f"{each}: {one}"
            for one in sorted(required(each.handler))
            if each.audience == "agent" and each.permission and scopes.missing(held, one)
        ]
    return found


SEARCHES = ("GET", "POST")


def test_what_an_address_needs_is_enough_for_its_actions() -> None:
    # Only where it marks as spam, looks among what is held back, or takes a file of a reply that is not the agent's
    # own, and then before anything is done.
    first = {"POST /api/v1/tickets/bulk: spam.mark", *(f"{verb} /api/v1/search: quarantine.read" for verb in SEARCHES)}
    first.add("POST /api/v1/tickets/{number:int}/response-files: canned_response.read")
    assert set(unmet(each for each in every() if not isinstance(each, PageEndpoint))) == first


def test_the_control_an_address_that_asks_for_too_little_is_found() -> None:
    async def shown(ask: Ask[None]) -> Any:
        return await tokens.make(ask.services, ask.actor, WantedToken("", []))

    assert unmet([endpoint("GET /wishes", permission="token.read", audited=())(shown)]) == [
        f"GET {API}/wishes: token.make"
    ]


def test_who_may_write_may_read_and_visitors_words_stand_apart() -> None:
    held = frozenset({"tickets:write"})
    assert scopes.has(held, "tickets:read")
    assert not scopes.has(held, "contacts:read")
    assert scopes.missing(held, "ticket.read") == ["visitor-data"]
    assert not scopes.has(frozenset({"tickets:read"}), "tickets:write")
    assert scopes.has(None, "visitor-data")


async def refused(app: Served, headers: dict[str, str]) -> set[str]:
    """The addresses of REST that answer 403 and name a scope."""
    found = set()
    for each in every():
        if not each.permission or isinstance(each, PageEndpoint):
            continue
        body = BODIES.get(str(each).replace(API, ""))
        path = each.path.replace("{number:int}", "1").replace("{seq:int}", "1").replace("{id}", new_id())
        answer = await app.client.request(each.verb, path, json=body, headers=headers)
        problem = answer.json() if answer.status_code == 403 else {}
        if "lacks the scope" in problem.get("detail", "") and not each.path.startswith(API):
            found.add(str(each))  # which has refusals of its own form
        if "scopes" in problem:  # what is for people alone is refused to every token
            problem_of(answer, 403, "forbidden")
            lacks = scopes.missing(frozenset({""}), each.permission)
            assert set(problem["scopes"]) <= set(lacks), each
            assert all(one in problem["detail"] for one in problem["scopes"])
            found.add(str(each))
    return found


@pytest.mark.parametrize(
    "held", [["account:read"], ["tickets:write"], ["tickets:read", "visitor-data"], ["spam:write", "audit:read"]]
)
async def test_a_token_opens_what_its_scopes_say_and_nothing_else(app: Served, held: list[str]) -> None:
    expected = {
        str(each)
        for each in every()
        if each.permission and not isinstance(each, PageEndpoint) and scopes.missing(frozenset(held), each.permission)
    }
    assert await refused(app, bearer(await made(app.house, *held))) == expected
    assert expected


async def test_the_control_a_server_that_asks_no_scopes_is_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await made(app.house, "account:read")
    monkeypatch.setattr(scopes, "missing", lambda *_: [])
    assert await refused(app, bearer(token)) == set()


async def test_the_first_token_may_all_that_its_owner_may(app: Served) -> None:
    assert await refused(app, app.house.bearer) == set()
    (first,) = (await app.rest("GET", "/tokens")).json()["items"]
    assert first["scopes"] == ["all"]


WORDS = ("Zoe Canary", "zoe@canary.example", "canary zyxomma")


async def words_read(app: Served, headers: dict[str, str]) -> set[str]:
    """What of a visitor's comes out of any address that is read."""
    guest = await app.house.visit(WORDS[0], WORDS[1])
    await guest.say(WORDS[2])
    found = set()
    for each in every():
        if each.verb != "GET" or each.audience != "agent":
            continue
        path = each.path.replace("{number:int}", "1").replace("{id}", guest.contact.uid)
        answer = await app.client.get(path.replace("{view}", "open"), headers=headers)
        found |= {word for word in WORDS if word in answer.text}
    return found


async def test_without_visitor_data_nothing_that_a_visitor_wrote_or_gave_comes_out(app: Served) -> None:
    assert await words_read(app, bearer(await made(app.house, *WITHOUT))) == set()


async def test_the_control_with_visitor_data_it_does(app: Served) -> None:
    assert await words_read(app, bearer(await made(app.house, *EVERY))) == {*WORDS}


async def test_a_token_may_never_more_than_its_agent(app: Served) -> None:
    low = await plain_actor(app.house)
    token = await made(app.house, scopes.ALL, actor=low)
    assert (await app.client.get(f"{API}/tickets", headers=bearer(token))).status_code == 200
    for path in ("audit", "holds", "retention"):
        problem = problem_of(await app.client.get(f"{API}/{path}", headers=bearer(token)), 403, "forbidden")
        assert "scopes" not in problem


@pytest.mark.parametrize("address", sorted(UNRULED))
async def test_what_is_for_people_alone_is_for_no_token(app: Served, address: str) -> None:
    verb, path = address.split(" ")
    answer = await app.client.request(verb, path, headers=app.house.bearer)
    assert answer.status_code == 403


# Whose they are.


async def test_a_token_is_made_shown_once_renamed_and_revoked(app: Served) -> None:
    uid = new_id()
    body = {"id": uid, "name": " CRM  ", "scopes": ["tickets:read", "visitor-data"], "days": 30}
    answer = await app.rest("POST", "/tokens", body)
    assert answer.status_code == 201, answer.text
    token = answer.json()
    assert (token["id"], token["name"], token["scopes"], token["networks"]) == (
        uid,
        "CRM",
        ["visitor-data", "tickets:read"],
        [],
    )
    assert token["state"] == "ending"
    again = await app.rest("POST", "/tokens", body)
    assert (again.status_code, "token" in again.json()) == (200, False)
    shown = {"authorization": f"Bearer {token['token']}"}
    assert (await app.client.get(f"{API}/tickets", headers=shown)).status_code == 200
    changed = await app.rest("PATCH", f"/tokens/{uid}", {"name": "Shop"})
    assert changed.json()["name"] == "Shop"
    listed = (await app.rest("GET", "/tokens")).json()["items"]
    assert [each["name"] for each in listed] == ["Shop", "first"]
    assert token["token"] not in json.dumps(listed)
    assert (await app.rest("DELETE", f"/tokens/{uid}")).status_code == 204
    problem_of(await app.client.get(f"{API}/tickets", headers=shown), 401, "unauthorized")
    problem_of(await app.rest("DELETE", f"/tokens/{uid}"), 404, "not_found")
    problem_of(await app.rest("POST", "/tokens", body), 422, "invalid_field")
    entries = (await app.rest("GET", f"/audit?target={uid}")).json()["items"]
    assert {each["action"] for each in entries} == {"token.made", "token.changed", "token.revoked"}


async def test_its_secret_is_kept_nowhere(app: Served) -> None:
    token = await made(app.house, "account:read")
    (row,) = await app.services.store.read(lambda tx: tx.execute(table.select().where(table.c.id == token.id)).all())
    assert token.token not in str(row)
    assert row.secret_hash == digest(token.token)


async def test_two_that_make_one_id_make_one_token(house: House) -> None:
    uid = new_id()
    asked = WantedToken("twice", ["account:read"], id=uid)
    found = await asyncio.gather(*(tokens.make(house.services, house.actor, asked) for _ in range(4)))
    assert sum(isinstance(each, MadeToken) for each in found) == 1
    assert {each.id for each in found} == {uid}
    assert [each.id for each in await tokens.tokens(house.services, house.actor)].count(uid) == 1


async def test_agents_see_their_own_and_admins_those_of_the_account(app: Served) -> None:
    house, services = app.house, app.services
    low = await plain_actor(house)
    mine = await made(house, "account:read", actor=low)
    assert [each.id for each in await tokens.tokens(services, low)] == [mine.id]
    every_one = await tokens.tokens(services, house.actor)
    assert {each.id for each in every_one} > {mine.id}
    other = next(each for each in every_one if each.id != mine.id)
    shown = bearer(await made(house, "tokens:write", actor=low))
    for verb, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        answer = await app.client.request(verb, f"{API}/tokens/{other.id}", json=body, headers=shown)
        problem_of(answer, 404, "not_found")
    problem_of(await app.rest("PATCH", f"/tokens/{mine.id}", {"name": "x"}), 404, "not_found")  # renamed by their own
    assert (await app.rest("DELETE", f"/tokens/{mine.id}")).status_code == 204
    assert mine.id not in {each.id for each in await tokens.tokens(services, low)}


async def test_nobody_has_more_than_so_many(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "EACH", 2)
    body = {"id": new_id(), "name": "x", "scopes": ["account:read"]}
    assert (await app.rest("POST", "/tokens", body)).status_code == 201
    assert (await app.rest("POST", "/tokens", body)).status_code == 200
    problem_of(await app.rest("POST", "/tokens", body | {"id": new_id()}), 409, "not_now")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tickets:delete"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 731}, "days"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"networks": ["0.0.0.0/0"]}, "networks"),
        ({"networks": ["::/0"]}, "networks"),
        ({"networks": ["::ffff:0.0.0.0/96"]}, "networks"),
        ({"networks": ["10.0.0.0/255.0.0.0"]}, "networks"),
        ({"networks": ["fe80::1%eth0"]}, "networks"),
        ({"networks": ["office"]}, "networks"),
        ({"networks": [f"10.0.{at // 250}.{at % 250}" for at in range(10_000)]}, "networks"),
        ({"id": "not an id"}, "id"),
    ],
)
async def test_what_is_wrong_with_a_wanted_token_is_named(app: Served, wrong: dict[str, Any], field: str) -> None:
    body = {"name": "x", "scopes": ["account:read"]} | wrong
    before = (await app.rest("GET", "/tokens")).json()
    assert problem_of(await app.rest("POST", "/tokens", body), 422, "invalid_field")["field"] == field
    assert (await app.rest("GET", "/tokens")).json() == before


def test_a_list_is_kept_in_order_each_once_and_as_what_it_stands_for() -> None:
    given = ["2001:DB8::/32", "10.0.0.0/8", " ::ffff:192.0.2.0/120", "10.0.0.0/8", "192.0.2.1"]
    kept = networks.listed(given, "networks")
    assert kept == "10.0.0.0/8 192.0.2.0/24 192.0.2.1/32 2001:db8::/32"
    with pytest.raises(InvalidField, match=r"Network 2 has bits of a host: the network is 10\.0\.0\.0/8"):
        networks.listed(["10.0.0.0/8", "10.0.0.1/8"], "networks")


def test_an_address_is_inside_by_each_of_the_lists() -> None:
    near, mapped = networks.parsed("10.0.0.9"), networks.parsed("::ffff:10.0.0.9")
    assert networks.is_inside(near, ["10.0.0.0/8", "", "10.0.0.0/24"])
    assert networks.is_inside(mapped, ["10.0.0.0/8"])
    assert not networks.is_inside(near, ["10.0.0.0/8", "192.0.2.0/24"])
    assert not networks.is_inside(networks.parsed("64:ff9b::a00:9"), ["10.0.0.0/8"])  # anybody may hold such a one
    assert not networks.is_inside(None, ["10.0.0.0/8"])
    assert networks.is_inside(None, ["", ""])


# Attacks.

GROWN: dict[str, dict[str, Any]] = {
    "all of it": {"scopes": ["all"]},
    "a scope more": {"scopes": ["tokens:write", "account:read"]},
    "from everywhere": {"networks": []},
    "from a wider network": {"networks": ["127.0.0.0/8", "10.0.0.0/8"]},
}


async def grown(app: Served, wish: dict[str, Any]) -> int:
    """What a token that may make tokens is answered when it asks for one that may more."""
    shown = bearer(await made(app.house, "tokens:write", networks=["127.0.0.0/8"], days=30))
    body = {"name": "child", "scopes": ["tokens:read"], "networks": ["127.0.0.1"], "days": 29} | wish
    answer = await app.client.post(f"{API}/tokens", json=body, headers=shown)
    return int(answer.status_code)


@pytest.mark.parametrize("wish", GROWN)
async def test_a_token_makes_none_that_may_more_than_itself(app: Served, wish: str) -> None:
    assert await grown(app, GROWN[wish]) == 403
    assert await grown(app, {}) == 201


async def ends(app: Served, days: int) -> tuple[str | None, str | None]:
    """When a token for a month ends, and one that it made for so many days."""
    parent = await made(app.house, "tokens:write", days=30)
    body = {"name": "child", "scopes": ["tokens:read"], "days": days}
    child = (await app.client.post(f"{API}/tokens", json=body, headers=bearer(parent))).json()
    return parent.expires_at, child["expires_at"]


async def test_a_token_that_a_token_made_ends_with_it_at_the_latest(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, child = await ends(app, 365)
    assert parent == child
    parent, child = await ends(app, 29)
    assert str(child) < str(parent)
    monkeypatch.setattr(tokens, "_end", lambda _, wanted: wanted)  # the control
    parent, child = await ends(app, 365)
    assert str(child) > str(parent)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_without_that_rule_it_would(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_require_no_more", lambda *_: None)
    assert {await grown(app, wish) for wish in GROWN.values()} == {201}


async def test_a_token_with_an_end_says_when_it_was(house: House) -> None:
    token = await made(house, "account:read", days=1)
    services = house.services
    later = replace(services, clock=lambda: services.clock() + DAY)
    assert (await sessions.by_token(services, token.token)).token_id == token.id
    with pytest.raises(Unauthorized, match="expired at 20"):
        await sessions.by_token(later, token.token)


async def test_when_it_was_used_is_noted_and_no_oftener_than_every_ten_minutes(house: House) -> None:
    token, services = await made(house, "account:read"), house.services
    assert token.used_at is None
    begun = services.clock()
    seen = []
    for after in (0, HOUR // 12, HOUR // 5):
        at = replace(services, clock=lambda after=after: begun + after)  # type: ignore[misc] # bound now
        await sessions.by_token(at, token.token)
        seen.append((await tokens.one(services, house.actor, token.id)).used_at)
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize("word", ["Basic", "basic"])
async def test_address_and_password_are_refused_with_a_line_that_says_what_to_do(app: Served, word: str) -> None:
    headers = {"authorization": f"{word} b3duZXJAYWNtZS5leGFtcGxlOmEgcGFzc3dvcmQ="}
    problem = problem_of(await app.client.get(f"{API}/account", headers=headers), 401, "unauthorized")
    assert "lethe token make" in problem["detail"]
    assert "Authorization: Bearer TOKEN" in problem["detail"]
    await app.sign_in()  # the control: what a proxy in front asks for itself keeps nobody out who is signed in
    assert (await app.client.get(f"{API}/account", headers=headers)).status_code == 200


async def test_a_token_in_an_address_is_refused(app: Served) -> None:
    token = await made(app.house, "account:read")
    for name in ("token", "access_token", "api_key"):
        answer = await app.client.get(f"{API}/account?{name}={token.token}")
        assert answer.status_code in {401, 422}
        assert token.token not in answer.text


OUTSIDE, OFFICE = "198.51.100.7", "203.0.113.0/24"


async def asked_from(app: Served, token: MadeToken, *forwarded: str) -> int:
    headers = [*bearer(token).items(), *(("x-forwarded-for", each) for each in forwarded)]
    return int((await app.client.get(f"{API}/account", headers=headers)).status_code)


async def test_a_token_is_good_from_its_networks_alone(app: Served) -> None:
    near, far = await made(app.house, "account:read", networks=["127.0.0.0/8"]), None
    assert await asked_from(app, near) == 200
    far = await made(app.house, "account:read", networks=[OFFICE])
    problem_of(await app.client.get(f"{API}/account", headers=bearer(far)), 403, "network_not_allowed")
    # A header of the client's own says nothing, as who sent it is no proxy that is trusted.
    assert await asked_from(app, far, "203.0.113.9") == 403


async def test_past_a_trusted_proxy_the_address_that_it_heard_from_counts(app: Served) -> None:
    trusted = replace(app.services.settings, trusted_proxies=(networks.network("127.0.0.1"),))
    app.context.services = replace(app.services, settings=trusted)
    token = await made(app.house, "account:read", networks=[OFFICE])
    assert await asked_from(app, token, "203.0.113.9") == 200
    assert await asked_from(app, token, "::ffff:203.0.113.9") == 200
    assert await asked_from(app, token, "203.0.113.9, " + OUTSIDE) == 403  # it wrote the first itself
    assert await asked_from(app, token, "203.0.113.9", OUTSIDE) == 403
    assert await asked_from(app, token, OUTSIDE) == 403


async def test_the_control_a_server_that_asks_no_network_is_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await made(app.house, "account:read", networks=[OFFICE])
    monkeypatch.setattr(networks, "is_inside", lambda *_: True)
    assert await asked_from(app, token) == 200


# Sockets, and other processes.


def socket_token(account: Account, *wanted: str, **more: Any) -> MadeToken:
    """A token of the owner's of a running server."""

    async def work(services: Services) -> MadeToken:
        actor = await sessions.acting(services, account.email)
        found = await tokens.make(services, actor, WantedToken("socket", list(wanted), **more))
        assert isinstance(found, MadeToken)
        return found

    return account.lethe.perform(work)


def test_a_socket_opens_with_the_scopes_for_what_it_tells(lethe: Lethe) -> None:
    account = lethe.account()
    for held in (["tickets:read"], ["account:read", "visitor-data"]):
        with account.agent(bearer(socket_token(account, *held))) as agent:
            assert agent.get("error")["code"] == "forbidden"
            assert agent.closed() == 4403
    with account.agent(bearer(socket_token(account, "tickets:read", "visitor-data"))) as agent:
        assert agent.get("welcome")


def test_a_token_that_reads_writes_nothing_on_a_socket(lethe: Lethe) -> None:
    account = lethe.account()
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        number = visitor.post("hello")["ticket"]
        with account.agent(bearer(socket_token(account, "tickets:read", "visitor-data"))) as agent:
            agent.get("welcome")
            agent.send("open", ticket=number, last_seq=0)
            assert agent.get("welcome")["ticket"] == number
            for kind, more in WRITES.items():
                agent.send(kind, **(more | ({"ticket": number} if kind != "presence" else {})))
                said = agent.get("error")
                assert (said["code"], "tickets:write" in said["detail"]) == ("forbidden", True), kind
        assert account.messages(number)[-1]["seq"] == 1


WRITES: dict[str, dict[str, Any]] = {
    "message": {"id": "0b0f8c0e-3a4b-4d55-b6a1-3f8d5c1e9a77", "text": "no"},
    "note": {"id": "0b0f8c0e-3a4b-4d55-b6a1-3f8d5c1e9a78", "text": "no"},
    "typing": {"on": True},
    "read": {"seq": 1},
    "presence": {"status": "away"},
}


@pytest.mark.parametrize("server", ["embedded", "scaled"])
def test_a_token_that_another_process_revokes_ends_its_open_socket(server: str, request: pytest.FixtureRequest) -> None:
    account = request.getfixturevalue(server).account()
    token = socket_token(account, "tickets:read", "visitor-data")

    async def revoke(services: Services) -> None:
        await tokens.revoke(services, await sessions.acting(services, account.email), token.id)

    with account.agent(bearer(token)) as agent:
        agent.get("welcome")
        account.lethe.perform(revoke)
        assert agent.closed() == 4401


def test_a_token_that_expires_ends_its_open_socket_in_that_moment(lethe: Lethe) -> None:
    account = lethe.account()
    secret = "lethe_brief" + new_id()

    async def brief(services: Services) -> None:
        actor, at = await sessions.acting(services, account.email), services.clock()
        row: dict[str, Any] = {"id": new_id(), "agent_id": actor.agent_id, "account_id": actor.account_id}
        row |= {"name": "brief", "secret_hash": digest(secret), "created_at": at, "expires_at": at + 2500}
        await services.store.write(lambda tx: store.add(tx, row))

    lethe.perform(brief)
    with account.agent({"Authorization": f"Bearer {secret}"}) as agent:
        agent.get("welcome")
        assert agent.closed() == 4401


def test_no_socket_opens_from_another_network_or_with_a_password(lethe: Lethe) -> None:
    account = lethe.account()
    token = socket_token(account, "all", networks=[OFFICE])
    with account.agent(bearer(token) | {"X-Forwarded-For": OUTSIDE}) as agent:
        assert agent.get("error")["code"] == "network_not_allowed"
        assert agent.closed() == 4403
    with account.agent({"Authorization": "Basic b3duZXI6eA=="}) as agent:
        assert "lethe token make" in agent.get("error")["detail"]
        assert agent.closed() == 4401


# What was taken away stays so.


async def test_no_restore_brings_back_a_token_that_was_revoked_or_has_expired(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    revoked = await made(house, "all")
    whose = {"agent_id": house.actor.agent_id, "account_id": house.actor.account_id}
    brief: dict[str, Any] = {"id": new_id(), "name": "brief"} | whose
    brief |= {"secret_hash": digest("brief"), "created_at": 1, "expires_at": house.services.clock() - 1}
    await house.services.store.write(lambda tx: store.add(tx, brief))
    path = await backed_up(house, vault)
    await tokens.revoke(house.services, house.actor, revoked.id)
    async with restored(elsewhere, path) as (services, report):
        assert report.replayed["revoke"] == 1
        for secret in (revoked.token, "brief"):
            with pytest.raises(Unauthorized):
                await sessions.by_token(services, secret)
        assert (await sessions.by_token(services, house.made.api_token)).scopes == frozenset({"all"})


def test_tokens_that_were_there_keep_all_they_could_and_forged_ones_stay_forged(
    database_url: str, tmp_path: Path
) -> None:
    settings = from_env({"LETHE_DATA": str(tmp_path), "LETHE_DATABASE_URL": database_url})
    folder.prepare_data(settings)
    migrations.migrate(settings, "0018_factors")
    macs, target = Macs(folder.server_secret(settings)), engine(database_url)
    agent = "INSERT INTO agent (id, account_id, role, key_slot, name, email, email_hash, password_hash, created_at) "
    token = "INSERT INTO token (id, agent_id, secret_hash, name, created_at, mac) VALUES (:id, 'g', :id, 'x', 1, :mac)"
    with target.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO account (id, name, tickets, created_at, message_rate, grace_days, consent_days) "
                "VALUES ('a', 'A', 0, 1, 0, 0, 1)"
            )
        )
        tx.execute(text(f"{agent} VALUES ('g', 'a', 'owner', 1, :b, :b, 'h', '', 1)"), {"b": b""})
        for name, mac in (("true", macs.over("token", ["true", "g", "true", None])), ("forged", "0" * 64)):
            tx.execute(text(token), {"id": name, "mac": mac})
    migrations.migrate(settings)
    with target.begin() as tx:
        found = {row.id: row for row in tx.execute(table.select())}
    target.dispose()
    said = table.info["bound"]
    good = {name: macs.hold(row.mac, "token", [getattr(row, each) for each in said]) for name, row in found.items()}
    assert good == {"true": True, "forged": False}
    assert {(row.account_id, row.scopes, row.networks, row.expires_at) for row in found.values()} == {
        ("a", "all", "", None)
    }


def test_the_commands_make_list_and_revoke(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    who = ("--email", "a@b.example")
    assert run(environ, "init", "--account", "Acme", *who, "--origin", "https://a.example").returncode == 0
    asked = ("--name", "CRM", "--scope", "tickets:read", "--scope", "visitor-data", "--days", "30")
    made_here = json.loads(run(environ, "token", "make", *who, *asked, "--network", OFFICE, "--json").stdout)
    assert made_here["token"].startswith("lethe_")
    assert (made_here["scopes"], made_here["networks"]) == (["visitor-data", "tickets:read"], [OFFICE])
    listed = run(environ, "token", "list", *who)
    assert "CRM: visitor-data tickets:read; until" in listed.stdout
    assert made_here["token"] not in listed.stdout
    assert json.loads(run(environ, "token", "revoke", made_here["id"], *who, "--json").stdout) == {
        "revoked": made_here["id"]
    }
    assert [each["name"] for each in json.loads(run(environ, "token", "list", *who, "--json").stdout)["tokens"]] == [
        "first"
    ]
    one_line(run(environ, "token", "revoke", made_here["id"], *who), "No such API token")
    one_line(run(environ, "token", "make", *who, "--name", "x", "--scope", "wishes:read"), "tickets:read")
    one_line(run(environ, "token", "list", "--email", "nobody@b.example"), "No active agent")


async def test_a_row_that_does_not_hold_is_on_no_list(house: House) -> None:
    token = await made(house, "account:read")
    await house.services.store.write(
        lambda tx: tx.execute(update(table).where(table.c.id == token.id).values(scopes="all"))
    )
    assert token.id not in {each.id for each in await tokens.tokens(house.services, house.actor)}
    with pytest.raises(Unauthorized):
        await sessions.by_token(house.services, token.token)


def test_who_signed_in_needs_no_scopes_and_a_program_is_no_person() -> None:
    person = Actor("a", "b", "agent", "Ann", "session", permissions=frozenset({"ticket.read"}))
    program = replace(person, session_id="", token_id="token", scopes=frozenset({"account:read"}))
    asked: Callable[[Actor], None] = lambda actor: access.require(actor, "ticket.read")  # noqa: E731 - asked twice
    asked(person)
    with pytest.raises(Forbidden, match="lacks the scope tickets:read and visitor-data"):
        asked(program)
    access.require_person(person)
    with pytest.raises(Forbidden, match="not for a program"):
        access.require_person(program)


async def test_the_page_names_every_resource_and_where_a_provider_asks(app: Served) -> None:
    await app.sign_in()
    for locale in LOCALES:
        page = await app.client.get(f"/admin/tokens?locale={locale}", headers={"accept": "text/html"})
        assert page.status_code == 200, locale
        assert f"{CHAT}/scim/v2" in page.text
        assert {each for each in scopes.RESOURCES if f'name="scope_{each}"' not in page.text} == set()
