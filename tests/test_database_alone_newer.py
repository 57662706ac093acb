"""
Who can write the database opens no door by rows of providers, passkeys, webhooks, persons and customers either: as in
`test_database_alone.py`, on SQLite alone, since a MAC does not ask which database it lies in.
"""

# ruff: noqa: F811 - a fixture is named as what it gives

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from chat.contacts.schema import merge
from chat.core.clock import now
from chat.core.errors import NotFound, Unauthorized
from chat.core.macs import Macs
from chat.core.networks import Network
from chat.customers.schema import customer
from chat.identity_providers import store as providers
from chat.identity_providers.actions import matching
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.identity_providers.schema import identity_provider, provider_identity
from chat.infra.outbound import Outbound
from chat.infra.services import Services
from chat.lifecycle.actions import changes
from chat.passkeys import actions as ceremonies
from chat.passkeys.schema import passkey
from chat.team.actions import sessions, sign_ins
from chat.team.schema import agent
from chat.web.authentication import COOKIE
from chat.webhooks.actions import endpoints, sending
from chat.webhooks.actions.endpoints import WantedWebhook
from chat.webhooks.schema import webhook
from tests.authenticator import Authenticator, added, shown_alone
from tests.inside import PASSWORD, House, new_id
from tests.receivers import receiver
from tests.test_customers import by_hash, comes, secret_for
from tests.test_database_alone import CANARY, Door, Intruder, got, intruder  # noqa: F401 - a fixture is among them

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
NET = Network("net")


async def provider_of(it: Intruder, house: House, domain: str, **more: Any) -> providers.ProviderRow:
    """A provider of an account's, for addresses of a domain."""
    row: dict[str, Any] = dict.fromkeys(("role_claim", "factors"), "") | dict.fromkeys(("creates", "enforced"), False)
    row |= {"id": new_id(), "account_id": house.made.account_id, "key_slot": 0, "name": "Corp", "client_id": "x"}
    row |= {"issuer": "https://id.example", "client_secret": None, "domains": domain, "suspended": False}
    row |= {"default_role": "agent", "roles": "{}", "created_at": now()} | more
    await it.app.services.store.write(lambda tx: providers.add(tx, row))
    return await it.app.services.store.read(lambda tx: providers.by_id(tx, row["id"]))


async def comes_through(it: Intruder, provider: providers.ProviderRow, subject: str, email: str) -> str:
    """The cookie of whoever a provider says has come, "" where nobody is let in."""
    claims = {"sub": subject, "email": email, "email_verified": True}
    try:
        begun = await matching.sign_in(it.app.services, provider, claims, NET)
    except ProviderSignInRefused:
        return ""
    return f"{COOKIE}={it.app.services.tokens.cookie(begun.secret)}"


async def an_id_at_the_provider_given_to_another(it: Intruder) -> list[httpx2.Response]:
    provider = await provider_of(it, it.app.house, "acme.example")
    assert await comes_through(it, provider, "low-1", it.low.email)
    await changes.deactivate(it.app.services, it.app.house.actor, it.low.id)
    mine = provider_identity.c.agent_id == it.low.id
    it.set(provider_identity, mine, agent_id=it.app.house.actor.agent_id)
    return await it.reads(cookie=await comes_through(it, provider, "low-1", it.low.email))


async def a_provider_moved_to_their_account(it: Intruder) -> list[httpx2.Response]:
    mine = await provider_of(it, it.other, "acme.example")
    it.set(identity_provider, identity_provider.c.id == mine.id, account_id=it.app.house.made.account_id)
    try:
        moved = await it.app.services.store.read(lambda tx: providers.by_id(tx, mine.id))
    except NotFound:
        return await it.reads()
    return await it.reads(cookie=await comes_through(it, moved, "boss", it.app.house.made.owner_email))


async def a_provider_no_longer_enforced(it: Intruder) -> list[httpx2.Response]:
    provider = await provider_of(it, it.app.house, "acme.example", enforced=True)
    it.set(identity_provider, identity_provider.c.id == provider.id, enforced=False)
    return await it.reads(cookie=await it.cookie(it.low.email, it.low_password))


