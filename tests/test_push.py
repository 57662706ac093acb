"""Claims about Web Push: a device is woken for what concerns its agent, by a request that says nothing of anybody."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select, update

from chat.agent_profile.actions import profile
from chat.core.settings import Settings
from chat.infra.services import Services
from chat.push import domain, store
from chat.push.actions import calling, sending
from chat.push.schema import push_subscription
from chat.team import store as team
from chat.tickets.actions import activity, tickets
from tests.inside import CHAT, Served, counted, new_id, problem_of, served
from tests.receivers import GOOD, Heard, Receiver, receiver
from tests.test_roles import Person, joined

pytestmark = pytest.mark.anyio
HERE = ip_network("127.0.0.1/32")
GONE = b"HTTP/1.1 410 Gone\r\nconnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nconnection: close\r\n\r\n"
HOUR = timedelta(hours=1)
Break = Callable[[pytest.MonkeyPatch], None]


@dataclass
class Pushed:
    """A server that may call this machine, a push service there, a colleague, and a clock that is moved."""

    app: Served
    there: Receiver
    ann: Person
    later: int = 0

    @property
    def services(self) -> Services:
        """The server's own, as late as it is."""
        return replace(self.app.services, clock=lambda: self.app.services.clock() + self.later)

    async def session(self) -> dict[str, str]:
        """The headers of a page of a new session of the owner's."""
        self.app.client.cookies.clear()
        await self.app.sign_in()
        kept = {each.name: each.value for each in self.app.client.cookies.jar}
        page = await self.app.client.get("/profile")
        self.app.client.cookies.clear()
        mark = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        return {"cookie": f"lethe_session={kept['lethe_session']}", "origin": CHAT, "x-csrf-token": mark}

    async def device(self, path: str = "/push/secret", **more: str) -> dict[str, str]:
        """The headers of a session whose device is called on."""
        headers = await self.session()
        body = {"endpoint": self.there.url(path), **more}
        assert (await self.app.client.put("/api/v1/push", json=body, headers=headers)).status_code == 204
        self.later += 1
        return headers

    async def woken(self, after: int = domain.GRACE + 1) -> list[str]:
        """The paths that were called, when so many more ms have passed."""
        before, self.later = len(self.there.heard), self.later + after
        await sending.sweep(self.services)
        return sorted(each.path for each in self.there.heard[before:])

    async def says(self, headers: dict[str, str]) -> list[str]:
        """What the device says when it is woken."""
        answer = await self.app.client.get("/api/v1/push", headers=headers)
        return [each["says"] for each in answer.json()["calls"]]

    async def by_ann(self, method: str, path: str, body: Any) -> None:
        """What the colleague does."""
        answer = await self.app.call(method, f"/api/v1{path}", body, **self.ann.bearer)
        assert answer.status_code < 300, answer.text

    async def read(self, number: int) -> None:
        """The owner reads a ticket."""
        opened = await tickets.one(self.services, self.app.house.actor, number)
        await activity.read(self.services, opened.ticket, "agent", 99, "Owner", None)


@pytest.fixture
async def pushed(settings: Settings, anyio_backend: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pushed]:
    assert anyio_backend == "asyncio"
    monkeypatch.setattr(sending, "SECONDS", 3.0)
    async with receiver() as there, served(replace(settings, outbound_allow=(HERE,))) as app:
        yield Pushed(app, there, await joined(app.house, "agent"))


