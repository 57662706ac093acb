"""SCIM 2.0: what Okta and Entra send, what is refused, who is let in and who out; a checker that others wrote."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import structlog
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server, filling

from chat.agent_mail import actions as agent_mail
from chat.audit.actions import verdicts
from chat.core.errors import Forbidden, InvalidField, StepUpRequired
from chat.factors.actions import step_up
from chat.infra.services import Services
from chat.scim.actions import provisioning
from chat.scim.domain import users
from chat.scim.domain.filters import UserFilter, filter_of
from chat.scim.domain.users import PATCH, USER, UserState, WantedUser, patched
from chat.team import store as team
from chat.team.actions import sessions
from chat.team.domain import Standing
from chat.tokens import actions as tokens
from chat.tokens.actions import MadeToken, TokenView, WantedToken
from tests.chance import SEED
from tests.factors import field_of, later
from tests.inside import CHAT, House, Served, colleague, found, new_id
from tests.lethe import Lethe
from tests.post import Post, mailed
from tests.sockets import Socket

pytestmark = pytest.mark.anyio
ZOE = "zoe@acme.example"
KIND = "application/scim+json"


class Provider:
    """An identity provider with a token of the owner's."""

    def __init__(self, app: Served, token: str) -> None:
        self.app, self.token = app, token

    async def asks(self, method: str, path: str, body: Any = None, base: str = "/scim/v2", **headers: str) -> Any:
        named = {"authorization": f"Bearer {self.token}", "content-type": KIND} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.app.client.request(method, f"{base}{path}", json=body, headers=named)

    async def makes(self, name: str = ZOE, **more: Any) -> Any:
        answer = await self.asks("POST", "/Users", user(name, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def patches(self, uid: str, *operations: Any, **headers: str) -> Any:
        return await self.asks("PATCH", f"/Users/{uid}", {"schemas": [PATCH], "Operations": [*operations]}, **headers)


def secret_of(made: TokenView) -> str:
    """The secret of a token that was just made."""
    assert isinstance(made, MadeToken)
    return made.token


def user(name: str = ZOE, /, **more: Any) -> dict[str, Any]:
    """As Okta makes one."""
    usual = {"name": {"givenName": "Zoe", "familyName": "Vale"}, "emails": [{"primary": True, "value": name}]}
    said = {"schemas": [USER], "userName": name, "locale": "en-US", "groups": [], "password": "x", "active": True}
    return said | usual | more


async def provider(app: Served, *scopes: str, house: House | None = None) -> Provider:
    """One whose token has these scopes."""
    house = house or app.house
    made = await tokens.make(app.services, house.actor, WantedToken("provider", list(scopes or ["scim:write"])))
    return Provider(app, secret_of(made))


def wrong(answer: httpx2.Response, status: int, kind: str | None = None) -> None:
    """A refusal in SCIM's own form."""
    said = answer.json()
    assert (answer.status_code, said.get("status")) == (status, str(status)), answer.text
    assert answer.headers["content-type"].startswith(KIND)
    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said.get("scimType") == kind, answer.text


async def entered(app: Served, uid: str) -> list[str]:
    """What the audit log has about a user, first to last."""
    items = (await app.rest("GET", f"/audit?target={uid}")).json()["items"]
    return [each["action"] for each in reversed(items)]


async def test_the_life_of_a_user_as_okta_tells_it(app: Served) -> None:
    okta = await provider(app)
    assert (await okta.asks("GET", f'/Users?filter=userName eq "{ZOE}"&startIndex=1&count=100')).json()[
        "totalResults"
    ] == 0
    made = await okta.asks("POST", "/Users", user(externalId="00u1"))
    assert made.status_code == 201
    zoe = made.json()
    uid, where = zoe["id"], f"http://chat.test/scim/v2/Users/{zoe['id']}"
    assert made.headers["location"] == zoe["meta"]["location"] == where
    assert made.headers["etag"] == zoe["meta"]["version"]
    assert zoe["meta"]["version"].startswith('W/"')
    assert (zoe["displayName"], zoe["externalId"], zoe["active"], zoe["roles"][0]["value"]) == (
        *("Zoe Vale", "00u1", True, "agent"),
    )
    assert "password" not in zoe
    wrong(await okta.asks("POST", "/Users", user()), 409, "uniqueness")
    for query in (f'userName eq "{ZOE.upper()}"', 'externalId eq "00u1"', f'emails[type eq "work"].value eq "{ZOE}"'):
        found_here = (await okta.asks("GET", f"/Users?filter={query}")).json()
        assert [each["id"] for each in found_here["Resources"]] == [uid], query
    changed = await okta.asks("PUT", f"/Users/{uid}", user(displayName="Zoe V."), if_match=zoe["meta"]["version"])
    assert (changed.json()["displayName"], changed.json()["externalId"]) == ("Zoe V.", "00u1")
    stale = await okta.patches(uid, {"op": "replace", "value": {"active": False}}, if_match=zoe["meta"]["version"])
    wrong(stale, 412)
    for active in (False, True, False):
        answer = await okta.patches(uid, {"op": "replace", "value": {"active": active}})
        assert answer.json()["active"] is active
    assert (await okta.asks("GET", "/Users?filter=active eq false")).json()["totalResults"] == 1
    assert (await okta.asks("DELETE", f"/Users/{uid}")).status_code == 204
    for verb in ("GET", "DELETE"):
        wrong(await okta.asks(verb, f"/Users/{uid}"), 404)
    wrong(await okta.patches(uid, {"op": "replace", "value": {"active": True}}), 404)
    assert (await okta.asks("GET", "/Users")).json()["totalResults"] == 1
    again = await okta.makes(displayName="Zoe again")
    assert (again["id"], again["active"], again["displayName"]) == (uid, True, "Zoe again")
    assert await entered(app, uid) == [
        *("agent.added", "agent.changed", "agent.deactivated", "agent.reactivated", "agent.deactivated"),
        *("scim.removed", "agent.changed", "agent.reactivated"),
    ]
    assert (await verdicts.verify(app.services, app.house.actor.account_id)).whole
    assert (await okta.asks("GET", f"/Users/{uid}", base="/api/v1/scim/v2")).json()["id"] == uid


ENTRA: list[tuple[list[Any], dict[str, Any]]] = [
    ([{"op": "Replace", "path": "active", "value": "False"}], {"active": False}),
    ([{"op": "Replace", "path": "active", "value": "True"}], {"active": True}),
    ([{"op": "Add", "path": "displayName", "value": "Zoe E."}], {"displayName": "Zoe E."}),
    ([{"op": "Replace", "path": 'emails[type eq "work"].value', "value": ZOE}], {"userName": ZOE}),
    ([{"op": "Add", "path": 'roles[primary eq "True"].value', "value": "admin"}], {"role": "admin"}),
    ([{"op": "replace", "path": "roles", "value": [{"value": "auditor"}]}], {"role": "auditor"}),
    ([{"op": "remove", "path": "roles"}], {"role": "agent"}),
    ([{"op": "replace", "path": f"{USER}:externalId", "value": "e1"}], {"externalId": "e1"}),
    ([{"op": "Remove", "path": "externalId"}], {"externalId": None}),
    ([{"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"}], {"displayName": "Zoe E."}),
    (
        [
            {
                "op": "Replace",
                "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "value": "x",
            },
            {"op": "Replace", "path": "name.givenName", "value": "Zoe"},
            {"op": "Replace", "path": "name.familyName", "value": "Dale"},
        ],
        {"displayName": "Zoe Dale"},
    ),
    ([{"op": "replace", "value": {"displayName": "Zoe", "active": False, "title": "x"}}], {"active": False}),
]


async def test_what_entra_sends(app: Served) -> None:
    entra = await provider(app)
    uid = (await entra.makes())["id"]
    for operations, wanted in ENTRA:
        said = (await entra.patches(uid, *operations)).json()
        shown = {"role": said["roles"][0]["value"], "externalId": None} | said
        assert wanted.items() <= shown.items(), (operations, said)


BAD: list[tuple[str, str, Any, int, str | None]] = [
    ("POST", "/Users", {"userName": "a@acme.example", "displayName": "A"}, 400, "invalidSyntax"),
    ("POST", "/Users", user("no address"), 400, "invalidValue"),
    ("POST", "/Users", user("b@acme.example", roles=[{"value": "owner"}]), 400, "invalidValue"),
    ("POST", "/Users", user("b@acme.example", roles=["agent", "admin"]), 400, "invalidValue"),
    ("POST", "/Users", user("b@acme.example", active="maybe"), 400, "invalidValue"),
    ("POST", "/Users", user("b@acme.example", displayName="x" * 201), 400, "invalidValue"),
    ("POST", "/Users", user("b@acme.example", shoeSize=44), 400, "invalidSyntax"),
    ("POST", "/Users", user("b@acme.example", name={}), 400, "invalidValue"),
    ("POST", "/Users", [1], 400, "invalidSyntax"),
    ("PUT", "/Users/{id}", user("else@acme.example"), 400, "mutability"),
    (
        "PATCH",
        "/Users/{id}",
        {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "roles", "value": [[]]}]},
        400,
        "invalidValue",
    ),
    ("PATCH", "/Users/{id}", {"schemas": [PATCH], "Operations": []}, 400, "invalidSyntax"),
    ("PATCH", "/Users/{id}", {"schemas": [USER], "Operations": [{"op": "add"}]}, 400, "invalidSyntax"),
    ("GET", "/Users?filter=userName co x", None, 400, "invalidFilter"),
    ("GET", '/Users?filter=shoeSize eq "44"', None, 400, "invalidFilter"),
    ("GET", "/Users?filter=userName eq 44", None, 400, "invalidFilter"),
    ("GET", '/Users?filter=active eq "x"', None, 400, "invalidFilter"),
    ("GET", '/Users?filter=emails[type eq "work"', None, 400, "invalidFilter"),
    ("GET", "/Users?startIndex=one", None, 400, "invalidValue"),
    ("GET", "/Users/-none", None, 404, None),
    ("GET", "/Groups", None, 404, None),
    ("POST", "/Schemas", None, 405, None),
]
OPERATIONS: list[tuple[Any, str]] = [
    ({"op": "replace", "path": "userName", "value": "else@acme.example"}, "mutability"),
    ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "else@acme.example"}, "mutability"),
    ({"op": "remove", "path": "active"}, "mutability"),
    ({"op": "remove"}, "noTarget"),
    ({"op": "move", "path": "active"}, "invalidSyntax"),
    ({"op": "replace", "path": "shoeSize", "value": 44}, "invalidPath"),
    ({"op": "replace", "path": "emails[type", "value": 44}, "invalidPath"),
    ({"op": "replace", "path": 7, "value": 44}, "invalidPath"),
    ({"op": "replace", "value": "active"}, "invalidValue"),
    ({"op": "replace", "path": "roles", "value": "owner"}, "invalidValue"),
    ("active", "invalidSyntax"),
]


