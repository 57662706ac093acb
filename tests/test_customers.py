"""Signed-in customers: what proves who somebody is and what does not, and that nobody gets anybody else's chats."""

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import update

from chat.contacts.store import contacts
from chat.core import events, frames
from chat.core.clock import HOUR
from chat.core.errors import IdentityRefused
from chat.core.settings import Settings
from chat.customers import domain, store
from chat.customers.actions import identities, secrets
from chat.customers.actions.secrets import MadeSecret, WantedSecret
from chat.customers.domain import ClaimedIdentity, ProvenCustomer, Way, proven
from chat.customers.schema import customer, customer_secret
from chat.erasure.actions import erasure
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.infra.store import everything
from chat.tickets.sockets.visitor import VisitorSocket
from tests.backups import backed_up, restored
from tests.inside import House, Served, contact_of, found, inner_socket, new_id, problem_of
from tests.test_widget_http import agree, kept

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
NOW = 1_800_000_000_000
SECRET, OTHER = "5" * 64, "6" * 64
EVERY: list[tuple[Way, str]] = [("jwt", SECRET), ("hash", SECRET)]
ZOE, EVE = "zoe@shop #17", "eve"


def hashed(user: str = ZOE, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), user.encode(), "sha256").hexdigest()


def by_hash(user: str = ZOE, secret: str = SECRET, said: str | None = None) -> dict[str, str]:
    return {"user": user, "hash": hashed(user, secret) if said is None else said}


