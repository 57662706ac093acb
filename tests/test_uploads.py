"""Claims about files as they come in: nobody holds what others need, and the allowance is spent before the work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from chat.attachments import api as uploads
from chat.attachments.actions import attachments
from chat.attachments.api import PARTS_MOST, Parts
from chat.core.errors import RateLimited, TooSlow, Unavailable
from chat.core.settings import Settings
from chat.web import requests, room
from chat.web.requests import paced
from chat.web.room import SHARE, Room
from tests.inside import Guest, Served, problem_of, served
from tests.slow import SlowRequest
from tests.test_attachments import picture, stored, upload

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
HEAD = b'--a\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'
FORM = {"content-type": "multipart/form-data; boundary=a"}


def of_visitor(app: Served, guest: Guest) -> SlowRequest:
    """A visitor's upload that does not end until it is told to."""
    path = f"/widget/{app.house.key}/attachments"
    return SlowRequest(app.client, path, guest.bearer | FORM, HEAD + b"words", b"\r\n--a--\r\n")


@ON_SQLITE
async def test_slow_senders_hold_up_nobody_and_have_a_share_each(app: Served) -> None:
    guest, other = await app.house.visit(), await app.house.visit()
    await other.say("hello")
    slow = [of_visitor(app, guest) for _ in range(SHARE)]
    for each in slow:
        await each.begun.wait()
    for _ in range(8):
        problem = problem_of(await upload(app, guest, b"one more"), 429, "rate_limited")
        assert problem["retry_after"] > 0
    others = [of_visitor(app, await app.house.visit()) for _ in range(12)]
    for each in others:
        await each.begun.wait()
    # With all of them on their way, others' files come in: a visitor's and an agent's.
    assert (await upload(app, other, picture("PNG", (20, 20)))).status_code == 201
    path = "/api/v1/tickets/1/attachments"
    answer = await app.client.post(path, files={"file": ("a.txt", b"words")}, headers=app.house.bearer)
    assert answer.status_code == 201
    assert not any(each.answer.done() for each in slow + others)
    assert {(await each.done()).status_code for each in slow + others} == {201}  # who is slow loses nothing
    assert (await upload(app, guest, b"one more")).status_code == 201


@ON_SQLITE
async def test_without_a_share_one_sender_takes_any_number(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SHARE", 10**9)
    with pytest.raises(AssertionError):
        await test_slow_senders_hold_up_nobody_and_have_a_share_each(app)


@ON_SQLITE
async def test_who_is_too_slow_is_let_go_and_may_send_again(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 0.2)
    guest = await app.house.visit()
    slow = of_visitor(app, guest)
    answer = await slow.answer
    problem_of(answer, 408, "too_slow")
    assert answer.headers["connection"] == "close"
    assert not stored(app.services)
    assert app.context.uploads["visitor"].left == 96 * 2**20
    monkeypatch.setattr(requests, "PATIENCE", 60)
    assert (await (of_visitor(app, guest)).done()).status_code == 201


@ON_SQLITE
async def test_without_a_pace_it_would_be_waited_for(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def patient(coming: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in coming:
            yield chunk

    monkeypatch.setattr(requests, "PATIENCE", 0.2)
    monkeypatch.setattr(uploads, "paced", patient)
    slow = of_visitor(app, await app.house.visit())
    await slow.begun.wait()
    await asyncio.wait([slow.answer], timeout=1)
    assert not slow.answer.done()
    assert (await slow.done()).status_code == 201


@pytest.mark.anyio
async def test_a_pace_is_kept_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(requests, "monotonic", lambda: now[0])

    async def sent(seconds: float, size: int) -> AsyncIterator[bytes]:
        for _ in range(100):
            now[0] += seconds
            yield bytes(size)

    rate = requests.LEAST_RATE
    assert len([each async for each in paced(sent(1.0, rate))]) == 100
    now[0] = 0
    with pytest.raises(TooSlow):
        assert [each async for each in paced(_waiting(sent(1.0, rate // 2)))] == []


async def _waiting(coming: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, giving others a turn as a line does."""
    async for chunk in coming:
        await asyncio.sleep(0.001)
        yield chunk


@pytest.mark.anyio
async def test_the_room_is_for_what_is_in_memory_and_all_of_it_is_given_back() -> None:
    room = Room(100)
    async with room.of("a") as take, room.of("b") as other:
        take(60)
        with pytest.raises(Unavailable):
            other(41)
        other(40)
        assert room.left == 0
    assert room.left == 100
    with suppress(RuntimeError):
        async with room.of("a") as take:
            take(50)
            raise RuntimeError
    assert room.left == 100
    async with room.of("a"), room.of("a"):
        with pytest.raises(RateLimited):
            async with room.of("a"):
                pass
        async with room.of("b"):
            pass


def empty_parts(count: int) -> bytes:
    """A form of so many parts with nothing in them."""
    return b'--a\r\ncontent-disposition: form-data; name="x"\r\n\r\n\r\n' * count + b"--a--\r\n"


@ON_SQLITE
async def test_many_parts_are_refused_at_once_and_cost_the_allowance(app: Served) -> None:
    guest = await app.house.visit()
    path = f"/widget/{app.house.key}/attachments"
    statuses = []
    for _ in range(attachments.AN_HOUR + 1):
        answer = await app.client.post(path, content=empty_parts(PARTS_MOST + 1), headers={**guest.bearer, **FORM})
        statuses.append(answer.status_code)
    assert statuses == [413] * attachments.AN_HOUR + [429]
    whole = HEAD + b"words\r\n"  # the control: some parts are fine
    made = Parts(b"a")
    made.feed(whole + empty_parts(PARTS_MOST - 1))
    assert (made.name, bytes(made.data)) == ("f", b"words")


@ON_SQLITE
async def test_a_body_of_many_parts_is_not_read_to_its_end(app: Served) -> None:
    guest, read = await app.house.visit(), 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(160):
            read += 1
            yield empty_parts(1300)[:65_536]

    path = f"/widget/{app.house.key}/attachments"
    answer = await app.client.post(path, content=body(), headers={**guest.bearer, **FORM})
    problem_of(answer, 413, "too_large")
    assert read < 5


async def _broken_off(app: Any, path: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Send half a body to the application itself, and go."""
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": HEAD + b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
    }
    scope |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1)}
    scope |= {"server": ("chat.test", 80), "headers": [(a.encode(), b.encode()) for a, b in headers.items()]}
    await app(scope, receive, send)
    return said


@ON_SQLITE
async def test_an_upload_that_is_broken_off_is_no_fault_of_the_server(app: Served) -> None:
    guest = await app.house.visit()
    door = app.client._transport.app  # type: ignore[attr-defined] # what the client itself asks
    said = await _broken_off(door, f"/widget/{app.house.key}/attachments", {**guest.bearer, **FORM})
    assert said[0]["status"] == 400
    assert not stored(app.services)
    said = await _broken_off(door, f"/widget/{app.house.key}/sessions", {"content-type": "application/json"})
    assert said[0]["status"] < 500


@pytest.mark.anyio
@ON_SQLITE
async def test_without_its_handler_it_would_be_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(_: object, error: Exception) -> None:
        raise error

    monkeypatch.setattr("chat.app._left", unknown)
    async with served(settings) as app:
        guest = await app.house.visit()
        door = app.client._transport.app  # type: ignore[attr-defined] # as above
        with pytest.raises(ClientDisconnect):
            await _broken_off(door, f"/widget/{app.house.key}/attachments", {**guest.bearer, **FORM})
