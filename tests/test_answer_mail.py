"""Claims about mail to visitors who left, before a real SMTP server: who asked for it gets one, and nobody else any."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.account.actions import accounts
from chat.answer_mail import actions as answers
from chat.answer_mail import store
from chat.backup.actions import replay
from chat.consent import store as consents
from chat.consent.actions import consent
from chat.core import frames
from chat.core.clock import DAY
from chat.core.errors import InvalidField
from chat.core.networks import Network
from chat.erasure.actions import erasure
from chat.infra.services import Services
from chat.letters.store import disclosures
from chat.tickets.actions import changing, posting, redaction, tickets
from chat.tickets.schema import message, ticket
from chat.tickets.store import tickets as stored
from tests.inside import CHAT, TEXTS, Guest, House, Served, contact_of, counted, new_id
from tests.post import Post, mailed
from tests.services import free_port

pytestmark = pytest.mark.anyio
LATER = 11 * 60_000
WORDS = "The tall pot is frost-proof"
TO = "zoe@visitor.example"
MAILING = tuple(replace(each, mail_label="Mail me when an answer waits") for each in TEXTS)
STOP = re.compile(rf"{CHAT}(/answers/\S+/stop/\S+)")


async def left(house: House, *, mailing: bool = True, email: str = TO, text: str = WORDS, **more: Any) -> Guest:
    """Somebody who asked something, left, and was answered; an agent's answer is in their chat, unread."""
    await house.publish(*MAILING) if await house.version() == 1 else None
    guest = await house.visit("Zoe", email, mailing=mailing, **more)
    await guest.say("Is the tall pot frost-proof?")
    await answered(house, guest, text)
    return guest


async def answered(house: House, guest: Guest, text: str = WORDS) -> None:
    """An agent answers in their chat."""
    row = await ticket_of(house, guest)
    opened = await tickets.one(house.services, house.actor, row.number)
    said = frames.AgentMessage(row.number, new_id(), text)
    await house.box.post(posting.from_agent(house.actor, opened, said, house.services.clock()))


async def ticket_of(house: House, guest: Guest) -> Any:
    """The row of their ticket."""
    mine = select(ticket).where(ticket.c.contact_id == guest.contact.id)
    return await house.services.store.read(lambda tx: tx.execute(mine).one())


def later(house: House, port: int, wait: int = LATER) -> Services:
    """Services that send there, minutes on."""
    return mailed(house.services, port, house.services.clock() + wait)


async def choices(house: House, guest: Guest) -> dict[str, bool]:
    """What they agreed to last."""
    return await house.services.store.read(lambda tx: consents.purposes_of(tx, guest.contact.id))


