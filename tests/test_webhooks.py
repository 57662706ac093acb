"""Claims about webhooks: each endpoint is told what it asked for, signed, in order, at least once, and no more."""

import ast
import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import select, true, update
from standardwebhooks import Webhook, WebhookVerificationError

from chat.agent_mail import actions as agent_mail
from chat.core import events
from chat.core.clock import DAY
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow
from chat.core.settings import Settings
from chat.erasure.actions import erasure, recipients
from chat.infra.audit import audit
from chat.infra.ledger.ledger import Ledger
from chat.infra.outbound import Outbound
from chat.infra.services import Services
from chat.profiles.actions import correcting
from chat.profiles.actions.correcting import ContactChange
from chat.tickets.actions import changing, redaction
from chat.webhooks.actions import endpoints, log, payloads, sending, signing
from chat.webhooks.actions.endpoints import WantedWebhook, WebhookChange
from chat.webhooks.actions.views import DeliveryView, MadeWebhook
from chat.webhooks.domain import (
    KINDS,
    MINUTE,
    WAITS,
    Occurrence,
    WebhookKind,
    asked_wait,
    occurrence,
    signature,
    wait,
)
from chat.webhooks.schema import webhook, webhook_delivery
from chat.webhooks.store import deliveries
from chat.webhooks.store import endpoints as rows
from tests.backups import backed_up, restored
from tests.derived import sample
from tests.forks import Fork
from tests.inside import House, certified, found, new_id
from tests.post import Post, mailed
from tests.receivers import GOOD, Heard, Receiver, receiver
from tests.test_migrations import environment

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parent.parent
HERE = ip_network("127.0.0.1/32")
BAD = b"HTTP/1.1 500 No\r\nconnection: close\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\nconnection: close\r\n\r\n"
Claim = Callable[["Hooked"], Awaitable[None]]
Break = Callable[[pytest.MonkeyPatch], None]


@dataclass
class Hooked:
    """A house whose server may call this machine, a receiver there, and a clock that is set."""

    house: House
    services: Services
    there: Receiver
    later: list[int] = field(default_factory=lambda: [0])

    async def hook(self, *kinds: str, path: str = "/hook", visitor_data: bool = False) -> MadeWebhook:
        """An endpoint of the receiver's."""
        wanted = WantedWebhook("Shop", self.there.url(path), kinds or KINDS, visitor_data)
        made = await endpoints.make(self.services, self.house.actor, wanted)
        assert isinstance(made, MadeWebhook)
        return made

    async def change(self, hook: MadeWebhook, **values: Any) -> None:
        """Change it."""
        await endpoints.change(self.services, self.house.actor, hook.id, WebhookChange(**values))

    async def sent(self, later: int = 0) -> list[dict[str, Any]]:
        """The bodies that come in one round, so many ms later."""
        self.later[0] += later
        before = len(self.there.heard)
        await sending.sweep(self.services)
        return [json.loads(each.body) for each in self.there.heard[before:]]

    async def log(self, hook: MadeWebhook) -> list[DeliveryView]:
        """What it is told, newest first."""
        return (await log.page(self.services, self.house.actor, hook.id, "", None, 100))[0]


@pytest.fixture
async def hooked(house: House) -> AsyncIterator[Hooked]:
    """A receiver on loopback, which the server may call."""
    async with receiver() as there:
        later = [0]
        clock = house.services.clock
        services = replace(house.services, outbound=Outbound([HERE]), clock=lambda: clock() + later[0])
        house.services = house.box._services = services
        yield Hooked(house, services, there, later)


def verified(secret: str, heard: Heard) -> dict[str, Any]:
    """A body, as the reference's verifier lets it pass."""
    said: dict[str, Any] = Webhook(secret).verify(heard.body, heard.headers)
    return said


