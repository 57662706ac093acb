"""The export: all that is held of one contact, whatever table it is in, and nothing of anybody else."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Integer, LargeBinary, Table, insert, select

from chat.account.actions import accounts
from chat.answer_mail import store as answer_mail
from chat.answer_mail.schema import answer_letter
from chat.attachments.actions import attachments
from chat.attachments.schema import attachment
from chat.core import frames
from chat.core.crypt import seal_text
from chat.core.errors import BeingErased, LetheError, NotFound
from chat.customers import store as customers
from chat.erasure.actions import asks
from chat.export.actions import building, exports
from chat.export.store import exports as rows
from chat.export.store import holdings
from chat.holds import actions as holds
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.columns import about, metadata, personal, plain, to
from chat.letters.schema import outbox
from chat.letters.store import disclosures
from chat.profiles.actions import merging
from chat.push import store as push
from chat.rights import store as links
from chat.routing import store as routing
from chat.spam_filter.schema import label, mistake, training_run
from chat.team.actions import agents
from chat.tickets.actions import activity, tickets
from chat.tickets.schema import merged_ticket, message, ticket, ticket_tag
from chat.tickets.store import mentioned
from chat.waiting_mail.schema import waiting_mail
from chat.webhooks.actions import endpoints
from tests.inside import Guest, House, Served, counted, new_id, problem_of
from tests.test_erasure import erased
from tests.test_locations import copied

pytestmark = pytest.mark.both_databases

CANARY, OTHER = "Zyxomma Petiolatum", "Quokka Brachyurus"
HOSTILE = "<script>alert(1)</script>\x00\u202etxt\r\n\"'&</bdi></style>"


async def whole(services: Services, guest: Guest) -> bytes:
    """A contact's archive, made at once."""
    return await gathered(await exports.archive(services, guest.contact, "visitor"))


async def gathered(pieces: AsyncIterator[bytes]) -> bytes:
    """All of it."""
    return b"".join([each async for each in pieces])


def opened(data: bytes) -> dict[str, bytes]:
    """The files of an archive by name, as a stranger's program opens them."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def sections(document: dict[str, Any]) -> dict[str, Any]:
    """A document's sections by name."""
    return {each["name"]: each for each in document["sections"]}


async def filled(house: House, name: str = CANARY, email: str = "zyx@x.example") -> Guest:
    """Somebody of whom each table holds something, made the way it comes about."""
    guest = await house.visit(name, email, training=True)
    file = await attachments.keep(house.services, guest.contact, "visitor", f"{name}.txt", name.encode())
    assert isinstance(file, frames.AttachmentOut)
    draft = guest.draft(f"{name} asks about FREE WINNER prizes")
    draft.attachments, draft.shown = (file.id,), (file,)
    said = await house.box.post(draft)
    await tickets.add_note(house.services, house.actor, said.number, new_id(), f"{name} called twice")
    await tickets.hold(house.services, house.actor, said.number, held=True)
    last = await tickets.last_of(house.services, guest.contact.id)
    assert last is not None
    await house.services.store.write(lambda tx: routing.note_routed(tx, last.id, house.actor.agent_id, 1))
    await house.services.store.write(lambda tx: tx.execute(insert(waiting_mail).values(ticket_id=last.id, since=1)))
    named = [(house.actor.agent_id, last.id, 1)]
    await house.services.store.write(lambda tx: mentioned.put(tx, named, 1))
    await house.services.store.write(lambda tx: push.put_call(tx, last.id, house.actor.agent_id, "assigned", 1))
    await activity.rate(house.services, guest.contact, last, 5, f"{name} is glad")
    await exports.ask(house.services, guest.contact, "visitor", "visitor")
    await _letter(house.services, guest, name)
    await _answered_by_mail(house.services, guest, last.id)
    return guest


async def _is_customer(services: Services, guest: Guest) -> None:
    sealed = services.seal(guest.contact.key_slot, guest.contact.uid, "customer", f"{CANARY} 7")
    made = {"contact_id": guest.contact.id, "external_id": sealed, "external_hash": "0" * 64, "since": 1}
    await services.store.write(lambda tx: customers.add(tx, made))


