"""
Who can write the database, and has neither the server's secret nor its keys, can spoil and delete, and opens no door.

The intruder of these tests is also an honest visitor, an agent without rights, and the owner of another account here.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Table, delete, insert, select, update

from chat.account.schema import site
from chat.answer_mail.schema import answer_link
from chat.attachments.actions import attachments
from chat.attachments.schema import attachment
from chat.contacts.schema import contact
from chat.core.clock import DAY, now
from chat.core.crypt import digest
from chat.core.macs import Macs
from chat.core.model import Agent
from chat.export.actions import exports
from chat.export.schema import export
from chat.infra.store import engine
from chat.infra.store.columns import metadata
from chat.invitations.actions import inviting
from chat.invitations.schema import invitation
from chat.letters import actions as letters
from chat.lifecycle.actions import changes
from chat.networks import actions as allowed
from chat.networks.schema import allowed_networks
from chat.password_resets.schema import password_reset
from chat.rights.schema import link
from chat.team import store
from chat.team.actions import agents, passwords
from chat.team.schema import agent, session
from chat.tickets.actions import activity, tickets
from chat.tickets.schema import message, ticket
from chat.tokens import store as tokens_store
from chat.tokens.schema import token
from chat.web.authentication import COOKIE
from tests.inside import CHAT, PASSWORD, Guest, House, Served, colleague, found, new_id
from tests.post import Post, mailed

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
CANARY, NAME, FILE, RATING, AGENT = "canary zyxomma", "Zoe Canary", "canary.txt", "canary in stars", "Anna Canary"
SECRET = "x" * 43
OWN = "four quiet herons walk"
OURS = {"origin": CHAT}


@dataclass
class Intruder:
    """Writes rows past the server, and asks the server as themselves."""

    app: Served
    other: House
    victim: Guest
    me: Guest
    low: Agent
    low_password: str
    file: str
    post: Post

    def sql(self, statement: Any) -> Any:
        """Run one statement on the database itself, over a connection that knows no secret."""
        target = engine(self.app.services.settings.database_url)
        try:
            with target.begin() as connection:
                ran = connection.execute(statement)
                return ran.all() if ran.returns_rows else ran.rowcount
        finally:
            target.dispose()

    def set(self, of: Table, where: Any, **values: Any) -> None:
        """Change rows; there must be some."""
        assert self.sql(update(of).where(where).values(**values))

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for something."""
        return await self.app.call("GET", path, **headers)

    async def reads(self, **headers: str) -> list[httpx2.Response]:
        """What an agent would read of the victim's account with these headers."""
        paths = (
            "tickets",
            "tickets/1",
            "tickets/1/messages",
            "contacts",
            "spam/quarantine",
            f"attachments/{self.file}",
        )
        return [await self.get(f"/api/v1/{path}", **headers) for path in (*paths, "holds", "sites", "agents")]

    async def visitor_reads(self, guest: Guest) -> list[httpx2.Response]:
        """What a visitor reads of their own."""
        of = f"/widget/{self.app.house.key}"
        paths = ("transcript", "export", "receipt", f"attachments/{self.file}")
        return [await self.get(f"{of}/{path}", **guest.bearer) for path in paths]

    async def cookie(self, email: str, password: str) -> str:
        """Sign in, and keep the session's cookie."""
        answer = await self.app.sign_in(email, password)
        self.app.client.cookies.clear()
        return f"{COOKIE}={answer.cookies[COOKIE]}" if COOKIE in answer.cookies else ""


@pytest.fixture
async def intruder(app: Served, post: Post) -> Intruder:
    """A chat with everything in it; the intruder's own chat with the same shop, and their own shop."""
    house = app.house
    victim = await house.visit(NAME, "zoe@canary.example")
    said = await victim.say(CANARY)
    assert said.ticket_id is not None
    open_ticket = await tickets.last_of(app.services, victim.contact.id)
    assert open_ticket is not None
    await activity.rate(app.services, victim.contact, open_ticket, 5, RATING)
    file = await attachments.keep(app.services, victim.contact, "visitor", FILE, CANARY.encode())
    draft = victim.draft("with a file", ticket=said.ticket_id)
    draft.attachments = (file.id,)
    await house.box.post(draft)
    me = await house.visit("Mallory", "mallory@evil.example")
    await me.say("mine")
    other = await found(app.services, "Other", "owner@other.example", app.context.postbox)
    await other.publish()
    low, password = await colleague(app.services, house.actor, "low@acme.example", AGENT, "agent")
    return Intruder(app, other, victim, me, low, password, file.id, post)


