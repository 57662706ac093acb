"""Two tickets of a contact made one: what was said stands once and in order, and whoever named the other is led on."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from chat.core import events
from chat.core.deliveries import Delivery
from chat.core.errors import NotFound, NotNow
from chat.core.frames import AgentMessage, MessageOut
from chat.core.settings import Settings
from chat.infra.store import locations
from chat.spam_filter.actions import training
from chat.spam_filter.store import labels
from chat.ticket_fields import actions as ticket_fields
from chat.ticket_fields.domain import TicketField
from chat.tickets.actions import activity, changing, entries, merging, redaction, tickets, transcripts
from chat.tickets.actions import posting as acting
from chat.tickets.schema import ticket
from chat.tickets.store import merging as rows_of
from chat.tickets.store import posting
from tests.backups import backed_up, restored, rows, said, sent_file
from tests.chance import dice
from tests.inside import Guest, House, Served, inner_socket, new_id, problem_of
from tests.test_erasure import erased
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
RESEALED = {"system/{ticket_id}/{entry}", "rating/{id}", "fields/{id}", "tags/{id}"}
"""What is sealed for its place, and is sealed anew by a merge; of a label its features, which no export gives."""


async def ended(house: House, number: int) -> None:
    await changing.change(house.services, house.actor, number, {"status": "solved"})


async def two(house: House, *, training: bool = False) -> Guest:
    """A contact who wrote twice in one ticket, and later twice in another."""
    guest = await house.visit("Ada", "ada@x.example", training=training)
    for number in (1, 2):
        for word in ("hello", "and"):
            await guest.say(f"{word} {number}")
        if number == 1:
            await ended(house, 1)
    return guest


async def merged(house: House, number: int = 2, into: int = 1) -> Any:
    return await merging.merge(house.services, house.actor, number, into)


async def whole(house: House, number: int = 1) -> list[tuple[int, str]]:
    """What is read in a ticket, by number."""
    opened = await tickets.one(house.services, house.actor, number)
    found = await transcripts.messages(house.services, opened.contact.id, opened.ticket, agents=True)
    return [(each.seq, str(each.text)) for each in found if isinstance(each, MessageOut)]


async def key_of(house: House, number: int) -> int:
    return (await tickets.one(house.services, house.actor, number)).ticket.id


async def test_all_of_the_later_ticket_stands_behind_the_earlier_one_and_opens_there(house: House) -> None:
    services, actor = house.services, house.actor
    guest = await two(house, training=True)
    await tickets.add_note(services, actor, 1, note := new_id(), "first note")
    await tickets.add_note(services, actor, 2, note, "second note")
    await changing.change(services, actor, 1, {"tags": ["late"]})
    await changing.change(services, actor, 2, {"tags": ["parcel"], "priority": "high"})
    two_fields = [TicketField(key, key.title(), "text") for key in ("order", "place")]
    await ticket_fields.change(services, actor, lambda _: two_fields)
    await changing.change(services, actor, 1, {"fields": {"order": "first", "place": "kept"}})
    await changing.change(services, actor, 2, {"fields": {"order": "later"}})
    colleague = await joined(house, "agent")
    for number in (1, 2):
        await tickets.add_note(services, actor, number, new_id(), "look", named=[colleague.id])
    file = await sent_file(guest)
    second = (await tickets.one(services, actor, 2)).ticket
    await activity.rate(services, guest.contact, second, 4, "rare word")
    await tickets.hold(services, actor, 2, held=True)
    await tickets.hold(services, actor, 2, held=False)
    before = await whole(house) + [(seq + 2, text) for seq, text in await whole(house, 2)]

    now = await merged(house)
    assert (now.number, now.status, now.tags, now.priority) == (1, "open", ["late", "parcel"], "high")
    assert now.fields == {"order": "later", "place": "kept"}
    assert await whole(house) == before
    assert [seq for seq, _ in before] == [1, 2, 3, 4, 5]
    opened = await tickets.one(services, actor, 1)
    notes = await transcripts.notes(services, guest.contact.id, opened.ticket)
    assert [(each.note, each.after_seq, each.text) for each in notes] == [
        (1, 2, "first note"),
        (2, 2, "look"),
        (3, 4, "second note"),
        (4, 4, "look"),
    ]
    assert [each["note"] for each in await rows(services, "mention")] == [4]
    done = await entries.page(services, guest.contact.id, opened.ticket)
    assert [each.entry for each in done] == [*range(1, len(done) + 1)]
    assert [each.tags.added for each in done if each.kind == "tagged" and each.tags] == [["late"], ["parcel"]]
    assert (done[-1].kind, done[-1].number, done[-1].after_seq) == ("merged", 2, 5)
    assert [(each["seq"], each["id"]) for each in await rows(services, "attachment")] == [(5, file)]
    found = await services.store.read(lambda tx: labels.of_contact(tx, guest.contact.id))
    slot, uid = guest.contact.key_slot, guest.contact.uid
    assert sorted(each.seq for each in found) == [3, 4, 5]
    assert all(training.features_of_label(services, slot, uid, each) is not None for each in found)
    (row,) = await rows(services, "ticket")
    assert services.unseal(slot, uid, f"rating/{row['id']}", row["rating_comment"]) == "rare word"
    assert (row["rating"], row["last_seq"], row["last_note"], row["held"]) == (4, 5, 4, 0)
    assert {each["ticket_id"] for each in await rows(services, "review")} == {row["id"]}
    assert [(each["action"], each["target"]) for each in await rows(services, "audit")][-1] == ("ticket.merged", "2")


def test_whatever_is_sealed_for_its_place_in_a_ticket_is_known_here() -> None:
    tables = [ticket, *(table for table, _ in locations.below(ticket))]
    contexts = {str(column.info.get("context", "")) for table in tables for column in table.columns}
    own = {each for each in contexts if "{ticket_id}" in each or each in {"rating/{id}", "fields/{id}", "tags/{id}"}}
    assert own == RESEALED
    counted = {"seq", "after_seq", "target", "note", "entry"}
    numbers = {column.name for table, _ in locations.below(ticket) for column in table.primary_key} - {"ticket_id"}
    assert numbers - counted == {"agent_id", "id", "tag", "was_id"}, "a number in a ticket that a merge would not raise"


async def test_of_agents_who_merge_at_once_one_does_and_the_others_hear_of_it(app: Served) -> None:
    house = app.house
    await two(house)
    done = await asyncio.gather(*(merged(house) for _ in range(4)), return_exceptions=True)
    refused = [each for each in done if isinstance(each, NotNow)]
    assert (len(refused), {each.extra.get("merged_into") for each in refused}) == (3, {1})
    assert [seq for seq, _ in await whole(house)] == [1, 2, 3, 4]
    late = await app.rest("POST", "/tickets/2/merge", {"into": 1})
    assert problem_of(late, 409, "not_now")["merged_into"] == 1
    for path in ("", "/messages", "/notes", "/events"):
        assert problem_of(await app.rest("GET", f"/tickets/2{path}"), 404, "not_found")["merged_into"] == 1
    assert json.loads((await app.rest("GET", "/search?q=%232")).text.splitlines()[0])["ticket"] == 1
    assert {each["number"] for each in (await app.rest("GET", "/tickets")).json()["items"]} == {1}


async def test_what_was_on_its_way_to_the_other_is_stored_here_once(house: House) -> None:
    guest = await two(house)
    second = await key_of(house, 2)
    sent = guest.draft("sent before", name := new_id(), second)
    await house.box.post(sent)
    opened = await tickets.one(house.services, house.actor, 2)
    await merged(house)
    again = await house.box.post(guest.draft("sent before", name, second))
    assert (again.repeated, again.number, again.seq) == (True, 1, 5)
    late = await house.box.post(guest.draft("came late", "", second))
    assert (late.repeated, late.number, late.seq) == (False, 1, 6)
    answer = AgentMessage(ticket=2, id=new_id(), text="Good day")
    mine = await house.box.post(acting.from_agent(house.actor, opened, answer, house.services.clock()))
    assert (mine.number, mine.seq) == (1, 7)
    assert [seq for seq, _ in await whole(house)] == [1, 2, 3, 4, 5, 6, 7]


async def test_the_control_who_is_not_led_on_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await two(house)
    second = await key_of(house, 2)
    await merged(house)
    monkeypatch.setattr(posting, "_follow", lambda *_: None)
    with pytest.raises(NotFound):
        await house.box.post(guest.draft("came late", "", second))


async def test_tickets_that_do_not_fit_are_left_as_they_are(house: House) -> None:
    services, actor = house.services, house.actor
    guest, other = await two(house), await house.visit("Bea")
    await other.say("somebody else")
    for number, into in ((1, 2), (3, 1)):
        with pytest.raises(NotNow):
            await merged(house, number, into)
    with pytest.raises(NotFound):
        await merged(house, 2, 9)
    await changing.change(services, actor, 2, {"status": "trash"})
    with pytest.raises(NotNow, match="trash"):
        await merged(house)
    await changing.change(services, actor, 2, {"status": "open"})
    await changing.change(services, actor, 1, {"tags": [f"a{n}" for n in range(20)]})
    await changing.change(services, actor, 2, {"tags": ["b"]})
    with pytest.raises(NotNow, match="tags"):
        await merged(house)
    await changing.change(services, actor, 1, {"tags": [], "status": "open"})
    # By hand: an answer in a ticket that has ended is refused where another was begun since.
    await house.box.post(guest.draft("in the old one", "", await key_of(house, 1)))
    with pytest.raises(NotNow, match="after #2 began"):
        await merged(house)
    assert len(await rows(services, "ticket")) == 3


async def test_an_open_widget_goes_on_in_the_kept_ticket(app: Served) -> None:
    house = app.house
    guest = await two(house)
    async with (
        inner_socket(app, "/ws/visitor", {}) as visitor,
        inner_socket(app, "/ws/agent", house.bearer) as agent,
    ):
        hello = await visitor("hello", "welcome", token=guest.begun.token, last_seq=0)
        assert (hello["ticket"], [each["seq"] for each in hello["messages"]]) == (2, [1, 2])
        await agent("", "welcome")
        await agent("open", "welcome", ticket=1, last_seq=0)
        await merged(house)
        now = await visitor("", "welcome")
        assert (now["ticket"], [each["text"] for each in now["messages"]], now["status"]) == (
            1,
            ["hello 1", "and 1", "hello 2", "and 2"],
            "open",
        )
        ack = await visitor("message", "ack", id=new_id(), text="still here")
        assert (ack["ticket"], ack["seq"]) == (1, 5)
        await agent("message", "ack", ticket=1, id=new_id(), text="so am I")
        assert (await visitor("", "message"))["seq"] == 6
        heard = [(each["seq"], each["text"]) for each in agent.heard if each["type"] == "message"]
        assert heard == [(3, "hello 2"), (4, "and 2"), (5, "still here")]
        gone = [each for each in agent.heard if each.get("status") == "gone"]
        assert [(each["number"], each["merged_into"]) for each in gone] == [(2, 1)]
        refused = await agent("open", "error", ticket=2, last_seq=0)
        assert (refused["code"], refused["ticket"], refused["merged_into"]) == ("not_found", 2, 1)
        again = await agent("shown", "ticket", contacts=[], tickets=[2])
        while again["number"] != 2:  # the list is told what changed meanwhile
            again = await agent("", "ticket")
        assert again["merged_into"] == 1


async def test_who_missed_the_word_of_it_finds_the_way(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await two(app.house)
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await visitor("hello", "welcome", token=guest.begun.token, last_seq=0)
        with monkeypatch.context() as deaf:
            deaf.setattr(app.services.bus, "publish", lambda *_: None)
            await merged(app.house)
        app.services.bus._tell_all(Delivery(events.EventsMissed()))  # as a bus does that was away
        assert (await visitor("", "welcome"))["ticket"] == 1


async def test_a_chain_is_followed_to_its_end(house: House) -> None:
    guest = await two(house)
    await ended(house, 2)
    third = (await guest.say("hello 3")).ticket_id
    await merged(house, 3, 2)
    await merged(house)
    assert [text for _, text in await whole(house)] == ["hello 1", "and 1", "hello 2", "and 2", "hello 3"]
    assert (await house.box.post(guest.draft("late", "", third))).number == 1
    into = await tickets.merged_into(house.services, house.actor, [2, 3])
    assert into == {2: 1, 3: 1}

    def work(tx: Connection) -> list[list[tuple[int, int]]]:
        first = tx.execute(ticket.select()).one().id
        return [rows_of.origins(tx, first, seq) for seq in (2, 4, 5, 6)]

    first, moved, last, late = await house.services.store.read(work)
    assert (first, [seq for _, seq in moved], sorted(seq for _, seq in last), late) == ([], [2], [1, 3], [])


async def test_an_erasure_takes_it_all(house: House) -> None:
    guest = await two(house)
    await merged(house)
    assert len(await rows(house.services, "merged_ticket")) == 1
    await erased(house, guest)
    for table in ("ticket", "message", "merged_ticket", "system_entry"):
        assert await rows(house.services, table) == [], table


@pytest.mark.parametrize("how", ["redacted", "deleted"])
async def test_a_backup_from_before_brings_nothing_back(
    house: House, vault: Path, elsewhere: Settings, how: str
) -> None:
    guest = await two(house)
    backup = await backed_up(house, vault)
    await merged(house)
    if how == "redacted":
        await redaction.message(house.services, house.actor, 1, 4)
    else:
        await redaction.purge(house.services, house.actor, 1)
    async with restored(elsewhere, backup) as (services, _):
        found = [text for _, text in await said(services, guest)]
        assert sorted(found) == (["", "", "and 1", "hello 1", "hello 2"] if how == "redacted" else [])


async def test_the_control_a_ledger_that_knows_the_new_name_alone_brings_it_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await two(house)
    backup = await backed_up(house, vault)
    await merged(house)
    monkeypatch.setattr(rows_of, "origins", lambda *_: [])
    await redaction.message(house.services, house.actor, 1, 4)
    async with restored(elsewhere, backup) as (services, _):
        assert "and 2" in [text for _, text in await said(services, guest)]


async def test_whatever_happens_at_once_each_message_stands_once_and_in_order(house: House) -> None:
    guest, draws = await two(house), dice("what happens at once to two tickets")
    known = [await key_of(house, number) for number in (1, 2)]
    names: list[str] = []

    async def write() -> None:
        name = draws.choice(names) if names and draws.random() < 0.3 else new_id()
        names.append(name)
        aim = draws.choice([None, known[1]])
        await house.box.post(guest.draft(f"text of {name}", name, aim))

    async def join() -> None:
        with suppress(NotNow):
            await merged(house)

    work = [write() for _ in range(20)] + [join(), join()]
    draws.shuffle(work)
    await asyncio.gather(*work)
    found = await said(house.services, guest)
    assert [seq for seq, _ in found] == [*range(1, len(found) + 1)]
    texts = [text for _, text in found]
    assert texts[:4] == ["hello 1", "and 1", "hello 2", "and 2"]
    assert sorted(texts[4:]) == sorted(f"text of {name}" for name in set(names))
    (row,) = await rows(house.services, "ticket")
    assert (row["last_seq"], row["status"]) == (len(found), "open")