async def _letter(services: Services, guest: Guest, name: str) -> None:
    uid = new_id()
    sealed = services.seal(guest.contact.key_slot, guest.contact.uid, f"letter/{uid}", f"Dear {name}")
    values = {"id": uid, "contact_id": guest.contact.id, "letter": sealed, "due_at": 1 << 50, "created_at": 1}
    address = services.seal(guest.contact.key_slot, guest.contact.uid, f"sent/{uid}", "partner@x.example")
    sent = {"id": uid, "contact_id": guest.contact.id, "kind": "mail", "recipient": "0" * 64, "address": address}

    def work(tx: Any) -> None:
        tx.execute(insert(outbox).values(**values))
        disclosures.enter(tx, sent | {"categories": ["message"], "at": 1})
        links.put(tx, "0" * 64, [guest.contact.id], 1 << 41)
        _mistaken(tx, guest)

    await services.store.write(work)


async def _answered_by_mail(services: Services, guest: Guest, ticket_id: int) -> None:
    uid, who = new_id(), guest.contact
    sealed = services.seal(who.key_slot, who.uid, f"letter/{uid}", "Dear you")
    letter = {"id": uid, "contact_id": who.id, "letter": sealed, "due_at": 1 << 50, "created_at": 1}

    def work(tx: Any) -> None:
        tx.execute(insert(answer_letter).values(**letter))
        answer_mail.put(tx, ticket_id, who.id, 1, uid, 1)
        answer_mail.put_link(tx, f"{who.id:064}", who.id, 1 << 41)

    await services.store.write(work)


def _mistaken(tx: Any, guest: Guest) -> None:
    """A version of the filter got a label of theirs wrong, and a ticket of theirs was merged."""
    who = guest.contact
    run = {"id": new_id(), "account_id": who.account_id, "version": who.id, "state": "done", "against": 0}
    tx.execute(insert(training_run).values(**run, asked_at=1, asked_by=new_id(), seen_at=1))
    theirs = tx.execute(select(label.c.ticket_id, label.c.seq).where(label.c.contact_id == who.id)).first()
    wrong = {"run_id": run["id"], "ticket_id": theirs[0], "seq": theirs[1], "contact_id": who.id}
    tx.execute(insert(mistake).values(**wrong, spam=True, margin=-1.5))
    part = {"was_id": 10_000 + who.id, "account_id": who.account_id, "number": 10_000 + who.id, "ticket_id": theirs[0]}
    tx.execute(insert(merged_ticket).values(**part, after_seq=1, messages=1, merged_at=1))
    tx.execute(insert(ticket_tag).values(ticket_id=theirs[0], account_id=who.account_id, tag="its hash"))


async def wrote(house: House, count: int) -> Guest:
    """Somebody with so many messages, all but the first sealed and written straight into the table."""
    guest = await house.visit(CANARY, "zyx@x.example")
    await guest.say(f"{CANARY} says 1")
    key = house.services.keys.get(guest.contact.key_slot, guest.contact.uid)

    def row(seq: int) -> dict[str, Any]:
        cid = seq.to_bytes(16)
        return {"seq": seq, "cid": cid, "body": seal_text(key, "visitor", cid, f"{CANARY} says {seq}")}

    def work(tx: Any) -> None:
        first = dict(tx.execute(select(message).where(message.c.contact_id == guest.contact.id)).mappings().one())
        tx.execute(insert(message), [first | row(seq) for seq in range(2, count + 1)])
        tx.execute(ticket.update().where(ticket.c.contact_id == guest.contact.id).values(last_seq=count))

    await house.services.store.write(work)
    return guest


async def test_a_damaged_message_keeps_nobody_from_the_rest(house: House) -> None:
    guest = await wrote(house, 3)
    await house.services.store.write(
        lambda tx: tx.execute(message.update().where(message.c.seq == 2).values(body=b"x"))
    )
    made = opened(await whole(house.services, guest))
    said = sections(json.loads(made["export.json"]))["message"]["items"]
    assert [each["body"] for each in said] == [f"{CANARY} says 1", None, f"{CANARY} says 3"]
    assert [each.get("damaged") for each in said] == [None, True, None]
    assert b"This message is damaged" in made["index.html"]


