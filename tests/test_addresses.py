"""Claims about addresses: one mailbox is one, two are two, at every door; what a door takes, mail can reach."""

import unicodedata
from contextlib import suppress
from functools import partial
from typing import Any

import email_validator
import idna
import pytest

from chat.contacts.store import contacts
from chat.core import addresses
from chat.core.errors import InvalidField, LetheError, NotFound
from chat.core.networks import Network
from chat.erasure.actions import erasure
from chat.export.actions import exports
from chat.holds import actions as holds
from chat.infra.mail import Letter, Mailer
from chat.letters import actions as letters
from chat.rights import actions as links
from chat.team.actions import agents, credentials
from tests import spellings
from tests.chance import dice
from tests.inside import CHAT, House, Served, problem_of
from tests.post import Post, mailed

NET = Network("net")
NONE = (
    "",
    "bad",
    "@x.example",
    "a@",
    "a..b@x.example",
    ".a@x.example",
    "a.@x.example",
    "a@x..example",
    "a@-x.example",
    "a b@x.example",
    '"a b"@x.example',
    "a@b@x.example",
    "a@[127.0.0.1]",
    "Ann <a@x.example>",
    "a@x.example, b@x.example",
    "a@x.example\nBcc: b@x.example",
    "a\u200b@x.example",
    "\u202ea@x.example",
    "a@x\u2028.example",
    "a@i❤.example",
    "a@xn--a.example",
    "\u0301a@x.example",
    "a" * 65 + "@x.example",
    "a@" + "x" * 64 + ".example",
    "a@" + "x." * 130 + "example",
    "a\x00@x.example",
)
CUT = 40
ONE_EVERYWHERE = tuple(pair for pair in spellings.ONE if all(".example" in each for each in pair))


def loose(text: str) -> str:
    """An identity as many programs make it: NFKC and case folding of the whole."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def of_2003(text: str) -> str:
    """An identity with the IDNA of 2003, which takes ß for ss."""
    local, _, domain = text.strip().rpartition("@")
    return f"{unicodedata.normalize('NFC', local).lower()}@{domain.encode('idna').decode()}".lower()


def deaf(text: str) -> str:
    """An identity that knows no other spelling."""
    return text


def test_one_mailbox_has_one_identity_and_two_have_two() -> None:
    spellings.holds(addresses.identity)


@pytest.mark.parametrize("broken", [loose, of_2003, deaf])
def test_a_looser_or_stricter_identity_is_found_out(broken: spellings.Identity) -> None:
    with pytest.raises(AssertionError):
        spellings.holds(broken)


@pytest.mark.parametrize("text", NONE, ids=lambda text: ascii(text)[:CUT])
def test_what_is_no_address_is_refused_and_is_the_identity_of_none(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        addresses.address(text, "whom")
    assert refused.value.extra["field"] == "whom"
    assert not text or text not in str(refused.value)
    assert addresses.identity(text).startswith(" ")
    assert addresses.identity(addresses.identity(text)) == addresses.identity(text)


def test_an_address_is_shown_in_letters_and_sent_as_a_labels() -> None:
    for spelt in ("Mia@xn--bcher-kva.example", "Mia@BÜCHER.example "):
        assert addresses.address(spelt) == "Mia@bücher.example"
        assert addresses.on_wire(spelt) == ("Mia", "xn--bcher-kva.example")
    for intranet in ("root@localhost", "a@mail", "a@shop.local", "a@shop.test"):
        assert addresses.address(intranet) == intranet


def test_no_name_is_looked_up_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the control: without the word in `addresses` the library would ask."""
    asked: list[str] = []

    def looked(domain: str, *_: Any) -> dict[str, Any]:
        asked.append(domain)
        return {}

    monkeypatch.setattr("email_validator.deliverability.validate_email_deliverability", looked)
    addresses.address("a@x.example")
    assert asked == []
    email_validator.validate_email("a@x.example")
    assert asked == ["x.example"]


async def reached(house: House, post: Post, email: str, network: Network) -> tuple[set[str], int]:
    """Whom the doors that look for an address find under it, and how many letters go out for it."""
    services, before = mailed(house.services, post.port), len(post.took)
    found: set[str] = set()
    with suppress(NotFound):
        found |= {each.uid for each in await exports.of_email(services, email)}
    with suppress(InvalidField):
        found |= set(await holds.find_contacts(services, house.actor, email))
    await links.ask(services, house.key, email, links.Written("yours", "{link}"), network)
    await letters.sweep(services)
    return found, len(post.took) - before


