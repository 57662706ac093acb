"""What an address says it needs is what its actions ask for; and the docs say of each who may."""

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any, get_args

import pytest
from starlette.routing import WebSocketRoute

from chat.app import create_app
from chat.consent.actions import notices
from chat.core import access, frames
from chat.core.access import LINE, ROLES
from chat.core.settings import Settings
from chat.features import FEATURES, permissions
from chat.routes import every
from chat.team.actions import agents, credentials
from chat.tickets.sockets import agent as agent_socket
from chat.tickets.sockets.account import AccountSocket
from chat.web.endpoint import API, Ask, Endpoint, endpoint
from chat.web.feature import Feature
from chat.web.page_endpoint import PageEndpoint, page_endpoint
from tests.inside import PASSWORD, Served, new_id
from tests.test_bodies import BODIES
from tests.test_docs import ROOT, read, rows, section

NARROWER = {"GET /admin/erasures", "GET /admin/erasures/{id}"}
"""Pages for owners and admins about what every agent may read over REST."""
UNASKED = {
    "GET /inbox/{view}",  # a shell: what it shows is asked for over REST
    "GET /inbox/{view}/{number:int}",
    "GET /contacts",
    "GET /contacts/{id}",
    "GET /api/v1/tickets/counts",  # asked by what counts for all who look, which is an object
    "POST /api/v1/tickets/{number:int}/attachments",  # a file is kept for a contact, whoever sends it
}
"""Those whose actions ask for less than they say, which every agent has usually."""
UNRULED = {
    "GET /inbox": "shows the inbox to who may read tickets, and leads others to where they may go",
    "POST /signout": "ends one's own session",
    "GET /password": "is about one's own password",
    "POST /password": "changes one's own password",
    "GET /second-factor": "is about one's own second factor",
    "POST /second-factor": "turns on one's own second factor",
    "POST /second-factor/codes": "makes one's own recovery codes anew",
    "POST /second-factor/off": "turns off one's own second factor",
    "POST /second-factor/challenge": "begins to make a passkey of one's own",
    "POST /second-factor/passkeys": "adds a passkey of one's own",
    "POST /second-factor/passkeys/{id}": "names a passkey of one's own",
    "POST /second-factor/passkeys/{id}/remove": "removes a passkey of one's own",
    "POST /step-up/challenge": "asks whoever is signed in for a passkey of theirs",
    "GET /step-up": "asks whoever is signed in who they are",
    "POST /step-up": "shows that oneself is signed in",
    "GET /signin/again": "leads who is signed in to their own provider",
    "GET /signin/shown": "says to who is signed in that they showed it",
}
"""What every agent may ask without any permission, and why."""
PERMISSIONS = permissions()
MANAGERS = re.compile(r"wner or admin|Owner only")
ASKED = re.compile(r"permissions\.includes\(\"([\w.]+)\"\)|\"([\w.]+)\" in permissions")
NAMED = re.compile(r"access\.(?:require|can)\(\s*[\w.]+,\s*\"([\w.]+)\"")


@cache
def tree(function: FunctionType) -> ast.AST:
    """The source of a function, read."""
    return ast.parse(dedent(inspect.getsource(function)))


def asked_in(text: str) -> set[str]:
    """The permissions that a script or a template asks for."""
    return {one or other for one, other in ASKED.findall(text)}


@cache
def called(function: FunctionType) -> tuple[FunctionType, ...]:
    """The functions of features that a function names, in its own module or in one that it imports."""
    return tuple(_called(function))


def _called(function: FunctionType) -> Iterator[FunctionType]:
    for each in ast.walk(tree(function)):
        found: Any = None
        if isinstance(each, ast.Name):
            found = function.__globals__.get(each.id)
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            module = function.__globals__.get(each.value.id)
            found = getattr(module, each.attr, None) if isinstance(module, ModuleType) else None
        if isinstance(found, FunctionType) and layer(found) in {"actions", "api", "pages"}:
            yield found


def layer(function: FunctionType) -> str:
    """On which layer of a feature a function is, "" where on none."""
    parts = function.__module__.split(".")
    return parts[2] if len(parts) > 2 and parts[0] == "chat" else ""


@cache
def asked_here(function: FunctionType) -> set[str]:
    """The permissions that a function asks for itself."""
    calls = [each for each in ast.walk(tree(function)) if isinstance(each, ast.Call)]
    return {
        str(call.args[1].value)
        for call in calls
        if ast.unparse(call.func) == "access.require" and isinstance(call.args[1], ast.Constant)
    }


def required(handler: Callable[..., Any]) -> set[str]:
    """The permissions that a handler's actions ask for, and what these call."""
    assert isinstance(handler, FunctionType)
    seen: set[FunctionType] = set()
    left = [handler]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            left += called(one)
    return {permission for one in seen for permission in asked_here(one)}


def roles(permission: str) -> set[str]:
    """Who has a permission."""
    return {role for role in ROLES if permission in PERMISSIONS[role]}