async def test_each_endpoint_is_sent_what_it_asked_for_signed_and_in_ids_alone(hooked: Hooked) -> None:
    all_of_it, some = await hooked.hook(), await hooked.hook("ticket.ended", path="/some")
    guest = await hooked.house.visit("Ada", "ada@visitor.example")
    await guest.say("Zyxomma")
    await changing.change(hooked.services, hooked.house.actor, 1, {"status": "solved"})
    await hooked.house.publish()
    while await hooked.sent():
        pass
    of_all = [each for each in hooked.there.heard if each.path == "/hook"]
    (ended,) = [verified(some.secret, each) for each in hooked.there.heard if each.path == "/some"]
    said = [verified(all_of_it.secret, each) for each in of_all]
    assert sorted(each["type"] for each in said) == sorted(
        ["contact.created", "ticket.created", "message.created", "ticket.changed", "ticket.ended", "notice.published"]
    )
    named = {each["type"]: each for each in said}
    account, contact = hooked.house.actor.account_id, guest.contact.uid
    assert named["message.created"]["data"] == {"account": account, "contact": contact, "ticket": 1, "seq": 1}
    assert named["ticket.ended"]["data"] == {"account": account, "contact": contact, "ticket": 1, "by": "agent"}
    assert named["notice.published"]["data"] == {"account": account, "site": ""}
    assert ended == named["ticket.ended"]
    ids = {each.headers["webhook-id"] for each in hooked.there.heard}
    assert len(ids) == len(hooked.there.heard) == 7
    everything = b"".join(each.body for each in hooked.there.heard)
    assert b"Zyxomma" not in everything
    assert b"Ada" not in everything
    # In order of the ticket.
    assert [each["type"] for each in said if each["data"].get("ticket")] == [
        "ticket.created",
        "message.created",
        "ticket.changed",
        "ticket.ended",
    ]
    log = await hooked.log(all_of_it)
    assert {(each.state, each.status, each.tries) for each in log} == {("sent", 204, 1)}
    with pytest.raises(WebhookVerificationError):
        verified(some.secret, of_all[0])


async def test_what_visitors_wrote_is_sent_where_it_was_given_and_as_it_is_by_then(hooked: Hooked) -> None:
    hook = await hooked.hook("message.created", "note.created", visitor_data=True)
    guest = await hooked.house.visit("Ada", "ada@visitor.example")
    await guest.say("Zyxomma")
    assert await kept_texts(hooked) == []
    (said,) = await hooked.sent()
    assert said["data"]["visitor"] == {"name": "Ada", "email": "ada@visitor.example"}
    assert said["data"]["written"] == {"author": {"kind": "visitor", "name": "Ada"}, "text": "Zyxomma"}
    await guest.say("Quokka")
    await redaction.message(hooked.services, hooked.house.actor, 1, 2)
    (said,) = await hooked.sent()
    assert said["data"]["written"]["text"] is None
    await hooked.change(hook, visitor_data=False)
    await guest.say("Okapi")
    (said,) = await hooked.sent()
    assert {"visitor", "written"}.isdisjoint(said["data"])
    read_only = replace(hooked.house.actor, scopes=frozenset({"webhooks:write"}), token_id="t")
    with pytest.raises(Forbidden, match="visitor-data"):
        await endpoints.change(hooked.services, read_only, hook.id, WebhookChange(visitor_data=True))


async def kept_texts(hooked: Hooked) -> list[str]:
    """Words that are in the outbox and should not be."""
    rows = await hooked.services.store.read(lambda tx: tx.execute(select(webhook_delivery)).all())
    return [word for word in ("Zyxomma", "Ada", "ada@") for row in rows if word in repr(tuple(row))]


async def a_failing_ticket_waits_and_no_other(hooked: Hooked) -> None:
    await hooked.hook("message.created")
    first, second = await hooked.house.visit(), await hooked.house.visit()
    bad = True
    hooked.there.says = lambda asked: BAD if bad and b'"ticket":1,' in asked.body else GOOD
    for guest, text in ((first, "a"), (second, "b"), (first, "c"), (second, "d")):
        await guest.say(text)
    for _ in range(3):
        await hooked.sent()
    heard = [json.loads(each.body)["data"] for each in hooked.there.heard]
    assert [(each["ticket"], each["seq"]) for each in heard if each["ticket"] == 2] == [(2, 1), (2, 2)]
    assert [(each["ticket"], each["seq"]) for each in heard if each["ticket"] == 1] == [(1, 1)]
    bad = False
    hooked.there.heard.clear()
    for _ in range(3):
        await hooked.sent(int(WAITS[0] * 1.2))
    assert [json.loads(each.body)["data"]["seq"] for each in hooked.there.heard] == [1, 2]


