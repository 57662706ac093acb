"""Setting identity providers up: who may, what is wrong, what it means where it is the only way in, and a restore."""

# ruff: noqa: F811 - a fixture is named as what it gives

from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from chat.core.errors import ProviderRequired
from chat.core.settings import Settings
from chat.core.tokens import ProviderAttempt
from chat.factors.actions import step_up
from chat.identity_providers import store
from chat.identity_providers.actions import enforcing, showing
from chat.identity_providers.schema import identity_provider
from chat.password_resets.actions import asking as resets
from chat.team.actions import sign_ins
from tests.factors import HOME, field_of, later
from tests.inside import CHAT, PASSWORD, Served, colleague, problem_of
from tests.providers import (  # noqa: F401 - a fixture is among them
    LOCAL,
    YAN,
    Liar,
    back,
    changed,
    liar,
    set_up,
    sign_in,
    whom,
    why,
)

pytestmark = pytest.mark.anyio
LONG = "another one that is long 7!"
HTML = {"origin": CHAT, "accept": "text/html"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The operator lets loopback be called, where the tests' providers are, and mails links nowhere."""
    return replace(settings, outbound_allow=LOCAL)


async def test_an_owner_alone_sets_one_up_and_each_wrong_field_is_named(app: Served, liar: Liar) -> None:
    one = {"name": "Corp", "issuer": liar.issuer, "client_id": "lethe", "domains": ["acme.example"]}
    wrong: list[tuple[str, Any]] = [
        *(
            ("issuer", each)
            for each in ("http://1.1.1.1", "https://10.0.0.1", "ftp://1.1.1.1", "x", f"{liar.issuer}?a=b")
        ),
        *(("domains", each) for each in ([], ["no domain"], ["acme example"], ["a.example"] * 3 + ["@"])),
        *(("name", each) for each in ("", " ", "x" * 61)),
        ("client_id", ""),
        ("roles", {"x": "owner"}),
        ("default_role", "owner"),
        ("factors", ["two words"]),
    ]
    for field, value in wrong:
        answer = await app.rest("POST", "/identity-providers", one | {field: value})
        assert problem_of(answer, 422, "invalid_field")["field"] == field, value
    assert (await app.rest("GET", "/identity-providers")).json()["items"] == []
    body = one | {
        "id": "01890000-0000-7000-8000-000000000000",
        "client_secret": "hush hush",
        "domains": ["Bücher.example"],
    }
    assert [(await app.rest("POST", "/identity-providers", body)).status_code for _ in range(2)] == [201, 200]
    answer = await app.rest("GET", f"/identity-providers/{body['id']}")
    assert (answer.json()["has_secret"], answer.json()["domains"]) == (True, ["xn--bcher-kva.example"])
    assert "hush" not in answer.text
    rows = await app.services.store.read(lambda tx: store.of_account(tx, app.house.made.account_id))
    assert b"hush" not in rows[0].client_secret
    seen = {"if-match": answer.headers["etag"]} | app.house.bearer
    for status in (200, 412):
        path = f"/api/v1/identity-providers/{body['id']}"
        changed_now = await app.client.patch(path, json={"name": "Corporation"}, headers=seen)
        assert changed_now.status_code == status
    admin, password = await colleague(app.services, app.house.actor, "mia@acme.example", "Mia", "admin")
    await app.sign_in(admin.email, password)
    page = await app.client.get("/admin/identity-providers", headers=HTML)
    assert "Corporation" in page.text
    assert 'name="issuer"' not in page.text
    form = {"csrf": field_of(page, "csrf")} if 'name="csrf" value="' in page.text else {"csrf": ""}
    assert (await app.client.post("/admin/identity-providers", data=form, headers=HTML)).status_code == 403
    assert (await app.rest("DELETE", f"/identity-providers/{body['id']}")).status_code == 204
    assert (await app.client.get(f"/signin/provider/{body['id']}", headers=HTML)).status_code == 404


async def test_the_page_keeps_what_was_typed_and_tries_the_connection(app: Served, liar: Liar) -> None:
    await app.sign_in()
    page = await app.client.get("/admin/identity-providers")
    form = {name: field_of(page, name) for name in ("csrf", "id")}
    assert f"{CHAT}/signin/provider/{form['id']}/back" in page.text
    typed = {
        "name": "Corp",
        "issuer": liar.issuer,
        "client_id": "lethe",
        "client_secret": "hush",
        "domains": "acme.example",
    }
    typed |= {"default_role": "agent", "roles": "no line", "creates": "yes"}
    wrong = await app.client.post("/admin/identity-providers", data=form | typed, headers=HTML)
    assert (wrong.status_code, "hush" in wrong.text, liar.issuer in wrong.text) == (422, False, True)
    assert f"{CHAT}/signin/provider/{form['id']}/back" in wrong.text
    typed["roles"] = "a = b = admin"
    done = await app.client.post("/admin/identity-providers", data=form | typed, headers=HTML)
    path = f"/admin/identity-providers/{form['id']}"
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?saved=1")
    page = await app.client.get(path)
    assert "a = b = admin" in page.text
    tested = await app.client.post(f"{path}/test", data=form, headers=HTML)
    assert (tested.status_code, f"{liar.issuer}/jwks" in tested.text) == (200, True)
    liar.says = {"issuer": "https://evil.example"}
    assert (await app.client.post(f"{path}/test", data=form, headers=HTML)).status_code == 422
    form |= {"seen": unescape(field_of(page, "seen"))}
    saved = await app.client.post(path, data=form | typed | {"name": "Other", "client_secret": ""}, headers=HTML)
    assert saved.status_code == 303
    again = await app.client.post(path, data=form | typed, headers=HTML)
    assert again.status_code == 412
    kept = (await app.rest("GET", f"/identity-providers/{form['id']}")).json()
    assert (kept["name"], kept["has_secret"], kept["creates"]) == ("Other", True, True)
    found = await app.client.post("/signin/provider", data={"email": "nobody@ACME.example"}, headers=HTML)
    assert f"/signin/provider/{form['id']}/go" in found.text
    assert "/go?" not in (await app.client.post("/signin/provider", data={"email": "x@b.example"}, headers=HTML)).text
    app.client.cookies.clear()
    assert 'href="/signin/provider' in (await app.client.get("/signin")).text


async def test_where_it_is_the_only_way_in_no_other_opens_but_for_owners(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer)
    yan, password = await colleague(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    ann, other = await colleague(app.services, app.house.actor, "ann@other.example", "Ann", "agent")
    made = await resets.make(app.services, app.house.actor, yan.id)
    await app.sign_in(yan.email, password)
    assert (await app.client.get("/api/v1/agents/me")).status_code == 200
    assert (await app.rest("PATCH", f"/identity-providers/{provider}", {"enforced": True})).status_code == 200
    assert (await app.client.get("/api/v1/agents/me")).status_code == 401  # signed out
    app.client.cookies.clear()
    refused = await app.client.post("/signin", data={"email": yan.email, "password": password}, headers=HTML)
    there = f"/signin/provider/{provider}"
    assert (refused.status_code, refused.headers["location"]) == (303, there)
    wrong = await app.client.post("/signin", data={"email": yan.email, "password": "x"}, headers=HTML)
    assert wrong.status_code == 401  # alike for everybody: who guesses learns nothing of it
    with pytest.raises(ProviderRequired):
        await resets.make(app.services, app.house.actor, yan.id)
    form = {
        "link": (made.path or "").partition("#")[2],
        "password": "another long one 7!",
        "again": "another long one 7!",
    }
    assert (await app.client.post("/password/reset", data=form, headers=HTML)).status_code in {303, 403}
    for email, shown in ((app.house.made.owner_email, PASSWORD), (ann.email, other)):
        assert (await sign_ins.sign_in(app.services, email, shown, HOME)).secret
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    # The negative control: without asking, the password opens.
    with monkeypatch.context() as patched:
        patched.setattr(enforcing.SigningInThrough, "required", lambda *_: None)
        assert (await sign_ins.sign_in(app.services, yan.email, password, HOME)).secret

    # A row that is spoilt in the database is no way around it.
    def spoil(tx: Any) -> None:
        tx.execute(identity_provider.update().values(enforced=False))

    await app.services.store.write(spoil)
    with pytest.raises(ProviderRequired):
        await sign_ins.sign_in(app.services, yan.email, password, HOME)
    assert (await sign_ins.sign_in(app.services, app.house.made.owner_email, PASSWORD, HOME)).secret
    assert (await app.client.get(f"/signin/provider/{provider}/go")).status_code == 404


async def test_who_has_no_password_shows_at_the_provider_again_who_they_are(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer, creates=True, default_role="admin")
    assert (await sign_in(app, liar, provider, YAN)).status_code == 303
    later(monkeypatch, app.services, step_up.FRESH)
    fixed = app.services.clock() // 1000
    times = {"iat": fixed, "exp": fixed + 300}
    page = await app.client.get("/admin/networks", headers=HTML)
    form = {"csrf": field_of(page, "csrf"), "networks": "", "seen": unescape(field_of(page, "seen"))}
    waiting = await app.client.post("/admin/networks", data=form, headers=HTML)
    assert (waiting.status_code, "/signin/again?next=/signin/shown" in waiting.text) == (403, True)

    async def shows(subject: str = "yan-1", **claims: Any) -> Any:
        liar.person["sub"] = subject
        liar.claims = changed(**times | claims)
        sent = await app.client.get("/signin/again?next=/signin/shown")
        asked = liar.authorize(sent.headers["location"], "code")
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        return await back(app, provider, code="code", state=asked["state"])

    assert why(await shows()) == "stale"  # it says nothing of when
    for late in (fixed - 120, fixed + 3600, True, float("nan")):
        assert why(await shows(auth_time=late)) == "stale", late
    assert why(await shows("somebody else", auth_time=fixed)) == "other"
    step = {"step_up_next": "/admin/networks", "step_up_how": "post"} | form
    assert (await app.client.post("/step-up", data=step, headers=HTML)).status_code == 422
    assert (await shows(auth_time=fixed)).headers["location"] == "/signin/shown"
    done = await app.client.post("/step-up", data=step, headers=HTML)
    assert (done.status_code, done.headers["location"]) == (307, "/admin/networks")
    assert (await app.client.post("/admin/networks", data=form, headers=HTML)).status_code == 303
    # What was begun in one session shows nothing for another.
    mine = await whom(app)
    actor = replace(app.house.acting(mine["id"], "admin"), session_id="", token_id="")
    row = await app.services.store.read(lambda tx: store.by_id(tx, provider))
    attempt = ProviderAttempt(provider, "x", app.services.clock(), "/", "another session")
    with pytest.raises(Exception, match="somebody else"):
        await showing.show_again(app.services, actor, row, attempt, {"sub": "yan-1", "auth_time": fixed}, HOME)


async def test_a_restore_brings_nothing_back_that_was_taken_away(app: Served, liar: Liar) -> None:
    kept, gone = await set_up(app, liar.issuer, creates=True), await set_up(app, liar.issuer, name="Gone", creates=True)
    await sign_in(app, liar, kept, YAN)
    agent = (await whom(app))["id"]
    await app.rest("PATCH", f"/identity-providers/{kept}", {"creates": False})
    await app.rest("DELETE", f"/identity-providers/{kept}/agents/{agent}")
    await app.rest("DELETE", f"/identity-providers/{gone}")
    entries = [each for each in app.services.ledger.entries() if each.did in {"provider", "unlink"}]
    assert [each.what.get("gone", "unlink") for each in entries] == [False, "unlink", True]
    # As a backup from before has it.
    again = await set_up(app, liar.issuer, name="Again", creates=True)
    await sign_in(app, liar, kept, YAN)
    await app.rest("PATCH", f"/identity-providers/{kept}", {"creates": True})
    for each in entries:
        what = {**each.what, "provider": again} if each.what.get("gone") else each.what
        await app.services.gathered.replays[each.did](app.services, what)
    found = {each["id"]: each["suspended"] for each in (await app.rest("GET", "/identity-providers")).json()["items"]}
    assert found == {kept: True}
    assert (await app.rest("GET", f"/identity-providers/{kept}/agents")).json()["items"] == []
    assert (await app.client.get(f"/signin/provider/{kept}/go")).status_code == 401
    assert (await app.rest("PATCH", f"/identity-providers/{kept}", {"name": "Looked at"})).json()["suspended"] is False
    assert await enforcing.sweep(app.services) == 0