async def test_what_is_wrong_is_refused_in_scims_form_and_changes_nothing(app: Served) -> None:
    okta = await provider(app)
    uid = (await okta.makes())["id"]
    before = (await okta.asks("GET", "/Users")).json()
    for method, path, body, status, kind in BAD:
        wrong(await okta.asks(method, path.replace("{id}", uid), body), status, kind)
    for operation, kind in OPERATIONS:
        first = {"op": "replace", "value": {"displayName": "changed"}}
        wrong(await okta.patches(uid, first, operation), 400, kind)
    assert (await okta.asks("GET", "/Users")).json() == before
    assert (await okta.asks("GET", "/Users?sortBy=userName")).json()["code"] == "unknown_parameter"
    pages = [(await okta.asks("GET", f"/Users?startIndex={n}&count=1")).json() for n in (0, 1, 2, 3)]
    assert [each["itemsPerPage"] for each in pages] == [1, 1, 1, 0]
    assert {each["totalResults"] for each in pages} == {2}
    only = (await okta.asks("GET", f"/Users/{uid}?attributes=active,name.formatted")).json()
    assert only.keys() == {"schemas", "id", "active", "name"}
    assert "roles" not in (await okta.asks("GET", f"/Users/{uid}?excludedAttributes=roles")).json()


def passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of the address is taken for a slip, and left."""
    wanted, changed = users.wanted_of, users.patched
    monkeypatch.setattr(users, "wanted_of", lambda body, state=None: _as_it_was(wanted(body, state), state))
    monkeypatch.setattr(users, "patched", lambda state, body: _as_it_was(changed(state, body), state))


def _as_it_was(made: WantedUser, state: UserState | None) -> WantedUser:
    return made if state is None else replace(made, user_name=state.user_name)


def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of mail is taken for a new one to sign in with."""
    monkeypatch.setattr(users, "_same_address", lambda made, _: made)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mutant", [passed_over, moved])
async def test_without_the_rule_an_address_is_changed_or_seems_so(
    app: Served, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """The controls: a userName stays, and who says another is told so."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        await test_what_is_wrong_is_refused_in_scims_form_and_changes_nothing(app)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_token_need_not_show_again_whose_it_is_and_a_session_must(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta = await provider(app)
    uid = (await okta.makes())["id"]
    await app.sign_in()
    ours = {"origin": CHAT, "x-csrf-token": field_of(await app.client.get("/second-factor"), "csrf")}
    later(monkeypatch, app.services, step_up.FRESH)
    operation = {"op": "replace", "value": {"displayName": "Zoe"}}
    change = {"schemas": [PATCH], "Operations": [operation]}
    by_session = await app.client.patch(f"/scim/v2/Users/{uid}", json=change, headers=ours)
    wrong(by_session, 403)
    assert "/step-up" in by_session.json()["detail"]
    app.client.cookies.clear()
    assert (await okta.patches(uid, operation)).status_code == 200

    async def asked(*_: object) -> None:
        raise StepUpRequired

    monkeypatch.setattr(step_up, "require_fresh", asked)
    wrong(await okta.patches(uid, operation), 403)  # the control: asked of everybody


async def who_may(app: Served) -> None:
    """Whom the scope and the account let in."""
    okta, other = await provider(app), await found(app.services, "Other", "owner@other.example", app.house.box)
    uid = (await okta.makes())["id"]
    elsewhere = await provider(app, house=other)
    reads, manages = await provider(app, "scim:read"), await provider(app, "agents:write")
    for one, verb, status in (
        *((reads, verb, 403) for verb in ("PUT", "PATCH", "DELETE")),
        *((manages, verb, 403) for verb in ("GET", "DELETE")),
        *((elsewhere, verb, 404) for verb in ("GET", "PUT", "PATCH", "DELETE")),
        (Provider(app, "lethe_nothing"), "GET", 401),
    ):
        patch = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "externalId"}]}
        bodies = {"PUT": user(), "PATCH": patch}
        wrong(await one.asks(verb, f"/Users/{uid}", bodies.get(verb)), status)
    wrong(await elsewhere.asks("POST", "/Users", user()), 409, "uniqueness")
    assert (await elsewhere.asks("GET", f'/Users?filter=userName eq "{ZOE}"')).json()["totalResults"] == 0
    assert (await reads.asks("GET", f"/Users/{uid}")).status_code == 200
    assert (await okta.asks("GET", f"/Users/{uid}")).json()["displayName"] == "Zoe Vale"
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    with pytest.raises(Forbidden):
        await provisioning.remove(app.services, app.house.acting(low.id, "agent"), uid)


async def test_who_has_the_scope_sees_and_changes_their_own_account_alone(app: Served) -> None:
    await who_may(app)


@pytest.mark.parametrize("defence", ["scope", "account"])
async def test_without_the_defence_somebody_else_is_let_in(
    app: Served, monkeypatch: pytest.MonkeyPatch, defence: str
) -> None:
    """The control."""
    if defence == "scope":
        monkeypatch.setattr("chat.core.scopes.missing", lambda *_: [])
    else:
        monkeypatch.setattr(team, "one", lambda tx, _, uid, **__: team.active(tx, uid))
    with pytest.raises(AssertionError):
        await who_may(app)


async def owners_stay(app: Served) -> None:
    """The last owner is neither deactivated, removed nor demoted; nobody becomes one."""
    okta, owner = await provider(app), app.house.actor.agent_id
    for operation, status in (
        ({"op": "replace", "path": "active", "value": "False"}, 403),
        ({"op": "replace", "path": "roles", "value": "agent"}, 403),
        ({"op": "replace", "path": "roles", "value": "owner"}, 400),
    ):
        wrong(await okta.patches(owner, operation), status, "invalidValue" if status == 400 else None)
    wrong(await okta.asks("DELETE", f"/Users/{owner}"), 403)
    # Who says nothing of roles, as Okta, takes none away.
    put = user(app.house.made.owner_email, displayName="The owner")
    del put["emails"]
    assert (await okta.asks("PUT", f"/Users/{owner}", put)).json()["roles"][0]["value"] == "owner"
    admin, _ = await colleague(app.services, app.house.actor, "adm@acme.example", "Adm", "admin")
    made = await tokens.make(app.services, app.house.acting(admin.id, "admin"), WantedToken("admin's", ["scim:write"]))
    by_admin = Provider(app, secret_of(made))
    wrong(await by_admin.patches(owner, {"op": "replace", "value": {"displayName": "Mine"}}), 403)


async def test_owners_stay_and_are_made_elsewhere(app: Served) -> None:
    await owners_stay(app)


async def test_without_the_rule_the_last_owner_goes(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(Standing, "require_owner_left", lambda *_: None)
    with pytest.raises(AssertionError):
        await owners_stay(app)


async def test_the_same_twice_at_once_is_one_and_two_changes_at_once_are_both_kept(app: Served) -> None:
    okta = await provider(app)
    both = await asyncio.gather(*(okta.asks("POST", "/Users", user()) for _ in range(2)))
    assert sorted(each.status_code for each in both) == [201, 409]
    uid = next(each.json()["id"] for each in both if each.status_code == 201)
    operations = ("displayName", "At once"), ("roles", "auditor"), ("externalId", "x9")
    await asyncio.gather(*(okta.patches(uid, {"op": "replace", "path": p, "value": v}) for p, v in operations))
    said = (await okta.asks("GET", f"/Users/{uid}")).json()
    assert (said["displayName"], said["roles"][0]["value"], said["externalId"]) == ("At once", "auditor", "x9")


async def test_who_is_made_gets_a_letter_that_opens_nothing_and_no_password(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    made = await provisioning.create(services, house.actor, WantedUser(ZOE, "Zoe"))
    await provisioning.create(services, house.actor, WantedUser("off@acme.example", "Off", active=False))
    await agent_mail.sweep(services)
    (mail,) = post.mails
    assert mail["to"] == ZOE
    assert f"{services.settings.base_url}/signin" in mail.get_content()
    assert "#" not in mail.get_content()
    row = await services.store.read(lambda tx: team.one(tx, house.actor.account_id, made.id))
    assert not row.password_due, "a session that a provider begins would be held up by it"


async def test_an_address_in_a_filter_is_in_no_log(app: Served, capsys: pytest.CaptureFixture[str]) -> None:
    okta = await provider(app)
    structlog.get_logger("chat.test").info("a line that is there")
    for query in (f'userName eq "{ZOE}"', f'shoeSize eq "{ZOE}"'):
        await okta.asks("GET", f"/Users?filter={query}")
    said = capsys.readouterr()
    assert "a line that is there" in said.out + said.err
    assert "zoe" not in (said.out + said.err).lower()
    assert "zoe" not in (await app.call("GET", "/metrics")).text.lower()


def test_filters_and_patches_are_read_without_a_user() -> None:
    assert filter_of("ACTIVE EQ true") == UserFilter("active", value=True)
    assert filter_of('username eq "a b"') == UserFilter("user_name", "a b")
    state = UserState("u", ZOE, "Zoe", active=True, role="admin", created_at="")
    assert patched(state, {"schemas": [PATCH], "operations": [{"op": "add", "value": {}}]}).role == "admin"
    with pytest.raises(InvalidField):
        patched(state, {"schemas": [PATCH], "Operations": [{"op": "add", "value": {}}] * 101})


NEVER_UNSAID = ("active", "roles")
"""What is there always: the one is not removed, as that would let somebody in or out; the other is then an agent's."""


@pytest.fixture(scope="module")
def one() -> Iterator[Lethe]:
    """A server in a process of its own."""
    with Lethe(API_RATE="0") as server:
        yield server


def test_a_checker_that_others_wrote_finds_no_fault(one: Lethe, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"TEST_SEED={SEED}")
    chance, made = random.Random(SEED), filling.generate_random_value

    def address(context: Any, path: Any, *more: Any, **others: Any) -> Any:
        name = f"user{chance.getrandbits(64)}@acme.example"
        return name if str(path).endswith("userName") else made(context, path, *more, **others)

    monkeypatch.setattr(filling, "generate_random_value", address)
    shown = {"authorization": f"Bearer {one.account().token}"}
    with httpx2.Client(base_url=f"{one.origin}/scim/v2", headers=shown, trust_env=False) as client:
        results = check_server(SyncSCIMClient(client))
    faults = [
        f"{each.title} {each.reason}"
        for each in results
        if each.status in {Status.ERROR, Status.CRITICAL, Status.DEVIATION}
        and not (each.title == "check_remove_attribute" and str((each.data or {}).get("urn")).endswith(NEVER_UNSAID))
    ]
    assert not faults, "\n".join(faults)
    assert sum(each.status == Status.SUCCESS for each in results) > 30


def off_boarded(one: Lethe) -> list[Socket]:
    """The sockets of an agent, by session and by token, when another process has removed them."""
    account = one.account()
    email = f"leaving-{new_id()}@acme.example"

    async def joins(services: Services) -> tuple[str, str, str]:
        owner = await sessions.by_token(services, account.token)
        agent, password = await colleague(services, owner, email, "Leaving", "agent")
        actor = await sessions.acting(services, email)
        token = await tokens.make(services, actor, WantedToken("theirs", ["tickets:read", "visitor-data"]))
        return agent.id, password, secret_of(token)

    async def leaves(services: Services, uid: str) -> None:
        await provisioning.remove(services, await sessions.by_token(services, account.token), uid)

    uid, password, token = one.perform(joins)
    cookie = account.sign_in(email, password)
    ways = {"Cookie": cookie, "Origin": one.origin}, {"Authorization": f"Bearer {token}"}
    open_ones = [account.agent(each) for each in ways]
    for each in open_ones:
        each.get("welcome")
    one.perform(lambda services: leaves(services, uid))
    return open_ones


def test_who_is_removed_is_out_of_another_process_by_session_and_token(one: Lethe) -> None:
    for each in off_boarded(one):
        with each:
            assert each.closed() == 4401


def test_without_the_deactivation_they_stay_in(one: Lethe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what the other process told is not what ends them."""
    monkeypatch.setattr(team, "deactivate", lambda *_: None)
    for each in off_boarded(one):
        with each:
            each.send("ping")
            assert each.get("pong")