async def what_is_sent(it: Intruder, *, given: bool, **changed: Any) -> list[httpx2.Response]:
    """What programs are sent when the row of one was changed, whose URL is given by its path; and what is read."""
    async with receiver() as there:
        services = replace(it.app.services, outbound=Outbound([ip_network("127.0.0.1/32")]))
        wanted = WantedWebhook("Shop", there.url("/theirs"), ["message.created"], given)
        await endpoints.make(services, it.app.house.actor, wanted)
        if "url" in changed:
            changed["url"] = there.url(changed["url"])
        it.set(webhook, webhook.c.account_id == it.app.house.made.account_id, **changed)
        await it.victim.say(CANARY)
        await sending.sweep(services)
        sent = [httpx2.Response(200, content=each.body) for each in there.heard]
        return [*sent, *await it.reads()]


async def a_webhook_led_elsewhere(it: Intruder) -> list[httpx2.Response]:
    return await what_is_sent(it, given=True, url="/mine")


async def a_webhook_given_what_visitors_wrote(it: Intruder) -> list[httpx2.Response]:
    return await what_is_sent(it, given=False, visitor_data=True)


async def a_passkey_of_ones_own_given_to_another(it: Intruder) -> list[httpx2.Response]:
    services, device = it.app.services, Authenticator()
    begun = await sign_ins.sign_in(services, "owner@other.example", PASSWORD, NET)
    actor = await sessions.by_session(services, services.tokens.cookie(begun.secret))
    await added(services, actor, device)
    it.set(passkey, passkey.c.agent_id == actor.agent_id, agent_id=it.app.house.actor.agent_id)
    try:
        shown = await shown_alone(services, device, NET)
    except Unauthorized:
        return await it.reads()
    return await it.reads(cookie=f"{COOKIE}={services.tokens.cookie(shown.secret)}")


async def two_made_one_person(it: Intruder) -> list[httpx2.Response]:
    """An agent hands out what is held of the intruder, who asked for it."""
    row = {"contact_id": it.victim.contact.id, "person": it.me.contact.uid, "merged_at": 1}
    it.sql(insert(merge).values(**row))
    return [await it.get(f"/api/v1/contacts/{it.me.contact.uid}/export", **it.app.house.bearer)]


async def a_customer_who_is_another(it: Intruder) -> list[httpx2.Response]:
    identity = by_hash(secret=await secret_for(it.app))
    assert (await comes(it.app, identity)).status_code == 201
    it.set(customer, customer.c.external_hash != "", contact_id=it.victim.contact.id)
    token = (await comes(it.app, identity)).json()["token"]
    of = f"/widget/{it.app.house.key}"
    return [await it.get(f"{of}/{each}", authorization=f"Bearer {token}") for each in ("transcript", "export")]


ENTRIES: list[Door] = [
    an_id_at_the_provider_given_to_another,
    a_provider_moved_to_their_account,
    a_provider_no_longer_enforced,
    a_webhook_led_elsewhere,
    a_webhook_given_what_visitors_wrote,
    two_made_one_person,
    a_customer_who_is_another,
]
"""Ways in by rows alone, each held by the MAC of a row. A passkey is sealed besides."""


@pytest.mark.parametrize("door", [*ENTRIES, a_passkey_of_ones_own_given_to_another])
async def test_rows_alone_open_no_door(door: Door, intruder: Intruder) -> None:
    answers = await door(intruder)
    assert answers
    assert got(answers) == []
    assert [each.status_code for each in answers if each.status_code >= 500] == []


@pytest.mark.parametrize("door", ENTRIES)
async def test_without_macs_each_of_these_ways_is_open(
    door: Door, intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Macs, "hold", lambda *_: True)
    assert got(await door(intruder)), "a door that was never open shows nothing"


async def test_without_mac_seal_and_name_a_passkey_opens_for_another(
    intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, real = intruder, Services.unseal
    mine = it.sql(select(agent).where(agent.c.id == it.other.actor.agent_id))[0]

    def unsealed(services: Services, slot: int, owner: str, context: str, held: bytes | None) -> str | None:
        if context.startswith("passkey/"):
            slot, owner = mine.key_slot, mine.id
        return real(services, slot, owner, context, held)

    monkeypatch.setattr(Macs, "hold", lambda *_: True)
    monkeypatch.setattr(Services, "unseal", unsealed)
    monkeypatch.setattr(ceremonies, "_names", lambda *_: True)
    assert got(await a_passkey_of_ones_own_given_to_another(it))
