"""Several sites of one account: each with its key, origins and look, none opened by another's, nor once deleted."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import column, insert, select, table, text, update

from chat.account import store
from chat.account.actions import accounts, sites
from chat.account.actions.sites import SiteChange
from chat.account.schema import site
from chat.core.errors import NotFound
from chat.core.macs import Macs
from chat.core.settings import Settings, from_env
from chat.infra.ledger.ledger import Ledger
from chat.infra.store import engine, folder, migrations
from tests.backups import backed_up, restored
from tests.inside import CHAT, SHOP, House, Served, found, inner_socket, new_id, problem_of
from tests.test_customers import by_hash, of, secret_for
from tests.test_widget_http import agree

pytestmark = pytest.mark.anyio
TWO = "https://two.example"


async def test_a_second_site_is_made_once_and_changed_as_it_was_seen(app: Served) -> None:
    wanted = {"id": new_id(), "name": "Second", "origins": [TWO], "color": "#aa5500"}
    made = await app.rest("POST", "/sites", wanted)
    again = await app.rest("POST", "/sites", wanted)
    assert (made.status_code, again.json()) == (201, made.json())
    site = made.json()
    assert site["key"] != app.house.key
    assert len((await app.rest("GET", "/sites")).json()["items"]) == 2
    path = f"/sites/{site['id']}"
    seen = await app.rest("GET", path)
    assert seen.headers["etag"] == made.headers["etag"]
    changed = await app.rest("PATCH", path, {"name": "Other shop", "fields": {"email": "required"}})
    assert (changed.json()["name"], changed.json()["key"]) == ("Other shop", site["key"])
    headers = app.house.bearer | {"if-match": seen.headers["etag"]}
    late = await app.client.patch(f"/api/v1{path}", json={"name": "Late"}, headers=headers)
    problem_of(late, 412, "changed_meanwhile")
    frame = await app.call("GET", f"/widget/{site['key']}")
    assert TWO in frame.headers["content-security-policy"]
    assert "shop.example" not in frame.headers["content-security-policy"]
    config = (await app.call("GET", f"/widget/{site['key']}/config")).json()
    assert config["site"]["name"] == "Other shop"
    assert [each["id"] for each in config["fields"]] == ["email"]
    guest = await app.house.visit("Ada")
    answer = await app.call("GET", f"/widget/{site['key']}/receipt", origin=CHAT, **guest.bearer)
    problem_of(answer, 401, "unauthorized")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_is_wrong_is_named(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    site = app.house.site.id
    for method, path, body, field in (
        ("POST", "/sites", {"origins": [TWO]}, "name"),
        ("POST", "/sites", {"name": "Second"}, "origins"),
        ("POST", "/sites", {"name": "Second", "origins": [TWO], "color": "red"}, "color"),
        ("POST", "/sites", {"name": "Second", "origins": [TWO], "id": "mine"}, "id"),
        ("PATCH", f"/sites/{site}", {}, "name"),
        ("PATCH", f"/sites/{site}", {"origins": ["shop"]}, "origins"),
    ):
        assert problem_of(await app.rest(method, path, body), 422, "invalid_field")["field"] == field
    other = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("PATCH", f"/sites/{site}", {"name": "X"}, other), 404, "not_found")
    taken = {"id": site, "name": "X", "origins": [TWO]}
    problem_of(await app.rest("POST", "/sites", taken, other), 404, "not_found")
    monkeypatch.setattr(sites, "MOST", 1)
    problem_of(await app.rest("POST", "/sites", {"name": "X", "origins": [TWO]}), 409, "not_now")


async def second(app: Served, **more: Any) -> dict[str, Any]:
    """Another site of the account."""
    made: dict[str, Any] = (await app.rest("POST", "/sites", {"name": "Second", "origins": [TWO]} | more)).json()
    return made


async def test_the_key_of_a_deleted_site_opens_nothing_and_what_was_said_there_stays(app: Served) -> None:
    gone = await second(app, id=new_id(), origins=[SHOP])
    secret = await secret_for(app, site=gone["id"])
    customer = (await agree(app, gone["key"], identity=by_hash(secret=secret))).json()
    bearer = {"authorization": f"Bearer {customer['token']}"}
    here, path = f"/widget/{gone['key']}", f"/sites/{gone['id']}"
    guest = await app.house.visit("Ada")
    async with inner_socket(app, "/ws/visitor", {}) as visitor, inner_socket(app, "/ws/visitor", {}) as neighbour:
        assert (await visitor("hello", "welcome", token=customer["token"]))["type"] == "welcome"
        number = (await visitor("message", "ack", id=new_id(), text="Where is it?"))["ticket"]
        assert (await neighbour("hello", "welcome", token=guest.begun.token))["type"] == "welcome"
        stale = app.house.bearer | {"if-match": '"of another state"'}
        problem_of(await app.client.delete(f"/api/v1{path}", headers=stale), 412, "changed_meanwhile")
        assert (await app.rest("DELETE", path)).status_code == 204
        assert (await visitor("", "error"))["code"] == "forbidden"
        assert (await visitor("", "websocket.close"))["code"] == 4403
        assert (await neighbour("ping", "pong"))["type"] == "pong"
    async with inner_socket(app, "/ws/visitor", {}) as late:
        assert (await late("hello", "welcome", token=customer["token"]))["code"] == "forbidden"
        assert (await late("", "websocket.close"))["code"] == 4403
    for each in (here, f"{here}/config", f"/privacy/{gone['key']}"):
        assert (await app.call("GET", each)).status_code == 404
    problem_of(await agree(app, gone["key"]), 404, "not_found")
    problem_of(await app.call("PUT", f"{here}/identity", by_hash(secret=secret), **bearer), 403, "identity_refused")
    upload = await app.client.post(f"{here}/attachments", files={"file": ("a.txt", b"a")}, headers=bearer)
    problem_of(upload, 403, "forbidden")
    problem_of(await app.rest("GET", f"{path}/customer-secrets"), 404, "not_found")
    for method, body in (("GET", None), ("PATCH", {"name": "Back"}), ("DELETE", None)):
        problem_of(await app.rest(method, path, body), 404, "not_found")
    again = {"id": gone["id"], "name": "Back", "origins": [TWO]}
    assert "another id" in problem_of(await app.rest("POST", "/sites", again), 404, "not_found")["detail"]
    assert [each["id"] for each in (await app.rest("GET", "/sites")).json()["items"]] == [app.house.site.id]
    assert (await app.rest("GET", f"/tickets/{number}")).json()["site"]["name"] == "Second"
    assert [each["id"] for each in await of(app, by_hash()["user"])] == [customer["contact_id"]]
    assert (await app.call("GET", f"{here}/receipt", **bearer)).json()["receipt"]["site"]["key"] == gone["key"]
    assert (await app.call("DELETE", f"{here}/sessions", **bearer)).status_code == 202, "to withdraw stays as easy"
    entries = (await app.rest("GET", "/audit?limit=50")).json()["items"]
    assert [each["target"] for each in entries if each["action"] == "site.deleted"] == [gone["id"]]
    problem_of(await app.rest("DELETE", f"/sites/{app.house.site.id}"), 409, "not_now")


async def test_of_two_that_are_deleted_at_once_one_stays(app: Served) -> None:
    paths = [f"/sites/{each}" for each in (app.house.site.id, (await second(app))["id"])]
    answers = await asyncio.gather(*(app.rest("DELETE", each) for each in paths))
    assert sorted(each.status_code for each in answers) == [204, 409]
    assert len((await app.rest("GET", "/sites")).json()["items"]) == 1


@pytest.mark.parametrize("mutant", ["", "the mark is not looked at", "the mark is not bound"])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_nobody_opens_a_deleted_site_in_the_database(
    app: Served, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    if mutant == "the mark is not bound":
        monkeypatch.setitem(site.info, "bound", ("id", "account_id", "key"))
    gone = await second(app)
    if mutant == "the mark is not looked at":
        monkeypatch.setattr(store, "_live", site.c.id.is_not(None))
    await app.rest("DELETE", f"/sites/{gone['id']}")
    unmarked = update(site).where(site.c.id == gone["id"]).values(deleted_at=None)
    if mutant != "the mark is not looked at":
        await app.services.store.write(lambda tx: tx.execute(unmarked))
    assert (await app.call("GET", f"/widget/{gone['key']}/config")).status_code == (200 if mutant else 404)


@pytest.mark.parametrize("forgets", [False, True])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_restore_does_not_bring_a_deleted_site_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, *, forgets: bool
) -> None:
    gone = await sites.make(house.services, house.actor, SiteChange("Second", [TWO]))
    path = await backed_up(house, vault)
    if forgets:
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await sites.delete(house.services, house.actor, gone.id)
    async with restored(elsewhere, path) as (after, _):
        try:
            opened = (await after.store.read(lambda tx: store.site_by_key(tx, gone.key))).id == gone.id
        except NotFound:
            opened = False
    assert opened is forgets


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_each_site_has_a_page_and_the_last_one_cannot_be_deleted(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.sign_in()
    pages, first = "/admin/sites", app.house.site

    async def posted(path: str, **form: str) -> httpx2.Response:
        csrf = re.findall('name="csrf" value="([^"]+)"', (await app.call("GET", pages)).text)[-1]
        return await app.client.post(path, data=form | {"csrf": csrf}, headers={"origin": CHAT})

    assert f'"{pages}/{first.id}/delete"' not in (await app.call("GET", f"{pages}/{first.id}")).text
    assert (await posted(f"{pages}/{first.id}/delete")).status_code == 409
    refused = await posted(pages, name="<b>", origins="shop")
    assert refused.status_code == 422
    assert 'value="&lt;b&gt;"' in refused.text
    made = await posted(pages, name="<b>", origins=TWO)
    here = made.headers["location"]
    known = await app.services.store.read(lambda tx: store.sites(tx, app.house.made.account_id))
    assert here == f"{pages}/{known[1].id}"
    page = (await app.call("GET", here)).text
    assert f"data-site=&#34;{known[1].key}&#34;" in page
    assert f'"{here}/delete"' in page
    changed = await posted(here, name="Outlet", origins=TWO, color="#123456", message_rate="30", agreement_rate="0")
    assert changed.headers["location"] == f"{here}?saved=1"
    assert [(each.name, each.color) for each in await accounts.sites(app.services, app.house.actor)] == [
        (first.name, first.color),
        ("Outlet", "#123456"),
    ]
    assert first.name in (await app.call("GET", "/admin/site")).text
    assert (await posted(f"{here}/delete")).headers["location"] == f"{pages}?saved=1"
    for path in (here, f"{here}/delete"):
        assert (await posted(path, name="X", origins=TWO)).status_code == 404
    assert "Outlet" not in (await app.call("GET", pages)).text
    assert "Outlet" not in (await app.call("GET", "/admin/customers")).text
    monkeypatch.setattr(sites, "MOST", 1)
    assert (await posted(pages, name="X", origins=TWO)).status_code == 422


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_rule_a_socket_that_is_open_would_stay(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: the test of the key above would see it."""
    monkeypatch.setattr(store, "require_site", lambda *_: None)
    gone = await second(app, origins=[SHOP])
    begun = (await agree(app, gone["key"])).json()
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        assert (await visitor("hello", "welcome", token=begun["token"]))["type"] == "welcome"
        assert (await app.rest("DELETE", f"/sites/{gone['id']}")).status_code == 204
        assert (await visitor("ping", "pong"))["type"] == "pong"
        assert (await visitor("message", "ack", id=new_id(), text="Still here"))["type"] == "ack"


