"""A password that was generated is changed before anything else: by session no route answers, and no socket opens."""

from typing import Any

import httpx2
import pytest

from chat.infra.services import Services
from chat.routes import routes
from chat.team import store
from chat.team.actions import agents, sessions
from tests.inside import CHAT, Served
from tests.lethe import Lethe
from tests.sockets import Socket
from tests.test_docs import addresses
from tests.test_signin import cookie_of, csrf_of, filled

pytestmark = pytest.mark.anyio
REST = sorted(each for each in addresses(routes()) if " /api/v1/" in each)
PAGES = sorted(each for each in addresses(routes()) if each.startswith(("GET /admin", "GET /inbox", "POST /admin")))
SOCKETS = sorted(each.split(" ")[1] for each in addresses(routes()) if each in {"GET /ws/agent", "GET /ws/gone"})


async def newcomer(app: Served) -> tuple[str, str]:
    """The cookie of an admin whose password was generated, and their id."""
    other, password = await agents.add_agent(app.services, app.house.actor, "yan@acme.example", "Yan", "admin")
    return await cookie_of(app, other.email, password), other.id


def is_refused(answer: httpx2.Response) -> bool:
    """Whether a program hears that the password is due: by its code, or in SCIM's form, which has none, in words."""
    said = answer.json() if answer.status_code == 403 else {}
    return said.get("code") == "password_due" or ("code" not in said and "at /password" in said.get("detail", ""))


async def let_in(app: Served, cookie: str, csrf: str) -> list[str]:
    """The routes that answer a session with anything but the way to the page where the password is changed."""
    found = []
    for address in (*REST, *PAGES):
        verb, path = filled(address)
        headers = {"cookie": cookie, "origin": CHAT, "x-csrf-token": csrf, "accept": "application/json, text/html"}
        sent: dict[str, Any] = {"json": {}} if "/api/" in path else {"data": {"csrf": csrf}}
        answer = await app.client.request(verb, path, headers=headers, **(sent if verb != "GET" else {}))
        shown = answer.headers.get("location", "").startswith("/password?next=")
        refused = is_refused(answer) if "/api/" in path else shown
        found += [] if refused else [address]
    return found


async def test_no_route_answers_a_session_whose_password_is_due(app: Served) -> None:
    cookie, uid = await newcomer(app)
    page = await app.client.get("/password", headers={"cookie": cookie})
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert (page.status_code, len(csrf)) == (200, 64)
    assert await let_in(app, cookie, csrf) == []
    await app.services.store.write(lambda tx: store.change(tx, uid, password_due=False))  # the control: now each does
    assert csrf == await csrf_of(app, cookie)
    assert await let_in(app, cookie, csrf) == [*REST, *PAGES]


async def test_a_server_that_asks_its_pages_alone_is_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie, _ = await newcomer(app)
    by_session = sessions.by_session
    monkeypatch.setattr(sessions, "by_session", lambda services, shown, **_: by_session(services, shown, due=True))
    assert set(await let_in(app, cookie, "")) >= set(REST)


async def test_signing_out_and_the_page_to_change_it_stay_open(app: Served) -> None:
    cookie, _ = await newcomer(app)
    assert (await app.call("GET", "/signin", cookie=cookie)).headers["location"] == "/inbox"
    assert (await app.call("POST", "/signout", cookie=cookie, origin=CHAT)).headers["location"] == "/signin"
    assert (await app.call("GET", "/api/v1/account", cookie=cookie)).status_code == 401


async def test_a_program_with_a_token_is_not_concerned(app: Served) -> None:
    await app.services.store.write(lambda tx: store.change(tx, app.house.actor.agent_id, password_due=True))
    assert (await app.rest("GET", "/account")).status_code == 200


@pytest.mark.parametrize("path", SOCKETS)
def test_no_socket_opens_for_a_session_whose_password_is_due(lethe: Lethe, path: str) -> None:
    account = lethe.account()
    headers, url = {"Cookie": account.sign_in(), "Origin": lethe.origin}, f"ws://127.0.0.1:{lethe.port}{path}"
    lethe.perform(lambda services: due(services, account.email, value=True))
    with Socket(url, headers) as socket:
        assert socket.get("error")["code"] == "password_due"
        assert socket.closed() == 4403
    with Socket(url, account.bearer) as program:
        assert program.get("welcome")
    lethe.perform(lambda services: due(services, account.email, value=False))
    with Socket(url, headers) as socket:
        assert socket.get("welcome")


def test_both_sockets_of_agents_are_tried() -> None:
    assert SOCKETS == ["/ws/agent", "/ws/gone"]


async def due(services: Services, email: str, *, value: bool) -> None:
    """Say whether an agent's password is to be changed."""

    def work(tx: Any) -> None:
        row = store.by_email(tx, services.email_hash("agents", email))
        assert row is not None
        store.change(tx, row.id, password_due=value)

    await services.store.write(work)