async def what_was_killed_comes_again_under_its_id(hooked: Hooked) -> None:
    """Killed between sending and noting: nothing was noted, so it is sent again when the claim is over, and once."""
    await hooked.hook("message.created")
    await (await hooked.house.visit()).say("a")

    def killed(*_: Any) -> bool:
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "_settle", killed)
        with pytest.raises(RuntimeError):
            await sending.sweep(hooked.services)
    assert await hooked.sent() == []
    assert len(await hooked.sent(sending.LEASE)) == 1
    assert await hooked.sent(sending.LEASE) == []
    first, second = (each.headers["webhook-id"] for each in hooked.there.heard)
    assert first == second


async def worked(hooked: Hooked, *, killed: bool) -> int:
    """What `lethe worker --once` ends with, killed when it has sent and not noted it, or not."""
    of = hooked.services.settings
    environ = environment(of.data.parent, of.database_url, LETHE_OUTBOUND_ALLOW=str(HERE), LETHE_DATA=str(of.data))
    streams = [Path(os.devnull), of.data.parent / "said", of.data.parent / "wrong"]
    worker = Fork(["worker", "--once"], environ, Path.cwd(), streams, leads=False)

    def heard(_: Heard) -> bytes:
        if killed:
            worker.kill()
        return GOOD

    hooked.there.says = heard
    return await asyncio.to_thread(worker.wait, 100)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_worker_that_is_killed_when_it_has_sent_sends_again_under_the_same_id(hooked: Hooked) -> None:
    hook = await hooked.hook("message.created")
    await (await hooked.house.visit()).say("a")
    assert await worked(hooked, killed=True) == -signal.SIGKILL
    (row,) = await hooked.log(hook)
    assert (row.state, row.tries) == ("waiting", 1)
    # The claim is over.
    await hooked.services.store.write(lambda tx: tx.execute(update(webhook_delivery).values(due_at=0)))
    assert await worked(hooked, killed=False) == 0
    (row,) = await hooked.log(hook)
    assert (row.state, row.tries) == ("sent", 2)
    assert [each.headers["webhook-id"] for each in hooked.there.heard] == [row.id, row.id]


async def two_workers_send_once(hooked: Hooked) -> None:
    await hooked.hook("contact.created")
    for _ in range(6):
        await hooked.house.visit()
    await asyncio.gather(sending.sweep(hooked.services), sending.sweep(hooked.services))
    await hooked.sent()
    assert len(hooked.there.heard) == 6


async def an_edited_row_leads_nothing_away(hooked: Hooked) -> None:
    hook = await hooked.hook("message.created")
    guest = await hooked.house.visit()
    await guest.say("a")
    await hooked.services.store.write(
        lambda tx: tx.execute(update(webhook).values(url=hooked.there.url("/elsewhere"), visitor_data=True))
    )
    await guest.say("b")
    await hooked.sent()
    assert hooked.there.heard == []
    with pytest.raises(NotFound):
        await endpoints.one(hooked.services, hooked.house.actor, hook.id)


async def a_paused_one_is_sent_nothing(hooked: Hooked) -> None:
    hook = await hooked.hook("message.created")
    guest = await hooked.house.visit()
    await guest.say("a")
    await hooked.change(hook, paused=True)
    await guest.say("b")
    assert await hooked.sent() == []
    with pytest.raises(NotNow):
        await log.test(hooked.services, hooked.house.actor, hook.id)
    await hooked.change(hook, paused=False)
    assert [each["data"]["seq"] for each in await hooked.sent()] == [1]


async def a_secret_that_was_changed_is_good_for_a_day_more(hooked: Hooked) -> None:
    hook = await hooked.hook()
    new = await endpoints.rotate(hooked.services, hooked.house.actor, hook.id)
    assert isinstance(new, MadeWebhook)
    for old_is_good in (True, False):
        hooked.there.heard.clear()
        await log.test(hooked.services, hooked.house.actor, hook.id)
        await hooked.sent()
        (heard,) = hooked.there.heard
        signed = heard.headers["webhook-signature"].split()
        assert len(signed) == 1 + old_is_good
        keys = {hook.secret: old_is_good, new.secret: True}
        for secret, good in keys.items():
            # The reference's verifier goes by the wall's clock, so what is signed is made again here.
            stamp = int(heard.headers["webhook-timestamp"])
            made = signature(secret, heard.headers["webhook-id"], stamp, heard.body)
            assert (made in signed) is good
        hooked.later[0] += DAY + 1000


