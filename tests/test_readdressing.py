"""Addresses that an older Lethe stored are brought to one identity, killed anywhere or not, on both databases."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from chat.app import open_services
from chat.contacts.schema import contact
from chat.core.clock import now
from chat.core.crypt import blind
from chat.core.errors import Misconfigured, NotFound
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.export.actions import exports
from chat.infra.services import Services
from chat.infra.store import engine, folder, migrations
from chat.infra.store.migrations import readdressing
from chat.letters.schema import disclosure
from chat.lifecycle.actions import changes
from chat.team.actions import agents, sign_ins
from chat.team.schema import agent
from tests.inside import PASSWORD, Guest, House
from tests.test_restore_older import moved, older  # noqa: F401 - a fixture

pytestmark = pytest.mark.anyio

NET = Network("net")
PAIRS = (
    ("Mia@xn--bcher-kva.example", "mia@bücher.example"),
    ("info@faß.example", "info@xn--fa-hia.example"),
    ("νικος@x.example", "ΝΙΚΟΣ@X.example"),
    ("Zoe@Visitor.example", "zoe@visitor.example"),
)
"""What was stored, and another spelling of it."""


def then(text: str) -> str:
    """The identity that was compared then."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def aged(tx: Connection, services: Services, guests: list[tuple[Guest, str]]) -> None:
    """Put addresses back to how they were stored and found."""
    for guest, text in guests:
        known = guest.contact
        found_by = blind(services.index_key, known.account_id, then(text))
        sealed = services.seal(known.key_slot, known.uid, "email", text)
        mine = contact.c.id == known.id
        tx.execute(update(contact).where(mine).values(email=sealed, email_hash=found_by))
        theirs = disclosure.c.contact_id == known.id
        tx.execute(update(disclosure).where(theirs, disclosure.c.address.is_(None)).values(recipient=found_by))


async def sent(services: Services, guest: Guest, to: str | None) -> str:
    """A letter that went to the contact (None) or to somebody else, on record."""
    known, letter = guest.contact, f"letter-{to}"
    address = None if to is None else services.seal(known.key_slot, known.uid, f"sent/{letter}", to)
    found_by = blind(services.index_key, known.account_id, then(to or ""))
    row = {"id": letter, "contact_id": known.id, "kind": "mail", "recipient": found_by, "address": address}
    await services.store.write(lambda tx: tx.execute(disclosure.insert().values(**row, categories=[], at=now())))
    return letter


@pytest.fixture
async def past(house: House, older: Settings) -> tuple[Settings, list[Guest]]:  # noqa: F811 - the fixture
    """A place as an older Lethe left it: its settings, and whose contacts are there."""
    guests = [await house.visit("Ann", email) for email, _ in PAIRS]
    await sent(house.services, guests[0], None)
    await sent(house.services, guests[0], "boss@xn--bcher-kva.example")
    old = [(guest, email) for guest, (email, _) in zip(guests, PAIRS, strict=True)]
    await house.services.store.write(lambda tx: aged(tx, house.services, old))
    await moved(house, older)
    return older, guests


async def found(place: Settings) -> list[list[str]]:
    """The ids that each pair's other spelling finds."""
    made = []
    async with open_services(place) as services:
        for _, other in PAIRS:
            try:
                made.append([each.uid for each in await exports.of_email(services, other)])
            except NotFound:
                made.append([])
    return made


async def test_stored_addresses_are_found_by_every_spelling_and_shown_in_letters(
    past: tuple[Settings, list[Guest]],
) -> None:
    place, guests = past
    migrations.migrate(place)
    assert await found(place) == [[each.contact.uid] for each in guests]
    async with open_services(place) as services:
        known = (await exports.of_email(services, PAIRS[0][1]))[0]
        assert services.unseal(known.key_slot, known.uid, "email", known.email) == "Mia@bücher.example"
        with pytest.raises(NotFound):
            await exports.of_email(services, "info@fass.example")
        rows = await services.store.read(lambda tx: tx.execute(select(disclosure)).all())
        mine, boss = (
            services.email_hash(known.account_id, each) for each in ("mia@bücher.example", "boss@bücher.example")
        )
        assert {each.id: each.recipient for each in rows} == {
            "letter-None": mine,
            "letter-boss@xn--bcher-kva.example": boss,
        }


