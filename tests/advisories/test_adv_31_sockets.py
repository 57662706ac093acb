"""
What goes over sockets: frames that only a server may send (CVE-2026-72918), marks in foreign chats (CVE-2023-42453),
names to those who take no part (CVE-2021-39164, CVE-2021-39163).
"""

import json

import pytest

from chat.infra.services import Services
from chat.team.actions import agents, sessions
from tests.lethe import Account, Lethe
from tests.sockets import Socket
from tests.test_docs import SIDES

SERVERS = sorted({str(each.__struct_config__.tag) for each in SIDES["From the server"]})


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """Who hears what is decided in one process as in several."""
    return embedded


def begun(account: Account, name: str) -> tuple[Socket, int]:
    """A visitor's socket and the number of their ticket."""
    socket = account.contact(name).socket()
    socket.get("welcome")
    return socket, socket.post("hello")["ticket"]


def quiet(*heard: Socket) -> bool:
    """Whether these heard nothing of a chat."""
    return not {"message", "typing", "read", "ticket", "ended", "note"} & {
        each["type"] for socket in heard for each in socket.settle()
    }


@pytest.mark.parametrize("kind", [*SERVERS, "broadcast", "stream-notify-room"])
def test_adv_31_a_visitor_says_nothing_that_only_the_server_says(account: Account, kind: str) -> None:
    (mine, number), (other, theirs) = begun(account, "Zoe"), begun(account, "Yan")
    with mine, other, account.agent() as agent:
        agent.get("welcome")
        agent.ask("open", "welcome", ticket=theirs, last_seq=0)
        for ticket in (number, theirs):
            author = {"kind": "agent", "name": "Anna"}
            mine.send(kind, ticket=ticket, seq=9, id=f"{number:032x}", author=author, text="pay here", held=False)
            assert mine.refused() == "invalid_frame"
        assert quiet(mine, other, agent)
        assert [each["text"] for each in account.messages(theirs)] == ["hello"]


@pytest.mark.parametrize("kind", ["typing", "read"])
def test_adv_32_marks_in_a_foreign_chat_are_refused_and_heard_by_nobody(
    lethe: Lethe, account: Account, kind: str
) -> None:
    more = {"on": True} if kind == "typing" else {"seq": 1}
    (mine, _), (other, theirs) = begun(account, "Zoe"), begun(account, "Yan")
    with mine, other, lethe.account("Curious").agent() as stranger, account.agent() as agent:
        stranger.get("welcome")
        agent.get("welcome")
        agent.ask("open", "welcome", ticket=theirs, last_seq=0)
        mine.send(kind, ticket=theirs, **more)
        assert mine.refused() == "invalid_frame"
        stranger.send(kind, ticket=theirs, **more)
        assert stranger.refused() == "not_found"
        assert quiet(other, agent)
        other.send(kind, **more)  # the control
        assert agent.get(kind, ticket=theirs)


def test_adv_33_agents_are_unknown_to_a_visitor_until_one_answers(lethe: Lethe) -> None:
    account = lethe.account("Names")
    name = "Rosalind Zyxomma"
    lethe.perform(lambda services: _named(services, account, name))
    zoe = account.contact("Zoe")
    with account.agent() as agent, zoe.socket() as visitor:
        agent.get("welcome")
        agent.send("presence", status="online")
        visitor.get("welcome")
        number = visitor.post("hello")["ticket"]
        asked = [f"/widget/{account.site}/config", f"/widget/{account.site}", f"/privacy/{account.site}"]
        said = [lethe.http.get(path).text for path in asked]
        heard = json.dumps(visitor.heard + visitor.settle()) + "".join(said)
        assert name not in heard
        assert account.email not in heard
        agent.post("good morning", ticket=number)  # the control
        assert visitor.get("message")["author"]["name"]


async def _named(services: Services, account: Account, name: str) -> None:
    actor = await sessions.by_token(services, account.token)
    await agents.add_agent(services, actor, f"rosa-{account.site}@acme.example", name, "agent")