async def who_was_sent_something_hears_of_the_erasure(hooked: Hooked) -> None:
    """Also one that did not ask for it, and one that is paused when it can be; the certificate lists them."""
    hook = await hooked.hook("message.created")
    paused = await hooked.hook("message.created", path="/paused")
    strange = await hooked.hook("notice.published", path="/strange")
    guest, other = await hooked.house.visit(), await hooked.house.visit()
    await guest.say("a")
    await hooked.sent()
    await guest.say("b")
    await other.say("c")
    await hooked.change(paused, paused=True)
    hooked.there.heard.clear()
    made = await erasure.by_agent(hooked.services, hooked.house.actor, guest.contact.uid)
    await erasure.sweep(hooked.services)
    (state,) = await erasure.finish(hooked.services, [made])
    listed = {each.recipient: (each.kind, each.told_at) for each in certified(state).recipients}
    assert listed == {hook.id: ("webhook", None), paused.id: ("webhook", None)}
    said = await hooked.sent()
    assert [(each["type"], each["data"].get("contact")) for each in said if each["type"] == "contact.erased"] == [
        ("contact.erased", guest.contact.uid)
    ]
    assert [each["data"]["contact"] for each in said if each["type"] != "contact.erased"] == [other.contact.uid]
    heard = {each.recipient: each.told_at for each in await recipients.of(hooked.services, made)}
    assert heard[hook.id]
    assert heard[paused.id] is None
    await hooked.change(paused, paused=False)
    await hooked.sent()
    assert all(each.told_at for each in await recipients.of(hooked.services, made))
    assert await hooked.log(strange) == []


async def who_was_sent_something_hears_of_the_correction(hooked: Hooked) -> None:
    """Also one that did not ask for it, and one that is paused when it can be; whoever was sent nothing does not."""
    house = hooked.house
    hook, paused = await hooked.hook("message.created"), await hooked.hook("message.created", path="/paused")
    strange = await hooked.hook("notice.published", path="/strange")
    asked = await hooked.hook("contact.changed", "contact.corrected", path="/asked")
    guest, other = await house.visit("Adda"), await house.visit()
    await guest.say("a")
    await hooked.sent()
    await hooked.change(paused, paused=True)
    for uid in (guest.contact.uid, other.contact.uid):
        await correcting.correct(hooked.services, house.actor, uid, ContactChange(name="Zyxomma"))
    hooked.there.heard.clear()
    await hooked.sent()
    await hooked.change(paused, paused=False)
    await hooked.sent()
    heard = {
        (each.path, json.loads(each.body)["type"], json.loads(each.body)["data"]["contact"])
        for each in hooked.there.heard
    }
    expected = {
        ("/asked", kind, each.contact.uid)
        for kind in ("contact.changed", "contact.corrected")
        for each in (guest, other)
    }
    assert heard == expected | {(path, "contact.corrected", guest.contact.uid) for path in ("/hook", "/paused")}
    assert "Zyxomma" not in str(hooked.there.heard)
    assert await hooked.log(strange) == []
    entries = await hooked.services.store.read(
        lambda tx: audit.of_contact(tx, house.actor.account_id, guest.contact.uid)
    )
    noted = [each.target for each in entries if each.action == "recipient.corrected"]
    assert sorted(noted) == sorted([hook.id, paused.id, asked.id])


async def who_says_it_is_gone_is_paused_at_once(hooked: Hooked) -> None:
    hook = await hooked.hook()
    hooked.there.says = lambda _: GONE
    await log.test(hooked.services, hooked.house.actor, hook.id)
    await hooked.sent()
    shown = await endpoints.one(hooked.services, hooked.house.actor, hook.id)
    assert (shown.state, shown.paused_by) == ("paused", "gone")


def saying(said: bytes) -> Callable[[Heard], bytes]:
    """A receiver that answers this."""
    return lambda _: said


