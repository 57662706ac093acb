"""
An account's id is in every statement: whatever is read, changed or deleted of a table that is an account's, directly or
by keys, names the account of who asks, or stands on a list that says why it need not.
"""

# ruff: noqa: F811 - a fixture is named as what it gives

import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, Table, event, func, select

import chat
from chat.account import store as accounts
from chat.account.schema import account
from chat.contacts.schema import contact
from chat.core.crypt import digest
from chat.infra.store.columns import metadata
from chat.rights import store as links
from chat.routes import routes
from chat.team.actions import sessions
from chat.tickets.schema import ticket
from chat.tickets.store import tickets
from tests.inside import CHAT, House, Served, inner_socket, new_id
from tests.test_docs import addresses
from tests.test_isolation import BODIES, RESOURCES, Two, two  # noqa: F401 - a fixture

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
CHAT_FOLDER = Path(chat.__file__).parent
PAGES = sorted(
    each
    for each in addresses(routes())
    if each.startswith(("GET /admin", "GET /inbox", "GET /password", "GET /second", "GET /step"))
)
WIDGET = sorted(each for each in addresses(routes()) if each.startswith("GET /widget/{site_key}"))
EDIT = "PATCH /api/v1/tickets/{number}/messages/{seq}"
NAMED = re.compile(r'(?:\bFROM|\bJOIN|\bUPDATE)\s+"?(\w+)"?', re.IGNORECASE)
SECRET = "found by a secret, a signed token or an address that only its owner has: whose account it is follows from it"
KEY = "by a key from a row that was found for the account, or for a signed token, in the same action"
COMPARED = "its account is compared with that of who asks, in the same transaction, before anything of it is said"
ANYBODY = "what it gives is for anybody who knows the number"
REASONS = {
    "erasure.store.erasures.of_contact": COMPARED,
    "account.store.site_by_key": ANYBODY,
    "account.store.require_site": KEY,
    "account.store.offered_departments": KEY,
    "contacts.store.contacts.by_uid": SECRET,
    "team.store.by_email": SECRET,
    "team.store.by_session": SECRET,
    "team.store.session_by_id": SECRET,
    "tokens.store.by_id": SECRET,
    "tokens.store.revoke": KEY,
    "views.store.change": KEY,
    "views.store.drop": KEY,
    "export.store.exports.known": COMPARED,
    "tokens.store.by_secret": SECRET,
    "rights.store.list_covered": SECRET,
    "rights.store.open_link": SECRET,
    "rights.store.transcript_of": SECRET,
    "team.store.active": SECRET,
    "identity_providers.store.identities": KEY,
    "identity_providers.store.provider_of": SECRET,
    "factors.store.is_set": SECRET,
    "factors.store.has_totp": SECRET,
    "passkeys.store.has_any": SECRET,
    "passkeys.store.of_agent": SECRET,
    "factors.store.count_codes": SECRET,
    "factors.store.note_shown": SECRET,
    "factors.store.shown_at": SECRET,
    "factors.store.set_at": SECRET,
    "team.store.change": SECRET,
    **dict.fromkeys(
        (
            "spam_filter.store.labels.of_contact",
            "spam_filter.store.labels.put",
            "spam_filter.store.reviews.look_at",
            "spam_filter.store.runs.change",
            "consent.store.add_receipt",
            "consent.store.notices",
            "consent.store.receipts",
            "consent.store.purposes_of",
            "erasure.store.asks.drop",
            "erasure.store.asks.of_contact",
            "invitations.store.drop",
            "invitations.store.renew",
            "team.store.end_own_session",
            "team.store.end_sessions",
            "team.store.sessions_of",
            "erasure.store.recipients.recipients",
            "erasure.store.erasures.request",
            "erasure.store.holding.place_hold",
            "erasure.store.erasures.list_outcomes",
            "export.store.exports.of_contact",
            "export.store.exports.one",
            "export.store.exports.put",
            "export.store.holdings.count",
            "export.store.holdings.page",
            "contacts.store.holds.lift",
            "contacts.store.holds.until",
            "rights.store.count_held",
            "retention.store.runs.by_id",
            "retention.store.runs.counts",
            "contacts.store.contacts.by_id",
            "contacts.store.contacts.change",
            "tickets.store.changing.lock",
            "portraits.store.drop",
            "customers.store.of_contacts",
            "customers.store.secrets",
            "customers.store.add_secret",
            "customers.store.drop_old",
            "contacts.store.persons.part",
            "tickets.store.posting.append",
            "tickets.store.redaction.redact",
            "tickets.store.notes.add",
            "tickets.store.merging.origins",
            "tickets.store.tickets.all_of_contact",
            "tickets.store.tickets.change",
            "tickets.store.tagging.put",
            "tickets.store.tickets.end",
            "tickets.store.tickets.hold",
            "tickets.store.tickets.mark_read",
            "tickets.store.tickets.messages",
            "routing.store.put_agent",
            "push.store.end",
            "push.store.hear",
            "push.store.of_agent",
            "tickets.store.mentioned.drop",
            "tickets.store.mentioned.of_agent",
            "tickets.store.tickets.many",
            "tickets.store.entries.page",
            "tickets.store.entries.take_numbers",
            "tickets.store.notes.page",
            "tickets.store.searching.notes",
            "tickets.store.searching.still_said",
            "tickets.store.searching.texts",
            "tickets.store.tickets.of_contact",
            "attachments.store.bytes_of",
            "attachments.store.drop",
            "attachments.store.of_messages",
            "attachments.store.one",
            "attachments.store.owner",
            "attachments.store.waiting",
            "account.store.site_by_id",
            "canned_responses.store.change",
            "canned_responses.store.drop",
            "own_responses.store.change",
            "own_responses.store.drop",
            "own_responses.store.of_agent",
            "contacts.store.contacts.blocked_until",
            "tickets.store.tickets.many",
            "tickets.store.entries.page",
            "tickets.store.entries.take_numbers",
            "consent.store.consents_now",
            "consent.store.with_version",
            "letters.store.disclosures.of_contact",
            "answer_mail.store.has_bounced",
            "tickets.store.editing.edit",
            "tickets.store.editing.known",
            "tickets.store.editing.own_last",
            "tickets.store.editing.targets",
            "contacts.store.contacts.change",
            "identity_providers.store.change",
            "identity_providers.store.drop",
            "team.store.deactivate",
            "team.store.reactivate",
            "webhooks.store.deliveries.again",
            "webhooks.store.deliveries.page",
            "webhooks.store.endpoints.drop",
        ),
        KEY,
    ),
}
SEARCHED = {"POST /api/v1/search": {"q": "canary"}}
WATCHING = {"agent_profile.store.marks"}
"""Asked beside all else while sockets are open, by the ids of the sessions and tokens that they came with."""
KEYED = re.compile(r"(contact|ticket)_id(?:_\d+)*\Z")
"""What a parameter is called that is a contact's or ticket's key: in all tables those are of one account."""


