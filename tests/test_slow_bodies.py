"""A body that does not come is waited for at a pace, whichever door it comes by, and by no other way than that one."""

import ast
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

import chat
from chat.core.settings import Settings
from chat.web import requests
from tests.inside import CHAT, Served, problem_of, served
from tests.slow import SlowRequest

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
ENTRIES = ("/api/v1/spam/classify", "/widget/{key}/sessions", "/privacy/{key}/links", "/signin")
FOLDER = Path(str(chat.__file__)).parent
READS = {"stream", "body", "json", "form"}


async def slowly(app: Served, path: str) -> httpx2.Response | None:
    """Send a body that does not end, a byte now and then; the answer, None where there is none in two seconds."""
    headers = app.house.bearer if path.startswith("/api") else {"origin": CHAT}
    slow = SlowRequest(app.client, path.format(key=app.house.key), headers)
    try:
        return await asyncio.wait_for(slow.answer, 2)
    except TimeoutError:
        return None


async def test_every_door_lets_go_of_who_sends_too_slowly(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PATIENCE", 0.2)
    for path in ENTRIES:
        answer = await slowly(app, path)
        assert answer is not None, path
        problem_of(answer, 408, "too_slow")
        assert answer.headers["connection"] == "close"


async def test_without_a_pace_it_is_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def patient(coming: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in coming:
            yield chunk

    monkeypatch.setattr(requests, "PATIENCE", 0.2)
    monkeypatch.setattr(requests, "paced", patient)
    async with served(settings) as app:
        assert await slowly(app, ENTRIES[0]) is None


async def test_no_door_reads_a_body_in_another_way(settings: Settings) -> None:  # noqa: ARG001 - the module's mark gives it
    found = {
        f"{file.relative_to(FOLDER)} {node.func.attr}"
        for file in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS
        if isinstance(node.func.value, ast.Name) and node.func.value.id in {"request", "connection"}
    }
    assert found == {"web/requests.py stream", "attachments/api.py stream"}
