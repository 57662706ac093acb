"""From which networks agents and programs may ask: who is let in, who let go, who may say so; and attacks on it."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from chat.core import events, networks
from chat.core.errors import InvalidField, Unauthorized
from chat.core.networks import CLOSED, Network
from chat.core.versions import precondition, tag_of
from chat.infra.services import Services
from chat.networks import actions as allowed
from chat.networks import store
from chat.networks.schema import allowed_networks as table
from chat.routes import every
from chat.team.actions import passwords, sessions, sign_ins
from chat.tokens import actions as tokens
from chat.tokens.actions import WantedToken
from chat.web.endpoint import API
from chat.web.page_endpoint import PageEndpoint
from tests.commands import lethe as run
from tests.inside import CHAT, PASSWORD, House, Served, colleague, found, problem_of
from tests.lethe import SHOP, Account, Lethe
from tests.sockets import Socket
from tests.test_migrations import environment, one_line

pytestmark = pytest.mark.anyio
OFFICE, INSIDE, OUTSIDE = "203.0.113.0/24", "203.0.113.9", "198.51.100.7"
HERE = networks.parsed("127.0.0.1")


async def only(app: Served, *lists: str) -> None:
    """Allow these networks and no other, as somebody who asks from the first would."""
    first = networks.parsed(lists[0].partition("/")[0])
    await allowed.change(app.services, app.house.actor, list(lists), first)


def behind_a_proxy(app: Served) -> None:
    """Let who asks be a proxy that is trusted, which says from where it was asked."""
    trusted = replace(app.services.settings, trusted_proxies=(networks.network("127.0.0.1"),))
    app.context.services = replace(app.services, settings=trusted)


async def asked(app: Served, path: str, *forwarded: str, **headers: str) -> int:
    lines = [*headers.items(), *(("x-forwarded-for", each) for each in forwarded)]
    return int((await app.client.get(path, headers=lines)).status_code)


async def refusing(app: Served, headers: dict[str, str]) -> set[str]:
    """The addresses that refuse for the network."""
    found_here = set()
    for each in every():
        path = each.path.replace("{number:int}", "1").replace("{seq:int}", "1").replace("{id}", "x")
        path = path.replace("{site_key}", app.house.key).replace("{view}", "open")
        answer = await app.client.request(each.verb, path, headers=headers)
        if answer.status_code == 403 and "network" in answer.text:
            found_here.add(str(each))
    return found_here


async def test_from_outside_every_address_for_agents_is_shut_and_none_for_visitors(app: Served) -> None:
    await only(app, OFFICE)
    for_agents = {str(each) for each in every() if each.audience == "agent"}
    assert await refusing(app, app.house.bearer) == for_agents
    assert len(for_agents) > 100
    answer = await app.client.get(f"/widget/{app.house.key}/config")
    assert answer.status_code == 200


async def test_the_control_a_server_that_never_asks_is_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await only(app, OFFICE)
    monkeypatch.setattr(networks, "is_inside", lambda *_: True)
    assert await refusing(app, app.house.bearer) == set()


async def test_from_inside_nothing_is_shut(app: Served) -> None:
    await only(app, "127.0.0.0/8", OFFICE)
    assert await refusing(app, app.house.bearer) == set()
    assert (await app.rest("GET", "/networks")).json() == {"networks": ["127.0.0.0/8", OFFICE]}


async def test_where_a_request_comes_from_is_what_the_nearest_trusted_proxy_says(app: Served) -> None:
    await only(app, OFFICE)
    shown, path = app.house.bearer, f"{API}/account"
    assert await asked(app, path, INSIDE, **shown) == 403  # nobody is trusted yet: a header of the client's own
    behind_a_proxy(app)
    assert await asked(app, path, INSIDE, **shown) == 200
    assert await asked(app, path, f"::ffff:{INSIDE}", **shown) == 200
    assert await asked(app, path, f"{INSIDE}, {OUTSIDE}", **shown) == 403
    assert await asked(app, path, INSIDE, OUTSIDE, **shown) == 403
    assert await asked(app, path, "unknown", **shown) == 403


async def test_a_list_of_ipv6_lets_in_what_is_of_it(app: Served) -> None:
    await only(app, "2001:db8:1::/48", OFFICE)
    behind_a_proxy(app)
    for address, status in (("2001:db8:1::7", 200), ("2001:db8:2::7", 403), ("64:ff9b::cb00:7109", 403)):
        assert await asked(app, f"{API}/account", address, **app.house.bearer) == status, address


async def test_a_token_must_be_inside_of_both_lists(app: Served) -> None:
    wanted = WantedToken("x", ["account:read"], networks=["203.0.113.0/28", "198.51.100.0/24"])
    made = await tokens.make(app.services, await sessions.acting(app.services, app.house.made.owner_email), wanted)
    shown = {"authorization": f"Bearer {getattr(made, 'token', '')}"}
    await only(app, OFFICE)
    behind_a_proxy(app)
    for address, status in (("203.0.113.3", 200), ("203.0.113.99", 403), (OUTSIDE, 403)):
        assert await asked(app, f"{API}/account", address, **shown) == status, address


async def test_a_session_is_shut_out_with_a_plain_page(app: Served) -> None:
    await app.sign_in()
    assert (await app.client.get("/inbox")).status_code == 200
    await only(app, OFFICE)
    page = await app.client.get("/inbox", headers={"accept": "text/html"})
    assert page.status_code == 403
    assert "Not from this network" in page.text
    assert "/inbox" not in page.text
    problem = await app.client.get(f"{API}/account", headers={"accept": "application/json"})
    problem_of(problem, 403, "network_not_allowed")


async def test_nobody_signs_in_from_outside_and_the_password_is_not_looked_at(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await only(app, OFFICE)
    looked: list[str] = []

    def verified(encoded: str, _password: str) -> bool:
        looked.append(encoded)
        return True

    monkeypatch.setattr(passwords, "_verified", verified)
    answer, unknown = await app.sign_in(), await app.sign_in("nobody@acme.example")
    assert looked == [passwords._NOBODY] * 2  # as much work for both, and nobody's password
    assert (answer.status_code, unknown.status_code) == (401, 401)
    assert answer.text.replace(app.house.made.owner_email, "nobody@acme.example") == unknown.text
    assert "certain networks" in answer.text
    assert "set-cookie" not in answer.headers
    await allowed.open_all(app.services, app.house.made.account_id)
    (entry,) = (await app.rest("GET", "/audit?action=agent.sign_in_failed")).json()["items"]
    assert entry["target"] == app.house.actor.agent_id


async def test_from_inside_they_sign_in(app: Served) -> None:
    await only(app, "127.0.0.0/8")
    assert (await app.sign_in()).status_code == 303
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(app.services, app.house.made.owner_email, PASSWORD, Network("x"), "", None)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_where_networks_are_not_asked_they_sign_in_from_outside(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def anywhere(*_: object) -> bool:
        return True

    await only(app, OFFICE)
    monkeypatch.setattr(sign_ins, "lets_in", anywhere)
    assert (await app.sign_in()).status_code == 303


WRONG: dict[str, Any] = {
    "host bits": ["127.0.0.1/8"],
    "everything": ["0.0.0.0/0"],
    "everything in IPv6": ["::/0"],
    "everything mapped": ["::ffff:0:0/96"],
    "a mask": ["127.0.0.0/255.0.0.0"],
    "a name": ["office"],
    "many": [f"10.{at // 65536}.{at // 256 % 256}.{at % 256}" for at in range(10_000)],
    "who asks is outside": [OFFICE],
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_wrong_with_a_list_is_said_and_nothing_changed(app: Served, wrong: str) -> None:
    before = await app.rest("GET", "/networks")
    answer = await app.rest("PUT", "/networks", {"networks": WRONG[wrong]})
    assert problem_of(answer, 422, "invalid_field")["field"] == "networks"
    after = await app.rest("GET", "/networks")
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])
    entries = (await app.rest("GET", "/audit?action=networks.changed")).json()["items"]
    assert entries == []


async def test_duplicates_and_other_spellings_are_one(app: Served) -> None:
    given = ["127.0.0.0/8", "::ffff:127.0.0.0/104", "127.0.0.0/8", "2001:DB8:0::/32"]
    answer = await app.rest("PUT", "/networks", {"networks": given})
    assert answer.json() == {"networks": ["127.0.0.0/8", "2001:db8::/32"]}
    (entry,) = (await app.rest("GET", "/audit?action=networks.changed")).json()["items"]
    assert entry["who"] == app.house.actor.agent_id


async def test_the_last_list_may_be_taken_away_again(app: Served) -> None:
    assert (await app.rest("PUT", "/networks", {"networks": ["127.0.0.0/8"]})).status_code == 200
    assert (await app.rest("PUT", "/networks", {"networks": []})).json() == {"networks": []}


async def test_of_two_who_change_one_list_the_second_hears_of_it(app: Served) -> None:
    seen = (await app.rest("GET", "/networks")).headers["etag"]

    async def put(network: str) -> int:
        shown = app.house.bearer | {"if-match": seen}
        body = {"networks": ["127.0.0.0/8", network]}
        return int((await app.client.put(f"{API}/networks", json=body, headers=shown)).status_code)

    assert sorted(await asyncio.gather(put("10.0.0.0/8"), put("192.0.2.0/24"))) == [200, 412]
    assert sorted(await asyncio.gather(put("10.0.0.0/8"), put("192.0.2.0/24"))) == [412, 412]


async def test_the_control_without_a_lock_both_would_be_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = precondition(tag_of(await allowed.allowed(house.services, house.actor)))
    monkeypatch.setattr(store, "of_account", lambda *_, **__: "")
    for network in ("127.0.0.1", "127.0.0.0/8"):
        await allowed.change(house.services, house.actor, [network], HERE, empty)


async def test_another_account_and_agents_are_not_concerned(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.context.postbox)
    await only(app, OFFICE)
    assert (await app.rest("GET", "/networks", house=other)).json() == {"networks": []}
    agent, _ = await colleague(app.services, other.actor, "low@other.example", "Low", "agent")
    low = other.acting(agent.id, "agent")
    made = await tokens.make(app.services, replace(low, token_id=""), WantedToken("x", ["all"]))
    shown = {"authorization": f"Bearer {getattr(made, 'token', '')}"}
    problem_of(await app.client.get(f"{API}/networks", headers=shown), 403, "forbidden")
    problem_of(await app.client.put(f"{API}/networks", json={"networks": []}, headers=shown), 403, "forbidden")


@pytest.mark.parametrize("values", [{"networks": ""}, {"networks": "0.0.0.0/0"}, {"mac": ""}])
async def test_a_row_that_was_spoilt_lets_nobody_in(app: Served, values: dict[str, str]) -> None:
    await only(app, "127.0.0.0/8")
    await app.services.store.write(lambda tx: tx.execute(update(table).values(**values)))
    problem_of(await app.rest("GET", "/account"), 403, "network_not_allowed")
    await allowed.open_all(app.services, app.house.made.account_id)
    assert (await app.rest("GET", "/account")).status_code == 200


async def test_the_control_a_list_that_is_not_bound_would_open(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await only(app, OFFICE)
    await app.services.store.write(lambda tx: tx.execute(update(table).values(networks="")))
    monkeypatch.setattr(store, "holds", lambda *_: True)
    assert (await app.rest("GET", "/account")).status_code == 200


def test_a_list_that_cannot_be_trusted_is_inside_of_nothing() -> None:
    assert not networks.is_inside(HERE, [CLOSED])
    assert not networks.covers("127.0.0.0/8", "")
    assert networks.covers("127.0.0.0/8", "127.0.0.1/32")
    assert not networks.covers("127.0.0.0/8", "::1/128")
    with pytest.raises(InvalidField):
        networks.listed([CLOSED], "networks")


@pytest.mark.parametrize("path", ["/ws/agent", "/ws/gone"])
@pytest.mark.parametrize("server", ["embedded", "scaled"])
def test_open_sockets_outside_of_a_new_list_end_in_every_process(
    server: str, path: str, request: pytest.FixtureRequest
) -> None:
    running: Lethe = request.getfixturevalue(server)
    account, other = running.account(), running.account("Other", SHOP)

    async def shut(services: Services) -> None:
        actor = await sessions.acting(services, account.email)
        await allowed.change(services, actor, [OFFICE], networks.parsed(INSIDE))

    url = f"ws://127.0.0.1:{running.port}{path}"
    by_cookie = {"Cookie": account.sign_in(), "Origin": running.origin}
    with Socket(url, account.bearer) as program, Socket(url, by_cookie) as browser, Socket(url, other.bearer) as kept:
        for each in (program, browser, kept):
            each.get("welcome")
        running.perform(shut)
        for each in (program, browser):
            assert each.get("error")["code"] == "network_not_allowed"
            assert each.closed() == 4403
        kept.send("ping")
        assert kept.get("pong")
    with Socket(url, account.bearer) as again:
        assert again.get("error")["code"] == "network_not_allowed"
        assert again.closed() == 4403
    visitor_goes_on(other)


def visitor_goes_on(account: Account) -> None:
    with account.contact("Zoe").socket() as visitor:
        assert visitor.get("welcome")


async def test_who_hears_of_it_are_the_agents_of_the_account() -> None:
    (channel,) = events.NetworksChanged("a").channels()
    assert channel == events.agents_channel("a")


def test_who_locked_themselves_out_is_let_in_by_a_command(sqlite_url: str, tmp_path: Path) -> None:
    environ, who = environment(tmp_path, sqlite_url), ("--email", "a@b.example")
    made = json.loads(run(environ, "init", "--account", "Acme", *who, "--origin", SHOP, "--json").stdout)
    said = json.loads(run(environ, "account", "open-networks", *who, "--json").stdout)
    assert said == {"account_id": made["account_id"], "networks": []}
    assert "everywhere" in run(environ, "account", "open-networks", *who).stdout
    one_line(run(environ, "account", "open-networks", "--email", "nobody@b.example"), "No active agent")


async def test_the_page_shows_ones_own_address_and_keeps_what_was_typed(app: Served) -> None:
    await app.sign_in()
    page = (await app.client.get("/admin/networks")).text
    assert "<code>127.0.0.1</code>" in page
    csrf, seen = (page.partition(f'name="{each}" value="')[2].partition('"')[0] for each in ("csrf", "seen"))
    seen = seen.replace("&#34;", '"')
    form = {"csrf": csrf, "seen": seen, "networks": f"{OFFICE}\n10.0.0.1/8"}
    answer = await app.client.post("/admin/networks", data=form, headers={"origin": CHAT})
    assert answer.status_code == 422
    assert f"{OFFICE}\n10.0.0.1/8</textarea>" in answer.text
    form["networks"] = OFFICE
    answer = await app.client.post("/admin/networks", data=form, headers={"origin": CHAT})
    assert "This would shut you out" in answer.text
    form["networks"] = "127.0.0.1"
    assert (await app.client.post("/admin/networks", data=form, headers={"origin": CHAT})).status_code == 303
    answer = await app.client.post("/admin/networks", data=form, headers={"origin": CHAT})
    assert answer.status_code == 412
    assert "Somebody changed the list meanwhile" in answer.text


async def test_pages_and_sockets_are_all_there_is_for_agents() -> None:
    pages = [each for each in every() if isinstance(each, PageEndpoint) and each.audience == "agent"]
    assert len(pages) > 50


async def test_an_unknown_address_is_still_unknown(app: Served) -> None:
    await only(app, OFFICE)
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(app.services, "nobody@acme.example", PASSWORD, Network("x"), "", HERE)
