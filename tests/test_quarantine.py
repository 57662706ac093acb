"""Claims about the quarantine: every held message in one list, why it is held, and one word on many at once."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from chat.core.deliveries import Delivery
from chat.core.events import QuarantineChanged, TicketEvent, ticket_channel
from chat.erasure.actions import erasure
from chat.holds import actions as holds
from chat.quarantine import actions as quarantine
from chat.spam_filter.schema import label, review
from chat.tickets.actions import tickets
from chat.tickets.schema import message
from tests.inside import CHAT, PASSWORD, Guest, House, Served, colleague, found, problem_of

pytestmark = pytest.mark.both_databases

PRIZE = "WINNER!! You have been selected to receive a £{}00 prize. Call 0906170146{} now to claim http://win.example"
MessageRef = tuple[int, int]


async def held(house: House, many: int = 3, *, training: bool = True) -> list[tuple[Guest, MessageRef]]:
    """Contacts with a message each that the filter holds."""
    made = []
    for each in range(many):
        guest = await house.visit(f"Zoe {each}", training=training)
        said = await guest.say(PRIZE.format(each + 1, each))
        assert said.held
        made.append((guest, (said.number, said.seq)))
    return made


async def waiting(house: House, sort: Any = "score") -> list[MessageRef]:
    """What the list shows."""
    items, _ = await quarantine.page(house.services, house.actor, sort, None, 50)
    return [(each.ticket, each.seq) for each in items]


async def taught(house: House) -> list[bool]:
    """What the labels say."""
    return await house.services.store.read(lambda tx: list(tx.execute(select(label.c.spam)).scalars()))


async def test_held_messages_of_all_tickets_come_with_why(house: House) -> None:
    await held(house)
    items, after = await quarantine.page(house.services, house.actor, "score", None, 50)
    assert after is None
    assert {each.contact.name for each in items} == {"Zoe 0", "Zoe 1", "Zoe 2"}
    assert all(each.why and (each.score or 0) > 0.5 and "prize" in each.text for each in items)
    assert [each.score or 0 for each in items] == sorted((each.score or 0 for each in items), reverse=True)
    assert await quarantine.count(house.services, house.actor) == 3


async def test_each_page_goes_on_where_the_one_before_ended(house: House) -> None:
    await held(house, 5)
    for sort in ("score", "time"):
        seen, before = [], None
        for _ in range(5):
            items, before = await quarantine.page(house.services, house.actor, sort, before, 2)
            seen += [(each.ticket, each.seq) for each in items]
            if before is None:
                break
        assert seen == await waiting(house, sort)
        assert len(set(seen)) == 5


async def test_many_are_released_at_once_and_sent_to_the_agents(house: House) -> None:
    made = await held(house)
    heard: list[Delivery[TicketEvent]] = []
    house.services.bus.listen(ticket_channel(await ticket_id(house, made[0][1])), house.box, heard.append)
    assert await quarantine.judge(house.services, house.actor, "release", [place for _, place in made[:2]]) == 2
    assert await waiting(house) == [made[2][1]]
    (rendered,) = [each.rendered for each in heard if isinstance(each.event, QuarantineChanged)]
    assert rendered
    assert [json.loads(line)["text"] for line in rendered.for_agents] == [PRIZE.format(1, 0)]
    assert (await tickets.summary(house.services, house.actor, made[0][1][0])).held == 0
    assert await taught(house) == [False, False]


async def test_what_is_confirmed_stays_held_and_leaves_the_list(house: House) -> None:
    made = await held(house)
    assert await quarantine.judge(house.services, house.actor, "confirm", [made[0][1]]) == 1
    assert made[0][1] not in await waiting(house)
    assert (await tickets.summary(house.services, house.actor, made[0][1][0])).held == 1
    assert await taught(house) == [True]


async def test_a_word_is_taken_back_with_what_it_taught(house: House) -> None:
    made = await held(house)
    before, refs = await waiting(house), [place for _, place in made]
    for word in ("release", "confirm"):
        await quarantine.judge(house.services, house.actor, word, refs)
        assert await waiting(house) == []
        assert await quarantine.judge(house.services, house.actor, "return", refs) == 3
        assert (await waiting(house), await taught(house)) == (before, [])


async def test_without_the_purpose_a_word_counts_and_teaches_nothing(house: House) -> None:
    made = await held(house, 1, training=False)
    assert await quarantine.judge(house.services, house.actor, "release", [made[0][1]]) == 1
    assert (await waiting(house), await taught(house)) == ([], [])


async def test_one_message_of_a_ticket_is_released_and_another_stays(house: House) -> None:
    ((guest, first),) = await held(house, 1)
    second = await guest.say(PRIZE.format(7, 7))
    await quarantine.judge(house.services, house.actor, "release", [first])
    assert await waiting(house) == [(second.number, second.seq)]
    assert (await tickets.summary(house.services, house.actor, first[0])).held == 1


async def test_a_mark_in_the_inbox_is_a_word_too(house: House) -> None:
    made = await held(house, 2)
    await tickets.hold(house.services, house.actor, made[0][1][0], held=True)
    assert await waiting(house) == [made[1][1]]


async def test_who_is_erased_or_under_a_hold_is_not_shown(house: House) -> None:
    made = await held(house, 3)
    await quarantine.judge(house.services, house.actor, "confirm", [made[2][1]])
    await holds.place_hold(house.services, house.actor, made[0][0].contact.uid, "a claim", 3)
    for guest in (made[1][0], made[2][0]):
        await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    assert await waiting(house) == []
    assert await quarantine.judge(house.services, house.actor, "release", [made[1][1]]) == 0
    assert await erasure.sweep(house.services) == 2
    assert await house.services.store.read(lambda tx: list(tx.execute(select(review)))) == []


async def test_another_accounts_messages_are_neither_shown_nor_judged(house: House) -> None:
    made = await held(house, 1)
    other = await found(house.services, "Other", "owner@other.example")
    assert await waiting(replace(house, actor=other.actor)) == []
    assert await quarantine.judge(house.services, other.actor, "release", [made[0][1]]) == 0
    assert await waiting(house) == [made[0][1]]


async def test_the_quarantine_over_rest(app: Served) -> None:
    made = await held(app.house)
    first = (await app.rest("GET", "/spam/quarantine?limit=2")).json()
    rest = (await app.rest("GET", f"/spam/quarantine?limit=2&cursor={first['next']}")).json()
    assert len({each["ticket"] for each in first["items"] + rest["items"]}) == 3
    assert rest["next"] is None
    problem_of(await app.rest("GET", "/spam/quarantine?sort=size"), 422, "invalid_field")
    problem_of(await app.rest("GET", "/spam/quarantine?cursor=nope"), 422, "invalid_field")
    for wrong in ({"word": "drop", "messages": [{"ticket": 1, "seq": 1}]}, {"word": "release", "messages": []}):
        problem_of(await app.rest("POST", "/spam/quarantine", wrong), 422, "invalid_field")
    asked = [{"ticket": number, "seq": seq} for _, (number, seq) in made]
    answer = await app.rest("POST", "/spam/quarantine", {"word": "release", "messages": asked})
    assert answer.json() == {"done": 3}
    assert (await app.rest("GET", "/spam/quarantine")).json()["items"] == []


async def test_the_page_is_every_agents_and_the_filters_is_not(app: Served) -> None:
    await held(app.house, 2)
    mara, password = await colleague(app.services, app.house.actor, "mara@acme.example", "Mara", "agent")
    await app.sign_in(mara.email, password)
    assert "Not spam: release" in (await app.client.get("/admin/quarantine")).text
    assert (await app.client.get("/admin/filter", headers={"accept": "text/html"})).status_code == 403


async def test_a_form_releases_what_is_ticked_and_nothing_without_this_sessions_mark(app: Served) -> None:
    made = await held(app.house, 2)
    await app.sign_in(password=PASSWORD)
    page = (await app.client.get("/admin/quarantine")).text
    assert "checked" not in page.partition("<held-list>")[2].partition("</held-list>")[0]  # no box is ticked beforehand
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"held": [f"{number}-{seq}" for _, (number, seq) in made], "word": "release"}
    refused = await app.client.post("/admin/quarantine", data=form, headers={"origin": CHAT})
    assert refused.status_code == 403
    assert len(await waiting(app.house)) == 2
    done = await app.client.post("/admin/quarantine", data=form | {"csrf": csrf}, headers={"origin": CHAT})
    assert done.status_code == 303
    assert await waiting(app.house) == []
    assert "2 messages released" in (await app.client.get(done.headers["location"])).text


async def ticket_id(house: House, place: MessageRef) -> int:
    """The key of a ticket."""
    opened = await tickets.one(house.services, house.actor, place[0])
    return opened.ticket.id


async def test_the_control_that_a_held_message_is_held(house: House) -> None:
    await held(house, 1)
    assert await house.services.store.read(lambda tx: list(tx.execute(select(message.c.held)).scalars())) == [True]
