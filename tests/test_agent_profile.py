"""One's own profile: what visitors and agents see of an agent, how pages follow it, and what is refused."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.agent_mail import actions as agent_mail
from chat.agent_profile.actions import profile
from chat.core import frames
from chat.core.deliveries import Delivery
from chat.core.events import MessagesRead, TicketEnded, TypingChanged, contact_channel
from chat.core.model import Actor
from chat.export.actions import holdings
from chat.infra.services import Services
from chat.team import store
from chat.team.actions import sessions
from chat.team.schema import agent
from chat.tickets.actions import changing, posting, tickets, transcripts
from chat.tickets.actions.activity import rendered
from tests.inside import CHAT, Guest, House, Served, colleague, found, new_id, problem_of

pytestmark = pytest.mark.anyio
NAME, ALIAS = "Maren Holt", "The Lamp"


@pytest.fixture
async def guest(house: House) -> Guest:
    """Somebody who wrote."""
    made = await house.visit("Zoe", "zoe@visitor.example")
    await made.say("A question")
    return made


async def aliased(house: House) -> Actor:
    """The owner, as they are once they have an alias."""
    await profile.change(house.services, house.actor, name=NAME, alias=ALIAS)
    return await sessions.require_still(house.services, house.actor)


async def answered(house: House, guest: Guest, actor: Actor) -> list[list[str]]:
    """What is told of an agent's answer: to visitors, to agents."""
    opened, heard = await tickets.one(house.services, actor, 1), list[Delivery[Any]]()
    channel = contact_channel(guest.contact.id)
    house.services.bus.listen(channel, channel, heard.append)
    said = posting.from_agent(actor, opened, frames.AgentMessage(1, new_id(), "An answer"), house.services.clock())
    await house.box.post(said)
    await changing.change(house.services, actor, 1, {"status": "solved"})
    house.services.bus.leave(channel, channel)
    made = [each.rendered for each in heard if each.rendered is not None]
    return [["".join(each.for_visitors) for each in made], ["".join(each.for_agents) for each in made]]


async def test_visitors_get_the_alias_and_agents_the_name(house: House, guest: Guest) -> None:
    actor = await aliased(house)
    to_visitors, to_agents = await answered(house, guest, actor)
    assert len(to_visitors) == 2  # the answer, and that the chat has ended
    assert all(ALIAS in each and NAME not in each for each in to_visitors)
    assert all(NAME in each and ALIAS not in each for each in to_agents)


async def test_what_is_read_back_says_the_same(house: House, guest: Guest) -> None:
    actor = await aliased(house)
    await answered(house, guest, actor)
    ticket = (await tickets.one(house.services, actor, 1)).ticket
    names = {
        agents: [each.author.name async for each in read(house.services, guest, ticket, agents=agents)]
        for agents in (True, False)
    }
    assert (names[True][-1], names[False][-1]) == (NAME, ALIAS)
    text = await transcripts.as_text(house.services, guest.contact)
    assert ALIAS in text
    assert NAME not in text


async def read(services: Services, guest: Guest, ticket: Any, *, agents: bool) -> Any:
    """The messages of a ticket as one side sees them."""
    for each in await transcripts.messages(services, guest.contact.id, ticket, agents=agents):
        if isinstance(each, frames.MessageOut):
            yield each


async def test_exports_give_the_alias(app: Served) -> None:
    house = app.house
    guest = await house.visit("Zoe", "zoe@visitor.example")
    await guest.say("A question")
    await app.rest("PATCH", "/account", {"export_agent_names": True})
    await aliased(house)
    who = await holdings.subject(house.services, guest.contact)
    assert who.agents[house.actor.agent_id] == ALIAS


async def test_without_an_alias_both_see_the_name(house: House, guest: Guest) -> None:
    """The control: what is told apart above is the same where nothing was chosen, or it was taken back."""
    await aliased(house)
    await profile.change(house.services, house.actor, alias="")
    actor = await sessions.require_still(house.services, house.actor)
    to_visitors, to_agents = await answered(house, guest, actor)
    assert to_visitors == to_agents
    assert all(NAME in each for each in to_visitors)


async def test_no_other_event_of_an_agent_tells_visitors_the_name(house: House, guest: Guest) -> None:
    actor = await aliased(house)
    ref = (await tickets.all_of(house.services, guest.contact.id))[0].ref
    for event in (TypingChanged(ref, "agent", on=True), MessagesRead(ref, "agent", 1), TicketEnded(ref, "agent")):
        made = rendered(event, actor.name, actor.alias)
        assert NAME not in "".join(made.for_visitors)
        assert ALIAS not in "".join(made.for_agents)


