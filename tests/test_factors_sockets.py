"""No socket of an agent's opens between the two steps of signing in, nor for who must have a second factor by now."""

import pytest

from chat.factors.actions import requiring
from chat.infra.services import Services
from chat.team.actions import sessions
from chat.web.authentication import HALF
from tests.factors import turned_on
from tests.lethe import Account, Lethe
from tests.sockets import Socket
from tests.test_due import SOCKETS


async def turn_on(services: Services, cookie: str) -> None:
    """Turn the second factor on for whoever a session is of."""
    await turned_on(services, await sessions.by_session(services, cookie.partition("=")[2]))


async def want(services: Services, account: Account, day: str) -> None:
    """Want a second factor of owners from a day on."""
    await requiring.require(services, await sessions.by_token(services, account.token), {"owner": day})


@pytest.mark.parametrize("path", SOCKETS)
def test_none_opens_between_the_two_steps(lethe: Lethe, path: str) -> None:
    account = lethe.account()
    cookie, url = account.sign_in(), f"ws://127.0.0.1:{lethe.port}{path}"
    with Socket(url, {"Cookie": cookie, "Origin": lethe.origin}) as socket:  # the control: a whole session opens one
        assert socket.get("welcome")
    lethe.perform(lambda services: turn_on(services, cookie))
    step = account.sign_in()
    assert step.startswith(f"{HALF}=")
    with Socket(url, {"Cookie": step, "Origin": lethe.origin}) as socket:
        assert socket.get("error")["code"] == "unauthorized"
        assert socket.closed() == 4401


@pytest.mark.parametrize("path", SOCKETS)
def test_none_opens_for_who_must_have_one(lethe: Lethe, path: str) -> None:
    account = lethe.account()
    headers, url = {"Cookie": account.sign_in(), "Origin": lethe.origin}, f"ws://127.0.0.1:{lethe.port}{path}"
    lethe.perform(lambda services: want(services, account, "2026-01-01"))
    with Socket(url, headers) as socket:
        assert socket.get("error")["code"] == "second_factor_due"
        assert socket.closed() == 4403
    with Socket(url, account.bearer) as program:
        assert program.get("welcome")
    lethe.perform(lambda services: want(services, account, ""))
    with Socket(url, headers) as socket:
        assert socket.get("welcome")
