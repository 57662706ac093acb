"""Claims about mail to agents, before a real SMTP server: sealed under their own key, and gone with them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import delete, select, update
from structlog.testing import capture_logs

from chat.agent_mail import actions as agent_mail
from chat.agent_mail.schema import agent_letter
from chat.agent_profile.actions import profile
from chat.core.clock import DAY
from chat.core.errors import NotNow
from chat.core.model import Actor, Notifications
from chat.infra import outbox
from chat.infra.bus.memory import Bus
from chat.infra.mail import Letter, Mailer
from chat.infra.outbox import WAITS
from chat.infra.services import Services
from chat.team import store
from chat.team.actions import agents
from chat.team.schema import agent
from chat.tickets.actions import calling, changing
from tests.inside import CHAT, House, colleague, counted
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
CANARY = "zqxjkvbanana"
YAN = "yan.zqxjkv@acme.example"
Break = Callable[[pytest.MonkeyPatch], None]


async def row_of(house: House, agent_id: str = "") -> Any:
    """The row of an agent, the owner's unless told."""
    whose = agent_id or house.actor.agent_id
    return await house.services.store.read(lambda tx: store.one(tx, house.actor.account_id, whose))


async def yan_of(house: House) -> Any:
    """A colleague's row."""
    made, _ = await colleague(house.services, house.actor, YAN, "Yan", "agent")
    return await row_of(house, made.id)


async def queued(services: Services, row: Any, link: str = CANARY, **more: str) -> str:
    """Queue a letter to an agent, in words that are there for another."""
    values = {"name": "Acme", "link": link}
    return await services.store.write(lambda tx: agent_mail.queue(services, tx, row, "mail.link", **values, **more))


async def a_waiting_letter_is_sealed(house: House, post: Post) -> None:
    services, row = mailed(house.services, post.port), await yan_of(house)
    await queued(services, row)
    rows: Any = await services.store.read(lambda tx: tx.execute(select(agent_letter)).all())
    files = [path.read_bytes() for path in services.settings.data.rglob("*") if path.is_file()]
    for held in (*files, repr(rows).encode()):
        assert CANARY.encode() not in held
        assert YAN.encode() not in held
    assert await agent_mail.sweep(services) == 1
    assert (await counted(services))["agent_letter"] == 0
    (mail,) = post.mails
    assert (mail["to"], mail["subject"]) == (YAN, "Your data at Acme")
    assert CANARY in mail.get_content()


async def a_letter_of_one_agent_is_no_others(house: House, post: Post) -> None:
    services, yan = mailed(house.services, post.port), await yan_of(house)
    letter = await queued(services, await row_of(house))
    await services.store.write(lambda tx: tx.execute(update(agent_letter).values(agent_id=yan.id)))
    assert await agent_mail.sweep(services) == 1
    assert (post.took, (await counted(services))["agent_letter"]) == ([], 0), letter


async def a_letter_over_a_day_old_is_not_sent(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await queued(services, await row_of(house))
    later = mailed(house.services, post.port, services.clock() + DAY + 1)
    away = replace(later, mailer=Mailer(""))  # the operator took the mail server out meanwhile
    assert await agent_mail.sweep(away) == 0
    assert (await counted(services))["agent_letter"] == 0
    await agent_mail.sweep(later)
    assert post.took == []


async def a_letter_goes_with_its_agent(house: House, post: Post) -> None:
    services, row = mailed(house.services, post.port), await yan_of(house)
    await queued(services, row)
    await services.store.write(lambda tx: tx.execute(delete(agent).where(agent.c.id == row.id)))
    assert (await counted(services))["agent_letter"] == 0


async def a_letter_that_cannot_be_opened_stops_no_other(house: House, post: Post) -> None:
    services, row = mailed(house.services, post.port), await row_of(house)
    await queued(services, row)
    await services.store.write(lambda tx: tx.execute(update(agent_letter).values(letter=b"spoilt")))
    await queued(services, row)
    assert await agent_mail.sweep(services) == 2
    assert (len(post.took), (await counted(services))["agent_letter"]) == (1, 0)


def in_the_clear(patch: pytest.MonkeyPatch) -> None:
    """Nothing is sealed, and everything opens."""
    patch.setattr(Services, "seal", lambda _self, _slot, _owner, _context, text: text.encode())
    patch.setattr(Services, "unseal", lambda _self, _slot, _owner, _context, held: held and bytes(held).decode())


def kept_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox, "DAY", 10 * DAY)


CLAIMS: dict[Callable[[House, Post], Awaitable[None]], Break | None] = {
    a_waiting_letter_is_sealed: in_the_clear,
    a_letter_of_one_agent_is_no_others: in_the_clear,
    a_letter_over_a_day_old_is_not_sent: kept_for_ever,
    a_letter_goes_with_its_agent: None,
    a_letter_that_cannot_be_opened_stops_no_other: None,
}


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_claim_about_letters_holds(house: House, post: Post, claim: Any) -> None:
    await claim(house, post)