async def test_every_table_about_a_contact_is_in_the_export_with_its_rows(house: House) -> None:
    wanted = endpoints.WantedWebhook("Ours", "https://1.1.1.1/hook", ["message.created"])
    await endpoints.make(house.services, house.actor, wanted)
    guest = await filled(house)
    await _is_customer(house.services, guest)
    same = await house.visit("Same")
    await merging.merge(house.services, house.actor, same.contact.uid, guest.contact.uid)
    await holds.place_hold(house.services, house.actor, guest.contact.uid, f"{CANARY} sues", 3)
    await accounts.change_account(house.services, house.actor, export_notes=True)
    made, _ = await agents.add_agent(house.services, house.actor, "asks@acme.example", "Asks", "agent")
    await asks.file(house.services, house.acting(made.id, "agent"), guest.contact.uid)
    found = sections(json.loads(opened(await whole(house.services, guest))["export.json"]))
    assert set(found) == {table.name for table in locations.of_contacts()}
    assert {name for name, each in found.items() if not each["items"]} == set()
    for name, each in found.items():
        assert each["why"], name
        assert each["retention"], name
        assert all(field["purpose"] and field["basis"] and field["category"] for field in each["fields"])
        said = {field["name"] for field in each["fields"]} | {one["field"] for one in each["withheld"]}
        assert {str(c.name) for c in metadata.tables[name].columns if c.info.get("personal")} <= said


def test_a_new_table_joins_by_what_it_says_of_itself() -> None:
    schema = copied()
    said = about("contact", "to call back", basis="consent", kept="contacts")
    key = plain("contact_id", to("contact.id"), primary_key=True)
    number = personal("number", LargeBinary, "phone", context="phone/{contact_id}")
    Table("phone", schema, key, number, personal("at", Integer, "time"), info=said)
    assert locations.problems(schema) == []
    assert "phone" in {each.name for each in holdings.holdings(schema)}
    assert left_out(schema, holdings.holdings(schema)) == set()
    assert left_out(schema, holdings.holdings()) == {"phone"}


def left_out(schema: Any, given: list[holdings.Holding]) -> set[str]:
    """The tables about a contact that no export gives."""
    return {table.name for table in locations.of_contacts(schema)} - {each.name for each in given}


def test_a_sealed_column_that_no_export_could_open_is_found() -> None:
    schema = copied()
    schema.tables["ticket"].append_column(personal("mood", LargeBinary, "message"))
    assert locations.problems(schema) == ["ticket.mood is sealed and does not say what it opens as"]


async def test_the_archive_holds_what_was_said_and_sent_and_nothing_of_anybody_else(house: House) -> None:
    guest, other = await filled(house), await filled(house, OTHER, "quokka@x.example")
    made = opened(await whole(house.services, guest))
    assert set(made) == {"export.json", "index.html", f"files/0001-{CANARY}.txt"}
    assert made[f"files/0001-{CANARY}.txt"] == CANARY.encode()
    everything = b"\n".join([*map(str.encode, made), *made.values()])
    for word in (*OTHER.split(), "quokka@", other.contact.uid, house.made.owner_email, house.actor.agent_id):
        assert word.encode() not in everything, word
    document = json.loads(made["export.json"])
    assert (document["format"], document["version"], document["contact_id"]) == ("lethe-export", 1, guest.contact.uid)
    assert f"{CANARY} asks about FREE WINNER prizes" in made["index.html"].decode()


async def test_a_score_comes_with_its_verdict_and_the_words_that_decided(house: House) -> None:
    guest = await filled(house)
    made = opened(await whole(house.services, guest))
    said = sections(json.loads(made["export.json"]))["message"]["items"][0]
    assert said["held"] is True
    assert 0 <= said["score"] <= 1
    assert said["verdict"] in {"ham", "unsure", "spam"}
    assert {"token", "weight"} == set(said["why"][0])
    assert said["why"][0]["token"] in made["index.html"].decode()


async def test_agents_are_named_and_notes_given_only_where_the_account_says_so(house: House) -> None:
    guest = await filled(house)
    made = opened(await whole(house.services, guest))
    note = sections(json.loads(made["export.json"]))["note"]
    assert (note["items"], note["left_out"]) == ([], 1)
    assert b"called twice" not in made["index.html"]
    assert b"1 note;" in made["index.html"]
    assert sections(json.loads(made["export.json"]))["label"]["items"][0]["agent"] == {"role": "agent", "name": None}
    await accounts.change_account(house.services, house.actor, export_notes=True, export_agent_names=True)
    made = opened(await whole(house.services, guest))
    note = sections(json.loads(made["export.json"]))["note"]
    assert note["items"][0]["body"] == f"{CANARY} called twice"
    assert note["items"][0]["agent"] == {"role": "agent", "name": "Acme"}
    assert b"called twice" in made["index.html"]