def scoped() -> set[str]:
    """The tables that are an account's: with a column that says whose, or a way of keys to one that has."""
    found: set[str] = {"account"}

    def reaches(of: Table, seen: frozenset[str] = frozenset()) -> bool:
        further = (each.column.table for each in of.foreign_keys)
        return of is account or any(each.name not in seen and reaches(each, seen | {of.name}) for each in further)

    return found | {each.name for each in metadata.sorted_tables if "account_id" in each.c or reaches(each)}


@dataclass
class Trace:
    """The statements on scoped tables: which of the store's functions ran them, and whether they named the account."""

    asker: str = ""
    others: set[str] = field(default_factory=set)
    free: dict[str, str] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    foreign: dict[str, str] = field(default_factory=dict)
    keys: set[tuple[str, str, int, str]] = field(default_factory=set)

    def saw(self, _c: Any, _u: Any, statement: str, parameters: Any, _x: Any, _m: Any) -> None:
        """Look at one statement."""
        if not self.asker or statement.lstrip().upper().startswith("INSERT"):
            return
        if not {each.lower() for each in NAMED.findall(statement)} & SCOPED:
            return
        values = _values(parameters)
        for name, key in parameters.items() if isinstance(parameters, dict) else ():
            if (match := KEYED.match(name)) and isinstance(key, int):
                self.keys.add((self.asker, match[1], key, _function()))
        if self.others & values:
            self.foreign[_function()] = statement
        if self.asker in values:
            self.bound.add(_function())
        else:
            self.free[_function()] = statement


SCOPED = scoped()