async def test_killed_on_the_way_it_has_not_begun_and_is_done_again(
    past: tuple[Settings, list[Guest]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, guests = past
    renewed = readdressing._renew_contact
    done: list[None] = []

    def killed(*arguments: Any) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(renewed(*arguments))

    before, at = stored(place), migrations.current(place.database_url)
    monkeypatch.setattr(readdressing, "_renew_contact", killed)
    with pytest.raises(KeyboardInterrupt):
        migrations.migrate(place)
    assert len(done) == 2
    assert (stored(place), migrations.current(place.database_url)) == (before, at)
    monkeypatch.undo()
    migrations.migrate(place)
    after = stored(place)
    migrations.migrate(place)
    assert stored(place) == after != before
    assert await found(place) == [[each.contact.uid] for each in guests]


async def test_without_the_renewal_they_are_not_found(
    past: tuple[Settings, list[Guest]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    place, guests = past
    monkeypatch.setattr(readdressing, "renew", lambda *_: None)
    migrations.migrate(place)
    assert [bool(each) for each in await found(place)] == [True, False, False, True]
    assert len(guests) == len(PAIRS)


async def test_a_key_that_is_gone_keeps_nobody_else_and_other_keys_stop_it(past: tuple[Settings, list[Guest]]) -> None:
    place, guests = past
    gone = guests[1].contact
    async with open_services(replace(place, database_url=guests[0].house.services.settings.database_url)) as services:
        services.keys.destroy(gone.key_slot, gone.uid)
    right = folder.server_secret(place)
    with pytest.raises(Misconfigured, match="other keys"):
        migrations.migrate(replace(place, secret_key="x" * 40))
    migrations.migrate(replace(place, secret_key=right.decode()))
    assert await found(place) == [[] if each is guests[1] else [each.contact.uid] for each in guests]


async def test_of_two_agents_who_turn_out_to_have_one_address_the_active_one_signs_in(
    house: House,
    older: Settings,  # noqa: F811 - the fixture
) -> None:
    services = house.services
    made = [await agents.add_agent(services, house.actor, f"mia{n}@x.example", "Mia", "agent") for n in range(3)]
    await changes.deactivate(services, house.actor, made[0][0].id)

    spelt = ("mia@bücher.example", "mia@xn--bcher-kva.example", "MIA@xn--bcher-kva.example")

    def work(tx: Connection) -> None:
        for (each, _), text in zip(made, spelt, strict=True):
            row = tx.execute(select(agent).where(agent.c.id == each.id)).one()
            sealed = services.seal(row.key_slot, row.id, "email", text)
            found_by = blind(services.index_key, "agents", then(text) + ("+" if text.startswith("MIA") else ""))
            tx.execute(update(agent).where(agent.c.id == each.id).values(email=sealed, email_hash=found_by))

    await services.store.write(work)
    await moved(house, older)
    migrations.migrate(older)
    async with open_services(older) as later:
        session = await sign_ins.sign_in(later, "mia@bücher.example", made[1][1], NET)
        assert session.secret
        rows = await later.store.read(lambda tx: tx.execute(select(agent.c.email_hash)).scalars().all())
        assert len(set(rows)) == len(rows) == 4
        assert (await sign_ins.sign_in(later, "owner@acme.example", PASSWORD, NET)).secret


def stored(place: Settings) -> list[Any]:
    """What the columns hold."""
    target = engine(place.database_url)
    with target.begin() as tx:
        found_by = [*tx.execute(select(contact.c.uid, contact.c.email, contact.c.email_hash).order_by(contact.c.id))]
        theirs = [*tx.execute(select(disclosure.c.id, disclosure.c.recipient).order_by(disclosure.c.id))]
    target.dispose()
    return [*found_by, *theirs]