async def test_who_asked_for_it_gets_one_mail_without_the_words_and_the_next_only_after_reading(
    house: House, post: Post
) -> None:
    guest = await left(house)
    assert await answers.sweep(later(house, post.port, LATER // 2)) == 0
    assert await answers.sweep(later(house, post.port)) == 1
    await answered(house, guest, "And so is the small one")
    assert await answers.sweep(later(house, post.port, 2 * LATER)) == 0
    (mail,) = post.mails
    assert (mail["to"], mail["subject"]) == (TO, "Acme has answered you")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (stop,) = STOP.findall(mail.get_content())
    assert f"List-Unsubscribe: <{CHAT}{stop}>" in str(post.took[0].content)  # on one line
    assert WORDS not in mail.get_content()
    assert "frost" not in mail.get_content()
    (sent,) = await house.services.store.read(lambda tx: disclosures.of_contact(tx, guest.contact.id))
    assert (sent.kind, sent.categories, sent.address) == ("mail", ["e-mail"], None)
    await _read(house, guest)
    assert await answers.sweep(later(house, post.port, 3 * LATER)) == 0
    await answered(house, guest, "Anything else?")
    assert await answers.sweep(later(house, post.port, 3 * LATER)) == 1


async def test_the_text_goes_along_where_the_account_wants_that_in_the_visitors_language(
    house: House, post: Post
) -> None:
    await accounts.change_account(house.services, house.actor, answer_text=True, answer_minutes=30)
    guest = await left(house, locale="el", text="{stop} αντέχει")
    assert await answers.sweep(later(house, post.port)) == 0
    assert await answers.sweep(later(house, post.port, 3 * LATER)) == 1
    (mail,) = post.mails
    assert mail["subject"] == "Έχετε απάντηση: Acme"
    assert "{stop} αντέχει" in mail.get_content()
    (sent,) = await house.services.store.read(lambda tx: disclosures.of_contact(tx, guest.contact.id))
    assert sent.categories == ["e-mail", "message"]


async def _read(house: House, guest: Guest) -> None:
    row = await ticket_of(house, guest)
    await house.services.store.write(lambda tx: stored.mark_read(tx, row.id, "visitor", row.last_seq))


async def _withdrawn(house: House, guest: Guest) -> None:
    await accounts.change_account(house.services, house.actor, grace_days=30)
    visitor = house.services.tokens.read_visitor(guest.begun.token, house.services.clock())
    await erasure.by_visitor(house.services, visitor)


async def _erased(house: House, guest: Guest) -> None:
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)


async def _quarantined(house: House, guest: Guest) -> None:
    asked = (message.c.contact_id == guest.contact.id) & (message.c.author == "visitor")
    await house.services.store.write(lambda tx: tx.execute(update(message).where(asked).values(held=True)))


async def _redacted(house: House, guest: Guest) -> None:
    await redaction.message(house.services, house.actor, (await ticket_of(house, guest)).number, 2)


async def _binned(house: House, guest: Guest) -> None:
    number = (await ticket_of(house, guest)).number
    await changing.change(house.services, house.actor, number, {"status": "trash"})


async def _ended(house: House, guest: Guest) -> None:
    wants = await choices(house, guest) | {"answers_by_mail": False}
    await consent.renew(house.services, await contact_of(house.services, guest.contact.uid), 2, wants)


SILENT: tuple[Callable[[House, Guest], Awaitable[None]], ...] = (
    _read,
    _withdrawn,
    _erased,
    _quarantined,
    _redacted,
    _binned,
    _ended,
)


async def test_nothing_is_mailed_about_what_was_read_withdrawn_erased_or_set_aside(house: House, post: Post) -> None:
    waiting = {each: await left(house, email=f"{each.__name__}@queued.example") for each in SILENT}
    assert await answers.sweep(later(house, free_port())) == 0
    assert (await counted(house.services))["answer_letter"] == len(SILENT)
    fresh = {each: await left(house, email=f"{each.__name__}@fresh.example") for each in SILENT}
    await left(house)
    for each in SILENT:
        await each(house, waiting[each])
        await each(house, fresh[each])
    assert await erasure.sweep(house.services) == 2
    await answers.sweep(later(house, post.port, 2 * LATER))
    assert [each["to"] for each in post.mails] == [TO]
    assert (await counted(house.services))["answer_letter"] == 0
    await left(house, email="zoe@outdated.example")
    await house.publish(*(replace(each, text="Another notice") for each in MAILING))
    assert await answers.sweep(later(house, post.port, 3 * LATER)) == 0


async def test_without_a_tick_or_minutes_nobody_is_mailed_and_a_tick_needs_an_address(house: House, post: Post) -> None:
    await left(house, mailing=False)
    await answers.sweep(later(house, post.port))
    with pytest.raises(InvalidField) as refused:
        await left(house, email="")
    assert refused.value.extra["field"] == "email"
    await left(house)
    await accounts.change_account(house.services, house.actor, answer_minutes=0)
    await answers.sweep(later(house, post.port))
    assert post.took == []
    await accounts.change_account(house.services, house.actor, answer_minutes=10)
    assert await answers.sweep(later(house, post.port)) == 1


async def test_two_who_sweep_at_once_or_one_killed_between_queue_one_mail(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await left(house)
    services = later(house, post.port)
    with monkeypatch.context() as killed:
        killed.setattr(answers.OUTBOX.__class__, "sweep", lambda *_: asyncio.sleep(0, 0))
        (due,) = await services.store.read(lambda tx: store.list_due(tx, services.clock(), 9))
        await asyncio.gather(*(answers._queue(services, due.ticket_id, due.uid) for _ in range(3)))
        await answers.sweep(services)
    assert (await counted(services))["answer_letter"] == 1
    await asyncio.gather(*(answers.sweep(services) for _ in range(3)))
    assert len(post.took) == 1


async def test_a_mail_that_bounces_ends_the_purpose_and_one_put_off_does_not(house: House, post: Post) -> None:
    guest = await left(house, email="nobody@visitor.example")
    assert await answers.sweep(later(house, post.port)) == 1
    assert await choices(house, guest) == {"chat": True, "spam_training": False, "answers_by_mail": False}
    assert await house.services.store.read(lambda tx: store.has_bounced(tx, guest.contact.id))
    assert await house.services.store.read(lambda tx: disclosures.of_contact(tx, guest.contact.id)) == []
    other = await left(house)
    post.answers.append("451 later")
    assert await answers.sweep(later(house, post.port)) == 0
    post.answers.append("554 what a text")
    assert await answers.sweep(later(house, post.port, 2 * LATER)) == 1
    assert (await choices(house, other))["answers_by_mail"] is True


async def posted(app: Served, link: str, **form: str) -> Any:
    """Post a mailed link as its page does."""
    path, _, secret = link.removeprefix(CHAT).partition("#")
    return await app.client.post(path, data={"link": secret} | form, headers={"origin": CHAT})


async def test_a_link_brings_the_chat_back_once_and_looking_uses_nothing_up(app: Served, post: Post) -> None:
    house = app.house
    guest = await left(house)
    await answers.sweep(later(house, post.port))
    (link,) = post.links()
    assert (await app.client.get(link.removeprefix(CHAT).partition("#")[0])).status_code == 200
    for _ in range(2):
        assert "It opens in this browser" in (await posted(app, link)).text
    opened = await posted(app, link, open="yes")
    (token,) = re.findall(r'data-token="([^"]+)"', opened.text)
    assert opened.headers["cache-control"] == "no-store"
    assert house.services.tokens.read_visitor(token, house.services.clock()).contact == guest.contact.uid
    assert "was used already" in (await posted(app, link, open="yes")).text
    assert "leads to no chat" in (await posted(app, link + "x", open="yes")).text


async def refused(app: Served, link: str) -> str:
    answer = await posted(app, link, open="yes")
    assert answer.status_code == 410
    return str(answer.text)


async def test_a_link_says_why_it_opens_nothing(app: Served, post: Post) -> None:
    house = app.house
    guest = await left(house)
    await answers.sweep(later(house, post.port))
    (link,) = post.links()
    secret = link.partition("#")[2]
    old = replace(house.services, clock=lambda: later(house, 1, 8 * DAY).clock())
    assert (await answers.use_link(old, house.key, secret, Network("here"))).standing == "expired"
    other = await app.house.services.store.read(lambda tx: store.find_link(tx, "another account", secret))
    assert other is None
    await _withdrawn(house, guest)
    assert "withdrawn your agreement" in await refused(app, link)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    assert "leads to no chat" in await refused(app, link)


async def test_one_click_ends_such_mail_and_looking_at_the_link_does_not(app: Served, post: Post) -> None:
    house = app.house
    await app.rest("PATCH", f"/sites/{house.site.id}", {"fields": {"name": "optional", "email": "off"}})
    guest = await left(house)
    assert (await contact_of(house.services, guest.contact.uid)).email is not None
    await answers.sweep(later(house, post.port))
    (stop,) = STOP.findall(post.mails[0].get_content())
    assert "Get no more such mail?" in (await app.client.get(stop)).text
    assert (await choices(house, guest))["answers_by_mail"] is True
    for _ in range(2):  # as a mail program posts it: with no origin and no cookie
        assert (await app.client.post(stop, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert (await choices(house, guest))["answers_by_mail"] is False
    # It was given for that alone.
    assert (await contact_of(house.services, guest.contact.uid)).email is None
    assert (await app.client.post(stop[:-1], data={})).status_code == 404
    ended = [each for each in house.services.ledger.entries() if each.did == "narrow"]
    assert [each.what["purposes"] for each in ended] == [["answers_by_mail"]]


async def test_an_owner_sets_minutes_and_text_on_the_page(app: Served) -> None:
    await app.sign_in()
    shown = await app.call("GET", "/admin/privacy")
    assert shown.status_code == 200
    form = {"csrf": shown.text.partition('name="csrf" value="')[2].partition('"')[0]}
    form |= {"grace_days": "0", "consent_days": "365", "answer_minutes": "45", "answer_text": "yes"}
    assert (await app.client.post("/admin/privacy", data=form, headers={"origin": CHAT})).status_code == 303
    account = (await app.rest("GET", "/account")).json()
    assert (account["answer_minutes"], account["answer_text"]) == (45, True)


async def test_a_restore_does_not_bring_the_purpose_back_and_leaves_the_other(house: House) -> None:
    guest = await left(house, training=True)
    await _ended(house, guest)
    ended = [each for each in house.services.ledger.entries() if each.did == "narrow"]
    guest = await left(house, training=True)
    what = {"contact": guest.contact.uid, "purposes": ended[0].what["purposes"]}
    for _ in range(2):
        await replay.run(house.services, [replace(ended[0], what=what)])
    assert await choices(house, guest) == {"chat": True, "spam_training": True, "answers_by_mail": False}


async def test_the_widget_asks_for_an_address_with_the_purpose_and_the_receipt_names_it(app: Served) -> None:
    house = app.house
    config = f"/widget/{house.key}/config"
    await app.rest("PATCH", f"/sites/{house.site.id}", {"fields": {"name": "off", "email": "off"}})
    before = (await app.call("GET", config)).json()
    assert (before["fields"], [each["id"] for each in before["purposes"]]) == ([], ["chat", "spam_training"])
    await house.publish(*MAILING)
    now = (await app.call("GET", config)).json()
    assert now["fields"] == [{"id": "email", "label": "E-mail", "required": False}]
    assert now["purposes"][2] == {
        "id": "answers_by_mail",
        "required": False,
        "label": "Mail me when an answer waits",
    }
    body = {"notice_version": 2, "consent": {"chat": True, "answers_by_mail": True}, "fields": {"email": TO}}
    made = (await app.call("POST", f"/widget/{house.key}/sessions", body)).json()
    receipt = made["receipt"]["receipt"]
    assert receipt["consent"]["answers_by_mail"] is True
    assert receipt["notice"]["purposes"][2]["label"] == "Mail me when an answer waits"
    portable = await app.call(
        "GET", f"/widget/{house.key}/receipt?format=ts27560", authorization=f"Bearer {made['token']}"
    )
    assert portable.json()["record"]["pii_processing"]["purposes"][2]["status"] == "dpv:ConsentGiven"