async def who_is_busy_is_left_alone_as_long_as_they_ask(hooked: Hooked) -> None:
    """As 429 and 503 say, and no longer than three days; of what else is answered the header says nothing."""
    hook, at = await hooked.hook("message.created"), 120 * MINUTE
    answers: list[tuple[str, Callable[[int], str], float]] = [
        ("429 Slowly", lambda _: f"{at // 1000}", at),
        ("503 Down", lambda now: formatdate((now + at) / 1000 + 1, usegmt=True), at),
        ("500 No", lambda _: f"{at // 1000}", WAITS[0]),
        ("429 Slowly", lambda _: f"{3 * DAY // 1000}", 3 * DAY),
        ("429 Slowly", lambda _: f"{9 * DAY // 1000}", WAITS[0]),
    ]
    for status, asks, waits in answers:
        said = (
            f"HTTP/1.1 {status}\r\nretry-after: {asks(hooked.services.clock())}\r\nconnection: close\r\n\r\n".encode()
        )
        hooked.there.says = saying(said)
        await (await hooked.house.visit()).say("a")
        (first,) = await hooked.sent()
        assert await hooked.sent(int(waits * 0.85)) == []
        hooked.there.says = lambda _: GOOD
        assert await hooked.sent(int(waits * 0.4)) == [first]
    assert [each.tries for each in await hooked.log(hook)] == [2] * 5


async def who_is_busy_is_sent_nothing_of_any_ticket(hooked: Hooked) -> None:
    """Until the time that it gave, and no other endpoint waits for it; who lets it go on by hand ends the wait."""
    hook = await hooked.hook("message.created")
    await hooked.hook("message.created", path="/other")
    busy = b"HTTP/1.1 503 Down\r\nretry-after: 7200\r\nconnection: close\r\n\r\n"
    hooked.there.says = lambda heard: busy if heard.path == "/hook" else GOOD

    async def paths(later: int = 0) -> list[str]:
        before = len(hooked.there.heard)
        await hooked.sent(later)
        return sorted(each.path for each in hooked.there.heard[before:])

    await (await hooked.house.visit()).say("a")
    assert await paths() == ["/hook", "/other"]
    await (await hooked.house.visit()).say("b")
    assert await paths() == ["/other"]
    assert (await endpoints.one(hooked.services, hooked.house.actor, hook.id)).busy_until is not None
    hooked.there.says = lambda _: GOOD
    assert await paths(119 * MINUTE) == []
    assert await paths(2 * MINUTE) == ["/hook", "/hook"]
    hooked.there.says = saying(busy)
    await (await hooked.house.visit()).say("c")
    assert await paths() == ["/hook", "/other"]
    await (await hooked.house.visit()).say("d")
    hooked.there.says = lambda _: GOOD
    assert await paths() == []
    for paused in (True, False):
        await hooked.change(hook, paused=paused)
    assert await paths() == ["/hook"]


async def test_one_that_takes_nothing_is_tried_for_three_days_then_paused_with_a_mail(
    hooked: Hooked, post: Post
) -> None:
    hook = await hooked.hook()
    mailing = mailed(hooked.services, post.port)
    hooked.services = replace(mailing, clock=hooked.services.clock)
    hooked.there.says = lambda _: BAD
    await log.test(hooked.services, hooked.house.actor, hook.id)
    for tries in range(1, 20):
        await hooked.sent()
        (row,) = await hooked.log(hook)
        if row.state != "waiting":
            break
        assert (row.tries, row.status) == (tries, 500)
        assert (await endpoints.one(hooked.services, hooked.house.actor, hook.id)).state == "failing"
        hooked.later[0] += int(WAITS[tries - 1] * 1.1)
    assert 2.9 < hooked.later[0] / DAY < 3.4
    assert len({each.headers["webhook-id"] for each in hooked.there.heard}) == 1
    shown = await endpoints.one(hooked.services, hooked.house.actor, hook.id)
    assert (row.state, shown.state, shown.paused_by) == ("failed", "paused", "failing")
    await agent_mail.sweep(hooked.services)
    assert [each["subject"] for each in post.mails] == ["A webhook was paused: Shop"]
    hooked.there.says = lambda _: GOOD
    await hooked.change(hook, paused=False)
    await log.redeliver(hooked.services, hooked.house.actor, hook.id, row.id)
    assert [each["type"] for each in await hooked.sent()] == ["webhook.test"]
    assert (await endpoints.one(hooked.services, hooked.house.actor, hook.id)).state == "active"
    assert [each.state for each in await hooked.log(hook)] == ["sent"]
    hooked.later[0] += sending.KEPT_DAYS * DAY
    assert await sending.drop_old(hooked.services) == 1
    assert await hooked.log(hook) == []