def test_sites_that_were_there_stay_open_and_forged_ones_stay_forged(database_url: str, tmp_path: Path) -> None:
    settings = from_env({"LETHE_DATA": str(tmp_path), "LETHE_DATABASE_URL": database_url})
    folder.prepare_data(settings)
    migrations.migrate(settings, "0039_provisioned")
    macs, target = Macs(folder.server_secret(settings)), engine(database_url)
    made = {"account_id": "a", "name": "x", "origins": "[]", "color": "#123456", "fields": "{}", "alternative": ""}
    older = table("site", *(column(each) for each in (*made, "id", "key", "created_at", "mac")))
    with target.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO account (id, name, tickets, created_at, message_rate, grace_days, consent_days) "
                "VALUES ('a', 'A', 0, 1, 0, 0, 1)"
            )
        )
        for name, mac in (("true", macs.over("site", ["true", "a", "true"])), ("forged", "0" * 64)):
            row = made | {"id": name, "key": name, "created_at": 1, "mac": mac}
            tx.execute(insert(older).values(**row))
    migrations.migrate(settings)
    with target.begin() as tx:
        found = tx.execute(select(site)).all()
    target.dispose()
    said = site.info["bound"]
    assert {row.id: macs.hold(row.mac, "site", [getattr(row, each) for each in said]) for row in found} == {
        "true": True,
        "forged": False,
    }
