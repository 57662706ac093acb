"""A socket ends with the session, token or consent it was opened with, also where nobody told it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Table, delete

from chat.contacts.schema import contact
from chat.core.crypt import digest
from chat.core.events import EventsMissed
from chat.core.ids import secret, uuid7
from chat.infra.services import Services
from chat.infra.store import engine
from chat.team import store
from chat.team.schema import session
from chat.tokens.schema import token
from chat.web.authentication import COOKIE
from tests.lethe import Account, Lethe
from tests.sockets import Socket

Ends = Callable[[Account], None]


@pytest.fixture(scope="module")
def lethe() -> Iterator[Lethe]:
    """A server of its own, as these tests take every session and token away."""
    with Lethe() as server:
        yield server


@pytest.fixture(scope="module")
def hurried() -> Iterator[Account]:
    """A server that looks each half second."""
    with Lethe("tests.hurried") as server:
        yield server.account()


def rows_gone(lethe: Lethe, of: Table) -> None:
    """What another process did, and could not tell."""
    target = engine(lethe.settings.database_url)
    with target.begin() as connection:
        connection.execute(delete(of))
    target.dispose()


def watching(account: Account, headers: dict[str, str]) -> tuple[Socket, int]:
    """An agent's socket with a ticket open, past the moment in which it need not look."""
    visitor = account.contact("Zoe").socket()
    visitor.get("welcome")
    number = visitor.post("hello")["ticket"]
    visitor.close()
    agent = account.agent(headers)
    agent.get("welcome")
    agent.send("open", ticket=number, last_seq=0)
    agent.get("welcome")
    time.sleep(2.0)  # once soon after it came it is looked at anyhow
    return agent, number


def by_cookie(account: Account) -> dict[str, str]:
    return {"Cookie": account.sign_in(), "Origin": account.lethe.origin}


KINDS: dict[str, tuple[Callable[[Account], dict[str, str]], Table]] = {
    "session": (by_cookie, session),
    "token": (lambda account: account.bearer, token),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frame", ["message", "note", "read"])
def test_nothing_is_written_with_what_has_ended_unheard(lethe: Lethe, kind: str, frame: str) -> None:
    shown, of = KINDS[kind]
    account = lethe.account()
    agent, number = watching(account, shown(account))
    before = lethe.count("message"), lethe.count("note")
    with agent:
        rows_gone(lethe, of)
        more = {"seq": 1} if frame == "read" else {"id": uuid7(), "text": "too late"}
        agent.send(frame, ticket=number, **more)
        assert agent.closed() == 4401
    assert (lethe.count("message"), lethe.count("note")) == before


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_to_look_again_looks(lethe: Lethe, kind: str) -> None:
    shown, of = KINDS[kind]
    agent, _ = watching(account := lethe.account(), shown(account))
    with agent:
        rows_gone(lethe, of)
        lethe.perform(_resync)
        assert agent.closed() == 4401


async def _resync(services: Services) -> None:
    services.bus.publish(EventsMissed())


def test_a_socket_closes_in_the_moment_in_which_its_session_ends(lethe: Lethe) -> None:
    account = lethe.account()
    made = secret()

    async def brief(services: Services) -> str:
        at = services.clock()
        row = {"id": uuid7(), "secret_hash": digest(made), "created_at": at, "seen_at": at, "expires_at": at + 2500}
        hashed = services.email_hash("agents", account.email)
        await services.store.write(lambda tx: store.add_session(tx, row | {"agent_id": _id(tx, hashed)}))
        return services.tokens.cookie(made)

    headers = {"Cookie": f"{COOKIE}={lethe.perform(brief)}", "Origin": lethe.origin}
    with account.agent(headers) as agent:
        agent.get("welcome")
        assert agent.closed() == 4401


def _id(tx: Any, hashed: str) -> str:
    row = store.by_email(tx, hashed)
    assert row is not None
    return str(row.id)


@pytest.mark.parametrize("kind", KINDS)
def test_an_idle_agents_socket_looks_by_itself(hurried: Account, kind: str) -> None:
    shown, of = KINDS[kind]
    account = hurried.lethe.account()
    with account.agent(shown(account)) as agent:
        agent.get("welcome")
        rows_gone(hurried.lethe, of)
        assert agent.closed() == 4401


def test_an_idle_visitors_socket_looks_by_itself(hurried: Account) -> None:
    account = hurried.lethe.account()
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        rows_gone(hurried.lethe, contact)
        assert visitor.closed() == 4401


def test_a_socket_that_never_looks_is_found() -> None:
    with Lethe("tests.broken.trusting") as lethe:
        account = lethe.account()
        agent, number = watching(account, by_cookie(account))
        with agent:
            rows_gone(lethe, session)
            agent.send("message", ticket=number, id=uuid7(), text="too late")
            assert agent.get("ack")["ticket"] == number