def wrong(endpoints: list[Endpoint]) -> list[str]:
    """The addresses that say another permission than their actions ask for, or one that does not reach for all."""
    found = []
    posted = {(each.path, each.permission) for each in endpoints if each.verb == "POST"}
    for each in endpoints:
        if each.permission is None or str(each) in NARROWER | UNASKED:
            continue
        asked = required(each.handler)
        form = isinstance(each, PageEndpoint) and (each.path, each.permission) in posted
        if each.permission not in asked and not form:
            found.append(f"{each} says {each.permission}, and its actions ask for {sorted(asked)}")
        found += [f"{each} lets in who has no {one}" for one in asked if not roles(each.permission) <= roles(one)]
    return found


def test_every_address_says_what_its_actions_ask_for() -> None:
    assert wrong(every()) == []
    assert len([each for each in every() if each.permission]) > 90


def test_an_address_that_says_another_permission_is_found() -> None:
    """The control: a notice is published with a permission to read, or to change something else."""

    async def made(ask: Ask[None]) -> Any:
        return await notices.publish(ask.services, ask.actor, [])

    for permission, said in (
        ("notice.read", "lets in"),
        ("site.change", "says site.change"),
        ("notice.publish", ""),
    ):
        one = endpoint("POST /notices", permission=permission, audited=())(made)
        found = wrong([one])
        assert said in " ".join(found) if said else found == [], (permission, found)


def test_every_permission_is_in_the_table_and_asked_for_somewhere() -> None:
    said = {each.permission for each in every() if each.permission}
    sources = [path.read_text() for path in (ROOT / "chat").rglob("*.py")]
    asked = {one for text in sources for one in NAMED.findall(text)}
    narrows = {"ticket.read_all"}  # every query of tickets, by the departments of who acts
    assert said | asked | narrows == PERMISSIONS["owner"]
    assert len(asked) > 20


def tried() -> list[Endpoint]:
    """The addresses that need a permission, but not those that take a form."""
    return [
        each for each in every() if each.permission and not (isinstance(each, PageEndpoint) and each.verb == "POST")
    ]


async def refused(app: Served, headers: dict[str, str]) -> set[str]:
    """The addresses for agents that refuse somebody with 403, whatever is asked for."""
    found = set()
    for each in tried():
        body = BODIES.get(str(each).replace(API, ""))
        if body and "id" in body:
            body = body | {"id": new_id()}
        path = each.path.replace("{number:int}", "1").replace("{seq:int}", "1").replace("{view}", "open")
        answer = await app.client.request(each.verb, path.replace("{id}", new_id()), json=body, headers=headers)
        found |= {str(each)} if answer.status_code == 403 else set()
    return found


@pytest.mark.anyio
async def test_each_role_is_refused_what_the_table_does_not_give_it(app: Served) -> None:
    for role in ROLES:
        made, _ = await agents.add_agent(app.services, app.house.actor, f"{role}.too@acme.example", role.title(), role)
        token = f"lethe_of_{role}"
        await app.services.store.write(lambda tx, to=made.id, token=token: agents.give_token(tx, to, token, "test", 0))  # type: ignore[misc] # bound now
        expected = {str(each) for each in tried() if each.permission not in PERMISSIONS[role]}
        assert await refused(app, {"authorization": f"Bearer {token}"}) == expected, role
        assert (not expected) == (role == "owner")


def test_what_says_more_than_its_actions_ask_for_takes_nothing_from_whom_it_should_not() -> None:
    assert {str(each) for each in every()} >= NARROWER | UNASKED
    for each in every():
        if str(each) in UNASKED:
            assert roles(str(each.permission)) == set(LINE)
        if str(each) in NARROWER:
            assert {roles(one) == set(ROLES) for one in required(each.handler)} == {True}
            assert roles(str(each.permission)) == {"admin", "owner", "auditor"}


def test_the_docs_say_which_addresses_are_for_owners_and_admins() -> None:
    table = section(read("docs/protocol.md"), "REST")
    documented = {address: bool(MANAGERS.search(row)) for address, row in rows(table).items()}
    needs = {shown(each): "agent" not in roles(str(each.permission)) for each in every() if each.path.startswith(API)}
    assert {each: documented[each] for each in needs} == needs
    alone = {shown(each) for each in every() if roles(str(each.permission)) == {"owner"}} & set(needs)
    assert {address for address, row in rows(table).items() if "Owner only" in row} == alone != set()


def shown(each: Endpoint) -> str:
    """An address as the docs write it."""
    return str(each).replace(":int}", "}")


@pytest.mark.parametrize("role", LINE)
def test_what_an_agent_may_do_an_admin_may_and_what_an_admin_may_an_owner(role: str) -> None:
    higher = LINE[LINE.index(role) :]
    assert all(PERMISSIONS[role] <= PERMISSIONS[each] for each in higher)


def test_a_permission_that_two_features_say_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ticket\.read is said to be a permission twice"):
        access.table([{"ticket.read": "agent"}, {"ticket.read": "admin", "ticket.change": "agent"}])


