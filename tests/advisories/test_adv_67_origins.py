"""A socket opened by another site's page with the agent's cookie: CVE-2019-13611, GHSA-f53g-frr2-jhpf."""

import pytest

from tests.lethe import Account, Lethe
from tests.sockets import Socket


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite: an origin is looked at before any database."""
    return embedded


@pytest.fixture(scope="module")
def cookie(account: Account) -> str:
    """The owner's."""
    return account.sign_in()


FOREIGN = [
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example:{port}",
    "http://evil-127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "file://",
]


def code(socket: Socket) -> int:
    """What a socket is closed with."""
    with socket:
        return int(socket.closed())


@pytest.mark.parametrize("origin", FOREIGN)
def test_adv_67_and_adv_68_a_cookie_from_another_origin_opens_no_agents_socket(
    account: Account, cookie: str, origin: str
) -> None:
    shown = origin.replace("{port}", str(account.lethe.port))
    assert code(account.agent({"Cookie": cookie, "Origin": shown})) == 4403


def test_adv_67_our_own_origin_opens_it(account: Account, cookie: str) -> None:
    with account.agent({"Cookie": cookie, "Origin": account.lethe.origin}) as agent:
        assert agent.get("welcome")["agent"]["name"]