def _values(parameters: Any) -> set[str]:
    """Every text among a statement's parameters, in whichever form they came."""
    if isinstance(parameters, dict):
        return _values(list(parameters.values()))
    if isinstance(parameters, list | tuple):
        return {text for each in parameters for text in _values(each)}
    return {parameters} if isinstance(parameters, str) else set()


def _function() -> str:
    """The function of the store that runs this: the outermost of those before the action that called it."""
    frame, found = sys._getframe(), "?"
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        module = path.relative_to(CHAT_FOLDER).with_suffix("").parts if path.is_relative_to(CHAT_FOLDER) else ()
        inside = "store" in module and module[:2] != ("infra", "store")
        if inside and not frame.f_code.co_name.startswith("<"):
            found = ".".join((*module, frame.f_code.co_name))
        elif found != "?" and not inside:
            break
        frame = frame.f_back  # type: ignore[assignment] # None at the end
    return found


@contextmanager
def traced() -> Iterator[Trace]:
    """Trace every statement of every engine."""
    trace = Trace()
    event.listen(Engine, "before_cursor_execute", trace.saw)
    try:
        yield trace
    finally:
        event.remove(Engine, "before_cursor_execute", trace.saw)


def _order(address: str) -> tuple[bool, bool, str]:
    """Hold a contact and let go again before all else, for who is held is not shown; delete last."""
    return not address.endswith("/hold"), address.startswith("DELETE"), address


async def walk(two: Two, house: House, guest: Any) -> None:
    """Ask every route and send every frame, as an agent and as a visitor of one account."""
    app = two.app
    async with (
        inner_socket(two.app, "/ws/agent", house.bearer) as agent,
        inner_socket(two.app, "/ws/visitor", {}) as visitor,
    ):
        await agent("", "welcome")
        await visitor("hello", "welcome", token=guest.begun.token)
        number = (await visitor("message", "ack", id=new_id(), text="again")).get("ticket", 1)
        await agent("open", "welcome", ticket=number, last_seq=0)
        await agent("message", "ack", ticket=number, id=new_id(), text="an answer")
        await agent("note", "ack", ticket=number, id=new_id(), text="a note")
        for kind, said in (("typing", {"on": True}), ("read", {"seq": 1}), ("close", {})):
            await agent(kind, "", ticket=number, **said)
        await agent("ping", "pong")
        await sessions.require_still(two.app.services, house.actor)  # as a socket asks that has been open for a while
        for kind, said in (("typing", {"on": True}), ("read", {"seq": 1})):
            await visitor(kind, "", **said)
        await visitor("rate", "", score=5, comment="good")
        version = await house.version()
        await visitor("consent", "welcome", notice_version=version, consent={"chat": True, "spam_training": True})
        await visitor("end", "ended")
        await visitor("ping", "pong")
    assert [each for each in visitor.heard + agent.heard if each["type"] in {"error", "websocket.close"}] == []
    for address in sorted(RESOURCES, key=_order):
        verb, path = address.split(" ", 1)
        if path.endswith(("/notices", "/contacts/{id}", "/erasures", "/exports/{id}")) and verb not in {"GET", "PATCH"}:
            continue  # these end what the rest of the walk needs; they come last, below
        kind = path.removeprefix("/api/v1/").partition("/{")[0]
        seq = await said_last(app, house) if address == EDIT else 1
        for name, value in {"{number}": "1", "{seq}": str(seq), "{id}": two.ids.get(kind, "")}.items():
            path = path.replace(name, value)
        await app.client.request(verb, path, json=(BODIES | SEARCHED).get(address), headers=house.bearer)
    signed = await app.client.post(
        "/signin",
        data={"email": house.made.owner_email, "password": "a password that is long"},
        headers={"origin": CHAT},
    )
    assert signed.status_code == 303
    for address in PAGES:
        path = address.split(" ", 1)[1]
        kind = path.removeprefix("/admin/").partition("/{")[0]
        await app.client.get(path.replace("{id}", two.ids.get(kind, new_id())), headers={"accept": "text/html"})
    app.client.cookies.clear()
    for address in WIDGET:
        path = address.split(" ", 1)[1].replace("{site_key}", house.key)
        await app.client.get(path.replace("{id}", two.ids["attachments"]), headers=guest.bearer)
    await walk_link(app, house, guest)
    await app.client.request("DELETE", f"/api/v1/contacts/{guest.contact.uid}", headers=house.bearer)