async def test_hostile_texts_stay_texts_and_names_of_files_stay_inside(house: House) -> None:
    guest = await house.visit("<img src=x></bdi></style>", "zyx@x.example")
    names = [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "<b>.txt",
        "\u202egpj.exe",
        "nul\x00.txt",
        "a" * 300,
        "a" * 300,
        "",
        ".",
    ]
    for name in names:
        file = await attachments.keep(house.services, guest.contact, "visitor", name, b"content")
        draft = guest.draft(HOSTILE)
        draft.attachments, draft.shown = (file.id,), (file,)
        await house.box.post(draft)
    data = await whole(house.services, guest)
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        inside = found.namelist()
    assert len(inside) == len(set(inside)) == len(names) + 2
    for each in inside:
        assert re.fullmatch(r"(files/)?[^/\\<>:\"|?*\x00-\x1f\u202e]{1,100}", each), each
        assert ".." not in each.split("/")
    page = opened(data)["index.html"].decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "\x00" not in page
    assert page.count("<style>") == page.count("</style>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<bdi") == page.count("</bdi>")


async def test_the_page_asks_for_nothing_from_anywhere(house: House) -> None:
    guest = await filled(house)
    await guest.say("See https://x.example/a.png")
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    for locale in ("en", "el"):
        contact = replace(guest.contact, locale=locale)
        page = opened(await gathered(await exports.archive(house.services, contact, "visitor")))["index.html"].decode()
        assert f'<html lang="{locale}">' in page
        assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in page
        assert re.findall(r'(?:src|href|action|data)="([^"]*)"', page) == 2 * ["files/0001-Zyxomma%20Petiolatum.txt"]
        assert not re.search(r"<(script|link|img|iframe|object)|@import|url\(", page)


async def test_what_was_taken_away_or_is_being_deleted_is_not_given(house: House) -> None:
    guest = await house.visit(CANARY, "zyx@x.example")
    said = await guest.say("Epiphyllum")

    def work(tx: Any) -> None:
        tx.execute(message.update().where(message.c.seq == said.seq).values(body=b"", redacted_at=1, score=None))

    await house.services.store.write(work)
    made = opened(await whole(house.services, guest))
    assert b"Epiphyllum" not in b"".join(made.values())
    assert sections(json.loads(made["export.json"]))["message"]["items"][0]["body"] is None
    await house.services.store.write(lambda tx: tx.execute(ticket.update().values(purged_at=1)))
    found = sections(json.loads(opened(await whole(house.services, guest))["export.json"]))
    assert found["ticket"]["items"] == found["message"]["items"] == []


async def test_a_file_that_is_lost_or_damaged_stops_nothing(house: House) -> None:
    guest = await filled(house)
    folder = house.services.settings.data / "attachments" / guest.contact.uid
    (path,) = folder.iterdir()
    path.write_bytes(b"not what was sealed")
    made = opened(await whole(house.services, guest))
    assert "path" not in sections(json.loads(made["export.json"]))["attachment"]["items"][0]
    assert b"Not there any more, or damaged" in made["index.html"]
    await house.services.store.write(lambda tx: tx.execute(attachment.update().values(name=b"damaged")))
    path.unlink()
    assert set(opened(await whole(house.services, guest))) == {"export.json", "index.html"}