@pytest.mark.parametrize("made", [page_endpoint, partial(endpoint, audited=())])
def test_no_server_starts_that_asks_for_a_permission_nobody_knows(settings: Settings, made: Any) -> None:
    async def wished(_: Ask[None]) -> None:
        return

    one = Feature("wishes", Path(), endpoints=(made("GET /wishes", permission="notice.raed")(wished),))
    with pytest.raises(ValueError, match=r"/wishes: nobody knows the permission 'notice\.raed'"):
        create_app(settings, (*FEATURES, one))
    create_app(settings, (*FEATURES, replace(one, permissions={"notice.raed": "agent"})))


def unruled(endpoints: list[Endpoint]) -> set[str]:
    """The addresses for agents that need no permission."""
    return {str(each) for each in endpoints if each.audience == "agent" and each.permission is None}


def test_what_needs_no_permission_of_an_agent_says_why() -> None:
    assert unruled(every()) == set(UNRULED)


def test_an_address_for_agents_without_a_rule_is_found() -> None:
    async def shown(_: Ask[None]) -> None:
        return

    assert unruled([endpoint("GET /wishes", audience="agent")(shown)]) == {"GET /wishes"}


@pytest.mark.anyio
async def test_who_may_not_ask_hears_nothing_of_what_is_wrong_with_it(app: Served) -> None:
    made, _ = await agents.add_agent(app.services, app.house.actor, "plain@acme.example", "Plain", "agent")
    token = "lethe_of_plain"
    await app.services.store.write(lambda tx: agents.give_token(tx, made.id, token, "test", 0))
    for headers, status in (({"authorization": f"Bearer {token}"}, 403), (app.house.bearer, 422)):
        answer = await app.client.post(f"{API}/notices", content=b"{", headers=headers)
        assert answer.status_code == status, answer.text


def test_what_pages_ask_for_is_a_permission_that_somebody_has() -> None:
    pages = [*(ROOT / "static").rglob("*.js"), *(ROOT / "chat").rglob("templates/*.html")]
    asked = set[str]().union(*(asked_in(page.read_text("utf-8")) for page in pages))
    assert asked == {
        "agent.manage",
        "audit.check",
        "contact.block",
        "contact.change",
        "contact.export",
        "contact.merge",
        "contact.read",
        "erasure.ask",
        "erasure.confirm",
        "erasure.oversee",
        "hold.change",
        "own_response.own",
        "provider.change",
        "retention.change",
        "retention.run",
        "role.change",
        "routing.change",
        "spam.mark",
        "tag.read",
        "ticket.answer",
        "ticket.change",
        "ticket.read",
        "ticket_field.read",
        "token.make",
        "view.own",
        "webhook.change",
    }
    assert asked <= PERMISSIONS["owner"]


def test_the_control_a_page_that_asks_for_another_is_found() -> None:
    said = 'boot.agent.permissions.includes("hold.chnage") && x; {% if "site.chnage" in permissions %}'
    assert asked_in(said) == {"hold.chnage", "site.chnage"}


@pytest.mark.anyio
@pytest.mark.parametrize("role", ROLES)
async def test_a_page_says_what_its_reader_may_do_and_leads_nobody_where_they_may_not(app: Served, role: str) -> None:
    email = f"another.{role}@acme.example"
    await agents.add_agent(app.services, app.house.actor, email, "Yan", role)
    await credentials.renew(app.services, email, PASSWORD, with_tokens=False)  # the first one has to be changed at once
    answer = await app.sign_in(email, PASSWORD)
    assert answer.status_code == 303
    reads = "ticket.read" in PERMISSIONS[role]
    answer = await app.client.get("/inbox")
    page = answer.text if reads else (await app.client.get(answer.headers["location"])).text
    found = re.search(r'id="boot">(.*?)</script>', page, re.DOTALL)
    assert found
    assert set(json.loads(found[1])["agent"]["permissions"]) == PERMISSIONS[role]
    assert ('href="/inbox"' in page) == reads
    led = set(re.findall(r'href="(/admin/[\w-]+)"', page))
    assert led <= {each.path for each in every() if each.permission in PERMISSIONS[role]}
    assert bool(led)


def test_each_frame_and_each_socket_of_agents_has_a_rule() -> None:
    assert set(agent_socket.NEEDS) == set(get_args(frames.AgentFrame))
    needed = {each for each in agent_socket.NEEDS.values() if each is not None}
    assert needed | {agent_socket.AgentSocket.permission, AccountSocket.permission} <= PERMISSIONS["owner"]
    assert {each.__name__ for each, needs in agent_socket.NEEDS.items() if needs is None} == {
        "Close",  # of what was opened
        "Shown",  # answered with ids of what is gone
        "Ping",
        "Pong",
    }
    assert {each.path for feature in FEATURES for each in feature.sockets if isinstance(each, WebSocketRoute)} == {
        "/ws/agent",
        "/ws/gone",
        "/ws/visitor",  # by a token of the visitor
    }


COMMANDS = "Who runs a command has the server, its database and its secret: no role is asked for"


def test_no_command_acts_for_a_role() -> None:
    for path in (ROOT / "chat" / "commands").glob("*.py"):
        assert "Actor(" not in path.read_text(), f"{path.name}: {COMMANDS}"
