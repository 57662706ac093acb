"""Every action that looks at, exports, changes or erases something leaves its entry, which names nobody."""

from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from chat.account.actions import accounts
from chat.audit.actions import verdicts
from chat.core.errors import NotFound, Unauthorized
from chat.core.networks import Network
from chat.erasure.actions import erasure
from chat.features import gathered
from chat.infra.audit import audit, store
from chat.infra.services import Services
from chat.infra.store.columns import metadata
from chat.letters import actions as letters
from chat.lifecycle.actions import changes
from chat.routes import every
from chat.team.actions import agents, credentials, sign_ins
from chat.web.endpoint import API
from tests.inside import CHAT, PASSWORD, SHOP, House, Served, colleague, contact_of, found, problem_of
from tests.lethe import Lethe
from tests.test_strangers import ASKED, Theirs, asked, filled

pytestmark = pytest.mark.anyio
ENDPOINTS = {f"{each.verb} {each.path.removeprefix(API)}": each for each in every() if each.path.startswith(API)}
# What those enter that may enter several things, where there is one of each thing: ticket 1, its contact, its file.
USUAL: dict[str, set[str]] = {
    "PATCH /agents/{id}": {"agent.changed"},
    "GET /tickets/{number:int}/messages": {"transcript.viewed"},
    "PATCH /tickets/{number:int}": {"ticket.changed"},
    "POST /tickets/bulk": {"ticket.changed"},
    "PUT /tickets/{number:int}/spam": {"spam.marked"},
    "DELETE /tickets/{number:int}": {"ticket.deleted"},
    "POST /erasures": {"erasure.requested"},
    "POST /contacts/{id}/merge": {"contact.merged"},
    "POST /tickets/{number:int}/merge": set(),
    "POST /tickets/{number:int}/transcript": set(),
    "DELETE /contacts/{id}": {"consent.withdrawn", "erasure.requested"},
    "POST /retention/runs": {"retention.rehearsed"},
    "POST /spam/quarantine": {"spam.marked"},
    "GET /search": {"tickets.searched"},
    "POST /search": {"tickets.searched"},
    "POST /webhooks": {"webhook.made"},
    "PATCH /webhooks/{id}": {"webhook.changed"},
}
BODIES: dict[str, Any] = {
    "POST /notices": {"texts": []},
    "PATCH /account": {"grace_days": 29},
    "POST /canned-responses": {"shortcut": "another", "title": "Another", "text": "Another"},
    "POST /views": {"name": "Another", "filters": {"status": "open"}},
    "POST /own-responses": {"shortcut": "another", "title": "Another", "text": "Another"},
    "POST /departments": {"name": "Another"},
    "POST /search": {"q": "hello"},
    "POST /sites": {"name": "Another", "origins": ["https://two.example"]},
    "PUT /retention": {"transcripts_days": 400},
    "PUT /push": {"endpoint": "https://push.example/x"},
    "PUT /routing": {"mode": "off"},
    "PUT /ticket-fields": {"fields": [{"key": "order", "label": "Order", "kind": "text"}]},
    "POST /retention/runs": {"dry_run": True},
}