def word_of(heard: Heard) -> dict[str, Any]:
    """What the server says of itself, checked as a push service does (RFC 8292). Raises InvalidSignature."""
    kind, _, said = heard.headers["authorization"].partition(" ")
    assert kind == "vapid"
    parts = dict(each.strip().split("=", 1) for each in said.split(","))
    signed, _, signature = parts["t"].rpartition(".")
    raw = raw_of(signature)
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw_of(parts["k"]))
    halves = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    key.verify(encode_dss_signature(*halves), signed.encode(), ECDSA(SHA256()))
    head, claims = (json.loads(raw_of(each)) for each in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return dict(claims) | {"k": parts["k"]}


def raw_of(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_a_device_is_woken_by_a_signed_request_that_says_nothing_and_asks_what_to_say(pushed: Pushed) -> None:
    headers = await pushed.device(locale="el")
    guest = await pushed.app.house.visit("Zoe")
    await guest.say("A secret question")
    assert await pushed.woken(domain.GRACE // 2) == [], "a window in focus may still say that it is known"
    assert await pushed.woken() == ["/push/secret"]
    (heard,) = pushed.there.heard
    claims = word_of(heard)
    assert claims.pop("k") == (await pushed.app.client.get("/api/v1/push", headers=headers)).json()["key"]
    now = pushed.services.clock() // 1000
    assert 0 < claims.pop("exp") - now <= 24 * 3600
    assert claims == {"aud": f"http://127.0.0.1:{pushed.there.port}"}
    assert (heard.body, heard.headers["ttl"], heard.headers["topic"]) == (b"", "3600", "inbox")
    with pytest.raises(InvalidSignature):
        word_of(Heard(heard.path, {"authorization": heard.headers["authorization"].replace("t=e", "t=f")}, b""))
    assert await pushed.says(headers) == ["Νέα συνομιλία: #1"]
    assert await pushed.woken() == [], "once"
    await guest.say("Another")
    assert await pushed.woken() == ["/push/secret"]
    await pushed.read(1)
    assert await pushed.says(headers) == [], "read meanwhile"


async def test_who_is_named_or_given_a_ticket_is_called_and_not_for_their_own_acts(pushed: Pushed) -> None:
    headers, me = await pushed.device(), pushed.app.house.actor.agent_id
    await (await pushed.app.house.visit("Zoe")).say("A question")
    await pushed.read(1)
    assert await pushed.woken() == [], "a colleague, or they themselves, read it"
    await pushed.by_ann("PATCH", "/tickets/1", {"assignee": me})
    assert await pushed.woken() == ["/push/secret"]
    assert await pushed.says(headers) == ["#1 was given to you"]
    await pushed.by_ann("POST", "/tickets/1/notes", {"id": new_id(), "text": "@you", "mentions": [me]})
    assert await pushed.woken() == ["/push/secret"]
    assert "You are named in a note in #1" in await pushed.says(headers)
    await pushed.app.rest("DELETE", "/mentions/1")
    await pushed.app.rest("PATCH", "/tickets/1", {"assignee": None})
    assert await pushed.says(headers) == []
    await pushed.app.rest("PATCH", "/tickets/1", {"assignee": "me"})
    await pushed.app.rest("POST", "/tickets/1/notes", {"id": new_id(), "text": "@me", "mentions": [me]})
    await pushed.by_ann("POST", "/tickets/1/messages", {"id": new_id(), "text": "An answer"})
    assert await pushed.woken() == []


async def test_nobody_is_called_who_knows_or_does_not_want_it_or_for_spam_and_others_tickets(pushed: Pushed) -> None:
    house, headers = pushed.app.house, await pushed.device()
    guest = await house.visit("Zoe")
    await guest.say("A question")
    answer = await pushed.app.client.post("/api/v1/push/heard", headers=headers)
    assert (answer.status_code, await pushed.woken(), await pushed.says(headers)) == (204, [], [])
    at = datetime.fromtimestamp(pushed.services.clock() / 1000, UTC)
    hours = {"quiet_from": f"{at - HOUR:%H:%M}", "quiet_until": f"{at + HOUR:%H:%M}"}
    await profile.change(house.services, house.actor, notifications=hours)
    await guest.say("In the night")
    assert await pushed.woken() == []
    await profile.change(house.services, house.actor, notifications={"quiet_until": "", "without": ("new",)})
    await guest.say("Not wanted")
    assert await pushed.woken() == []
    await profile.change(house.services, house.actor, notifications={"without": ()})
    await guest.say("A colleague's")
    await pushed.by_ann("PATCH", "/tickets/1", {"assignee": pushed.ann.id})
    assert await pushed.woken() == []
    spam = await house.visit("Spam")
    await spam.say("WINNER")
    await tickets.hold(pushed.services, house.actor, 2, held=True)
    assert (await pushed.woken(), await pushed.says(headers)) == ([], [])
    await pushed.by_ann("PATCH", "/tickets/1", {"assignee": None})
    await guest.say("The control: all else is as before")
    assert await pushed.woken() == ["/push/secret"]


async def test_a_device_that_is_gone_is_forgotten_and_one_that_is_slow_keeps_no_other_waiting(pushed: Pushed) -> None:
    answers: dict[str, bytes | None] = {"/gone": GONE, "/slow": None, "/busy": BUSY, "/good": GOOD}
    pushed.there.says = lambda heard: answers[heard.path]
    for each in answers:
        await pushed.device(each)
    guest = await pushed.app.house.visit("Zoe")
    await guest.say("A question")
    assert await pushed.woken() == sorted(answers)
    assert (await counted(pushed.services))["push_subscription"] == 3
    assert await pushed.woken() == [], "not at once"
    for wait in domain.WAITS[:-1]:
        assert await pushed.woken(wait) == ["/busy", "/slow"]
    answers["/slow"] = GOOD
    assert await pushed.woken(domain.WAITS[-1]) == ["/busy", "/slow"]
    assert await pushed.woken(domain.WAITS[-1]) == [], "tried often enough"
    await guest.say("Another")
    assert await pushed.woken() == ["/busy", "/good", "/slow"]


async def test_it_ends_with_the_session_the_agent_and_by_hand(pushed: Pushed) -> None:
    app, ended = pushed.app, await pushed.device("/ended")
    kept = await pushed.device("/kept")
    assert (await app.client.delete("/api/v1/push", headers=ended)).status_code == 204
    assert (await app.client.get("/api/v1/push", headers=kept)).json()["devices"] == 1
    await pushed.device("/again")
    assert (await app.client.delete("/api/v1/sessions", headers=kept)).json()["ended"] >= 2
    assert await paths(pushed) == ["/kept"]
    taken = await pushed.session()
    body = {"endpoint": pushed.there.url("/kept")}
    assert (await app.client.put("/api/v1/push", json=body, headers=taken)).status_code == 204
    assert len(await paths(pushed)) == 1, "a device is one, whoever was called on it before"
    for number in range(domain.DEVICES):
        await pushed.device(f"/{number}")
    assert await paths(pushed) == [f"/{number}" for number in range(domain.DEVICES)]
    heir = await joined(app.house, "owner")
    await app.call("POST", f"/api/v1/agents/{app.house.actor.agent_id}/deactivation", {}, **heir.bearer)
    await pushed.services.store.write(lambda tx: team.deactivate(tx, app.house.actor.agent_id, 1))
    assert await paths(pushed) == []


async def paths(pushed: Pushed) -> list[str]:
    """Of the devices that there are."""
    rows = await pushed.services.store.read(lambda tx: [*tx.execute(select(push_subscription))])
    row = await pushed.services.store.read(
        lambda tx: team.one(tx, pushed.app.house.actor.account_id, pushed.app.house.actor.agent_id)
    )
    urls = [pushed.services.unseal(row.key_slot, row.id, f"push/{each.id}", each.endpoint) or "" for each in rows]
    return sorted(each.removeprefix(pushed.there.url("")) for each in urls)


async def test_what_is_killed_wakes_again_and_two_processes_wake_once(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pushed.device()
    await (await pushed.app.house.visit("Zoe")).say("A question")
    pushed.later += domain.GRACE + 1

    def killed(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_settle", killed)
        with pytest.raises(RuntimeError):
            await sending.sweep(pushed.services)
    assert await pushed.woken(0) == []
    pushed.later += domain.LEASE
    await asyncio.gather(*(sending.sweep(pushed.services) for _ in range(3)))
    assert [each.path for each in pushed.there.heard] == ["/push/secret"] * 2
    assert await pushed.woken(domain.LEASE) == []


async def test_where_a_device_is_stays_sealed_leads_nowhere_inside_and_is_no_programs(pushed: Pushed) -> None:
    headers = await pushed.device()
    rows = await pushed.services.store.read(lambda tx: [*tx.execute(select(push_subscription)).mappings()])
    assert "secret" not in repr(rows)
    for url in ("http://10.0.0.1/push", "https://127.0.0.2/push", "ftp://push.example/x", "https://a:b@push.example"):
        answer = await pushed.app.client.put("/api/v1/push", json={"endpoint": url}, headers=headers)
        assert problem_of(answer, 422, "invalid_field")["field"] == "url"
    problem_of(await pushed.app.rest("PUT", "/push", {"endpoint": pushed.there.url()}), 422, "invalid_field")
    await (await pushed.app.house.visit("Zoe")).say("A question")
    other = {"agent_id": pushed.ann.id}
    await pushed.services.store.write(lambda tx: tx.execute(update(push_subscription).values(other)))
    assert await pushed.woken() == [], "who has the database alone leads nothing to another's device"


def never_quiet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calling, "is_quiet", lambda *_: False)


def deaf(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "hear", lambda *_: None)


def anybodys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calling, "_asked", lambda _tx, _ticket, _call, among: [(each, "new") for each in among])


def in_the_clear(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Services, "seal", lambda _self, _slot, _owner, _context, text: text.encode())


def never_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "drop", lambda *_: None)


NOBODY = test_nobody_is_called_who_knows_or_does_not_want_it_or_for_spam_and_others_tickets
CONTROLS: list[tuple[Any, Break]] = [
    (NOBODY, never_quiet),
    (NOBODY, deaf),
    (NOBODY, anybodys),
    (test_where_a_device_is_stays_sealed_leads_nowhere_inside_and_is_no_programs, in_the_clear),
    (test_a_device_that_is_gone_is_forgotten_and_one_that_is_slow_keeps_no_other_waiting, never_gone),
]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("claim", "broken"), CONTROLS)
async def test_the_control_a_device_is_woken_that_should_not_be(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, claim: Callable[[Pushed], Awaitable[None]], broken: Break
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(pushed)