def apart(pairs: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The pairs in both orders, each on domains of its own, so that none meets another."""
    both = [*pairs, *(pair[::-1] for pair in pairs)]
    return [
        (one.replace(".example", f".n{at}.example"), other.replace(".example", f".n{at}.example"))
        for at, (one, other) in enumerate(both)
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_lookalike_reaches_nothing_at_any_door(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "EVEN", 0.0)
    for number, (his, other) in enumerate(apart(spellings.APART)):
        guest = await house.visit("Ann", his)
        assert await reached(house, post, other, Network(f"a{number}")) == (set(), 0), (his, other)
        with pytest.raises(NotFound):
            await erasure.by_email(house.services, None, other)
        # The control: the address itself does reach.
        assert await reached(house, post, his, Network(f"b{number}")) == ({guest.contact.uid}, 1), his
        assert len(await erasure.by_email(house.services, house.actor, his)) == 1


@pytest.mark.anyio
async def test_another_spelling_reaches_the_same_contact_at_every_door(
    app: Served, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "EVEN", 0.0)
    house = app.house
    for number, (given, asked) in enumerate(apart(ONE_EVERYWHERE)):
        body = {"notice_version": 1, "consent": {"chat": True}, "fields": {"email": given}}
        begun = await app.call("POST", f"/widget/{house.key}/sessions", body)
        assert begun.status_code == 201, begun.text
        uid = begun.json()["contact_id"]
        listed = (await app.client.get("/api/v1/contacts", params={"email": asked}, headers=house.bearer)).json()
        assert [(each["id"], each["email"]) for each in listed["items"]] == [(uid, addresses.address(given))]
        assert "xn--" not in listed["items"][0]["email"]
        assert await reached(house, post, asked, Network(f"net{number}")) == ({uid}, 1), (given, asked)
        filed = await app.rest("POST", "/erasures", {"email": asked})
        assert filed.status_code == 202, filed.text


@pytest.mark.anyio
async def test_an_agent_signs_in_with_either_spelling_and_is_an_agent_once(app: Served) -> None:
    made, password = await agents.add_agent(app.services, app.house.actor, "mia@xn--bcher-kva.example", "Mia", "agent")
    assert made.email == "mia@bücher.example"
    assert (await app.sign_in("Mia@BÜCHER.example", password)).status_code == 303
    with pytest.raises(InvalidField, match="already"):
        await agents.add_agent(app.services, app.house.actor, "MIA@bücher.example", "Mia", "agent")
    renewed = await credentials.renew(app.services, "mia@bücher.example", None, with_tokens=False)
    assert (await app.sign_in("mia@xn--bcher-kva.example", renewed.password)).status_code == 303


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_every_door_says_of_what_is_no_address_that_it_is_none(app: Served) -> None:
    services, house = app.services, app.house
    for text in ("bad@", "a..b@x.example"):
        context = (
            partial(erasure.by_email, services, None, text),
            partial(exports.of_email, services, text),
            partial(holds.find_contacts, services, house.actor, text),
            partial(links.ask, services, house.key, text, links.Written("", ""), NET),
            partial(agents.add_agent, services, house.actor, text, "Ann", "agent"),
            partial(credentials.renew, services, text, None, with_tokens=False),
        )
        for door in context:
            with pytest.raises(LetheError, match="not an e-mail address"):
                await door()
        asked = await app.client.get("/api/v1/contacts", params={"email": text}, headers=house.bearer)
        assert problem_of(asked, 422, "invalid_field")["field"] == "email"
        problem_of(await app.rest("POST", "/erasures", {"email": text}), 422, "invalid_field")
        body = {"notice_version": 1, "consent": {"chat": True}, "fields": {"email": text}}
        assert problem_of(await app.call("POST", f"/widget/{house.key}/sessions", body), 422, "invalid_field")
        answer = await app.call("POST", f"/privacy/{house.key}/links", {"email": text}, origin=CHAT)
        problem_of(answer, 422, "invalid_field")


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_an_address_that_an_older_lethe_took_is_still_found(house: House) -> None:
    """It is none by now; the row is as an older version made it and the migration left it."""
    guest, old = await house.visit("Ann", "a@x.example"), "A..b@x.example"
    values = {"email_hash": house.services.email_hash(house.made.account_id, old)}
    await house.services.store.write(lambda tx: contacts.change(tx, guest.contact.id, **values))
    assert [each.uid for each in await exports.of_email(house.services, "a..B@x.example")] == [guest.contact.uid]
    assert len(await erasure.by_email(house.services, None, old)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_mailed_link_covers_only_whose_own_address_it_goes_to(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can write the column has not got the contact. With the control: told to believe it, it covers both."""
    services = mailed(house.services, post.port)
    victim, thief = await house.visit("Vic", "vic@x.example"), await house.visit("Tom", "tom@x.example")
    copied = services.email_hash(house.made.account_id, "tom@x.example")
    # By the store, which binds the row anew: past its MAC, the address that is sealed must hold by itself.
    await services.store.write(lambda tx: contacts.change(tx, victim.contact.id, email_hash=copied))

    async def covered() -> list[str]:
        await links.ask(services, house.key, "tom@x.example", links.Written("yours", "{link}"), NET)
        await letters.sweep(services)
        secret = post.mails[-1].get_content().strip().partition("#")[2]
        shown = await links.open_link(services, house.key, secret, NET)
        return [each.uid for each in await links.list_covered(services, house.key, shown.secret)]

    assert await covered() == [thief.contact.uid]
    monkeypatch.setattr(letters, "given_address", lambda *_: "tom@x.example")
    assert await covered() == [victim.contact.uid, thief.contact.uid]


def test_what_a_door_takes_mail_can_reach(post: Post) -> None:
    """For random mailboxes: the envelope and the head are such that a server takes them, and hold the same mailbox."""
    by = dice("mailboxes")
    mailer = Mailer(f"smtp://127.0.0.1:{post.port}/?from=chat@bücher.example")
    for number in range(60):
        local, domain = spellings.mailbox(by)
        mailer.send(Letter(str(number), addresses.address(f"{local}@{domain}"), "s", "t"))
        wire = idna.encode(domain).decode()
        assert post.took[-1].rcpt_tos == [f"{unicodedata.normalize('NFC', local)}@{wire}"]
        assert post.took[-1].mail_from == "chat@xn--bcher-kva.example"
        options = [each.upper() for each in post.took[-1].mail_options]
        assert ("SMTPUTF8" in options) == (not local.isascii())
        assert addresses.identity(str(post.mails[-1]["to"])) == addresses.identity(f"{local}@{domain}")