Door = Callable[[Intruder], Awaitable[list[httpx2.Response]]]
ENTRIES: dict[str, Door] = {}
"""Each is a way in by rows alone; it returns all that it was answered."""
BY_MAC: set[str] = set()


def door(name: str, *, mac: bool = True) -> Callable[[Door], Door]:
    """Enter a door; `mac` where the MAC of a row alone holds it."""

    def entered(made: Door) -> Door:
        ENTRIES[name] = made
        if mac:
            BY_MAC.add(name)
        return made

    return entered


@door("a token of one's own making")
async def _(it: Intruder) -> list[httpx2.Response]:
    owner = it.app.house.actor
    row = {"id": str(uuid.uuid4()), "agent_id": owner.agent_id, "secret_hash": digest(SECRET), "name": "x"}
    it.sql(insert(token).values(**row, account_id=owner.account_id, created_at=1))
    return await it.reads(authorization=f"Bearer {SECRET}")


@door("one's own token given to their owner")
async def _(it: Intruder) -> list[httpx2.Response]:
    owner = it.app.house.actor
    mine = token.c.agent_id == it.other.actor.agent_id
    it.set(token, mine, agent_id=owner.agent_id, account_id=owner.account_id)
    return await it.reads(**it.other.bearer)


@door("a revoked token made good")
async def _(it: Intruder) -> list[httpx2.Response]:
    made = await it.app.services.store.write(lambda tx: agents.give_token(tx, it.low.id, SECRET, "x", 1))
    await changes.deactivate(it.app.services, it.app.house.actor, it.low.id)
    it.set(token, token.c.id == made, revoked_at=None)
    it.set(agent, agent.c.id == it.low.id, deactivated_at=None)
    return await it.reads(authorization=f"Bearer {SECRET}")


async def narrow(it: Intruder, **said: Any) -> None:
    """Give the agent without rights a token that opens nothing of the visitors', unless said otherwise."""
    row: dict[str, Any] = {"id": new_id(), "agent_id": it.low.id, "account_id": it.low.account_id}
    row |= {"secret_hash": digest(SECRET), "name": "x", "created_at": 1, "scopes": "account:read"} | said
    await it.app.services.store.write(lambda tx: tokens_store.add(tx, row))


@door("a token's scopes widened")
async def _(it: Intruder) -> list[httpx2.Response]:
    await narrow(it)
    it.set(token, token.c.secret_hash == digest(SECRET), scopes="all")
    return await it.reads(authorization=f"Bearer {SECRET}")


@door("a token that has expired prolonged")
async def _(it: Intruder) -> list[httpx2.Response]:
    await narrow(it, scopes="all", expires_at=1)
    it.set(token, token.c.secret_hash == digest(SECRET), expires_at=None)
    return await it.reads(authorization=f"Bearer {SECRET}")


@door("a token's networks taken away")
async def _(it: Intruder) -> list[httpx2.Response]:
    await narrow(it, scopes="all", networks="203.0.113.0/24")
    it.set(token, token.c.secret_hash == digest(SECRET), networks="")
    return await it.reads(authorization=f"Bearer {SECRET}")


@door("the list of allowed networks emptied")
async def _(it: Intruder) -> list[httpx2.Response]:
    await narrow(it, scopes="all")
    await allowed.change(it.app.services, it.app.house.actor, ["203.0.113.0/24"], ip_address("203.0.113.9"))
    it.set(allowed_networks, allowed_networks.c.networks != "", networks="")
    return await it.reads(authorization=f"Bearer {SECRET}")


@door("one's own session given to their owner")
async def _(it: Intruder) -> list[httpx2.Response]:
    kept = await it.cookie("owner@other.example", PASSWORD)
    it.set(session, session.c.agent_id == it.other.actor.agent_id, agent_id=it.app.house.actor.agent_id)
    return await it.reads(cookie=kept)


@door("a link to another's password of one's own making")
async def _(it: Intruder) -> list[httpx2.Response]:
    owner = it.app.house.actor.agent_id
    ((hashed,),) = it.sql(select(agent.c.password_hash).where(agent.c.id == owner))
    row = {"id": new_id(), "agent_id": owner, "secret_hash": digest(SECRET), "expires_at": now() + DAY}
    it.sql(insert(password_reset).values(**row, password_mark=digest(hashed)))
    form = {"link": SECRET, "password": OWN, "again": OWN}
    answer = await it.app.client.post("/password/reset", data=form, headers=OURS)
    return [answer, *await it.reads(cookie=await it.cookie(it.app.house.made.owner_email, OWN))]


