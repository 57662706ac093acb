"""An agent has the transcript mailed: a link to the address that its contact gave; the words once that is opened."""

import re
from typing import Any

import httpx2
import pytest

from chat.consent.actions import consent
from chat.core.clock import DAY
from chat.infra.audit import audit
from chat.letters import actions as letters
from chat.profiles.actions import correcting
from chat.profiles.actions.correcting import ContactChange
from chat.rights import actions as links
from tests.inside import CHAT, Guest, Served, found, problem_of
from tests.post import Post, mailed

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
ZOE, CANARY = "zoe@visitor.example", "zqxjkvpapaya"
WORDS = re.compile(r"#([\w-]{43})")


@pytest.fixture
async def mailing(app: Served, post: Post) -> Served:
    """The application, with a mail server."""
    app.context.services = mailed(app.services, post.port)
    return app


async def asked(app: Served, guest: Guest, **more: Any) -> httpx2.Response:
    """What the agent is answered who wants the transcript of the guest's ticket mailed."""
    number = (await guest.say(CANARY)).number
    answer = await app.rest("POST", f"/tickets/{number}/transcript", **more)
    await letters.sweep(app.services)
    return answer


async def test_a_link_goes_to_the_given_address_and_brings_the_words_when_it_is_opened(
    mailing: Served, post: Post
) -> None:
    app = mailing
    guest = await app.house.visit("Zoe", ZOE, locale="el")
    answer = await asked(app, guest)
    assert (answer.status_code, answer.json()) == (202, {"queued": True})
    (letter,) = post.mails
    assert (letter["To"], CANARY in letter.get_content()) == (ZOE, False)
    assert "αντίγραφο" in letter.get_content()
    (secret,) = WORDS.findall(letter.get_content())
    opened = await app.call("POST", f"/privacy/{app.house.key}/opened", {"link": secret}, origin=CHAT)
    assert opened.json()["transcript"] is True
    await letters.sweep(app.services)
    assert CANARY in post.mails[-1].get_content()
    entries = await app.services.store.read(
        lambda tx: audit.of_contact(tx, app.house.made.account_id, guest.contact.uid)
    )
    offered = [each for each in entries if each.action == "transcript.offered"]
    assert [(each.target, each.who) for each in offered] == [("1", app.house.actor.agent_id)]


async def test_nothing_goes_to_whom_it_may_not(mailing: Served, post: Post) -> None:
    app = mailing
    silent, entered, gone = [await app.house.visit(email=each) for each in ("", "", "gone@visitor.example")]
    refused = problem_of(await asked(app, silent), 422, "invalid_field")
    assert refused["field"] == "email"
    await correcting.correct(app.services, app.house.actor, entered.contact.uid, ContactChange(email=ZOE))
    problem_of(await asked(app, entered), 422, "invalid_field")
    number = (await gone.say("before")).number
    later = mailed(app.services, post.port, app.services.clock() + 5 * 366 * DAY)
    assert await consent.expire(later) == 3
    problem_of(await app.rest("POST", f"/tickets/{number}/transcript"), 422, "consent_required")
    await app.services.store.write(lambda tx: consent.record_withdrawal(app.services, tx, gone.contact))
    problem_of(await app.rest("POST", f"/tickets/{number}/transcript"), 404, "not_found")
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    problem_of(await app.rest("POST", "/tickets/1/transcript", house=other), 404, "not_found")
    await letters.sweep(app.services)
    assert post.mails == []


async def test_the_control_an_entered_address_taken_for_a_given_one_is_written_to(
    mailing: Served, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, guest = mailing, await mailing.house.visit()
    await correcting.correct(app.services, app.house.actor, guest.contact.uid, ContactChange(email=ZOE))
    monkeypatch.setattr(links, "_address_of", lambda *_: _given())
    monkeypatch.setattr(links, "_owned", lambda *_: [(guest.contact, ZOE)])
    assert (await asked(app, guest)).status_code == 202
    assert [each["To"] for each in post.mails] == [ZOE]


async def _given() -> str:
    return ZOE


async def test_no_more_than_three_wait_for_one_contact(mailing: Served, post: Post) -> None:
    app, guest = mailing, await mailing.house.visit("Zoe", ZOE)
    statuses = [(await asked(app, guest)).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]
    assert len(post.mails) == 3


async def test_a_server_without_mail_says_so(app: Served) -> None:
    problem_of(await asked(app, await app.house.visit("Zoe", ZOE)), 404, "not_found")
