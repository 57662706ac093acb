"""No letter with a stranger's words goes to an address of which nobody has shown that it is theirs."""

import re
from functools import partial
from typing import Any

import pytest

from chat.account.actions import accounts
from chat.attachments.actions import attachments
from chat.core.errors import RateLimited
from chat.core.model import CustomField
from chat.core.networks import Network
from chat.infra.mail import Mailer
from chat.letters import actions as letters
from chat.rights import actions as links
from tests.chance import dice
from tests.inside import CHAT, Guest, Served, problem_of
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
TO = "victim@elsewhere.example"
CANARY = "zqxjkvphishing"
OWN = CustomField(labels={"en": "Order", "el": "Αριθμός"})


@pytest.fixture
async def mailing(app: Served, post: Post) -> Served:
    """The application with a mail server, whose site asks for all that a site may ask."""
    app.context.services = mailed(app.services, post.port)
    fields = dict.fromkeys(("name", "email", "phone"), "optional")
    house = app.house
    house.site = await accounts.change_site(
        app.services, house.actor, house.site.id, fields=fields, custom_fields=[OWN]
    )
    return app


async def stranger(app: Served, to: str = TO, locale: str = "en") -> Guest:
    """Somebody who puts rare words wherever a visitor can, under an address that may be anybody's."""
    guest = await app.house.visit(f"Your bank {CANARY}", to, locale=locale, c1=CANARY, phone="+30 210 5550147")
    file = await attachments.keep(app.services, guest.contact, "visitor", f"{CANARY}.txt", b"hello " * 20)
    draft = guest.draft(f"Pay at https://{CANARY}.example")
    draft.attachments = (file.id,)
    await app.house.box.post(draft)
    return guest


async def ask(app: Served, guest: Guest) -> Any:
    return await app.client.post(f"/widget/{app.house.key}/transcript", headers=guest.bearer)


def secret_in(mail: Any) -> str:
    found = re.search(r"#([\w-]{43})", mail.get_content())
    assert found is not None
    return found[1]


async def opened(app: Served, secret: str) -> Any:
    headers = {"origin": CHAT}
    return await app.client.post(f"/privacy/{app.house.key}/opened", json={"link": secret}, headers=headers)


@pytest.mark.parametrize("locale", ["en", "el"])
async def test_the_first_letter_holds_a_link_and_no_word_of_the_visitor(
    mailing: Served, post: Post, locale: str
) -> None:
    app, guest = mailing, await stranger(mailing, locale=locale)
    assert (await ask(app, guest)).status_code == 202
    asked = {"email": TO}
    assert (await app.call("POST", f"/privacy/{app.house.key}/links", asked, origin=CHAT)).status_code == 202
    await letters.sweep(app.services)
    assert len(post.mails) == 2
    for mail in post.mails:
        assert CANARY not in mail.as_string() + mail.get_content() + str(mail["subject"])
        assert secret_in(mail)


async def test_the_transcript_follows_once_the_link_is_opened_in_that_mailbox(mailing: Served, post: Post) -> None:
    app, guest = mailing, await stranger(mailing)
    await ask(app, guest)
    await letters.sweep(app.services)
    answer = (await opened(app, secret_in(post.mails[0]))).json()
    assert (answer["transcript"], answer["held"]["contacts"]) == (True, 1)
    await letters.sweep(app.services)
    assert [each.rcpt_tos for each in post.took] == [[TO], [TO]]
    assert CANARY in post.mails[1].get_content()
    problem_of(await opened(app, secret_in(post.mails[0])), 401, "unauthorized")
    await letters.sweep(app.services)
    assert len(post.took) == 2, "once"


async def test_a_link_asked_for_on_the_privacy_page_brings_no_transcript(mailing: Served, post: Post) -> None:
    app = mailing
    await stranger(app)
    await app.call("POST", f"/privacy/{app.house.key}/links", {"email": TO}, origin=CHAT)
    await letters.sweep(app.services)
    assert (await opened(app, secret_in(post.mails[0]))).json()["transcript"] is False
    await letters.sweep(app.services)
    assert len(post.took) == 1