@door("an invitation to one's own account moved to theirs")
async def _(it: Intruder) -> list[httpx2.Response]:
    mine, theirs = inviting.inviter(it.other.actor), it.app.house.actor
    made = await inviting.invite(it.app.services, mine, "mallory@evil.example", "owner")
    of = invitation.c.id == made.view.id
    it.set(invitation, of, account_id=theirs.account_id, invited_by=theirs.agent_id)
    form = {"link": (made.path or "").partition("#")[2], "name": "Mallory", "password": OWN, "again": OWN}
    answer = await it.app.client.post("/invitation", data=form, headers=OURS)
    it.app.client.cookies.clear()
    return [answer, *await it.reads(cookie=await it.cookie("mallory@evil.example", OWN))]


@door("a session that has ended prolonged")
async def _(it: Intruder) -> list[httpx2.Response]:
    row = {"id": new_id(), "agent_id": it.app.house.actor.agent_id, "secret_hash": digest(SECRET), "created_at": 1}
    await it.app.services.store.write(
        lambda tx: store.add_session(tx, row | {"expires_at": now() - 1, "seen_at": now()})
    )
    it.set(session, session.c.id == row["id"], expires_at=now() + 90 * DAY, created_at=now())
    return await it.reads(cookie=f"{COOKIE}={it.app.services.tokens.cookie(SECRET)}")


