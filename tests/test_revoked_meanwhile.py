"""A token that is revoked while a request of it still comes in does nothing any more."""

from collections.abc import AsyncIterator

import pytest

from chat.web import endpoint
from chat.web.endpoint import Ask
from tests.inside import Served, problem_of
from tests.test_attachments import picture

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
HEAD = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
FORM = HEAD + picture("PNG") + b"\r\n--edge--"
REQUESTS = {
    "a form": ("PUT", "/agents/me/portrait", "multipart/form-data; boundary=edge", FORM, 200),
    "a body": ("POST", "/departments", "application/json", b'{"name": "Of somebody who is out"}', 201),
}


async def sent(app: Served, kind: str) -> tuple[int, str]:
    """Send half of it, have its token revoked, and send the rest; the status, and what there is then."""
    method, path, content, body, _ = REQUESTS[kind]
    made = (
        await app.rest("POST", "/tokens", {"name": "Lost", "scopes": ["profile:write", "departments:write"]})
    ).json()

    async def halves() -> AsyncIterator[bytes]:
        yield body[:30]
        assert (await app.rest("DELETE", f"/tokens/{made['id']}")).is_success
        yield body[30:]

    headers = {"authorization": f"Bearer {made['token']}", "content-type": content}
    answer = await app.client.request(method, f"/api/v1{path}", content=halves(), headers=headers)
    if not answer.is_success:
        problem_of(answer, 401, "unauthorized")
    there = (await app.rest("GET", "/agents/me")).json()["portrait"]
    return answer.status_code, there + (await app.rest("GET", "/departments")).text


@pytest.mark.parametrize("kind", REQUESTS)
async def test_what_still_comes_in_does_nothing(app: Served, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(endpoint, "SLOW", 0)  # as if it had taken more than a second
    status, there = await sent(app, kind)
    assert status == 401
    assert "Of somebody" not in there
    assert there.startswith(("[", "{"))  # and no picture


@pytest.mark.parametrize("kind", REQUESTS)
async def test_the_control_a_server_that_does_not_look_again(
    app: Served, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async def still(_: Ask[object]) -> None:
        """As if nobody were ever signed out."""

    monkeypatch.setattr(Ask, "require_still", still)
    assert (await sent(app, kind))[0] == REQUESTS[kind][-1]