REFUSED: dict[str, Any] = {
    "no name": ({"name": " \u200b "}, "name"),
    "a long name": ({"name": "x" * 201}, "name"),
    "a long alias": ({"alias": "x" * 101}, "alias"),
    "a bell in it": ({"alias": "The\x07Lamp"}, "alias"),
    "an escape in it": ({"name": "\x1b[31mMaren"}, "name"),
    "no language of ours": ({"locale": "fr"}, "locale"),
    "no time zone": ({"time_zone": "Europe/Atlantis"}, "time_zone"),
    "a path as time zone": ({"time_zone": "../../etc/passwd"}, "time_zone"),
    "nothing": ({}, "body"),
    "another's role": ({"role": "owner"}, "role"),
    "an address": ({"email": "other@acme.example"}, "email"),
    "a switch that is none": ({"notifications": {"sound": "yes"}}, "notifications"),
    "an hour that is none": ({"notifications": {"quiet_from": "25:00"}}, "quiet_from"),
    "a switch that is not there": ({"notifications": {"smoke": True}}, "smoke"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_what_is_wrong_is_named_and_changes_nothing(app: Served, why: str) -> None:
    body, field = REFUSED[why]
    before = (await app.rest("GET", "/agents/me")).json()
    answer = await app.rest("PATCH", "/agents/me", {"alias": "Kept out", **body} if body else {})
    assert answer.status_code == 422
    assert answer.json()["field"].startswith(field)
    assert (await app.rest("GET", "/agents/me")).json() == before


async def test_markup_and_turned_writing_stay_text(app: Served) -> None:
    wild = '<b onmouseover=alert(1)>A\u202ecba & "q"'
    assert (await app.rest("PATCH", "/agents/me", {"alias": wild})).json()["alias"].startswith("<b ")
    await app.sign_in()
    page = await app.call("GET", "/profile", accept="text/html")
    assert "<b onmouseover" not in page.text
    assert "&lt;b onmouseover" in page.text


async def test_a_profile_is_ones_own(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    assert (await app.rest("PATCH", "/agents/me", {"alias": ALIAS})).json()["id"] == app.house.actor.agent_id
    assert (await app.rest("GET", "/agents/me", house=other)).json()["alias"] == ""
    actor = app.house.acting(low.id, "agent")
    assert (await profile.get_own(app.services, actor)).name == "Low"
    assert (await profile.change(app.services, actor, time_zone="Europe/Athens")).time_zone == "Europe/Athens"
    assert (await app.rest("GET", "/agents/me")).json()["time_zone"] == ""


async def test_two_at_once_lose_nothing_of_each_other(house: House) -> None:
    services, actor = house.services, house.actor
    await asyncio.gather(
        profile.change(services, actor, locale="el"),
        profile.change(services, actor, time_zone="Europe/Athens"),
        profile.change(services, actor, notifications={"sound": True}),
        profile.change(services, actor, notifications={"mail": True}),
    )
    own = await profile.get_own(services, actor)
    assert (own.locale, own.time_zone, own.notifications.sound, own.notifications.mail) == (
        "el",
        "Europe/Athens",
        True,
        True,
    )


async def test_it_is_sealed_and_another_agents_opens_nothing(house: House) -> None:
    services = house.services
    await profile.change(services, house.actor, alias=ALIAS, time_zone="Europe/Athens")
    low, _ = await colleague(services, house.actor, "low@acme.example", "Low", "agent")

    def moved(tx: Any) -> tuple[bytes, bytes]:
        row = tx.execute(select(agent).where(agent.c.id == house.actor.agent_id)).one()
        tx.execute(update(agent).where(agent.c.id == low.id).values(alias=row.alias, preferences=row.preferences))
        return row.alias, row.preferences

    alias, preferences = await services.store.write(moved)
    assert ALIAS.encode() not in alias
    assert b"Athens" not in preferences
    theirs = await profile.get_own(services, house.acting(low.id, "agent"))
    assert (theirs.alias, theirs.time_zone) == ("", "")


async def test_pages_follow_the_language_until_the_device_says_otherwise(app: Served) -> None:
    await app.rest("PATCH", "/agents/me", {"locale": "el"})
    await app.sign_in()
    assert '<html lang="el">' in (await app.call("GET", "/inbox")).text
    assert '<html lang="en">' in (await app.call("GET", "/inbox?locale=en")).text
    assert '<html lang="en">' in (await app.call("GET", "/inbox")).text


async def test_no_box_is_ticked_that_nobody_ticked(app: Served) -> None:
    await app.sign_in()
    assert " checked" not in (await app.call("GET", "/profile")).text
    await app.rest("PATCH", "/agents/me", {"notifications": {"mail": True}})
    assert (await app.call("GET", "/profile")).text.count(" checked") == 1


async def test_the_form_saves_and_is_followed_at_once(app: Served) -> None:
    await app.sign_in()
    page = await app.call("GET", "/profile?locale=en")
    form = {"name": NAME, "alias": ALIAS, "locale": "el", "time_zone": "Europe/Athens", "mail": "yes"}
    form |= {"without_mine": "yes", "quiet_from": "22:00", "quiet_until": "07:00"}
    form["csrf"] = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    sent = await app.client.post("/profile", data=form, headers={"origin": CHAT})
    assert (sent.status_code, sent.headers["location"]) == (303, "/profile?saved=1")
    shown = (await app.call("GET", "/profile?saved=1")).text
    assert '<html lang="el">' in shown
    assert '"time_zone": "Europe/Athens"' in shown
    own = (await app.rest("GET", "/agents/me")).json()
    calls = {"sound": False, "desktop": False, "mail": True, "waiting": False}
    assert own["notifications"] == calls | {"without": ["mine"], "quiet_from": "22:00", "quiet_until": "07:00"}
    wrong = await app.client.post("/profile", data=form | {"alias": "x" * 101}, headers={"origin": CHAT})
    assert wrong.status_code == 422
    assert "x" * 101 in wrong.text  # what was typed is still there
    problem_of(await app.call("GET", "/api/v1/agents/nobody"), 404, "not_found")


async def test_who_is_deactivated_changes_nothing(house: House) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "Low", "agent")
    actor = house.acting(low.id, "agent")
    await house.services.store.write(lambda tx: store.deactivate(tx, low.id, house.services.clock()))
    with pytest.raises(Exception, match="Sign in again"):
        await profile.change(house.services, actor, alias=ALIAS)


async def test_mail_to_an_agent_is_in_the_language_of_their_pages(house: House) -> None:
    async def language() -> str:
        row = await house.services.store.read(lambda tx: store.one(tx, house.actor.account_id, house.actor.agent_id))
        return agent_mail.language_of(house.services, row)

    assert await language() == "en"
    await profile.change(house.services, house.actor, locale="el")
    assert await language() == "el"
