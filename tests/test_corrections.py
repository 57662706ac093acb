"""Correcting what a contact gave (Art. 16 GDPR): what is on record, and whom an address that was entered reaches."""

import asyncio
from pathlib import Path

import pytest

from chat.account.actions import accounts
from chat.core.errors import ChangedMeanwhile, InvalidField, Unauthorized
from chat.core.model import CustomField
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.core.versions import Precondition, precondition, tag_of
from chat.erasure.actions import erasure
from chat.export.actions import exports
from chat.infra.audit import audit
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.letters import actions as letters
from chat.profiles.actions import correcting, profiles
from chat.profiles.actions.correcting import ContactChange
from chat.rights import actions as links
from tests.backups import backed_up, restored
from tests.inside import Guest, House, Served, contact_of, found, inner_socket, problem_of
from tests.post import Post, mailed

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
WRONG, RIGHT, STRANGER = "ad@visitor.example", "ada@visitor.example", "stranger@elsewhere.example"
OWN = CustomField(labels={"en": "Order", "el": "Αριθμός"})
NET = Network("net")
FIELDS = dict.fromkeys(("name", "email", "phone"), "optional")


async def asking(house: House) -> Guest:
    """Somebody who answered all that a site asks, and wrote."""
    house.site = await accounts.change_site(
        house.services, house.actor, house.site.id, fields=FIELDS, custom_fields=[OWN]
    )
    guest = await house.visit("Adda", WRONG, c1="17", phone="+30 210 5550147")
    await guest.say("My own words")
    return guest


async def entered(house: House, guest: Guest, email: str) -> None:
    await correcting.correct(house.services, house.actor, guest.contact.uid, ContactChange(email=email))