def test_waits_are_three_days_in_all_and_no_two_alike() -> None:
    assert 2.9 * DAY < sum(WAITS) < 3.1 * DAY
    for tries, usual in enumerate(WAITS, 1):
        made = {wait(tries) for _ in range(20)}
        assert len(made) > 1
        assert all(each is not None and 0.9 * usual <= each <= 1.1 * usual for each in made)
    assert wait(len(WAITS) + 1) is None
    assert all((wait(1, DAY, left) or 0) <= max(left, 1.1 * WAITS[0]) for left in (-DAY, 0, 3600_000, DAY))


NOW = 784_111_777_000
"""Sun, 06 Nov 1994 08:49:37 GMT, which RFC 9110 writes in each of its forms."""


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("120", 120_000),
        ("0", 0),
        (f"{3 * DAY // 1000}", 3 * DAY),
        (f"{3 * DAY // 1000 + 1}", 0),
        ("9" * 400, 0),
        *((each, 0) for each in ("", "-5", "+5", "1.5", "1e3", " 5", "5 s", "٥", "0x10", "120, 120", "soon", "\0")),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60_000),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60_000),
        ("Sun Nov  6 08:50:37 1994", 60_000),
        *(
            (f"Sun, 06 Nov {each} GMT", 0)
            for each in ("1994 08:49:37", "1993 08:49:37", "2094 08:49:37", "0000 :::::::9")
        ),
        *((f"Sun, {each} 08:49:37 GMT", 0) for each in ("99 Nov 1994", "06 Xxx 1994", "06 Nov 94")),
        ("Sun, 06 Nov 1994 08:50:37 +0200", 0),
        ("(" * 50_000, 0),
    ],
)
def test_a_wait_that_is_asked_for_is_read_as_http_writes_it(header: str, asked: int) -> None:
    assert asked_wait(header, NOW) == asked


async def test_an_endpoint_is_checked_when_it_is_made_and_at_every_call(hooked: Hooked) -> None:
    services, actor = hooked.services, hooked.house.actor
    for url in ("http://127.0.0.2/", "https://169.254.169.254/latest", "https://[::1]/", "ftp://shop.example/"):
        with pytest.raises(InvalidField) as caught:
            await endpoints.make(services, actor, WantedWebhook("Shop", url, KINDS))
        assert caught.value.extra["field"] == "url"
    for wrong in (WantedWebhook("", hooked.there.url(), KINDS), WantedWebhook("Shop", hooked.there.url(), ["nothing"])):
        with pytest.raises(InvalidField):
            await endpoints.make(services, actor, wrong)
    hook = await hooked.hook()
    same = WantedWebhook("Shop", hooked.there.url(), KINDS, id=hook.id)
    assert not isinstance(await endpoints.make(services, actor, same), MadeWebhook)
    # The operator allows less by now, or the name leads elsewhere.
    await log.test(services, actor, hook.id)
    await sending.sweep(replace(services, outbound=Outbound()))
    (row,) = await hooked.log(hook)
    assert (row.state, row.status, row.why, hooked.there.heard) == ("waiting", None, "internal", [])
    for _ in range(endpoints.EACH - 1):
        await hooked.hook()
    with pytest.raises(NotNow):
        await hooked.hook()


