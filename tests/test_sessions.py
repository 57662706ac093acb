"""Sessions: when one is dead, and what it shows to change things, with a control that a loose route is found."""

from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route

from chat.core.settings import Settings
from chat.lifecycle.actions import changes
from chat.routes import every, routes
from chat.team.actions import agents
from tests.inside import CHAT, PASSWORD, Served, counted, problem_of, served

pytestmark = pytest.mark.anyio
WRONG = "not the password at all"
SAFE = {"GET", "HEAD"}
BY_ORIGIN = {"/signout"}
"""Ends nothing but the session that is shown, so where it comes from is enough."""
NO_SESSION = {each.path for each in every() if each.audience == "anybody"}
"""For these a session is of no use, so it is of none to whoever has it sent along."""


async def test_unknown_deactivated_and_wrong_are_answered_alike(app: Served) -> None:
    gone, password = await agents.add_agent(app.services, app.house.actor, "gone@acme.example", "Gone", "agent")
    await changes.deactivate(app.services, app.house.actor, gone.id)
    tried = [("nobody@acme.example", PASSWORD), (gone.email, password), (app.house.made.owner_email, WRONG)]
    answers = [(email, await app.sign_in(email, secret)) for email, secret in tried]
    shown = {(answer.status_code, answer.text.replace(email, "")) for email, answer in answers}
    assert [status for status, _ in shown] == [401]
    assert all("set-cookie" not in answer.headers for _, answer in answers)


async def test_a_session_is_dead_after_signing_out_and_others_are_not(app: Served) -> None:
    first, second = await cookie(app), await cookie(app)
    assert await alive(app, first)
    out = await app.call("POST", "/signout", cookie=f"lethe_session={first}", origin=CHAT)
    assert out.status_code == 303
    assert not await alive(app, first)
    assert await alive(app, second)


async def test_no_session_changes_anything_without_its_mark(app: Served) -> None:
    kept = await cookie(app)
    before = await counted(app.services)
    assert [each async for each in unguarded(app, kept, routes())] == []
    assert await counted(app.services) == before


async def test_a_route_that_asks_for_no_mark_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def loose(_: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    made: list[BaseRoute] = [Route("/api/v1/loose", loose, methods=["POST"]), *routes()]
    monkeypatch.setattr("chat.app.routes", lambda _: made)
    async with served(settings) as app:
        seen = [each async for each in unguarded(app, await cookie(app), made)]
    assert {where for where, _ in seen} == {"POST /api/v1/loose"}


async def test_with_its_mark_a_session_passes_and_a_program_needs_none(app: Served) -> None:
    headers = await own(app, await cookie(app))
    # Last what ends the session.
    for method, path in sorted(changing(routes()), key=lambda each: each[1] == "/api/v1/sessions"):
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
        elif (
            isinstance(each, Route)
            and not each.path.startswith(("/widget/", "/privacy/"))
            and each.path not in NO_SESSION
        ):
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
