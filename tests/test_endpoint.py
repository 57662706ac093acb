"""One wrapper holds what every address needs: whom it is for, what is read of a request, and how it is answered."""

from typing import Any

import httpx2
import pytest
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from chat.core import access
from chat.core.access import ROLES
from chat.core.errors import Forbidden
from chat.core.model import Actor
from chat.features import permissions
from chat.team.actions import agents, sessions
from chat.web.endpoint import API, Ask, Endpoint, Handler, endpoint
from chat.web.lists import LIMIT
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.requests import Multipart, Unread
from tests.inside import CHAT, PASSWORD, Served, colleague, problem_of

pytestmark = pytest.mark.anyio


PERMISSIONS = permissions()


class Wish(Struct, forbid_unknown_fields=True):
    """What the addresses here are sent."""

    wish: int


async def wished(ask: Ask[Wish]) -> dict[str, int]:
    """Grant it."""
    return {"granted": ask.body.wish}


def actor(role: str) -> Actor:
    """An agent in a role."""
    return Actor("an account", "an agent", role, "Ada", permissions=PERMISSIONS.get(role, frozenset()))


def with_endpoints(app: Served, *more: Endpoint) -> None:
    """Let the application answer at these too."""
    app.routes[:0] = [each.route() for each in more]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({}, "neither which permission it needs nor whom it is for"),
        ({"permission": "notice.read", "audience": "agent", "audited": ()}, "or both"),
        ({"permission": "notice.read"}, "does not say what it enters in the audit log"),
    ],
)
def test_an_endpoint_that_does_not_say_whom_it_is_for_is_refused_at_import(said: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ValueError, match=refusal):
        endpoint("PUT /wishes", **said)(wished)


def test_a_page_that_does_not_say_whom_it_is_for_is_refused_at_import() -> None:
    async def shown(ask: PageAsk) -> Response:
        return ask.page("error.html", number=404, shown=404)

    with pytest.raises(ValueError, match=r"permission"):
        page_endpoint("GET /wishes")(shown)


def test_nobody_may_do_what_is_in_no_row_of_the_table() -> None:
    for role in (*ROLES, "", "root"):
        assert not access.can(actor(role), "world.rule")
        with pytest.raises(Forbidden):
            access.require(actor(role), "world.rule")


def test_a_role_that_nobody_knows_may_do_nothing() -> None:
    every = PERMISSIONS["owner"]
    assert len(every) > 30
    assert [each for each in every if access.can(actor("root"), each)] == []
    assert [each for each in every if not access.can(actor("owner"), each)] == []


def test_who_was_given_nothing_may_do_nothing() -> None:
    named_alone = Actor("an account", "an agent", "owner", "Ada")
    assert [each for each in PERMISSIONS["owner"] if access.can(named_alone, each)] == []


async def test_an_agent_has_what_the_features_say_of_the_role_and_nothing_of_another(app: Served) -> None:
    made, _ = await colleague(app.services, app.house.actor, "agent@acme.example", "Plain", "agent")
    await app.services.store.write(lambda tx: agents.give_token(tx, made.id, "lethe_of_plain", "test", 0))
    assert (await sessions.by_token(app.services, "lethe_of_plain")).permissions == PERMISSIONS["agent"]


async def test_who_asks_is_found_out_before_what_is_asked(app: Served) -> None:
    with_endpoints(app, endpoint("PUT /wishes", permission="site.change", audited=())(wished))
    _, password = await colleague(app.services, app.house.actor, "agent@acme.example", "Plain", "agent")
    where = f"{API}/wishes"
    problem_of(await app.call("PUT", where, {"wish": "none"}), 401, "unauthorized")
    await app.sign_in("agent@acme.example", password)
    problem_of(await app.call("PUT", where, {"wish": "none"}), 403, "forbidden")  # without the mark of our page
    app.client.cookies.clear()
    problem_of(await app.call("PUT", where, {"wish": "none"}, **app.house.bearer), 422, "invalid_field")
    answer = await app.call("PUT", where, {"wish": 3}, **app.house.bearer)
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, {"granted": 3}, "no-store")