@pytest.mark.parametrize(("claim", "broken"), [(each, how) for each, how in CLAIMS.items() if how])
async def test_the_control_a_claim_is_false_without_its_defence(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, claim: Any, broken: Any
) -> None:
    broken(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        await claim(house, post)


async def test_what_fails_queues_no_letter(house: House, post: Post) -> None:
    services, row = mailed(house.services, post.port), await row_of(house)

    def work(tx: Any) -> None:
        agent_mail.queue(services, tx, row, "mail.link", name="Acme", link=CANARY)
        raise NotNow

    with pytest.raises(NotNow):
        await services.store.write(work)
    assert (await counted(services))["agent_letter"] == 0


async def test_without_a_mail_server_nothing_is_queued(house: House) -> None:
    assert await queued(house.services, await row_of(house)) == ""
    assert (await counted(house.services))["agent_letter"] == 0


async def test_a_letter_is_in_the_language_that_is_asked_in(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await queued(services, await row_of(house), locale="el")
    await agent_mail.sweep(services)
    assert post.mails[0]["subject"] == services.gathered.locales.words("el")("mail.link", name="Acme")


async def test_killed_between_sending_and_noting_it_goes_again_under_the_same_id(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await queued(services, await row_of(house))

    class Killed(BaseException):
        """The end of the process, as the sweep would meet it."""

    class Dies(Mailer):
        def send(self, letter: Letter) -> None:
            super().send(letter)
            raise Killed

    dies = replace(services, mailer=Dies(f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example"))
    with pytest.raises(Killed):
        await agent_mail.sweep(dies)
    assert await agent_mail.sweep(mailed(house.services, post.port, services.clock() + WAITS[0])) == 1
    assert len({mail["message-id"] for mail in post.mails}) == 1
    assert len(post.mails) == 2


async def test_a_letter_that_nobody_takes_leaves_nothing_personal_in_the_log(house: House, post: Post) -> None:
    services, row = mailed(house.services, post.port), await yan_of(house)
    post.answers += ["451 later, " + YAN, "551 never"]
    with capture_logs() as logged:
        await queued(services, row)
        await agent_mail.sweep(services)
        await agent_mail.sweep(mailed(house.services, post.port, services.clock() + WAITS[0]))
    said = repr(logged)
    assert "letter not taken" in said
    assert YAN not in said
    assert CANARY not in said
    assert (await counted(services))["agent_letter"] == 0


async def test_who_is_given_a_ticket_while_away_is_written_to_where_they_want_it(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    agent, _ = await colleague(services, house.actor, "yan@acme.example", "Yan", "agent")
    yan = house.acting(agent.id, "agent")
    guest, window = await house.visit("Zoe"), object()
    await guest.say("A secret question")

    async def written(to: str | None, by: Actor = house.actor) -> int:
        before = len(post.mails)
        await changing.change(services, by, 1, {"assignee": to})
        await agent_mail.sweep(services)
        return len(post.mails) - before

    async def given() -> int:
        await written(None)
        return await written(agent.id)

    assert await given() == 0  # nobody asked for it
    await profile.change(services, yan, notifications={"mail": True})
    assert await given() == 1
    letter = post.mails[-1]
    assert letter["to"] == "yan@acme.example"
    assert f"{CHAT}/inbox/mine/1" in letter.get_content()
    assert "question" not in letter.as_string()
    assert await written(agent.id) == 0  # it is theirs already
    await written(None)
    assert await written("me", by=yan) == 0  # they take it themselves
    services.bus.present(house.actor.account_id, agent.id, "online", window)
    assert await given() == 0
    services.bus.present(house.actor.account_id, agent.id, "away", window)
    now = datetime.fromtimestamp(services.clock() / 1000, UTC)
    hours = {"quiet_from": f"{now - HOUR:%H:%M}", "quiet_until": f"{now + HOUR:%H:%M}"}
    await profile.change(services, yan, notifications=hours)
    assert await given() == 0
    await profile.change(services, yan, notifications={"quiet_from": "", "quiet_until": ""})
    assert [await given() for _ in range(calling.AN_HOUR)] == [1] * (calling.AN_HOUR - 1) + [0]


def never_here(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bus, "status", lambda *_: "away")


def never_quiet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calling, "is_quiet", lambda *_: False)


def asked_of_nobody(patch: pytest.MonkeyPatch) -> None:
    real = agents.get_preferences
    wanted = {"notifications": Notifications(mail=True)}
    patch.setattr(calling, "get_preferences", lambda *given: structs.replace(real(*given), **wanted))


def unlimited(patch: pytest.MonkeyPatch) -> None:
    async def allow(*_: object) -> float:
        return 0.0

    patch.setattr(Bus, "allow", allow)


def given_by_anybody(patch: pytest.MonkeyPatch) -> None:
    real = calling.is_called
    patch.setattr(
        calling, "is_called", lambda services, actor, *rest: real(services, replace(actor, agent_id=""), *rest)
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broken", [never_here, never_quiet, asked_of_nobody, unlimited, given_by_anybody])
async def test_the_control_somebody_is_written_to_who_should_not_be(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        await test_who_is_given_a_ticket_while_away_is_written_to_where_they_want_it(house, post)