async def test_another_account_has_nothing_of_it(hooked: Hooked) -> None:
    hook = await hooked.hook()
    other = await found(hooked.services, "Other", "owner@other.example")
    await log.test(hooked.services, hooked.house.actor, hook.id)
    (row,) = await hooked.log(hook)
    assert await endpoints.webhooks(hooked.services, other.actor) == []
    for trying in (
        endpoints.one(hooked.services, other.actor, hook.id),
        endpoints.change(hooked.services, other.actor, hook.id, WebhookChange(name="x")),
        endpoints.rotate(hooked.services, other.actor, hook.id),
        log.redeliver(hooked.services, other.actor, hook.id, row.id),
        log.page(hooked.services, other.actor, hook.id, "", None, 9),
        endpoints.delete(hooked.services, other.actor, hook.id),
    ):
        with pytest.raises(NotFound):
            await trying
    with pytest.raises(InvalidField, match="taken"):
        await endpoints.make(hooked.services, other.actor, WantedWebhook("Shop", hooked.there.url(), KINDS, id=hook.id))


async def after_a_restore(hooked: Hooked, vault: Path, elsewhere: Settings) -> list[tuple[str, str | None] | None]:
    """How one that stayed, one that was led elsewhere and one that was deleted since a backup come out of a restore."""
    kept, changed, gone = [await hooked.hook(path=path) for path in ("/kept", "/changed", "/gone")]
    path = await backed_up(hooked.house, vault)
    await hooked.change(changed, url=hooked.there.url("/new"))
    await endpoints.delete(hooked.services, hooked.house.actor, gone.id)
    async with restored(elsewhere, path) as (services, _):
        found = {
            each.id: (each.state, each.paused_by) for each in await endpoints.webhooks(services, hooked.house.actor)
        }
        return [found.get(each.id) for each in (kept, changed, gone)]