async def test_a_correction_is_shown_at_once_and_entered_by_field_and_never_by_value(app: Served) -> None:
    guest = await asking(app.house)
    uid = guest.contact.uid
    before = await app.rest("GET", f"/contacts/{uid}")
    wanted = {"name": "Ada", "email": RIGHT, "phone": None, "fields": {"c1": "71"}}
    async with inner_socket(app, "/ws/agent", app.house.bearer) as socket:
        await socket("", "welcome")
        answer = await app.rest("PATCH", f"/contacts/{uid}", wanted)
        assert (await socket("", "contact"))["contact"] == uid
        assert (await socket("", "ticket"))["contact"] == {"id": uid, "name": "Ada"}
    assert answer.status_code == 200
    said = {name: answer.json()[name] for name in ("name", "email", "phone")}
    assert said == {"name": "Ada", "email": RIGHT, "phone": None}
    assert answer.json()["fields"] == [{"id": "c1", "label": "Order", "value": "71"}]
    assert answer.headers["etag"] != before.headers["etag"]
    entries = await app.services.store.read(lambda tx: audit.of_contact(tx, app.house.made.account_id, uid))
    assert [each.target for each in entries if each.action == "contact.changed"] == ["name,email,phone,fields"]
    assert [each.uid for each in await exports.of_email(app.services, RIGHT)] == [uid]
    assert len((await app.rest("GET", f"/contacts?email={RIGHT}")).json()["items"]) == 1
    assert (await app.rest("GET", f"/contacts?email={WRONG}")).json()["items"] == []
    again = await app.rest("PATCH", f"/contacts/{uid}", wanted)
    assert again.headers["etag"] == answer.headers["etag"]
    after = await app.services.store.read(lambda tx: audit.of_contact(tx, app.house.made.account_id, uid))
    assert [each.action for each in after].count("contact.changed") == 1, "what changes nothing is not entered"
    problem_of(
        await app.client.patch(
            f"/api/v1/contacts/{uid}",
            json={"name": "Bea"},
            headers=app.house.bearer | {"if-match": before.headers["etag"]},
        ),
        412,
        "changed_meanwhile",
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_is_wrong_is_named_and_changes_nothing(app: Served) -> None:
    guest = await asking(app.house)
    uid, there = guest.contact.uid, await app.rest("GET", f"/contacts/{guest.contact.uid}")
    for body, field in (
        ({}, "name"),
        ({"email": "ada at home"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Ada", "fields": {"c9": "x"}}, "c9"),
        ({"fields": {"c1": "x" * 201}}, "c1"),
    ):
        assert problem_of(await app.rest("PATCH", f"/contacts/{uid}", body), 422, "invalid_field")["field"] == field
    problem_of(await app.rest("PATCH", f"/contacts/{uid}", {"locale": "el"}), 422, "unknown_parameter")
    assert (await app.rest("GET", f"/contacts/{uid}")).headers["etag"] == there.headers["etag"]
    other = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("PATCH", f"/contacts/{uid}", {"name": "X"}, other), 404, "not_found")
    await app.rest("PUT", f"/contacts/{uid}/hold", {"reason": "a claim", "days": 9})
    problem_of(await app.rest("PATCH", f"/contacts/{uid}", {"name": "X"}), 404, "not_found")
    await app.rest("DELETE", f"/contacts/{uid}/hold")
    await erasure.by_agent(app.services, app.house.actor, uid)
    problem_of(await app.rest("PATCH", f"/contacts/{uid}", {"name": "X"}), 404, "not_found")


async def of_two_at_once(house: House) -> list[bool]:
    """Which of two corrections from the same state is made."""
    guest = await asking(house)
    tag = tag_of(profiles.shown(house.services, guest.contact))

    async def one(name: str) -> bool:
        try:
            wanted = ContactChange(name=name)
            await correcting.correct(house.services, house.actor, guest.contact.uid, wanted, precondition(tag))
        except ChangedMeanwhile:
            return False
        return True

    return sorted(await asyncio.gather(one("Ada"), one("Bea")))


async def test_of_two_who_correct_at_once_from_the_same_state_one_is_refused(house: House) -> None:
    assert await of_two_at_once(house) == [False, True]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_precondition_the_second_overwrites_the_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(Precondition, "require", lambda *_: None)
    assert await of_two_at_once(house) == [True, True]


async def letters_to(services: Services, post: Post, key: str, email: str) -> int:
    """How many links the privacy page mails for an address."""
    before = len(post.took)
    await links.ask(services, key, email, links.Written("a", "{link}"), NET)
    await letters.sweep(services)
    return len(post.took) - before


@pytest.fixture
async def mailing(house: House, post: Post, monkeypatch: pytest.MonkeyPatch) -> tuple[House, Services]:
    """An account on a server that mails links, and does not wait to look even."""
    monkeypatch.setattr(links, "EVEN", 0.0)
    return house, mailed(house.services, post.port)


async def reaches(mailing: tuple[House, Services], post: Post, guest: Guest) -> bool:
    """Whether a link to the address that an agent entered reaches the contact."""
    house, services = mailing
    await entered(house, guest, STRANGER)
    if not await letters_to(services, post, house.key, STRANGER):
        return False
    secret = post.mails[-1].get_content().strip().partition("#")[2]
    shown = await links.open_link(services, house.key, secret, NET)
    return guest.contact.uid in shown.held.contact_ids


async def test_no_mailed_link_reaches_a_chat_by_an_address_that_an_agent_entered(
    mailing: tuple[House, Services], post: Post
) -> None:
    house, services = mailing
    guest = await asking(house)
    assert not await reaches(mailing, post, guest)
    mine = await house.visit("Stranger", STRANGER)
    assert await letters_to(services, post, house.key, STRANGER) == 1, "who gave it gets theirs"
    secret = post.mails[-1].get_content().strip().partition("#")[2]
    assert (await links.open_link(services, house.key, secret, NET)).held.contact_ids == [mine.contact.uid]
    with pytest.raises(InvalidField):
        await links.ask_for_transcript(services, await contact_of(services, guest.contact.uid), NET)
    assert await letters_to(services, post, house.key, WRONG) == 0, "the old one reaches nobody either"


async def test_the_control_found_as_if_it_were_given_it_reaches_the_chat(
    mailing: tuple[House, Services], post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await asking(mailing[0])
    monkeypatch.setattr(Services, "corrected_hash", Services.email_hash)
    assert await reaches(mailing, post, guest)


async def test_a_link_and_a_letter_on_their_way_to_the_old_address_end(
    mailing: tuple[House, Services], post: Post
) -> None:
    house, services = mailing
    guest = await asking(house)
    assert await letters_to(services, post, house.key, WRONG) == 1
    secret = post.mails[-1].get_content().strip().partition("#")[2]
    await letters.queue_transcript(services, guest.contact, WRONG)
    await entered(house, guest, WRONG.capitalize())
    known = await contact_of(services, guest.contact.uid)
    assert known.email_hash == guest.contact.email_hash, "another spelling is the same mailbox"
    await entered(house, guest, RIGHT)
    await letters.sweep(services)
    assert len(post.took) == 1
    with pytest.raises(Unauthorized):
        await links.open_link(services, house.key, secret, NET)


@pytest.mark.parametrize("corrected", ["since", "before"])
async def test_a_restore_brings_no_value_back_that_was_corrected_since(
    house: House, vault: Path, elsewhere: Settings, corrected: str
) -> None:
    guest, since = await asking(house), corrected == "since"
    path = await backed_up(house, vault) if since else None
    wanted = ContactChange(name="Ada", email=RIGHT)
    await correcting.correct(house.services, house.actor, guest.contact.uid, wanted)
    async with restored(elsewhere, path or await backed_up(house, vault)) as (services, report):
        assert report.replayed["correct"] == 1
        shown = profiles.shown(services, await contact_of(services, guest.contact.uid))
        assert (shown.name, shown.email) == ((None, None) if since else ("Ada", RIGHT))
        assert shown.phone == "+30 210 5550147"
        log = await services.store.read(lambda tx: audit.of_contact(tx, house.made.account_id, guest.contact.uid))
        assert [each.target for each in log if each.action == "contact.emptied"] == (["name,email"] if since else [])


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_ledger_a_restore_brings_the_old_value_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    guest = await asking(house)
    path = await backed_up(house, vault)
    monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await entered(house, guest, RIGHT)
    async with restored(elsewhere, path) as (services, _):
        assert profiles.shown(services, await contact_of(services, guest.contact.uid)).email == WRONG
