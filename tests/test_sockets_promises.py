"""What the socket protocol promises: who gets in, each message once and in order, nothing without consent."""

from uuid import uuid4

import pytest

from tests.lethe import Account, Contact, Lethe
from tests.sockets import Socket, kinds, seqs

SPAM = "BUY CHEAP VIAGRA now!!! casino bonus free money click http://win.example/casino http://win.example/pills"


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite."""
    return embedded


@pytest.fixture
def zoe(account: Account) -> Contact:
    return account.contact("Zoe")


def welcomed(contact: Contact, last_seq: int = 0) -> Socket:
    """A socket of the contact's, past its welcome."""
    socket = contact.socket(last_seq)
    socket.get("welcome")
    return socket


def watching(account: Account, ticket: int) -> Socket:
    """An agent's socket with the ticket open."""
    socket = account.agent()
    socket.get("welcome")
    socket.ask("open", "welcome", ticket=ticket, last_seq=0)
    return socket


def turned_away(socket: Socket) -> tuple[str, int]:
    """The error and the code a socket ends with."""
    with socket:
        return socket.refused(), socket.closed()


def test_a_token_that_is_not_ours_is_closed_with_4401(account: Account, zoe: Contact) -> None:
    other = "A" if zoe.token[10] != "A" else "B"
    for forged in ("", "nonsense", zoe.token[:-4], f"{zoe.token}AAAA", f"{zoe.token[:10]}{other}{zoe.token[11:]}"):
        assert turned_away(Contact(account, forged, zoe.uid).socket()) == ("unauthorized", 4401)


def test_a_frame_before_hello_is_closed_with_4401(account: Account) -> None:
    with account.visitor() as socket:
        socket.say("Hello?")
        assert (socket.refused(), socket.closed()) == ("unauthorized", 4401)


def test_a_foreign_page_is_closed_with_4403_and_the_sites_own_is_not(account: Account, zoe: Contact) -> None:
    foreign = zoe.socket(origin="https://elsewhere.example")
    assert turned_away(foreign) == ("forbidden", 4403)
    with zoe.socket(origin=account.origin) as socket:
        assert socket.get("welcome")


def test_an_agent_without_credentials_is_closed_with_4401(account: Account) -> None:
    nobody = {"Authorization": "Bearer lethe_nonsense"}
    assert turned_away(account.agent(headers=nobody)) == ("unauthorized", 4401)
    own = account.lethe.origin
    assert turned_away(account.agent(headers={}, origin=own)) == ("unauthorized", 4401)


def test_a_cookie_is_good_from_our_own_pages_alone(account: Account) -> None:
    cookie = {"Cookie": account.sign_in()}
    with account.agent(headers=cookie, origin=account.lethe.origin) as socket:
        assert socket.get("welcome")
    foreign = account.agent(headers=cookie, origin="https://elsewhere.example")
    assert turned_away(foreign) == ("forbidden", 4403)