async def test_what_was_deleted_or_changed_since_a_backup_is_not_brought_back(
    hooked: Hooked, vault: Path, elsewhere: Settings
) -> None:
    assert await after_a_restore(hooked, vault, elsewhere) == [("active", None), ("paused", "restored"), None]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_ledger_it_is_brought_back(
    hooked: Hooked, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    assert await after_a_restore(hooked, vault, elsewhere) == [("active", None)] * 3


UNRECORDED = {
    "chat/answer_mail/actions.py": "the action of consent that ends the purpose records it",
    "chat/erasure/actions/lapsing.py": "a legal hold is nobody else's business, and the ticket is as it was",
    "chat/profiles/actions/blocking.py": "a block is nobody else's business, and what is held is as it was",
    "chat/holds/actions.py": "a legal hold is nobody else's business, and the ticket is as it was",
}
"""What publishes events that programs are told of, and does not record them, and why."""
PUBLISHED = {
    name for name, each in vars(events).items() if isinstance(each, type) and each in set(get_args(events.Event))
}


def publishes_alone(source: str) -> set[str]:
    """The events that programs are told of which a module publishes and records nowhere."""
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    names = {ast.unparse(each.func) for each in calls}
    public = {name for name in PUBLISHED & {each.rpartition(".")[2] for each in names} if in_public(name)}
    published, recorded = (any(each.endswith(end) for each in names) for end in (".bus.publish", "services.record"))
    return public if published and not recorded else set()


def in_public(name: str) -> bool:
    """Whether programs are told of an event of ours."""
    one: Any = sample(getattr(events, name))
    return occurrence(one) is not None


def untrue(declared: Mapping[str, WebhookKind]) -> list[str]:
    """The kinds of which other ids and numbers are told than is declared."""
    samples: list[Any] = [sample(getattr(events, name)) for name in sorted(PUBLISHED)]
    found = []
    for each in filter(None, map(occurrence, samples)):
        has = {"ticket": each.ticket is not None, "contact": each.contact is not None or bool(each.uid)}
        if {*each.more, *(name for name, is_there in has.items() if is_there)} != {*declared[each.kind].about}:
            found.append(each.kind)
    return found


def test_what_is_declared_of_a_kind_is_what_is_sent() -> None:
    assert untrue(KINDS) == []
    assert untrue({**KINDS, "note.created": WebhookKind("", ("ticket",))}) == ["note.created"], "the control"


def test_what_is_published_for_programs_too_is_recorded() -> None:
    found = {str(each.relative_to(ROOT)): publishes_alone(each.read_text()) for each in ROOT.glob("chat/**/*.py")}
    assert {path for path, alone in found.items() if alone} == UNRECORDED.keys()


def test_the_control_an_action_that_publishes_and_does_not_record_is_found() -> None:
    source = (ROOT / "chat/tags/actions.py").read_text()
    assert not publishes_alone(source)
    assert publishes_alone(source.replace("services.record(", "print(")) == {"TicketChanged"}


def unsigned(patch: pytest.MonkeyPatch) -> None:
    """Forgets the old secret when there is a new one."""
    patch.setattr(signing, "signatures", _by_new)


def _by_new(services: Services, row: Any, uid: str, at: int, body: bytes) -> str:
    return signature(signing._opened(services, row.id, row.secret), uid, at, body)


def unordered(patch: pytest.MonkeyPatch) -> None:
    """Takes what is due, whatever waits before it."""
    patch.setattr(deliveries, "_first", true())


def ticketless(patch: pytest.MonkeyPatch) -> None:
    """Keeps everything of an endpoint back for one that fails."""
    patch.setattr(Occurrence, "lane", property(lambda _: ""))


def unclaimed(patch: pytest.MonkeyPatch) -> None:
    """Lets two take the same."""
    patch.setattr(sending, "TURN", 0.1)
    patch.setattr(deliveries, "claim", lambda *_: True)


def renamed(patch: pytest.MonkeyPatch) -> None:
    """Gives what is sent again another id."""
    claim = sending._claim
    patch.setattr(sending, "_claim", lambda *args: _other_id(claim(*args)))


def _other_id(message: Any) -> Any:
    return message and replace(message, id=new_id())


def unbound(patch: pytest.MonkeyPatch) -> None:
    """Believes the database."""
    patch.setattr(rows, "holds", lambda *_: True)


def untold(patch: pytest.MonkeyPatch) -> None:
    """Notes nobody whom an erasure has to tell."""
    patch.setattr(payloads, "_disclose", lambda *_, **__: None)


def unstopped(patch: pytest.MonkeyPatch) -> None:
    """Pauses nobody."""
    patch.setattr(rows, "pause", lambda *_: False)


def deaf(patch: pytest.MonkeyPatch) -> None:
    """Reads no header of an answer."""
    patch.setattr(sending, "asked_wait", lambda *_: 0)


def restless(patch: pytest.MonkeyPatch) -> None:
    """Holds back only what was answered so."""
    patch.setattr(rows, "mark_busy", lambda *_: None)


def unpaused(patch: pytest.MonkeyPatch) -> None:
    """Records for everybody."""
    patch.setattr(rows, "active_in", _every_one)


def _every_one(tx: Any, accounts: Any) -> Any:
    return tx.execute(select(webhook).where(webhook.c.account_id.in_(accounts))).all()


CLAIMS: dict[str, tuple[Claim, Break]] = {
    "of each ticket in order": (a_failing_ticket_waits_and_no_other, unordered),
    "and of no other": (a_failing_ticket_waits_and_no_other, ticketless),
    "two workers": (two_workers_send_once, unclaimed),
    "killed": (what_was_killed_comes_again_under_its_id, renamed),
    "an edited row": (an_edited_row_leads_nothing_away, unbound),
    "rotation": (a_secret_that_was_changed_is_good_for_a_day_more, unsigned),
    "erasure": (who_was_sent_something_hears_of_the_erasure, untold),
    "correction": (who_was_sent_something_hears_of_the_correction, untold),
    "410": (who_says_it_is_gone_is_paused_at_once, unstopped),
    "paused": (a_paused_one_is_sent_nothing, unpaused),
    "busy": (who_is_busy_is_left_alone_as_long_as_they_ask, deaf),
    "busy, every ticket": (who_is_busy_is_sent_nothing_of_any_ticket, restless),
}


ON = [(name, "postgresql" if name in {"of each ticket in order", "two workers"} else "sqlite") for name in CLAIMS]


@pytest.mark.parametrize(("name", "settings"), ON, indirect=["settings"], ids=CLAIMS)
async def test_a_claim_holds_and_falls_with_what_keeps_it(
    name: str, hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, broken = CLAIMS[name]
    await claim(hooked)
    broken(monkeypatch)
    again = Hooked(
        await found(hooked.services, "Again", "again@acme.example"), hooked.services, hooked.there, hooked.later
    )
    await again.house.publish()
    hooked.there.heard.clear()
    hooked.there.says = lambda _: GOOD
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await claim(again)