async def test_only_who_has_the_permission_is_served(app: Served) -> None:
    """No action asks here, only the wrapper; the controls need a permission that every agent has."""

    async def mine(ask: PageAsk) -> Response:
        return PlainTextResponse(ask.actor.role)

    async def ours(ask: Ask[None]) -> str:
        return ask.actor.role

    for_all = page_endpoint("GET /mine", permission="notice.read")(mine)
    for_some = page_endpoint("GET /theirs", permission="site.change")(mine)
    rest_for_all = endpoint("GET /mine", permission="notice.read", audited=())(ours)
    rest_for_some = endpoint("GET /theirs", permission="site.change", audited=())(ours)
    with_endpoints(app, for_all, for_some, rest_for_all, rest_for_some)
    paths = ("/mine", "/theirs", f"{API}/mine", f"{API}/theirs")
    made, password = await colleague(app.services, app.house.actor, "agent@acme.example", "Plain", "agent")
    await app.sign_in(made.email, password)
    assert [(await app.client.get(path)).status_code for path in paths] == [200, 403, 200, 403]
    await app.sign_in(app.house.made.owner_email, PASSWORD)
    assert [(await app.client.get(path)).status_code for path in paths] == [200] * 4


async def test_a_value_is_answered_with_the_first_status_and_nothing_without_a_body(app: Served) -> None:
    async def nothing(_: Ask[None]) -> None:
        return

    async def own(_: Ask[None]) -> Response:
        return PlainTextResponse("own", 203)

    made = [
        endpoint("POST /some", audience="anybody", status=(201, 200))(wished),
        endpoint("POST /nothing", audience="anybody", status=204)(nothing),
        endpoint("GET /own", audience="anybody")(own),
    ]
    with_endpoints(app, *made)
    some = await app.call("POST", "/some", {"wish": 1})
    assert (some.status_code, some.json()) == (201, {"granted": 1})
    none = await app.call("POST", "/nothing")
    assert (none.status_code, none.content) == (204, b"")
    assert (await app.client.get("/own")).status_code == 203


async def test_a_parameter_is_read_as_it_is_declared_and_another_is_refused(app: Served) -> None:
    async def limited(ask: Ask[None]) -> int:
        return ask.query(LIMIT)

    with_endpoints(
        app,
        endpoint("GET /limited", audience="anybody", query=[LIMIT])(limited),
        endpoint("GET /heedless", audience="anybody", query=None)(limited),
    )
    assert [(await app.client.get(f"/limited{query}")).text for query in ("", "?limit=7")] == ["50", "7"]
    problem_of(await app.client.get("/limited?limit=0"), 422, "invalid_field")
    problem_of(await app.client.get("/limited?limt=7"), 422, "unknown_parameter")
    assert (await app.client.get("/heedless?limt=7")).text == "50"


async def test_a_body_that_the_handler_reads_is_not_read_before(app: Served) -> None:
    read: list[str] = []

    async def later(ask: Ask[Unread[Wish]]) -> dict[str, int]:
        read.append("first")
        return {"granted": (await ask.body.read()).wish}

    with_endpoints(app, endpoint("POST /later", audience="anybody")(later))
    problem_of(await app.call("POST", "/later", {"wish": "none"}), 422, "invalid_field")
    assert (await app.call("POST", "/later", {"wish": 2})).json() == {"granted": 2}
    assert read == ["first", "first"]


def test_the_type_of_a_body_is_that_of_the_handlers_ask() -> None:
    async def none(_: Ask[None]) -> None: ...
    async def file(_: Ask[Multipart]) -> None: ...

    cases: list[tuple[Handler, object]] = [(wished, Wish), (none, None), (file, Multipart)]
    for handler, kind in cases:
        assert endpoint("POST /x", audience="anybody")(handler).body is kind


async def test_a_form_needs_the_mark_of_its_session(app: Served) -> None:
    async def kept(ask: PageAsk) -> Response:
        return PlainTextResponse(repr(ask.form))

    with_endpoints(app, page_endpoint("POST /kept", permission="site.change")(kept))
    await app.sign_in()
    page = (await app.client.get("/admin/site")).text
    mark = page.partition('name="csrf" value="')[2].partition('"')[0]
    for form, origin, status in (
        ({"name": "x", "csrf": mark}, CHAT, 200),
        ({"name": "x", "csrf": mark}, "https://evil.example", 403),
        ({"name": "x", "csrf": mark[:-1]}, CHAT, 403),
        ({"name": "x"}, CHAT, 403),
    ):
        answer: httpx2.Response = await app.client.post("/kept", data=form, headers={"origin": origin})
        assert answer.status_code == status, form
        assert status != 200 or answer.text == "{'name': 'x'}"


def test_a_handler_finds_no_agent_where_its_address_is_for_none() -> None:
    ask = Ask(Request({"type": "http"}), None, None)
    for wanted in ("actor", "visitor"):
        with pytest.raises(TypeError, match="is not for"):
            getattr(ask, wanted)
    with pytest.raises(TypeError, match="not for agents"):
        _ = PageAsk(Request({"type": "http"}), None, None).reader