@door("a password hash of one's own making", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    mine = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("mine, not theirs")
    it.set(agent, agent.c.id == it.app.house.actor.agent_id, password_hash=mine)
    return await it.reads(cookie=await it.cookie(it.app.house.made.owner_email, "mine, not theirs"))


@door("one's own password hash copied", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    mine = it.sql(select(agent.c.password_hash).where(agent.c.id == it.low.id))[0][0]
    it.set(agent, agent.c.id == it.app.house.actor.agent_id, password_hash=mine)
    return await it.reads(cookie=await it.cookie(it.app.house.made.owner_email, it.low_password))


@door("one's own address on another's row", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    mine = it.sql(select(agent.c.email_hash).where(agent.c.id == it.other.actor.agent_id))[0][0]
    it.set(agent, agent.c.id == it.other.actor.agent_id, email_hash="0" * 64)
    it.set(agent, agent.c.id == it.app.house.actor.agent_id, email_hash=mine)
    return await it.reads(cookie=await it.cookie("owner@other.example", "another password of mine"))


@door("an agent who was shut out let in")
async def _(it: Intruder) -> list[httpx2.Response]:
    await changes.deactivate(it.app.services, it.app.house.actor, it.low.id)
    it.set(agent, agent.c.id == it.low.id, deactivated_at=None)
    return await it.reads(cookie=await it.cookie(it.low.email, it.low_password))


@door("one's own agent in another account")
async def _(it: Intruder) -> list[httpx2.Response]:
    there = it.app.house.made.account_id
    it.set(agent, agent.c.id == it.other.actor.agent_id, account_id=there)
    it.set(token, token.c.agent_id == it.other.actor.agent_id, account_id=there)
    return await it.reads(**it.other.bearer)


@door("another's agents in one's own account")
async def _(it: Intruder) -> list[httpx2.Response]:
    it.set(agent, agent.c.id == it.low.id, account_id=it.other.made.account_id)
    return await it.reads(**it.other.bearer)


@door("another's agent as one's own ticket's")
async def _(it: Intruder) -> list[httpx2.Response]:
    await (await it.other.visit("Mine")).say("mine")
    mine = ticket.c.account_id == it.other.made.account_id
    it.set(ticket, mine, assignee=it.low.id)
    it.set(agent, agent.c.id == it.low.id, account_id=it.other.made.account_id)
    return await it.reads(**it.other.bearer)


@door("a ticket in one's own account", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    theirs = ticket.c.contact_id == it.victim.contact.id
    it.set(ticket, theirs, account_id=it.other.made.account_id)
    return await it.reads(**it.other.bearer)


@door("a ticket and its contact in one's own account")
async def _(it: Intruder) -> list[httpx2.Response]:
    it.set(ticket, ticket.c.contact_id == it.victim.contact.id, account_id=it.other.made.account_id)
    it.set(contact, contact.c.id == it.victim.contact.id, account_id=it.other.made.account_id)
    return await it.reads(**it.other.bearer)


@door("a ticket as one's own", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    it.sql(delete(ticket).where(ticket.c.contact_id == it.me.contact.id))
    it.set(ticket, ticket.c.contact_id == it.victim.contact.id, contact_id=it.me.contact.id)
    it.set(message, message.c.contact_id == it.victim.contact.id, contact_id=it.me.contact.id)
    it.set(attachment, attachment.c.contact_id == it.victim.contact.id, contact_id=it.me.contact.id)
    return await it.visitor_reads(it.me)


@door("messages in one's own ticket", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    mine = it.sql(select(ticket.c.id).where(ticket.c.contact_id == it.me.contact.id))[0][0]
    there = it.sql(select(message).where(message.c.contact_id == it.victim.contact.id))
    for row in there:
        moved = {"ticket_id": mine, "contact_id": it.me.contact.id, "seq": row.seq + 10}
        it.sql(insert(message).values({**row._mapping, **moved}))
    it.set(ticket, ticket.c.id == mine, last_seq=12)
    return await it.visitor_reads(it.me)


@door("a rating in one's own ticket", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    theirs = it.sql(select(ticket.c.rating_comment).where(ticket.c.contact_id == it.victim.contact.id))[0][0]
    it.set(ticket, ticket.c.contact_id == it.me.contact.id, rating=5, rating_comment=theirs)
    return await it.visitor_reads(it.me)


@door("a file as one's own", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    it.set(attachment, attachment.c.id == it.file, contact_id=it.me.contact.id)
    return await it.visitor_reads(it.me)


@door("one's own public id on another's row", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    it.set(contact, contact.c.id == it.me.contact.id, uid=new_id())
    it.set(contact, contact.c.id == it.victim.contact.id, uid=it.me.contact.uid)
    return await it.visitor_reads(it.me)


@door("another's key in one's own row", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    row = it.sql(select(contact).where(contact.c.id == it.victim.contact.id))[0]
    it.set(contact, contact.c.id == it.me.contact.id, key_slot=row.key_slot, name=row.name, fields=row.fields)
    return await it.visitor_reads(it.me)


@door("a link of one's own making")
async def _(it: Intruder) -> list[httpx2.Response]:
    row = {"secret_hash": digest(SECRET), "contact_id": it.victim.contact.id, "opened": True}
    it.sql(insert(link).values(**row, expires_at=now() + DAY))
    of = f"/privacy/{it.app.house.key}/export/{it.victim.contact.uid}"
    return [await it.get(of, authorization=f"Bearer {SECRET}")]


@door("a mailed way back to a chat of one's own making")
async def _(it: Intruder) -> list[httpx2.Response]:
    row = {"secret_hash": digest(SECRET), "contact_id": it.victim.contact.id, "used": False}
    it.sql(insert(answer_link).values(**row, expires_at=now() + DAY))
    key, form = it.app.house.key, {"link": SECRET, "open": "yes"}
    got = await it.app.client.post(f"/answers/{key}", data=form, headers=OURS)
    _, _, shown = got.text.partition('data-token="')
    return [await it.get(f"/widget/{key}/transcript", authorization=f"Bearer {shown.partition(chr(34))[0]}")]


@door("a mailed link of one's own making")
async def _(it: Intruder) -> list[httpx2.Response]:
    row = {"secret_hash": digest(SECRET), "contact_id": it.victim.contact.id, "opened": False}
    it.sql(insert(link).values(**row, expires_at=now() + DAY))
    got = await it.app.call("POST", f"/privacy/{it.app.house.key}/opened", {"link": SECRET}, **OURS)
    shown = got.json().get("token", "")
    of = f"/privacy/{it.app.house.key}/export/{it.victim.contact.uid}"
    return [await it.get(of, authorization=f"Bearer {shown}")]


@door("one's own address on another's contact", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    app, services = it.app, it.app.services
    mine = it.sql(select(contact.c.email_hash).where(contact.c.id == it.me.contact.id))[0][0]
    it.set(contact, contact.c.id == it.victim.contact.id, email_hash=mine)
    app.context.services = mailed(services, it.post.port)
    await app.call("POST", f"/privacy/{app.house.key}/links", {"email": "mallory@evil.example"}, **OURS)
    await letters.sweep(app.context.services)
    secret = it.post.mails[-1].get_content().partition("#")[2].split()[0]
    opened = await app.call("POST", f"/privacy/{app.house.key}/opened", {"link": secret}, **OURS)
    shown = {"authorization": f"Bearer {opened.json()['token']}"}
    of = f"/privacy/{app.house.key}/export"
    answers = [await it.get(f"{of}/{each.contact.uid}", **shown) for each in (it.me, it.victim)]
    assert [each.status_code for each in answers] == [200, 404]
    return answers


@door("an export as one's own", mac=False)
async def _(it: Intruder) -> list[httpx2.Response]:
    await exports.ask(it.app.services, it.victim.contact, "visitor", "visitor")
    it.set(export, export.c.contact_id == it.victim.contact.id, contact_id=it.me.contact.id)
    rows = it.sql(select(export.c.id))
    of = f"/widget/{it.app.house.key}"
    return [await it.get(f"{of}/exports/{row[0]}", **it.me.bearer) for row in rows]


@door("a site of another's as one's own")
async def _(it: Intruder) -> list[httpx2.Response]:
    it.set(site, site.c.key == it.app.house.key, account_id=it.other.made.account_id)
    named = {"name": CANARY}
    body = {"notice_version": 1, "consent": {"chat": True, "spam_training": False}, "fields": named, "locale": "en"}
    await it.app.call("POST", f"/widget/{it.app.house.key}/sessions", body)
    return await it.reads(**it.other.bearer)


def got(answers: list[httpx2.Response]) -> list[str]:
    """What of the victim's is in some answers."""
    secrets = (CANARY, NAME, "zoe@canary", FILE, RATING, AGENT, "low@acme", PASSWORD)
    return [word for each in answers for word in secrets if word in each.text and each.status_code < 400]


@pytest.mark.parametrize("name", ENTRIES)
async def test_rows_alone_open_no_door(name: str, intruder: Intruder) -> None:
    answers = await ENTRIES[name](intruder)
    assert answers
    assert got(answers) == []
    assert [each.url for each in answers if each.status_code >= 500] == []


@pytest.mark.parametrize("name", sorted(BY_MAC))
async def test_without_macs_each_of_these_ways_is_open(
    name: str, intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Macs, "hold", lambda *_: True)
    assert got(await ENTRIES[name](intruder)), "a door that was never open shows nothing"


async def test_without_its_seal_a_password_hash_can_be_put_in(
    intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_opened", lambda _, row: row and row.password_hash)
    assert got(await ENTRIES["a password hash of one's own making"](intruder))


async def test_a_rating_opens_on_no_other_ticket_of_its_contact(intruder: Intruder) -> None:
    it, known = intruder, intruder.victim.contact.id
    own = dict(it.sql(select(ticket).where(ticket.c.contact_id == known))[0]._mapping)
    it.set(ticket, ticket.c.id == own["id"], rating_comment=None)
    it.sql(insert(ticket).values(**{name: value for name, value in own.items() if name != "id"} | {"number": 99}))
    assert RATING not in got(await it.visitor_reads(it.victim))
    it.set(ticket, ticket.c.id == own["id"], rating_comment=own["rating_comment"])
    assert RATING in got(await it.visitor_reads(it.victim)), "the control: on its own it does"


async def test_everybody_gets_their_own(intruder: Intruder) -> None:
    app = intruder.app
    assert {CANARY, NAME} <= {*got(await intruder.reads(**app.house.bearer))}
    assert {CANARY, NAME, RATING} <= {*got(await intruder.visitor_reads(intruder.victim))}
    assert await intruder.cookie(app.house.made.owner_email, PASSWORD)


def bound_columns() -> list[tuple[str, str]]:
    """Every column that a MAC is over."""
    return [(str(each.name), name) for each in metadata.sorted_tables for name in each.info.get("bound", ())]


def test_every_table_with_a_mac_says_what_it_is_over() -> None:
    for each in metadata.sorted_tables:
        assert bool(each.info.get("bound")) is ("mac" in each.c), each.name
    assert {name for name, _ in bound_columns()} == {
        "agent",
        "agent_department",
        "allowed_networks",
        "answer_link",
        "contact",
        "customer",
        "customer_secret",
        "factor_rule",
        "identity_provider",
        "invitation",
        "link",
        "merge",
        "passkey",
        "password_reset",
        "provider_identity",
        "provisioned",
        "push_subscription",
        "recovery_code",
        "role_right",
        "session",
        "shown",
        "site",
        "token",
        "totp",
        "webhook",
    }


@pytest.mark.parametrize(("name", "column"), bound_columns())
def test_a_change_of_any_bound_column_shows(name: str, column: str) -> None:
    macs, of = Macs(b"s" * 32), metadata.tables[name]
    row: dict[str, Any] = {each: f"v{number}" for number, each in enumerate(of.info["bound"])}
    made = macs.over(name, list(row.values()))
    assert macs.hold(made, name, list(row.values()))
    for value in ("", None, 0, 1, True, "v", ["v0"]):
        assert not macs.hold(made, name, list((row | {column: value}).values()))
    assert not macs.hold(made, "another", list(row.values()))
    assert not Macs(b"t" * 32).hold(made, name, list(row.values()))
    assert not macs.hold(sha256(b"").hexdigest(), name, list(row.values()))