def test_a_message_sent_again_has_the_same_number_and_is_stored_once(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as first, welcomed(zoe) as second:
        name = str(uuid4())
        before = first.post("Once", name)
        for socket in (first, second, first):
            again = socket.post("Once", name)
            assert (again["seq"], again["at"]) == (before["seq"], before["at"])
    assert [each["id"] for each in account.messages(before["ticket"])] == [name]


def test_numbers_have_no_gap_whoever_writes_at_once(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = visitor.post("First")["ticket"]
        with watching(account, ticket) as agent:
            names = [(visitor.say(f"v{n}"), agent.say(f"a{n}", ticket=ticket)) for n in range(20)]
            visitor.get("ack", id=names[-1][0])
            agent.get("ack", id=names[-1][1])
            for socket in (visitor, agent):
                while 41 not in seqs(socket.heard):
                    socket.next()
                assert [each for each in seqs(socket.heard) if each > 1] == list(range(2, 42))
    assert [each["seq"] for each in account.messages(ticket)] == list(range(1, 42))


def test_a_visitor_resumes_from_every_number_and_gets_the_rest_once(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = [visitor.post(f"number {n}")["ticket"] for n in range(1, 7)].pop()
        for last in range(7):
            with zoe.socket(last) as again, account.agent() as agent:
                agent.get("welcome")
                agent_side = agent.ask("open", "welcome", ticket=ticket, last_seq=last)
                for welcome in (again.get("welcome"), agent_side):
                    assert seqs(welcome["messages"]) == list(range(last + 1, 7))
                    assert welcome["seq"] == 6


def test_a_note_never_reaches_the_visitor(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = visitor.post("Hello")["ticket"]
        with watching(account, ticket) as agent, watching(account, ticket) as other:
            agent.send("note", ticket=ticket, id=str(uuid4()), text="private-word")
            ack = agent.get("ack")
            assert (ack["note"], ack["after_seq"]) == (1, 1)
            assert other.get("note")["text"] == "private-word"
            assert agent.post("Good morning", ticket=ticket)["seq"] == 2
        visitor.get("message", seq=2)
        with zoe.socket() as again:
            heard = [again.get("welcome"), *visitor.heard, *visitor.settle()]
    assert "private-word" not in repr(heard)
    assert "note" not in repr(heard)


def test_a_held_message_is_a_placeholder_for_agents_until_it_is_released(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = visitor.post("Hello, a question about my order")["ticket"]
        with watching(account, ticket) as agent:
            ack = visitor.post(SPAM)
            assert ack["held"] is True
            held = agent.get("message", seq=ack["seq"])
            assert held["held"] is True
            assert "text" not in held
            account.rest("PUT", f"/tickets/{ticket}/spam", {"spam": False})
            released = agent.get("message", seq=ack["seq"])
            assert (released["held"], released["text"]) == (False, SPAM)


def test_a_new_notice_stops_the_chat_until_it_is_agreed_to(account: Account, zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = visitor.post("Before")["ticket"]
        version = account.publish("A notice that says more.")
        assert visitor.get("consent_required")["notice"]["version"] == version
        name = visitor.say("Between")
        assert visitor.get("error", id=name)["code"] == "consent_required"
        visitor.send("consent", notice_version=version, consent={"chat": True})
        visitor.get("welcome")
        assert visitor.post("After")["seq"] == 2
    assert [each["text"] for each in account.messages(ticket)] == ["Before", "After"]


@pytest.mark.parametrize("author", ["visitor", "agent"])
def test_an_answer_to_a_solved_chat_opens_it_again_for_both(account: Account, zoe: Contact, author: str) -> None:
    with welcomed(zoe) as visitor, welcomed(zoe) as other, account.agent() as agent:
        agent.get("welcome")
        ticket = visitor.post("Hello")["ticket"]
        for _ in range(2):
            visitor.ask("end", "ended")
            if author == "visitor":
                assert visitor.post("One more thing")["ticket"] == ticket
            else:
                assert agent.post("One more thing", ticket=ticket)["ticket"] == ticket
            for window in (visitor, other):
                assert window.get("welcome", ticket=ticket, status="open")["status"] == "open"
            assert account.rest("GET", f"/tickets/{ticket}")["status"] == "open"
    assert [each["text"] for each in account.messages(ticket)] == ["Hello", "One more thing", "One more thing"]


def test_an_answer_to_a_solved_chat_that_was_left_for_another_is_refused(account: Account, zoe: Contact) -> None:
    """It would reach nobody: the visitor sees the other one."""
    with welcomed(zoe) as visitor, account.agent() as agent:
        agent.get("welcome")
        first = visitor.post("Hello")["ticket"]
        visitor.ask("end", "ended")
        visitor.send("hello", token=zoe.token, last_seq=0, fresh=True)
        visitor.get("welcome")
        second = visitor.post("Another matter")["ticket"]
        assert agent.get("error", id=agent.say("Late", ticket=first))["code"] == "ended"
        assert agent.post("There", ticket=second)["ticket"] == second


def test_an_ended_chat_is_left_behind_where_a_fresh_one_begins(zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        ticket = visitor.post("Hello")["ticket"]
        visitor.ask("end", "ended")
        visitor.send("hello", token=zoe.token, last_seq=0, fresh=True)
        assert visitor.get("welcome")["ticket"] is None
        ack = visitor.post("Another matter")
        assert ack["ticket"] != ticket
        assert ack["seq"] == 1


def test_a_visitor_who_withdraws_is_closed_with_4410_and_never_comes_back(zoe: Contact) -> None:
    with welcomed(zoe) as visitor:
        visitor.post("Forget me")
        zoe.withdraw()
        assert visitor.closed() == 4410
    assert turned_away(zoe.socket()) == ("unauthorized", 4401)


def test_too_many_messages_are_refused_with_when_to_try_again(account: Account, zoe: Contact) -> None:
    account.rest("PATCH", "/account", {"message_rate": 1})
    with welcomed(zoe) as visitor:
        names = [visitor.say(f"number {n}") for n in range(25)]
        error = visitor.get("error")
        assert error["code"] == "rate_limited"
        assert error["retry_after"] > 0
        assert error["id"] in names
        visitor.settle()
        assert kinds(visitor.heard).count("ack") < len(names)
    account.rest("PATCH", "/account", {"message_rate": 0})
    with welcomed(zoe) as visitor:
        assert visitor.post("and now it passes")