async def test_the_sweep_makes_one_export_of_two_requests_which_is_fetched_until_it_expires(house: House) -> None:
    services, guest = house.services, await house.visit(CANARY, "zyx@x.example")
    await guest.say(f"{CANARY} was here")
    asked = [await exports.ask(services, guest.contact, "visitor", "visitor") for _ in range(2)]
    assert asked[0].id == asked[1].id
    assert (asked[0].state, asked[0].progress) == ("queued", 0)
    with pytest.raises(NotFound):
        await exports.fetch(services, guest.contact, asked[0].id)
    assert await building.sweep(services) == 1
    (done,) = await exports.mine(services, guest.contact)
    assert (done.state, done.progress) == ("done", 100)
    data = b"".join((await exports.fetch(services, guest.contact, done.id)).pieces)
    assert len(data) == done.size
    assert f"{CANARY} was here" in opened(data)["index.html"].decode()
    stored = b"".join(path.read_bytes() for path in (services.settings.data / "exports").rglob("*") if path.is_file())
    assert stored
    assert not stored.startswith(b"PK")
    assert b"export.json" not in stored
    later = replace(services, clock=lambda: services.clock() + 7 * 86_400_000 + 1)
    with pytest.raises(NotFound):
        await exports.fetch(later, guest.contact, done.id)
    assert await building.sweep(later) >= 1
    assert await exports.mine(services, guest.contact) == []
    assert not [path for path in (services.settings.data / "exports").rglob("*") if path.is_file()]


async def test_a_build_that_was_cut_off_is_done_again_and_leaves_nothing(house: House) -> None:
    services, guest = house.services, await wrote(house, 700)
    await exports.ask(services, guest.contact, "visitor", "visitor")
    (found,) = await services.store.read(lambda tx: rows.due(tx, services.clock()))
    values = {
        "blob": services.archives.new_name(),
        "file_key": b"of a killed one",
        "leased_until": services.clock() + 15_000,
    }
    assert await services.store.write(lambda tx: rows.lease(tx, found, values))
    half = services.settings.data / "exports" / guest.contact.uid / f"{values['blob']}.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half of it")
    assert await building.sweep(services) == 0
    later = replace(services, clock=lambda: services.clock() + 2 * 3_600_000)
    assert await building.sweep(later) == 2
    assert not half.exists()
    (done,) = await exports.mine(later, guest.contact)
    data = b"".join((await exports.fetch(later, guest.contact, done.id)).pieces)
    assert len(sections(json.loads(opened(data)["export.json"]))["message"]["items"]) == 700


async def test_an_export_made_earlier_is_erased_with_its_contact(house: House) -> None:
    services, guest, other = house.services, await filled(house), await filled(house, OTHER, "quokka@x.example")
    await building.sweep(services)
    (theirs,) = await exports.mine(services, other.contact)
    done = await erased(house, guest)
    went = {each.place: (each.found, each.removed, each.left) for each in done.places}
    assert went["export"] == went["exports"] == (1, 1, 0)
    assert not (services.settings.data / "exports" / guest.contact.uid).exists()
    assert (
        OTHER.encode()
        in opened(b"".join((await exports.fetch(services, other.contact, theirs.id)).pieces))["index.html"]
    )


async def test_who_has_withdrawn_is_read_no_more_and_learns_so(app: Served) -> None:
    await accounts.change_account(app.services, app.house.actor, grace_days=30)
    guest = await app.house.visit(CANARY, "zyx@x.example")
    await exports.ask(app.services, guest.contact, "visitor", "visitor")
    site, uid = f"/widget/{app.house.key}", guest.contact.uid
    assert (await app.client.request("DELETE", f"{site}/sessions", headers=guest.bearer)).status_code == 202
    for path in ("export", "export?format=zip", "exports"):
        problem_of(await app.client.get(f"{site}/{path}", headers=guest.bearer), 422, "consent_required")
    problem_of(await app.rest("GET", f"/contacts/{uid}/export"), 409, "being_erased")
    problem_of(await app.rest("POST", f"/contacts/{uid}/exports"), 409, "being_erased")
    assert (await app.rest("GET", "/exports")).json()["items"] == []
    with pytest.raises(BeingErased):
        await exports.of_email(app.services, "zyx@x.example")
    assert await building.sweep(app.services) == 0


async def test_a_new_notice_keeps_nobody_from_their_data(app: Served) -> None:
    guest = await app.house.visit(CANARY, "zyx@x.example")
    await guest.say(f"{CANARY} asks")
    await app.house.publish()
    answer = await app.client.get(f"/widget/{app.house.key}/export", headers=guest.bearer)
    assert answer.status_code == 200
    assert CANARY in answer.text
    assert answer.headers["content-disposition"].endswith('.json"')
    data = await app.client.get(f"/widget/{app.house.key}/export?format=zip", headers=guest.bearer)
    assert data.headers["content-type"] == "application/zip"
    assert CANARY.encode() in opened(data.content)["export.json"]
    problem_of(
        await app.client.get(f"/widget/{app.house.key}/export?format=pdf", headers=guest.bearer), 422, "invalid_field"
    )


