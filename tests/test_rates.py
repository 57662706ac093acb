"""How often a token or session may ask the API is on every answer, and when to come back on every refusal for now."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chat.core.errors import LetheError, RateLimited
from chat.core.settings import Settings
from chat.web import endpoint
from chat.web.answers import problem
from chat.web.problems import tree
from chat.web.ready import Ready
from tests.inside import Served, problem_of, served

pytestmark = pytest.mark.anyio
POLICY, LEFT = "ratelimit-policy", "ratelimit"


@pytest.fixture
async def strict(settings: Settings) -> AsyncIterator[Served]:
    """A server where a token asks three times a minute."""
    async with served(replace(settings, api_rate=3)) as made:
        yield made


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_token_reads_its_limit_and_is_refused_beyond_it(strict: Served) -> None:
    paths = ("/account", "/account?x=1", "/tickets/999")
    answers = [await strict.rest("GET", path) for path in paths]
    assert [each.status_code for each in answers] == [200, 422, 404]
    # An address that knows no such parameter refuses it before it looks at who asks.
    counted = [answers[0], answers[2], await strict.rest("GET", "/account")]
    for left, each in zip((2, 1, 0), counted, strict=True):
        assert each.headers[POLICY] == '"default";q=3;w=60'
        found = re.fullmatch(r'"default";r=(\d+);t=(\d+)', each.headers[LEFT])
        assert found
        assert int(found[1]) == left
        assert 0 < int(found[2]) <= 60
    refused = await strict.rest("GET", "/account")
    problem_of(refused, 429, "rate_limited")
    assert refused.headers[LEFT].startswith('"default";r=0;')
    assert 0 < int(refused.headers["retry-after"]) <= 60
    await strict.sign_in()
    by_session = await strict.call("GET", "/api/v1/account")
    assert by_session.headers[LEFT].startswith('"default";r=2;'), "another's count is another"
    assert LEFT not in (await strict.call("GET", "/admin")).headers
    assert LEFT not in (await strict.call("GET", f"/widget/{strict.house.key}/config")).headers
    assert LEFT not in (await strict.call("GET", "/api/v1/account", authorization="Bearer no")).headers


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_without_the_count_nobody_is_refused(strict: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def uncounted(*_: object) -> None:
        """Count nothing."""

    monkeypatch.setattr(endpoint, "count", uncounted)
    assert {(await strict.rest("GET", "/account")).status_code for _ in range(5)} == {200}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_server_without_the_limit_tells_none(settings: Settings) -> None:
    async with served(replace(settings, api_rate=0)) as free:
        assert LEFT not in (await free.rest("GET", "/account")).headers


def test_a_refusal_for_now_says_when_to_come_back() -> None:
    for_now = [each for each in tree(LetheError) if each.status in {429, 503, 507}]
    assert {each.status for each in for_now} == {429, 503, 507}
    for each in for_now:
        made = each(retry_after=0.2) if each is RateLimited else each()
        assert int(problem(made).headers["retry-after"]) > 0
    assert "retry-after" not in problem(LetheError()).headers


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_server_that_is_not_ready_says_when_to_ask_again(
    strict: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> tuple[bool, bool]:
        return False, True

    assert "retry-after" not in (await strict.call("GET", "/readyz")).headers
    monkeypatch.setattr(Ready, "now", away)
    answer = await strict.call("GET", "/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
