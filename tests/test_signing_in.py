"""Signing in: how often it may be tried, what the cookie is, when it is dead; what a session shows to change things."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from chat.actions import agents
from chat.settings import Settings
from chat.store.schema import agent
from chat.web import routes
from tests.desks import CHAT, PASSWORD, Served, counted, found, problem_of, served

pytestmark = pytest.mark.anyio
WRONG = "not the password at all"
SAFE = {"GET", "HEAD"}
BY_ORIGIN = {"/signout"}
"""Ends nothing but the session that is shown, so where it comes from is enough."""
NO_SESSION = {"/signin"}


async def test_attempts_on_an_address_are_limited_and_nobody_else_is_locked_out(app: Served) -> None:
    other = await found(app.desk, "Other", "owner@other.example")
    for _ in range(agents.ATTEMPTS):
        assert (await app.sign_in(password=WRONG)).status_code == 401
    assert (await app.sign_in()).status_code == 429
    assert (await app.sign_in(other.made.owner_email)).status_code == 303


async def test_attempts_from_a_network_are_limited_whatever_the_address(app: Served) -> None:
    said = [(await app.sign_in(f"{number}@acme.example", WRONG)).status_code for number in range(agents.ATTEMPTS * 3)]
    assert set(said) == {401}
    assert (await app.sign_in()).status_code == 429


async def test_the_limit_lapses(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(agents.ATTEMPTS + 1):
        await app.sign_in(password=WRONG)
    for later, status in ((agents.ATTEMPT_WINDOW - 30, 429), (agents.ATTEMPT_WINDOW + 1, 303)):
        clock = SimpleNamespace(monotonic=lambda later=later: time.monotonic() + later)
        monkeypatch.setattr("chat.live.time", clock)
        assert (await app.sign_in()).status_code == status


async def test_unknown_deactivated_and_wrong_are_answered_alike(app: Served) -> None:
    gone, password = await agents.add_agent(app.desk, app.house.actor, "gone@acme.example", "Gone", "agent")
    await agents.deactivate_agent(app.desk, app.house.actor, gone.id)
    tried = [("nobody@acme.example", PASSWORD), (gone.email, password), (app.house.made.owner_email, WRONG)]
    answers = [(email, await app.sign_in(email, secret)) for email, secret in tried]
    shown = {(answer.status_code, answer.text.replace(email, "")) for email, answer in answers}
    assert [status for status, _ in shown] == [401]
    assert all("set-cookie" not in answer.headers for _, answer in answers)


async def test_passwords_are_kept_as_argon2id(app: Served) -> None:
    kept = await app.desk.store.read(lambda tx: tx.execute(select(agent.c.password_hash)).scalars().all())
    assert kept
    assert all(each.startswith("$argon2id$") for each in kept)


@pytest.mark.parametrize("origin", [CHAT, "https://chat.test"])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings: Settings, origin: str) -> None:
    async with served(replace(settings, base_url=origin)) as app:
        form = {"email": app.house.made.owner_email, "password": PASSWORD}
        answer = await app.client.post("/signin", data=form, headers={"origin": origin})
        parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert ("secure" in parts) == origin.startswith("https")


async def test_every_signing_in_makes_a_session_of_its_own(app: Served) -> None:
    first = await cookie(app)
    app.client.cookies.set("lethe_session", first)
    second = await cookie(app)
    assert first != second
    assert app.desk.tokens.read_cookie(first) != app.desk.tokens.read_cookie(second)


async def test_a_session_is_dead_after_signing_out_and_others_are_not(app: Served) -> None:
    first, second = await cookie(app), await cookie(app)
    assert await alive(app, first)
    out = await app.call("POST", "/signout", cookie=f"lethe_session={first}", origin=CHAT)
    assert out.status_code == 303
    assert not await alive(app, first)
    assert await alive(app, second)


async def test_a_session_is_dead_after_its_agent_is_deactivated(app: Served) -> None:
    made, password = await agents.add_agent(app.desk, app.house.actor, "jo@acme.example", "Jo", "agent")
    hers, mine = await cookie(app, made.email, password), await cookie(app)
    assert await alive(app, hers)
    await agents.deactivate_agent(app.desk, app.house.actor, made.id)
    assert not await alive(app, hers)
    assert await alive(app, mine)


async def test_a_session_is_dead_when_its_days_are_over(app: Served) -> None:
    kept, desk = await cookie(app), app.desk
    app.doors.desk = replace(desk, clock=lambda: desk.clock() + agents.SESSION_DAYS * 86_400_000 - 60_000)
    assert await alive(app, kept)
    app.doors.desk = replace(desk, clock=lambda: desk.clock() + agents.SESSION_DAYS * 86_400_000 + 1)
    assert not await alive(app, kept)


async def test_no_session_changes_anything_without_its_mark(app: Served) -> None:
    kept = await cookie(app)
    before = await counted(app.desk)
    assert [each async for each in unguarded(app, kept, routes())] == []
    assert await counted(app.desk) == before


async def test_a_route_that_asks_for_no_mark_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def loose(_: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    made: list[BaseRoute] = [Route("/api/v1/loose", loose, methods=["POST"]), *routes()]
    monkeypatch.setattr("chat.app.routes", lambda: made)
    async with served(settings) as app:
        seen = [each async for each in unguarded(app, await cookie(app), made)]
    assert {where for where, _ in seen} == {"POST /api/v1/loose"}


async def test_with_its_mark_a_session_passes_and_a_program_needs_none(app: Served) -> None:
    headers = await own(app, await cookie(app))
    for method, path in changing(routes()):
        if path.startswith("/api/"):
            mine = await app.call(method, filled(path), {}, **headers)
            program = await app.call(method, filled(path), {}, authorization=app.house.bearer["authorization"])
            assert {mine.status_code, program.status_code}.isdisjoint({401, 403}), (method, path)


async def test_the_mark_of_another_session_is_not_good(app: Served) -> None:
    first, second = await cookie(app), await cookie(app)
    headers = await own(app, first) | {"cookie": f"lethe_session={second}"}
    problem_of(await app.call("PATCH", "/api/v1/account", {"name": "Taken"}, **headers), 403, "forbidden")
    headers["x-csrf-token"] = await mark(app, second)
    assert (await app.call("PATCH", "/api/v1/account", {"name": "Changed"}, **headers)).status_code == 200


async def unguarded(app: Served, kept: str, found_routes: list[BaseRoute]) -> AsyncIterator[tuple[str, int]]:
    """Every state-changing address that a session reaches without showing that the request is its own."""
    right = await mark(app, kept)
    signed_in, ours = {"cookie": f"lethe_session={kept}"}, {"origin": CHAT}
    unmarked = [signed_in | ours, signed_in | ours | {"x-csrf-token": "0" * 64}]
    foreign = [
        signed_in | {"x-csrf-token": right},
        signed_in | {"x-csrf-token": right, "origin": "https://evil.example"},
    ]
    for method, path in changing(found_routes):
        for headers in foreign if path in BY_ORIGIN else unmarked + foreign:
            answer = await app.call(method, filled(path), {}, **headers)
            if answer.status_code != 403:
                yield f"{method} {path}", answer.status_code


def changing(found_routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Verb and address of what changes something and is not the visitor's, whose token no browser adds by itself."""
    for each in found_routes:
        if isinstance(each, Mount):
            yield from changing(each.routes or [], prefix + each.path)
        elif isinstance(each, Route) and not each.path.startswith("/widget/") and each.path not in NO_SESSION:
            yield from ((method, prefix + each.path) for method in sorted((each.methods or set()) - SAFE))


def filled(path: str) -> str:
    """An address with something in its places that is nobody's."""
    made = path.replace("{number:int}", "999").replace("{seq:int}", "999")
    return made.replace("{id}", "01890000-0000-7000-8000-000000000000")


async def cookie(app: Served, email: str = "", password: str = PASSWORD) -> str:
    """The session cookie of somebody who signs in now; the client forgets it."""
    answer = await app.sign_in(email, password)
    assert answer.status_code == 303
    app.client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


async def alive(app: Served, kept: str) -> bool:
    """Whether a session is good."""
    answer = await app.call("GET", "/api/v1/account", cookie=f"lethe_session={kept}")
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def mark(app: Served, kept: str) -> str:
    """The mark that a session's own pages send."""
    page = await app.call("GET", "/admin/agents", cookie=f"lethe_session={kept}", accept="text/html")
    return page.text.partition('name="csrf" value="')[2].partition('"')[0]


async def own(app: Served, kept: str) -> dict[str, str]:
    """What the pages of a session send with a request."""
    return {"cookie": f"lethe_session={kept}", "origin": CHAT, "x-csrf-token": await mark(app, kept)}
