"""Signing in through an identity provider: who gets in as whom, and every way in which somebody there lies."""

# ruff: noqa: F811 - a fixture is named as what it gives

import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from chat.core.audited import REFUSALS
from chat.core.clock import DAY
from chat.core.crypt import blind
from chat.core.settings import Settings
from chat.core.tokens import ProviderAttempt, Tokens
from chat.identity_providers import store
from chat.identity_providers.actions import matching, signing_in
from chat.identity_providers.domain.refusals import WHY
from chat.invitations.actions import accepting, inviting
from chat.lifecycle.actions import changes
from tests.factors import later, turned_on
from tests.inside import Served, colleague, found
from tests.providers import (  # noqa: F401 - a fixture is among them
    CLIENT,
    LOCAL,
    YAN,
    Liar,
    back,
    entered,
    liar,
    sent,
    set_up,
    sign_in,
    whom,
    why,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The operator lets loopback be called, where the tests' providers are."""
    return replace(settings, outbound_allow=LOCAL)


async def test_an_agent_comes_by_their_verified_address_and_is_bound_to_their_id_from_then_on(
    app: Served, liar: Liar
) -> None:
    provider = await set_up(app, liar.issuer)
    yan, _ = await colleague(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    mia, _ = await colleague(app.services, app.house.actor, "mia@acme.example", "Mia", "admin")
    answer = await sign_in(app, liar, provider, YAN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    assert (await whom(app))["id"] == yan.id
    (asked,) = [each for each in liar.asked if each.path == "/token"]
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"lethe+client:s3cret+%26+more"
    # Who takes over another's address at the provider stays who they were, and does not become the other.
    await sign_in(app, liar, provider, YAN | {"email": "mia@acme.example"})
    assert (await whom(app))["id"] == yan.id
    assert why(await sign_in(app, liar, provider, YAN | {"sub": "somebody else"})) == "linked"
    await sign_in(app, liar, provider, {"sub": "mia-1", "email": "mia@acme.example"})
    assert (await whom(app))["id"] == mia.id
    linked = (await app.rest("GET", f"/identity-providers/{provider}/agents")).json()["items"]
    assert [each["agent_id"] for each in linked] == [yan.id, mia.id]
    assert [(each["who"], each["target"]) for each in await entered(app, "provider.linked")][::-1] == [
        (yan.id, provider),
        (mia.id, provider),
    ]
    assert len(await entered(app, "agent.signed_in")) == 3
    # Parted, the next who comes with the address is taken for them, and their sessions have ended.
    path = f"/identity-providers/{provider}/agents/{mia.id}"
    assert (await app.rest("DELETE", path)).status_code == 204
    assert (await app.client.get("/api/v1/agents/me")).status_code == 401
    assert (await app.rest("DELETE", path)).status_code == 404
    await sign_in(app, liar, provider, {"sub": "mia-2", "email": "mia@acme.example"})
    assert (await whom(app))["id"] == mia.id


async def test_nothing_of_one_sign_in_counts_for_another(app: Served, liar: Liar) -> None:
    provider = await set_up(app, liar.issuer, creates=True)
    liar.person = {"email_verified": True} | YAN
    url = await sent(app, provider)
    asked = liar.authorize(url, "code")
    assert url.startswith(f"{liar.issuer}/authorize?tenant=1&")
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    assert {"openid", "email"} <= {*asked["scope"].split()}
    (theirs,) = app.client.cookies.jar
    for wrong in ({"state": "x" * 64}, {"state": asked["state"][:-1]}, {"state": ""}):
        assert why(await back(app, provider, code="code", **wrong)) == "state"
        app.client.cookies.jar.set_cookie(theirs)
    twice = await app.client.get(f"/signin/provider/{provider}/back?code=code&state={asked['state']}&state=x")
    assert why(twice) == "state"
    app.client.cookies.clear()  # another browser
    assert why(await back(app, provider, code="code", state=asked["state"])) == "state"
    await sent(app, provider)
    assert why(await back(app, provider, code="code", state=asked["state"])) == "state"
    app.client.cookies.clear()
    app.client.cookies.jar.set_cookie(theirs)
    answer = await back(app, provider, code="code", state=asked["state"], session_state="of the provider")
    assert answer.status_code == 303
    assert "lethe_attempt" not in app.client.cookies
    # The same again, with a cookie that was kept, and a code that is good.
    app.client.cookies.clear()
    app.client.cookies.jar.set_cookie(theirs)
    liar.authorize(url, "another")
    assert why(await back(app, provider, code="another", state=asked["state"])) == "state"
    # A code that was used, or is of another sign-in, is refused by the provider: the verifier does not fit.
    app.client.cookies.clear()
    asked = liar.authorize(await sent(app, provider), "mine")
    liar.given["theirs"] = liar.given.pop("mine") | {"code_challenge": "of another"}
    assert why(await back(app, provider, code="theirs", state=asked["state"])) == "code"
    asked = liar.authorize(await sent(app, provider), "code")
    assert why(await back(app, provider, error="access_denied", state=asked["state"])) == "denied"
    (entry, *_) = await entered(app, "provider.refused")
    assert (entry["who"], entry["target"]) == ("system", f"{provider}/denied")


async def test_an_attempt_lasts_ten_minutes_and_is_of_one_provider(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await set_up(app, liar.issuer, creates=True), await set_up(app, liar.issuer, name="Other")
    asked = liar.authorize(await sent(app, one), "code")
    assert why(await back(app, other, code="code", state=asked["state"])) == "state"
    asked = liar.authorize(await sent(app, one), "code")
    later(monkeypatch, app.services, 600_000)
    assert why(await back(app, one, code="code", state=asked["state"])) == "state"


async def test_who_is_nobody_here_is_added_where_the_account_wants_that_and_no_owner_is_made(
    app: Served, liar: Liar
) -> None:
    provider = await set_up(app, liar.issuer)
    other = await found(app.services, "Other", "boss@acme.example")
    assert why(await sign_in(app, liar, provider, YAN)) == "nobody"
    path = f"/identity-providers/{provider}"
    assert (await app.rest("PATCH", path, {"creates": True, "default_role": "auditor"})).status_code == 200
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    yan = await whom(app)
    assert (yan["name"], yan["email"], yan["role"]) == ("Yan P.", "Yan@acme.example", "auditor")
    # Somebody of another account is not seen from here, nor taken over.
    boss = {"sub": "boss-1", "email": "boss@acme.example"}
    assert why(await sign_in(app, liar, provider, boss)) == "taken"
    theirs = await set_up(app, liar.issuer, other, name="Theirs")
    assert why(await sign_in(app, liar, theirs, YAN)) == "nobody"
    # A role by claim: what is mapped, the highest of several; `owner` is a word like any other, and never a role.
    roles = {"leads": "admin", "staff": "agent", "owner": "agent"}
    more = {"role_claim": "realm.roles", "roles": roles, "default_role": "auditor"}
    assert (await app.rest("PATCH", path, more)).status_code == 200
    said: list[tuple[object, str]] = [(["staff", "leads"], "admin"), (["owner"], "agent"), ("staff", "agent")]
    for words, role in [*said, ([], "auditor"), (None, "auditor")]:
        await sign_in(app, liar, provider, YAN | {"realm": {"roles": words}})
        assert (await whom(app))["role"] == role, words
    assert len(await entered(app, "agent.role_changed")) == 3
    for wrong in ({"roles": {"x": "owner"}}, {"default_role": "owner"}, {"roles": {"x": "boss"}}):
        assert (await app.rest("PATCH", path, wrong)).status_code == 422
    # An owner stays one, whatever the provider says, and keeps their password.
    owner = {"sub": "o-1", "email": app.house.made.owner_email, "realm": {"roles": ["staff"]}}
    assert (await sign_in(app, liar, provider, owner)).status_code == 303
    assert (await whom(app))["role"] == "owner"
    assert (await app.rest("PATCH", path, {"roles": {}, "role_claim": ""})).status_code == 200
    await sign_in(app, liar, provider, YAN | {"realm": {"roles": ["leads"]}})
    assert (await whom(app))["role"] == "auditor"
    # Deactivated, nobody gets in, as little as by password.
    await changes.deactivate(app.services, app.house.actor, yan["id"])
    assert why(await sign_in(app, liar, provider, YAN)) == "deactivated"


async def test_who_was_invited_joins_as_what_they_were_invited_to(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, who = await set_up(app, liar.issuer, enforced=True), inviting.inviter(app.house.actor)
    with monkeypatch.context() as past:
        past.setattr(inviting, "GOOD", -DAY)
        made = (await inviting.invite(app.services, who, "yan@acme.example", "auditor")).view
    assert why(await sign_in(app, liar, provider, YAN)) == "nobody"
    await inviting.send_again(app.services, who, made.id)
    assert why(await sign_in(app, liar, provider, YAN | {"email_verified": False})) == "unverified"
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    assert (await whom(app))["role"] == "auditor"
    assert [each["target"] for each in await entered(app, "invitation.accepted")] == [made.id]
    assert [each["who"] for each in await entered(app, "agent.added")] == ["command"]  # who made the account
    assert (await app.rest("GET", "/invitations")).json()["items"] == []
    # Where the account heeds the provider's word, that says as what; and what an ex-admin sent invites nobody.
    roles = {"role_claim": "roles", "roles": {"leads": "admin"}, "default_role": "agent"}
    assert (await app.rest("PATCH", f"/identity-providers/{provider}", roles)).status_code == 200
    await inviting.invite(app.services, who, "zoe@acme.example", "auditor")
    zoe = YAN | {"sub": "zoe-1", "email": "zoe@acme.example"}
    with monkeypatch.context() as gone:
        gone.setattr(accepting, "may_invite", lambda *_, **__: False)
        assert why(await sign_in(app, liar, provider, zoe)) == "nobody"
    assert (await sign_in(app, liar, provider, zoe | {"roles": ["leads"]})).status_code == 303
    assert (await whom(app))["role"] == "admin"


async def test_what_holds_for_passwords_holds_here(app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = await set_up(app, liar.issuer, creates=True)
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    yan = await whom(app)
    actor = app.house.acting(yan["id"], "agent")
    session = (await app.rest("GET", "/audit?action=agent.signed_in")).json()["items"][0]["target"]
    phone = await turned_on(app.services, replace(actor, session_id=session, token_id="", scopes=None))
    # Ours is asked for, unless the account takes the provider's word for one.
    answer = await sign_in(app, liar, provider, YAN | {"amr": ["pwd", "mfa"]})
    assert answer.headers["location"].startswith("/signin/second")
    assert (await app.client.get("/api/v1/agents/me")).status_code == 401
    form = {"code": phone.code(1), "next": "/inbox"}
    answer = await app.client.post("/signin/second", data=form, headers={"origin": "http://chat.test"})
    assert answer.headers["location"].startswith(("/inbox", "/password")), answer.text
    assert (await whom(app))["id"] == yan["id"]
    assert (await app.rest("PATCH", f"/identity-providers/{provider}", {"factors": ["mfa"]})).status_code == 200
    assert (await sign_in(app, liar, provider, YAN | {"amr": ["pwd", "mfa"]})).headers["location"] == "/inbox"
    assert (await sign_in(app, liar, provider, YAN | {"amr": ["pwd"]})).headers["location"].startswith("/signin/second")
    # A network that is not allowed is shut here too, and nothing is asked of the provider.
    monkeypatch.setattr(signing_in, "is_inside", lambda *_: False)
    tokens = len(liar.asked)
    assert (await sign_in(app, liar, provider, YAN)).status_code == 403
    assert len(liar.asked) == tokens
    monkeypatch.setattr(signing_in, "TRIED", 0)
    assert (await app.client.get(f"/signin/provider/{provider}/go")).status_code == 429


def by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes by the address each time."""
    monkeypatch.setattr(store, "by_subject", lambda *_: None)
    monkeypatch.setattr(store, "has_identity", lambda *_: False)
    monkeypatch.setattr(store, "link", lambda *_: None)


def stateless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "_is_of", lambda *_: True)


def cookieless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes whatever comes back for the last that was sent, from whichever browser."""
    made, read = Tokens.provider_attempt, Tokens.read_provider_attempt
    last: list[str] = []

    def kept(self: Tokens, attempt: ProviderAttempt) -> str:
        last.append(made(self, attempt))
        return last[-1]

    monkeypatch.setattr(Tokens, "provider_attempt", kept)
    monkeypatch.setattr(Tokens, "read_provider_attempt", lambda self, _, now: read(self, last[-1], now))


def used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "use_up", lambda *_: True)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_another_browser_ends_no_attempt(app: Served, liar: Liar) -> None:
    provider = await set_up(app, liar.issuer, creates=True)
    liar.person = {"email_verified": True} | YAN
    asked = liar.authorize(await sent(app, provider), "code")
    app.client.cookies.clear()
    assert why(await back(app, provider, code="code", state=asked["state"])) == "state"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("claim", "mutant"),
    [
        (test_an_agent_comes_by_their_verified_address_and_is_bound_to_their_id_from_then_on, by_address),
        (test_nothing_of_one_sign_in_counts_for_another, stateless),
        (test_another_browser_ends_no_attempt, cookieless),
        (test_nothing_of_one_sign_in_counts_for_another, used_twice),
    ],
)
async def test_what_holds_a_sign_in_is_missed_where_it_is_taken_out(
    app: Served,
    liar: Liar,
    monkeypatch: pytest.MonkeyPatch,
    claim: Callable[[Served, Liar], Awaitable[None]],
    mutant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The controls."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(app, liar)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_same_id_at_another_issuer_is_somebody_else(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer)
    row = await app.services.store.read(lambda tx: store.by_id(tx, provider))
    elsewhere: Any = SimpleNamespace(id=row.id, issuer="https://evil.example")

    def hashes() -> set[str]:
        return {matching.subject_hash(app.services, each, "yan-1") for each in (row, elsewhere)}

    assert len(hashes()) == 2
    monkeypatch.setattr(matching, "blind", lambda key, what, text: blind(key, what.partition("/")[0], text))
    assert len(hashes()) == 1, "the control"


def test_the_audit_log_knows_every_reason_and_no_other() -> None:
    assert (*WHY,) == REFUSALS