@pytest.fixture(autouse=True)
def every_look_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking again is entered again."""
    monkeypatch.setattr(audit, "AGAIN", -60_000)


async def said(house: House, before: int = 0) -> list[tuple[str, str, str, str]]:
    """Who did what to which thing of whom, since an entry."""
    chain = await house.services.store.read(lambda tx: list(store.chain(tx, house.actor.account_id)))
    return [(each.who, each.action, each.target, each.contact) for each in chain if each.number > before]


async def done(house: House, action: Awaitable[Any]) -> list[tuple[str, str, str, str]]:
    """What an action enters."""
    before = len(await said(house))
    await action
    return await said(house, before)


def enters(each: str) -> set[str]:
    """What a route enters when it is asked here: all that it says, unless it says several."""
    return USUAL.get(each, set(ENDPOINTS[each].audited))


def test_what_is_usual_is_a_part_of_what_a_route_says() -> None:
    assert all(said < ENDPOINTS[each].audited for each, said in USUAL.items())
    assert len([each for each in ENDPOINTS.values() if each.audited]) > 30


REFUSED = {
    ("POST /erasures", 404),
    ("POST /identity-providers/{id}/test", 422),
    ("PUT /push", 422),
    ("PATCH /tickets/{number:int}/messages/{seq:int}", 403),
    ("POST /tickets/{number:int}/merge", 422),
    ("POST /tickets/{number:int}/transcript", 404),
}
"""
What is refused here: nobody has the address, nothing answers at the provider's, another wrote the message, a program
has no device, there is no mail server (`tests/test_offered_transcript.py` has one), a ticket is not merged into itself
(`tests/test_merged_tickets.py` merges two).
"""


async def test_every_route_leaves_its_entry(app: Served) -> None:
    theirs, me = await filled(app), app.house.actor.agent_id
    order = sorted(each for each in ENDPOINTS if each.startswith("GET"))
    texts = {"texts": [{"locale": "en", "text": "Anew.", "privacy_url": f"{SHOP}/p", "chat_label": "I agree"}]}
    texts["texts"][0]["training_label"] = ""
    # An export that is ready is the answer to asking for another, which enters nothing: so it goes first.
    asking = sorted(ASKED, key=lambda each: each != "DELETE /exports/{id}")
    for each in [*order, *asking, *BODIES]:
        body = texts if each == "POST /notices" else BODIES.get(each)
        entries = await done(app.house, _ask(app, theirs, each, body))
        mine = {action for who, action, _, _ in entries if who == me}  # a sweep may be at work beside us
        assert mine == enters(each) or (each, mine) == ("POST /erasures", set()), each
    assert (await verdicts.verify(app.services, app.house.actor.account_id)).broken_at is None


async def _ask(app: Served, theirs: Theirs, each: str, body: Any) -> None:
    if body is None:
        answer = await asked(app, app.house, theirs, each)
    else:
        method, _, path = each.partition(" ")
        answer = await app.rest(method, path, body)
    assert answer.is_success or (each, answer.status_code) in REFUSED, (each, answer.text)


async def test_tickets_taken_away_and_back_are_entered_with_their_contact(app: Served) -> None:
    guest = await app.house.visit("Ada")
    await guest.say("hello")
    for method, path, body, action in (
        ("PUT", "/tickets/1/spam", {"spam": True}, "spam.marked"),
        ("GET", "/tickets/1/messages?held=true", None, "quarantine.viewed"),
        ("PUT", "/tickets/1/spam", {"spam": False}, "spam.unmarked"),
        ("PATCH", "/tickets/1", {"status": "trash"}, "ticket.deleted"),
        ("PATCH", "/tickets/1", {"status": "open"}, "ticket.restored"),
        ("DELETE", "/tickets/1?permanent=true", None, "ticket.purged"),
    ):
        entries = await done(app.house, app.rest(method, path, body))
        assert entries == [(app.house.actor.agent_id, action, "1", guest.contact.uid)]
    accesses = (await app.rest("GET", f"/contacts/{guest.contact.uid}/accesses")).json()["items"]
    assert [each["action"] for each in accesses] == [
        *("spam.marked", "quarantine.viewed", "spam.unmarked", "ticket.deleted", "ticket.restored", "ticket.purged")
    ]


async def test_what_is_refused_or_not_there_is_not_entered(app: Served) -> None:
    for path in ("/tickets/9", "/contacts/01a213ed-cb9a-7ae1-a67f-92c1a55f4a8f", "/attachments/x"):
        assert await done(app.house, app.rest("GET", path)) == []
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(app.services, app.house.made.owner_email, "the wrong password", Network("here"))
    assert all(action != "agent.signed_in" for _, action, _, _ in await said(app.house))


async def test_agents_coming_and_going_are_entered(app: Served) -> None:
    house, services, me = app.house, app.services, app.house.actor.agent_id
    assert [action for _, action, _, _ in await said(house)][:3] == ["account.made", "agent.added", "token.made"]
    [(who, action, _, _)] = await done(house, app.sign_in())
    assert (who, action) == (me, "agent.signed_in")
    [(who, action, _, _)] = await done(house, app.call("POST", "/signout", origin=CHAT))
    assert (who, action) == (me, "agent.signed_out")
    added = await done(house, agents.add_agent(services, house.actor, "new@acme.example", "New", "agent"))
    new = next(each for each in await agents.agents(services, house.actor) if each.name == "New")
    assert added == [(me, "agent.added", new.id, "")]
    gone = await done(house, changes.deactivate(services, house.actor, new.id))
    assert gone == [(me, "agent.deactivated", new.id, "")]
    renewed = await done(house, credentials.renew(services, house.made.owner_email, None, with_tokens=True))
    assert [(who, action) for who, action, _, _ in renewed] == [
        ("command", "token.revoked"),
        ("command", "agent.password_changed"),
    ]
    changed = await done(house, accounts.change_site(services, house.actor, house.site.id, name="Shop"))
    assert changed == [(me, "site.changed", house.site.id, "")]


async def test_what_a_visitor_takes_along_or_withdraws_is_entered(app: Served) -> None:
    guest = await app.house.visit("Ada", "ada@visitor.example")
    assert await done(app.house, guest.say("hello")) == []
    uid, path = guest.contact.uid, f"/widget/{app.house.key}"
    took = await done(app.house, app.client.get(f"{path}/transcript", headers=guest.bearer))
    assert took == [("visitor", "transcript.exported", uid, uid)]
    await app.client.delete(f"{path}/sessions", headers=guest.bearer)
    await erasure.sweep(app.services)
    withdrawn, requested, erased = await said(app.house, len(await said(app.house)) - 3)
    assert withdrawn == ("visitor", "consent.withdrawn", uid, uid)
    assert (requested[0], requested[1], requested[3]) == ("visitor", "erasure.requested", uid)
    assert erased == ("system", "contact.erased", requested[2], uid)
    with pytest.raises(NotFound):
        await contact_of(app.services, uid)
    assert (await verdicts.verify(app.services, app.house.actor.account_id)).broken_at is None


async def test_an_erasure_by_command_says_so(house: House) -> None:
    guest = await house.visit("Ada", "ada@visitor.example")
    entries = await done(house, erasure.now(house.services, "ada@visitor.example"))
    assert [(who, action, contact) for who, action, _, contact in entries] == [
        ("command", "consent.withdrawn", guest.contact.uid),
        ("command", "erasure.requested", guest.contact.uid),
        ("system", "contact.erased", guest.contact.uid),
    ]


async def test_a_mailed_transcript_is_entered_with_its_letter(house: House) -> None:
    guest = await house.visit("Ada", "ada@visitor.example")
    [entry] = await done(house, letters.queue_transcript(house.services, guest.contact, "ada@visitor.example"))
    assert (entry[0], entry[1], entry[3]) == ("visitor", "transcript.mailed", guest.contact.uid)


def test_opening_a_ticket_on_a_socket_is_entered_before_it_is_shown(lethe: Lethe) -> None:
    account = lethe.account()
    with account.contact("Ada").socket() as visitor, account.agent() as agent:
        visitor.get("welcome")
        number = visitor.post("A question")["ticket"]
        agent.get("welcome")
        agent.send("open", ticket=number, last_seq=0)
        assert agent.get("welcome", ticket=number)["messages"]
        items = account.rest("GET", "/audit?action=transcript.viewed")["items"]
        assert [each["target"] for each in items] == [str(number)]


async def test_the_log_holds_nothing_personal(app: Served) -> None:
    house, words = app.house, ("Zyxwvuname", "zyxwvu@visitor.example", "Zyxwvumessage", "Zyxwvunote", "zyxwvufile.txt")
    guest = await house.visit(words[0], words[1])
    await guest.say(words[2])
    await app.rest("POST", "/tickets/1/notes", {"id": "01a213ed-cb9a-4ae1-a67f-92c1a55f4a8f", "text": words[3]})
    sent = {"file": (words[4], b"of theirs")}
    file = (await app.client.post(f"/widget/{house.key}/attachments", files=sent, headers=guest.bearer)).json()["id"]
    uid, seen = guest.contact.uid, ""
    for path in ("/tickets/1/messages", "/tickets/1/notes", f"/contacts/{uid}", f"/contacts?email={words[1]}"):
        seen += (await app.rest("GET", path)).text
    seen += (await app.rest("GET", f"/attachments/{file}")).headers["content-disposition"]
    assert all(word in seen for word in words)  # who may look, looks
    await app.rest("POST", "/erasures", {"email": words[1]})
    await erasure.sweep(app.services)
    log = await kept(app.services)
    assert all(
        action in log for action in ("transcript.viewed", "contact.viewed", "attachment.viewed", "contact.erased")
    )
    assert "zyxwvu" not in log.lower()
    assert house.made.owner_email not in log


async def kept(services: Services) -> str:
    """All that the log's tables hold."""

    def work(tx: Any) -> str:
        tables = [metadata.tables[name] for name in ("audit", "audit_head")]
        return "\n".join(repr(tuple(row)) for table in tables for row in tx.execute(select(table)))

    return await services.store.read(work)