async def said_last(app: Served, house: House) -> int:
    """The `seq` of a message that the owner says, which alone they may change."""
    said = {"id": new_id(), "text": "an answer"}
    answer = await app.client.post("/api/v1/tickets/1/messages", json=said, headers=house.bearer)
    return int(answer.json()["seq"])


async def walk_link(app: Served, house: House, guest: Any) -> None:
    """Ask every route of a mailed link."""
    mailed, until = f"{house.key:x<43}", app.services.clock() + 60_000
    await app.services.store.write(lambda tx: links.put(tx, digest(mailed), [guest.contact.id], until))
    page, own = f"/privacy/{house.key}", {"origin": CHAT}
    await app.call("POST", f"{page}/links", {"email": "ann@other.example"}, **own)
    shown = (await app.call("POST", f"{page}/opened", {"link": mailed}, **own)).json()
    own |= {"authorization": f"Bearer {shown['token']}"}
    for verb, path, body in (
        ("GET", f"/export/{guest.contact.uid}", None),
        ("GET", f"/export/{guest.contact.uid}/{new_id()}", None),
        ("POST", "/erasures", {"at_once": False}),
    ):
        await app.call(verb, page + path, body, **own)
    assert shown["held"]["contact_ids"] == [guest.contact.uid]


async def walked(two: Two) -> Trace:
    """What both accounts' walks ran."""
    theirs = await two.other.visit("Ann", "ann@other.example")
    await theirs.say("hello")
    with traced() as trace:
        for house, guest in ((two.other, theirs), (two.app.house, two.guest)):
            trace.asker = house.made.account_id
            trace.others = {two.app.house.made.account_id, two.other.made.account_id} - {trace.asker}
            await walk(two, house, guest)
            trace.asker = ""
    return trace


async def strayed(two: Two, trace: Trace) -> list[tuple[str, str, int, str]]:
    """The keys that a statement was given in the name of an account they do not belong to."""

    def work(tx: Any) -> dict[tuple[str, int], str]:
        rows = [("contact", row) for row in tx.execute(select(contact.c.id, contact.c.account_id))]
        rows += [("ticket", row) for row in tx.execute(select(ticket.c.id, ticket.c.account_id))]
        return {(kind, row.id): row.account_id for kind, row in rows}

    owners = await two.app.services.store.read(work)
    return sorted(each for each in trace.keys if owners.get((each[1], each[2]), each[0]) != each[0])


async def test_every_statement_names_the_account_or_says_why_not(two: Two) -> None:
    trace = await walked(two)
    assert trace.foreign == {}
    for name in sorted(set(trace.free) - set(REASONS)):
        print("without an account:", name, trace.free[name])
    assert set(trace.free) - set(REASONS) - WATCHING == set()
    assert set(REASONS) - set(trace.free) == set(), "these are not needed"
    assert len(trace.bound) > 30
    assert {each[0] for each in trace.keys} == {two.app.house.made.account_id, two.other.made.account_id}
    assert await strayed(two, trace) == []


async def test_a_statement_without_the_account_is_found(
    two: Two,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everybodys = types.FunctionType(accounts.sites.__code__.replace(), {**vars(accounts), "select": unscoped})
    everybodys.__kwdefaults__ = accounts.sites.__kwdefaults__
    monkeypatch.setattr(accounts, "sites", everybodys)
    with traced() as trace:
        trace.asker = two.other.made.account_id
        await two.app.rest("GET", "/sites", house=two.other)
    assert "account.store.sites" in set(trace.free) - set(REASONS)


def unscoped(*columns: Any) -> Any:
    """A `select` that loses its conditions."""

    class Lost(Select[Any]):
        """One without an end."""

        inherit_cache = False

        def where(self, *_: Any) -> Any:
            """Lose them."""
            return self

    return Lost(*columns)


async def test_anothers_key_is_found(two: Two) -> None:
    key = await two.app.services.store.read(lambda tx: tx.execute(select(func.min(ticket.c.id))).scalar_one())
    for asker, found in ((two.app.house, []), (two.other, ["tickets.store.tickets.messages"])):
        with traced() as trace:
            trace.asker = asker.made.account_id
            await two.app.services.store.read(lambda tx: tickets.messages(tx, key))
        assert [each[3] for each in await strayed(two, trace)] == found