async def test_a_held_contact_may_be_exported_by_owner_admin_and_themselves_alone(app: Served) -> None:
    guest = await app.house.visit(CANARY, "zyx@x.example")
    await holds.place_hold(app.services, app.house.actor, guest.contact.uid, "a claim", 3)
    added, _ = await agents.add_agent(app.services, app.house.actor, "plain@acme.example", "Plain", "agent")
    plain_one = app.house.acting(added.id, "agent")
    with pytest.raises(NotFound):
        await exports.of_agent(app.services, plain_one, guest.contact.uid)
    assert (await app.rest("GET", f"/contacts/{guest.contact.uid}/export")).status_code == 200
    own = await app.client.get(f"/widget/{app.house.key}/export", headers=guest.bearer)
    assert "a claim" not in own.text
    assert sections(own.json())["hold"]["items"][0]["agent"] == {"role": "agent", "name": None}


async def test_a_large_one_is_promised_and_fetched_when_it_is_ready(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    guest = await app.house.visit(CANARY, "zyx@x.example")
    await guest.say(f"{CANARY} asks")
    site = f"/widget/{app.house.key}"
    promised = await app.client.get(f"{site}/export?format=zip", headers=guest.bearer)
    assert promised.status_code == 202
    uid = promised.json()["id"]
    assert await building.sweep(app.services) == 1
    (shown,) = (await app.client.get(f"{site}/exports", headers=guest.bearer)).json()["items"]
    assert (shown["id"], shown["state"]) == (uid, "done")
    data = await app.client.get(f"{site}/exports/{uid}", headers=guest.bearer)
    assert len(data.content) == shown["size"] == int(data.headers["content-length"])
    assert CANARY.encode() in opened(data.content)["export.json"]
    other = await app.house.visit(OTHER, "quokka@x.example")
    problem_of(await app.client.get(f"{site}/exports/{uid}", headers=other.bearer), 404, "not_found")
    assert opened((await app.rest("GET", f"/exports/{uid}/file")).content).keys() == opened(data.content).keys()
    assert (await app.rest("DELETE", f"/exports/{uid}")).status_code == 204
    problem_of(await app.client.get(f"{site}/exports/{uid}", headers=guest.bearer), 404, "not_found")


async def test_handing_over_is_in_the_audit_log_and_the_log_in_the_export(house: House) -> None:
    guest = await filled(house)
    await whole(house.services, guest)
    document = json.loads(opened(await whole(house.services, guest))["export.json"])
    assert {"contact.exported"} <= {each["action"] for each in document["access"]}
    assert {"role": "visitor", "name": None} in [each["who"] for each in document["access"]]


async def test_what_fails_is_tried_again_and_then_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await house.visit(CANARY, "zyx@x.example")
    await exports.ask(house.services, guest.contact, "visitor", "visitor")

    async def full(*_: object) -> int:
        raise LetheError("the disk is full")

    monkeypatch.setattr(building, "_write", full)
    moments = iter(range(house.services.clock(), 1 << 60, 10 * 60_000))
    for expected in ("queued", "queued", "queued", "queued", "failed", "failed"):
        now = next(moments)
        await building.sweep(replace(house.services, clock=partial(int, now)))
        (shown,) = await exports.mine(house.services, guest.contact)
        assert shown.state == expected


async def test_a_link_from_elsewhere_hands_nothing_over_and_files_nothing(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("hello")
    await app.sign_in()
    before = await counted(app.services)
    marks: tuple[dict[str, str], ...] = (
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-origin"},
        {},
    )
    for more in marks:
        for form in ("json", "zip"):
            of = f"/api/v1/contacts/{guest.contact.uid}/export?format={form}"
            problem_of(await app.client.get(of, headers=more), 403, "forbidden")
    assert await counted(app.services) == before
    of = f"/api/v1/contacts/{guest.contact.uid}/export"
    assert (await app.client.get(of, headers=app.house.bearer)).status_code == 200  # a program's header no link carries
