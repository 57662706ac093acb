"""Claims about letters, before a real SMTP server: sealed while they wait, tried again, gone once delivered."""

import asyncio
from dataclasses import replace

import pytest

from chat.core.errors import Misconfigured
from chat.erasure.actions import erasure
from chat.infra.mail import Letter, Mailer, Undelivered
from chat.infra.outbox import MINUTE, WAITS
from chat.infra.services import Services
from chat.letters import actions as letters
from tests.inside import Guest, House, counted
from tests.post import Post, mailed
from tests.services import free_port

CANARY = "zqxjkvbanana"
TO = "zoe@visitor.example"


async def queued(services: Services, guest: Guest, to: str = TO, text: str = CANARY) -> str:
    return await services.store.write(lambda tx: letters.queue(services, tx, guest.contact, to, "Γεια σας", text))


async def test_a_letter_is_sealed_while_it_waits_and_gone_once_delivered(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit()
    await queued(services, guest)
    for path in services.settings.data.rglob("*"):
        assert not path.is_file() or (CANARY.encode() not in path.read_bytes() and TO.encode() not in path.read_bytes())
    assert (await counted(services))["outbox"] == 1
    assert await letters.sweep(services) == 1
    assert (await counted(services))["outbox"] == 0
    (mail,) = post.mails
    assert (mail["to"], mail["from"], mail["subject"]) == (TO, "chat@acme.example", "Γεια σας")
    assert mail.get_content().strip() == CANARY


async def test_a_letter_put_off_is_tried_again_later_and_one_refused_for_good_is_dropped(
    house: House, post: Post
) -> None:
    services, guest = mailed(house.services, post.port), await house.visit()
    post.answers.append("451 later")
    await queued(services, guest)
    assert await letters.sweep(services) == 0
    assert await letters.sweep(services) == 0  # not due yet
    assert post.took == []
    soon = mailed(house.services, post.port, services.clock() + WAITS[0])
    assert await letters.sweep(soon) == 1
    assert len(post.took) == 1
    await queued(services, guest, "nobody@visitor.example")
    assert await letters.sweep(services) == 1
    assert (len(post.took), (await counted(services))["outbox"]) == (1, 0)


async def test_a_server_that_is_away_or_drops_the_line_loses_no_letter(house: House, post: Post) -> None:
    services, guest = mailed(house.services, free_port()), await house.visit()
    await queued(services, guest)
    assert await letters.sweep(services) == 0
    post.answers.append("drop")
    at = services.clock()
    for wait in WAITS[:2]:
        at += wait
        await letters.sweep(mailed(house.services, post.port, at))
    assert (await counted(services))["outbox"] == 0
    # It took the first and we never heard: twice rather than never, and told apart by the same id.
    assert len({mail["message-id"] for mail in post.mails}) == 1
    assert len(post.mails) == 2


async def test_a_letter_killed_between_sending_and_noting_goes_again_under_the_same_id(
    house: House, post: Post
) -> None:
    services, guest = mailed(house.services, post.port), await house.visit()
    await queued(services, guest)

    class Killed(BaseException):
        """The end of the process, as the sweep would meet it."""

    class Dies(Mailer):
        def send(self, letter: Letter) -> None:
            super().send(letter)
            raise Killed

    dies = replace(services, mailer=Dies(f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example"))
    with pytest.raises(Killed):
        await letters.sweep(dies)
    assert (await counted(services))["outbox"] == 1
    assert await letters.sweep(mailed(house.services, post.port, services.clock() + WAITS[0])) == 1
    assert [mail["message-id"] for mail in post.mails] == [post.mails[0]["message-id"]] * 2


async def test_two_sweeps_at_once_send_a_letter_once(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit()
    for _ in range(4):
        await queued(services, guest)
    await asyncio.gather(*(letters.sweep(services) for _ in range(3)))
    assert len(post.took) == 4


async def test_a_letter_nobody_takes_is_given_up_within_a_day(house: House) -> None:
    guest = await house.visit()
    await queued(house.services, guest)
    port, at = free_port(), house.services.clock()
    for wait in (0, *WAITS):
        at += wait
        await letters.sweep(mailed(house.services, port, at))
    assert (await counted(house.services))["outbox"] == 0
    assert sum(WAITS) < 24 * 60 * MINUTE


async def test_erasing_a_contact_takes_their_letters(house: House, post: Post) -> None:
    services, guest = mailed(house.services, post.port), await house.visit()
    await queued(services, guest)
    await erasure.by_agent(services, house.actor, guest.contact.uid)
    await erasure.sweep(services)
    assert (await counted(services))["outbox"] == 0
    await letters.sweep(services)
    assert post.took == []


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example, x@y.example",
        "a@b.example\nx",
        "<a@b.example>",
        "",
        "a b@c.example",
        "@",
    ],
)
def test_nothing_but_one_address_reaches_a_header(post: Post, to: str) -> None:
    mailer = Mailer(f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example")
    with pytest.raises(Undelivered) as refused:
        mailer.send(Letter("id", to, "s", "t"))
    assert refused.value.permanent
    assert post.took == []


def test_a_subject_stays_one_line(post: Post) -> None:
    mailer = Mailer(f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example")
    mailer.send(Letter("id", TO, "hello\r\nBcc: x@y.example\r\n\r\nbody", "t"))
    (mail,) = post.mails
    assert mail["bcc"] is None
    assert mail["subject"] == "hello Bcc: x@y.example body"
    assert post.took[0].rcpt_tos == [TO]


def test_a_password_never_goes_out_in_the_clear() -> None:
    mailer = Mailer("smtp://user:secret@mail.example:25")

    class Line:
        sock = object()

        def ehlo_or_helo_if_needed(self) -> None:
            """Nothing to greet."""

        def has_extn(self, _: str) -> bool:
            """No STARTTLS."""
            return False

        def login(self, *_: str) -> None:
            """Must not be asked."""
            raise AssertionError

    with pytest.raises(Exception, match="no TLS"):
        mailer._secured(Line(), "mail.example")  # type: ignore[arg-type] # a line without TLS, and no more


def test_check_finds_a_mail_server_that_is_not_there(post: Post) -> None:
    Mailer(f"smtp://127.0.0.1:{post.port}").check()
    for url in (f"smtp://127.0.0.1:{free_port()}", f"smtp+starttls://127.0.0.1:{post.port}"):
        with pytest.raises(Misconfigured):
            Mailer(url).check()