async def test_the_list_is_for_owners_and_admins_of_the_account(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    made, _ = await agents.add_agent(app.services, app.house.actor, "agent@acme.example", "Plain", "agent")
    token = "lethe_of_a_plain_agent"
    await app.services.store.write(lambda tx: agents.give_token(tx, made.id, token, "test", 0))
    for path in ("/api/v1/audit", "/api/v1/contacts/x/accesses"):
        problem_of(await app.call("GET", path, authorization=f"Bearer {token}"), 403, "forbidden")
    theirs = (await app.rest("GET", "/audit", house=other)).json()["items"]
    assert theirs
    assert app.house.actor.agent_id not in str(theirs)


async def test_the_list_comes_in_pages_and_by_agent_action_and_target(app: Served) -> None:
    guest = await app.house.visit("Ada")
    await guest.say("hello")
    await app.rest("GET", "/tickets/1")
    await app.rest("PATCH", "/tickets/1", {"status": "pending"})
    me, uid = app.house.actor.agent_id, guest.contact.uid

    async def numbers(query: str) -> list[int]:
        found_here, more = [], ""
        while True:
            body = (await app.rest("GET", f"/audit?limit=2{query}{more}")).json()
            found_here += [each["number"] for each in body["items"] if each["action"] != "audit.viewed"]
            if body["next"] is None:
                return found_here
            more = f"&cursor={body['next']}"

    every = await numbers("")
    assert every == sorted(every, reverse=True)
    assert len(every) == len(set(every)) >= 6
    assert len(await numbers("&action=transcript.viewed")) == 1
    assert len(await numbers(f"&target={uid}")) == len(await numbers("&target=1&action=ticket.changed")) + 1 == 2
    assert set(await numbers(f"&agent={me}")) | set(await numbers("&agent=command")) == set(every)
    for query, field in (("agent=Zoe", "agent"), ("action=gossip", "action"), ("target=Zoe Papadaki", "target")):
        assert problem_of(await app.rest("GET", f"/audit?{query}"), 422, "invalid_field")["field"] == field
    problem_of(await app.rest("GET", "/audit?cursor=nonsense"), 422, "invalid_field")


async def test_the_page_shows_filters_and_whether_the_log_is_whole(app: Served) -> None:
    for number in range(60):
        await app.services.store.write(
            lambda tx, number=number: audit.record(  # type: ignore[misc] # bound now
                app.services, tx, app.house.actor.account_id, "system", "retention.run", str(number)
            )
        )
    await app.sign_in()
    first = await app.client.get("/admin/audit")
    assert first.status_code == 200
    assert "not checked yet" in first.text
    older = first.text.partition('href="/admin/audit?before=')[2].partition('"')[0]
    second = await app.client.get(f"/admin/audit?before={older}")
    assert f">{older}</th>" in first.text
    assert f">{int(older) - 1}</th>" in second.text
    assert "Newest" in second.text
    filtered = await app.client.get("/admin/audit?action=agent.signed_in&locale=el")
    assert "Συνδέθηκε" in filtered.text
    assert filtered.text.count('scope="row"') == 1
    assert "No entry fits" in (await app.client.get("/admin/audit?target=999999&locale=en")).text
    assert (await app.client.get("/admin/audit?target=Zoe&locale=en")).status_code == 422
    mark = first.text.partition('name="csrf" value="')[2].partition('"')[0]
    checked = await app.client.post("/admin/audit/check", data={"csrf": mark}, headers={"origin": CHAT})
    assert checked.status_code == 303
    assert "is-good" in (await app.client.get("/admin/audit")).text


async def test_the_page_is_not_for_agents(app: Served) -> None:
    made, password = await colleague(app.services, app.house.actor, "agent@acme.example", "Plain", "agent")
    await app.sign_in(made.email, password)
    assert (await app.client.get("/admin/audit")).status_code == 403
    await app.sign_in(app.house.made.owner_email, PASSWORD)
    assert (await app.client.get("/admin/audit")).status_code == 200


@pytest.mark.parametrize("locale", ["en", "el"])
def test_every_action_has_words(locale: str) -> None:
    known = gathered().locales.strings(locale)
    assert [each for each in gathered().audited if f"audit.action.{each}" not in known] == []
