"""
Who may not see something any more hears nothing of it from that moment, and is told to forget it.

CVE-2024-27286 (Zulip: a moved message stays with those who had it), CVE-2024-53867 (Synapse: events after leaving).
"""

import re
from collections.abc import Callable

import pytest

from tests.lethe import Account, Contact
from tests.sockets import Socket


def talking(account: Account) -> tuple[Contact, Socket, int]:
    """A visitor, their socket and their ticket."""
    zoe = account.contact("Zoe")
    line = zoe.socket()
    line.get("welcome")
    line.say("Hello")
    return zoe, line, line.get("ack")["ticket"]


def purged(account: Account, _zoe: Contact, number: int) -> None:
    """The ticket is deleted for good."""
    account.lethe.http.delete(f"/api/v1/tickets/{number}?permanent=true", headers=account.bearer)


def held(account: Account, zoe: Contact, _number: int) -> None:
    """The contact is held for a legal claim."""
    account.rest("PUT", f"/contacts/{zoe.uid}/hold", {"reason": "a claim", "days": 30})


def erased(account: Account, zoe: Contact, _number: int) -> None:
    """The contact is erased."""
    account.lethe.http.delete(f"/api/v1/contacts/{zoe.uid}", headers=account.bearer)


@pytest.mark.parametrize("taken", [purged, held, erased])
def test_agents_are_to_forget_and_hear_nothing_after(
    account: Account, taken: Callable[[Account, Contact, int], None]
) -> None:
    zoe, line, number = talking(account)
    with line, account.agent() as agent:
        agent.get("welcome")
        agent.ask("open", "welcome", ticket=number, last_seq=0)
        taken(account, zoe, number)
        agent.get("ticket", ticket=number, status="gone")
        _, other, marker = talking(account)
        with other:
            agent.get("ticket", ticket=marker, status="open")
        about_it = [each for each in agent.heard if each.get("ticket") == number]
        assert about_it[-1]["status"] == "gone", "the last word about it"
        agent.send("open", ticket=number, last_seq=0)
        assert agent.get("error")["code"] == "not_found"


def test_an_agent_who_is_deactivated_hears_nothing_after(account: Account) -> None:
    owner, mail = account.sign_in(), "mara@acme.example"
    made, own = account.form("/admin/agents", owner, email=mail, role="agent").text, "one that Mara alone knows"
    link = re.search(r'class="secret">[^<#]+#([^<]+)<', made)
    assert link
    joining = {"link": link[1], "name": "Mara", "password": own, "again": own}
    joined = account.lethe.http.post("/invitation", data=joining, headers={"Origin": account.lethe.origin})
    assert joined.status_code == 303, joined.text
    cookie = {"Cookie": account.sign_in(mail, own)}
    (agent_id,) = [each["id"] for each in account.rest("GET", "/agents")["items"] if each["name"] == "Mara"]
    with account.agent(headers=cookie, origin=account.lethe.origin) as mara:
        mara.get("welcome")
        answer = account.form(f"/admin/agents/{agent_id}/deactivate", owner)
        assert answer.status_code == 303
        _, line, number = talking(account)
        line.close()
        assert mara.closed() == 4401
        assert [each for each in mara.heard if each.get("ticket") == number] == []