def part(said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def token(secret: str = SECRET, head: Any = None, **claims: Any) -> str:
    """A token as somebody who may write anything into it would sign it; a claim that is None is left out."""
    said = {"sub": ZOE, "exp": NOW // 1000 + 600} | claims
    body = part({name: value for name, value in said.items() if value is not None})
    signed = f"{part({'alg': 'HS256'} if head is None else head)}.{body}"
    mac = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def who(claimed: dict[str, str], secrets: list[tuple[Way, str]] | None = None) -> ProvenCustomer | None:
    try:
        return proven(ClaimedIdentity(**claimed), EVERY if secrets is None else secrets, NOW)
    except IdentityRefused:
        return None


def signed_in(user: str = ZOE) -> dict[str, str]:
    return {"jwt": jwt.encode({"alg": "HS256"}, {"sub": user, "exp": NOW // 1000 + 600}, OctKey.import_key(SECRET))}


S = NOW // 1000
HOLDS = {
    "a hash": by_hash(),
    "a hash in capitals": by_hash(said=hashed().upper()),
    "a token": {"jwt": token()},
    "a token of a library": signed_in(),
    "one that ends in an hour": {"jwt": token(exp=S + 3600)},
    "a clock that is late": {"jwt": token(exp=S - 30)},
    "a clock that is early": {"jwt": token(iat=S + 30, nbf=S + 30, exp=S + 3640)},
}
DOES_NOT = {
    "nothing": {},
    "no hash": by_hash(said=""),
    "a hash of another": by_hash(said=hashed(EVE)),
    "a hash with another secret": by_hash(secret=OTHER),
    "the beginning of a hash": by_hash(said=hashed()[:63]),
    "a hash that is not ASCII": by_hash(said="é" * 64),
    "nobody": by_hash(""),
    "an id that cannot be read": by_hash("a\nb"),
    "a token with another secret": {"jwt": token(OTHER)},
    "a token that is not signed": {"jwt": f"{part({'alg': 'none'})}.{token().split('.')[1]}."},
    "a token that says it is not": {"jwt": token(head={"alg": "none"})},
    "RS256": {"jwt": token(head={"alg": "RS256"})},
    "HS512": {"jwt": token(head={"alg": "HS512"})},
    "another alphabet": {"jwt": token(head={"alg": "hs256"})},
    "no algorithm": {"jwt": token(head={})},
    "a critical extension": {"jwt": token(head={"alg": "HS256", "crit": ["x"], "x": 1})},
    "a body that is not encoded": {"jwt": token(head={"alg": "HS256", "b64": False, "crit": ["b64"]})},
    "a key of its own": {"jwt": token(OTHER, head={"alg": "HS256", "jwk": {"kty": "oct", "k": part(OTHER)}})},
    "expired": {"jwt": token(exp=S - 61)},
    "a year": {"jwt": token(exp=S + 365 * 86_400)},
    "over an hour": {"jwt": token(exp=S + 3661)},
    "no end": {"jwt": token(exp=None)},
    "an end that is no number": {"jwt": token(exp=str(S + 60))},
    "an end that never comes": {"jwt": token(exp=float("nan"))},
    "an end beyond numbers": {"jwt": token(exp=float("inf"))},
    "not yet": {"jwt": token(nbf=S + 120)},
    "made in the future": {"jwt": token(iat=S + 120)},
    "no subject": {"jwt": token(sub=None)},
    "an empty subject": {"jwt": token(sub="")},
    "a number": {"jwt": token(sub=17)},
    "a long subject": {"jwt": token(sub="x" * 256)},
    "an address that is none": {"jwt": token(email="zoe")},
    "a name that is none": {"jwt": token(name=["Zoe"])},
    "a list": {"jwt": f"{part({'alg': 'HS256'})}.{part([ZOE])}.x"},
    "words": {"jwt": "not.a.token"},
    "points": {"jwt": ".."},
    "what is not ASCII": {"jwt": "é.é.é"},
    "both": by_hash() | {"jwt": token()},
}


def test_what_holds_holds_and_nothing_else() -> None:
    assert {name: who(each) for name, each in HOLDS.items()} == dict.fromkeys(HOLDS, ProvenCustomer(ZOE))
    assert {name: who(each) for name, each in DOES_NOT.items()} == dict.fromkeys(DOES_NOT)
    assert who({"jwt": token(name=" Zoe\n P ", email="Zoe@X.example")}) == ProvenCustomer(ZOE, "Zoe P", "Zoe@x.example")


def test_a_secret_of_the_other_way_proves_nothing() -> None:
    """Who may choose their id at the shop could have it sign a token: its hash is the signature of what they chose."""
    chosen = token().rpartition(".")[0]
    forged = f"{chosen}.{base64.urlsafe_b64encode(bytes.fromhex(hashed(chosen))).rstrip(b'=').decode()}"
    assert who({"jwt": forged}, [("hash", SECRET)]) is None
    assert who(by_hash(), [("jwt", SECRET)]) is None
    assert who({"jwt": forged}, [("jwt", SECRET)]) is not None, "the control: with one key for both it would hold"
    assert who(by_hash(), []) is None


@pytest.mark.parametrize(
    ("defence", "instead", "let_in"),
    [
        ("LIFE", 10**9, {"a year", "over an hour"}),
        ("SKEW", 10**6, {"expired", "not yet", "made in the future", "over an hour"}),
        ("hmac", None, {"a hash of another", "a hash with another secret", "no hash", "a hash that is not ASCII"}),
        ("_id", None, {"an id that cannot be read", "a long subject", "nobody"}),
    ],
)
def test_without_a_defence_it_is_seen(
    defence: str, instead: Any, let_in: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Careless:
        new, compare_digest = staticmethod(hmac.new), staticmethod(lambda *_: True)

    replaced = {"hmac": Careless, "_id": str}.get(defence, instead)
    monkeypatch.setattr(domain, defence, replaced)
    assert {name for name, each in DOES_NOT.items() if who(each)} >= let_in


async def secret_for(app: Served, way: Way = "hash", site: str = "", **wanted: Any) -> str:
    """A new secret of the account's site, as REST hands it out."""
    path = f"/sites/{site or app.house.site.id}/customer-secrets"
    answer = await app.rest("POST", path, {"way": way} | wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


async def comes(app: Served, identity: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
    """Somebody agrees on a device of their own."""
    said: dict[str, Any] = {} if identity is None else {"identity": identity}
    return await agree(app, **said, **more)


async def says(app: Served, begun: dict[str, Any], identity: dict[str, str]) -> httpx2.Response:
    """The page of a device that has a chat says who is signed in."""
    bearer = {"authorization": f"Bearer {begun['token']}"}
    return await app.call("PUT", f"/widget/{app.house.key}/identity", identity, **bearer)


async def of(app: Served, user: str) -> list[dict[str, Any]]:
    """The contacts with an id at the shop."""
    found: list[dict[str, Any]] = (
        await app.client.get("/api/v1/contacts", params={"external_id": user}, headers=app.house.bearer)
    ).json()["items"]
    return found


async def test_the_same_customer_on_another_device_is_one_contact_with_a_receipt_of_each(app: Served) -> None:
    secret = await secret_for(app)
    identity = by_hash(secret=secret)
    rows, keys = await kept(app)
    first = (await comes(app, identity, fields={"name": "Zoe"}, consent={"chat": True, "spam_training": True})).json()
    second = (await comes(app, identity, fields={"name": "Eve", "email": "zoe@x.example"})).json()
    third = (await comes(app, by_hash(EVE, secret))).json()
    assert second["contact_id"] == first["contact_id"] != third["contact_id"]
    assert await kept(app) == (rows | {"contact": 2, "receipt": 3, "customer": 2}, keys + 2)
    (seen,) = await of(app, ZOE)
    assert (seen["external_id"], seen["verified"]) == (ZOE, True)
    assert (seen["name"], seen["email"]) == ("Zoe", "zoe@x.example"), "what was not said yet is filled in, and no more"
    shown = (await app.rest("GET", f"/contacts/{first['contact_id']}")).json()
    assert [(each["action"], each["purposes"]["spam_training"]) for each in shown["consents"]] == [
        ("given", True),
        ("given", False),
    ]
    assert first["receipt"]["receipt"]["receipt"] != second["receipt"]["receipt"]["receipt"]
    values = [b"".join(pieces) for _, pieces in everything.values(app.services.settings.database_url)]
    assert not any(ZOE.encode() in each or secret.encode() in each for each in values)


async def test_who_withdraws_on_one_device_is_gone_on_each_and_begins_anew(app: Served) -> None:
    identity = by_hash(secret=await secret_for(app))
    first, second = [(await comes(app, identity)).json() for _ in range(2)]
    async with inner_socket(app, "/ws/visitor", {}) as other:
        await other("", "websocket.accept")
        await other("hello", "welcome", token=second["token"])
        bearer = {"authorization": f"Bearer {first['token']}"}
        assert (await app.call("DELETE", f"/widget/{app.house.key}/sessions", **bearer)).status_code == 202
        await erasure.sweep(app.services)
        assert await other("", "websocket.close") == {"type": "websocket.close", "code": frames.CLOSE_ERASED}
    problem_of(await says(app, second, identity), 401, "unauthorized")
    assert await of(app, ZOE) == []
    assert (await kept(app))[0]["customer"] == 0
    third = (await comes(app, identity)).json()
    assert third["contact_id"] != first["contact_id"]
    assert len(await of(app, ZOE)) == 1


async def test_what_does_not_hold_stores_nothing_and_without_it_they_may_agree(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    secret = await secret_for(app)
    elsewhere = await app.rest("POST", f"/sites/{other.site.id}/customer-secrets", {"way": "hash"}, other)
    before, name = await kept(app), new_id()
    for said in (by_hash(secret=elsewhere.json()["secret"]), by_hash(said="0" * 64), {"user": ZOE}, {}):
        problem_of(await comes(app, said, id=name), 403, "identity_refused")
    problem_of(await comes(app, by_hash(secret=secret), consent={"chat": "yes"}), 422, "consent_required")
    assert await kept(app) == before
    assert (await comes(app, id=name)).status_code == 201
    assert await of(app, ZOE) == []
    problem_of(await app.rest("POST", f"/sites/{other.site.id}/customer-secrets", {}), 404, "not_found")
    problem_of(await app.rest("GET", f"/sites/{other.site.id}/customer-secrets"), 404, "not_found")
    theirs = (await agree(app, other.key, identity=by_hash(secret=elsewhere.json()["secret"]))).json()
    assert await of(app, ZOE) == [], "another account's customer with the same id"
    assert theirs["contact_id"]


async def test_a_running_chat_becomes_theirs_and_never_anothers(app: Served) -> None:
    secret = await secret_for(app)
    anonymous = (await comes(app)).json()
    problem_of(await says(app, anonymous, by_hash(said="0" * 64)), 403, "identity_refused")
    assert (await says(app, anonymous, by_hash(secret=secret))).json() == {"signed_in": True}
    assert (await says(app, anonymous, by_hash(secret=secret))).json() == {"signed_in": True}
    assert [each["id"] for each in await of(app, ZOE)] == [anonymous["contact_id"]]
    problem_of(await says(app, anonymous, by_hash(EVE, secret)), 409, "not_now")
    assert await of(app, EVE) == []
    second = (await comes(app)).json()
    assert (await says(app, second, by_hash(secret=secret))).json() == {"signed_in": False}, "they have one already"
    assert [each["id"] for each in await of(app, ZOE)] == [anonymous["contact_id"]]
    again = (await comes(app, by_hash(secret=secret))).json()
    assert again["contact_id"] == anonymous["contact_id"]
    await app.house.publish()
    third = (await comes(app, notice_version=2)).json()
    await app.house.publish()
    assert (await says(app, third, by_hash(EVE, secret))).json() == {"signed_in": False}, "not agreed to what is new"
    problem_of(await says(app, anonymous, by_hash(EVE, secret)), 409, "not_now")


async def test_two_devices_at_once_make_one_contact(app: Served) -> None:
    identity = by_hash(secret=await secret_for(app))
    rows, keys = await kept(app)
    begun = await asyncio.gather(*(comes(app, identity) for _ in range(6)))
    assert {each.status_code for each in begun} == {201}
    assert len({each.json()["contact_id"] for each in begun}) == 1
    assert await kept(app) == (rows | {"contact": 1, "receipt": 6, "customer": 1}, keys + 1)


def nobody_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "find", lambda *_: None)


def gone_unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is told that a consent is another, and not that there is nobody any more."""
    heard = VisitorSocket._heard

    def instead(self: VisitorSocket, delivery: Any) -> None:
        event = delivery.event
        changed = (
            events.ConsentChanged(event.account, event.contact) if isinstance(event, events.ContactGone) else event
        )
        heard(self, replace(delivery, event=changed))

    monkeypatch.setattr(VisitorSocket, "_heard", instead)


def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "take_turn", lambda *_: None)


@pytest.mark.parametrize(
    ("claim", "mutant", "settings"),
    [
        (test_the_same_customer_on_another_device_is_one_contact_with_a_receipt_of_each, nobody_known, "sqlite"),
        (test_who_withdraws_on_one_device_is_gone_on_each_and_begins_anew, gone_unsaid, "sqlite"),
        (test_two_devices_at_once_make_one_contact, no_turns, "postgresql"),
    ],
    indirect=["settings"],
)
async def test_what_holds_a_customer_together_is_missed_where_it_is_taken_out(
    app: Served,
    monkeypatch: pytest.MonkeyPatch,
    claim: Callable[[Served], Awaitable[None]],
    mutant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The controls. SQLite has one writer, so that turns matter on PostgreSQL alone."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(app)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_an_answer_that_was_lost_is_asked_for_again(app: Served) -> None:
    identity, name = by_hash(secret=await secret_for(app)), new_id()
    first, second = (await comes(app, identity, id=name)).json(), (await comes(app, identity, id=name)).json()
    assert second["contact_id"] == first["contact_id"]
    assert second["receipt"] == first["receipt"]
    other = new_id()
    begun = (await comes(app, id=other)).json()  # its answer is lost, and then somebody signs in
    assert (await comes(app, identity, id=other)).json()["contact_id"] == begun["contact_id"]
    assert [each["id"] for each in await of(app, ZOE)] == [first["contact_id"]]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_a_token_says_is_kept_where_the_site_asks_for_it_and_proves_no_address(app: Served) -> None:
    secret = await secret_for(app, "jwt")
    claims = {"sub": ZOE, "exp": app.services.clock() // 1000 + 600, "name": "Zoe", "email": "zoe@x.example"}
    said = {"jwt": jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))}
    await comes(app, said, fields={"name": "Mallory"})
    (seen,) = await of(app, ZOE)
    assert (seen["name"], seen["email"]) == ("Zoe", "zoe@x.example")
    problem_of(await comes(app, by_hash(secret=secret)), 403, "identity_refused")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_new_secret_leaves_the_old_one_its_time_and_an_ended_one_none(app: Served) -> None:
    old = await secret_for(app)
    name = new_id()
    path = f"/sites/{app.house.site.id}/customer-secrets"
    new = (await app.rest("POST", path, {"way": "hash", "keep_hours": 2, "id": name})).json()
    again = await app.rest("POST", path, {"way": "hash", "keep_hours": 0, "id": name})
    assert (again.status_code, "secret" in again.json()) == (200, False)
    assert [("secret" in each, each["until"] is None) for each in (await app.rest("GET", path)).json()["items"]] == [
        (False, True),
        (False, False),
    ]
    for secret in (old, new["secret"]):
        assert (await comes(app, by_hash(secret=secret))).status_code == 201
    clock = app.services.clock
    app.context.services = replace(app.services, clock=lambda: clock() + 2 * HOUR + 1)
    problem_of(await comes(app, by_hash(secret=old)), 403, "identity_refused")
    assert (await comes(app, by_hash(secret=new["secret"]))).status_code == 201
    assert (await app.rest("DELETE", f"{path}/{new['id']}")).status_code == 204
    problem_of(await comes(app, by_hash(secret=new["secret"])), 403, "identity_refused")
    problem_of(await app.rest("DELETE", f"{path}/{new['id']}"), 404, "not_found")
    problem_of(await app.rest("POST", path, {"way": "none"}), 422, "invalid_field")
    problem_of(await app.rest("POST", path, {"keep_hours": 169}), 422, "invalid_field")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_rows_that_somebody_wrote_into_the_database_prove_and_lead_to_nothing(app: Served) -> None:
    secret = await secret_for(app)
    zoe, eve = [(await comes(app, by_hash(user, secret))).json() for user in (ZOE, EVE)]
    ids = [(await contact_of(app.services, each["contact_id"])).id for each in (zoe, eve)]

    def moved(tx: Any) -> None:
        """Eve's database says that she is Zoe, and that there is no end to an old secret."""
        target = identities._hash(app.services, app.house.site.id, ZOE)
        tx.execute(update(customer).where(customer.c.contact_id == ids[0]).values(external_hash="0" * 64))
        tx.execute(update(customer).where(customer.c.contact_id == ids[1]).values(external_hash=target))

    await app.services.store.write(moved)
    third = (await comes(app, by_hash(secret=secret))).json()
    assert third["contact_id"] not in {zoe["contact_id"], eve["contact_id"]}
    await app.services.store.write(lambda tx: tx.execute(update(customer_secret).values(way="jwt")))
    problem_of(await comes(app, by_hash(secret=secret)), 403, "identity_refused")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_who_guesses_is_stopped_and_the_rest_go_on(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = await secret_for(app)
    begun = (await comes(app)).json()
    for _ in range(identities.TRIES):
        assert "not that of this user" in (await says(app, begun, by_hash(said="0" * 64))).json()["detail"]
    assert "wait" in (await says(app, begun, by_hash(secret=secret))).json()["detail"]
    assert (await comes(app)).status_code == 201, "without an identity nobody is stopped"
    monkeypatch.setattr(identities, "TRIES", 10**6)
    for _ in range(3):
        assert (await says(app, begun, by_hash(secret=secret))).status_code == 200, "the control"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_contact_that_was_emptied_or_has_withdrawn_is_found_no_more(app: Served) -> None:
    secret = await secret_for(app)
    begun = (await comes(app, by_hash(secret=secret))).json()
    contact = await contact_of(app.services, begun["contact_id"])
    await app.services.store.write(lambda tx: contacts.change(tx, contact.id, emptied_at=1))
    assert (await comes(app, by_hash(secret=secret))).json()["contact_id"] != begun["contact_id"]


def test_each_site_row_and_server_has_a_secret_of_its_own(services: Services) -> None:
    class Row:
        def __init__(self, site_id: str, id: str) -> None:  # noqa: A002 - a column's name
            self.site_id, self.id = site_id, id

    pairs = (("a", "b"), ("b", "a"), ("ab", ""))
    made = {secrets.secret_of(services, Row(*each)) for each in pairs}  # type: ignore[arg-type]  # a row of its own
    assert len(made) == 3
    assert {len(each) for each in made} == {64}


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_restore_brings_back_no_secret_that_was_ended_since_and_keeps_the_new_one(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, *, forgets: bool
) -> None:
    services, site = house.services, house.site.id

    async def made() -> MadeSecret:
        new = await secrets.make(services, house.actor, site, WantedSecret("hash", 1))
        assert isinstance(new, MadeSecret)
        return new

    old = await made()
    path = await backed_up(house, vault)
    if forgets:
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    new = await made()
    await secrets.end(services, house.actor, site, old.id)
    async with restored(elsewhere, path) as (after, _):
        rows = await after.store.read(lambda tx: store.secrets(tx, site, after.clock()))
        found = {secrets.secret_of(after, row) for row in rows}
    assert found == {old.secret if forgets else new.secret}