async def test_only_the_chat_that_was_asked_for_is_mailed(mailing: Served, post: Post) -> None:
    app, guest = mailing, await owner(mailing)
    await stranger(app)
    await ask(app, guest)
    await letters.sweep(app.services)
    assert (await opened(app, secret_in(post.mails[0]))).json()["held"]["contacts"] == 2
    await letters.sweep(app.services)
    assert "my own question" in post.mails[1].get_content()
    assert CANARY not in post.mails[1].get_content()


async def owner(app: Served) -> Guest:
    """Whose mailbox it is."""
    guest = await app.house.visit("Vic", TO)
    await guest.say("my own question")
    return guest


async def test_where_no_letter_can_go_it_says_why(app: Served, post: Post) -> None:
    guest = await app.house.visit("Zoe", TO)
    problem_of(await ask(app, guest), 404, "not_found")
    app.context.services = mailed(app.services, post.port)
    problem_of(await ask(app, await app.house.visit()), 422, "invalid_field")
    shown = await app.call("GET", f"/widget/{app.house.key}/config")
    assert shown.json()["mail"] is True


async def test_letters_outside_of_ascii_go_where_the_server_takes_them_and_are_refused_where_not(
    mailing: Served, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, to = mailing, "μαρία@παράδειγμα.example"
    guest = await stranger(app, to)
    assert (await ask(app, guest)).status_code == 202
    await letters.sweep(app.services)
    assert post.took[-1].rcpt_tos == ["μαρία@xn--hxajbheg2az3al.example"]
    app.context.services = mailed(app.services, post.port)
    with monkeypatch.context() as without:
        without.setattr("smtplib.SMTP.has_extn", lambda *_: False)
        assert problem_of(await ask(app, guest), 422, "invalid_field")["field"] == "email"
        answer = await app.call("POST", f"/privacy/{app.house.key}/links", {"email": to}, origin=CHAT)
        problem_of(answer, 422, "invalid_field")
        assert (await ask(app, await stranger(app))).status_code == 202  # the control
    assert not Mailer("smtp://127.0.0.1:1").refuses(to), "one that is away has not refused"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_letters_are_limited_by_recipient_network_and_account_however_many_contacts_ask(
    mailing: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each limit alone: what varies in the requests is all but what it counts. Without it there is no end."""
    app, chance = mailing, dice("letters")
    spelt = ("victim@elsewhere.example", "VICTIM@elsewhere.example", "Victim@ELSEWHERE.example")

    async def gone(to: str | None, network: str | None) -> int:
        """How many of 40 requests are let through."""
        through = 0
        for n in range(40):
            guest = await app.house.visit("Ann", (to and chance.choice(spelt)) or f"a{n}{chance.random()}@x.example")
            try:
                await links.ask_for_transcript(
                    app.services, guest.contact, Network(network or f"net{n}{chance.random()}")
                )
            except RateLimited:
                continue
            through += 1
        return through

    assert await gone(TO, None) == links.TRANSCRIPTS_ADDRESS
    assert await gone(None, "one") == links.ASKED_NETWORK
    monkeypatch.setattr(links, "TRANSCRIPTS_ACCOUNT", 25)
    assert await gone(None, None) == 25 - links.TRANSCRIPTS_ADDRESS - links.ASKED_NETWORK
    allow = app.services.bus.allow
    without = partial(unless, allow, f"transcript:{app.services.email_hash('mail', TO)}")
    monkeypatch.setattr(app.services.bus, "allow", without)
    monkeypatch.setattr(links, "TRANSCRIPTS_ACCOUNT", 1000)
    assert await gone(TO, None) == 40, "the control"


async def unless(allow: Any, spared: str, key: str, limit: int, window: float) -> float:
    """An allowance without one of its limits."""
    return 0.0 if key == spared else float(await allow(key, limit, window))
