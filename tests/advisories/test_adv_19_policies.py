"""
Doing asks what reading asks: other actions on what one may not see (CVE-2026-39384, CVE-2026-41189), files by their ids
(CVE-2026-40496) and after access has ended (CVE-2026-25742), roles that grow (CVE-2022-31168), another site's widget
(CVE-2021-24914), passwords and tokens with a session alone (CVE-2021-3967), a second way to
an account (CVE-2023-28623).
"""

from typing import Any

import pytest

from chat.attachments.actions import attachments
from chat.core.account_settings import on_page
from chat.core.errors import Forbidden, LetheError
from chat.erasure.actions import erasure
from chat.features import account_settings
from chat.lifecycle.actions import changes
from chat.routes import every, routes
from chat.team.actions import agents, sessions
from tests.advisories.test_adv_16_access import filled
from tests.inside import CHAT, PASSWORD, Guest, Served, counted, found, new_id, problem_of
from tests.test_attachments import upload
from tests.test_docs import addresses

pytestmark = pytest.mark.anyio
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
HANDED_OUT: dict[str, Any] = {"GET /contacts/{id}/export": None, "POST /contacts/{id}/exports": None}
TO_TICKET: dict[str, Any] = {
    "PATCH /tickets/1": {"assignee": "me"},
    "PUT /tickets/1/spam": {"spam": True},
    "POST /tickets/1/messages": {"id": new_id(), "text": "x"},
    "POST /tickets/1/notes": {"id": new_id(), "text": "x"},
    "DELETE /tickets/1/messages/1": None,
    "DELETE /tickets/1": None,
}
OPEN_POSTS = sorted(
    each.split(" ", 1)[1]
    for each in addresses(routes())
    if each.startswith("POST ") and " /api/v1/" not in each and "/widget/" not in each
)


async def low(app: Served, role: str) -> dict[str, str]:
    """The header of a program that acts for an agent with this role."""
    made, _ = await agents.add_agent(app.services, app.house.actor, f"low-{role}@acme.example", role, role)
    token = f"lethe_{role:x<43}"
    await app.services.store.write(lambda tx: agents.give_token(tx, made.id, token, "x", 1))
    return {"authorization": f"Bearer {token}"}


async def statuses(app: Served, actions: dict[str, Any], bearer: dict[str, str], uid: str = "") -> dict[str, int]:
    """What each action is answered with."""
    found_now = {}
    for action, body in actions.items():
        verb, path = action.split(" ", 1)
        answer = await app.client.request(verb, f"/api/v1{path.replace('{id}', uid)}", json=body, headers=bearer)
        found_now[action] = answer.status_code
    return found_now


@pytest.mark.parametrize("erased", [False, True], ids=["another account's", "being erased"])
async def test_adv_19_what_may_not_be_seen_is_not_handed_out_or_given_away(app: Served, *, erased: bool) -> None:
    guest, house = await app.house.visit("Zoe", "zoe@visitor.example"), app.house
    await guest.say("hello")
    reading = {"GET /tickets/1": None, "GET /contacts/{id}": None}
    assert set((await statuses(app, reading, house.bearer, guest.contact.uid)).values()) == {200}
    if erased:
        await erasure.by_agent(app.services, house.actor, guest.contact.uid)
    else:
        house = await found(app.services, "Other", "owner@other.example", app.house.box)
    before = await counted(app.services)
    answers = await statuses(app, reading | HANDED_OUT | TO_TICKET, house.bearer, guest.contact.uid)
    assert set(answers.values()) <= ({404, 409} if erased else {404})
    assert await counted(app.services) == before


@pytest.mark.parametrize("role", ["owner", "admin", "agent"])
async def test_adv_20_no_role_writes_where_it_may_not_read(app: Served, role: str) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    await other.publish()
    await (await other.visit("Theirs")).say("hello")
    bearer, before = await low(app, role), await counted(app.services)
    assert set((await statuses(app, TO_TICKET, bearer)).values()) == {404}
    assert await counted(app.services) == before
    await (await app.house.visit("Ours")).say("hello")  # the control: there is one of theirs with this number
    assert {each < 300 for each in (await statuses(app, TO_TICKET, bearer)).values()} == {True}


async def _sent(app: Served, guest: Guest) -> str:
    """A file that a message of theirs names."""
    file = (await upload(app, guest, b"a file of theirs", "a.txt")).json()["id"]
    draft = guest.draft("see")
    draft.attachments = (file,)
    await app.house.box.post(draft)
    return str(file)


@ON_SQLITE
async def test_adv_21_to_know_a_files_id_is_not_to_have_it(app: Served) -> None:
    guest, curious = await app.house.visit("Zoe"), await app.house.visit("Yan")
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    file = await _sent(app, guest)
    for suffix in ("", "?small=true"):
        path = f"/widget/{app.house.key}/attachments/{file}{suffix}"
        problem_of(await app.client.get(path), 401, "unauthorized")
        problem_of(await app.client.get(path, headers=curious.bearer), 404, "not_found")
        problem_of(await app.client.get(f"/api/v1/attachments/{file}", headers=other.bearer), 404, "not_found")
    with pytest.raises(LetheError):
        await attachments.list_named(app.services, curious.contact, "visitor", [file])
    assert (await app.client.get(f"/widget/{app.house.key}/attachments/{file}", headers=guest.bearer)).content


async def test_adv_22_a_files_address_is_worth_nothing_once_access_has_ended(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    bearer, file = await low(app, "agent"), await _sent(app, guest)
    own, agents_own = f"/widget/{app.house.key}/attachments/{file}", f"/api/v1/attachments/{file}"
    for path, headers in ((own, guest.bearer), (agents_own, bearer)):
        assert (await app.client.get(path, headers=headers)).status_code == 200
    mine = [each for each in await agents.agents(app.services, app.house.actor) if each.role == "agent"]
    await changes.deactivate(app.services, app.house.actor, mine[0].id)
    problem_of(await app.client.get(agents_own, headers=bearer), 401, "unauthorized")
    withdrawn = await app.client.delete(f"/widget/{app.house.key}/sessions", headers=guest.bearer)
    assert withdrawn.status_code == 202
    assert (await app.client.get(own, headers=guest.bearer)).status_code in {401, 404, 422}
    problem_of(await app.client.get(agents_own, headers=app.house.bearer), 404, "not_found")


@ON_SQLITE
@pytest.mark.parametrize("path", ["/contacts/{uid}/hold", "/tickets/1?permanent=true"])
async def test_adv_22_a_file_goes_with_its_contact_and_its_ticket(app: Served, path: str) -> None:
    guest = await app.house.visit("Zoe")
    file = f"/attachments/{await _sent(app, guest)}"
    assert (await app.rest("GET", file)).content == b"a file of theirs"
    verb, body = ("PUT", {"reason": "a case", "days": 3}) if "hold" in path else ("DELETE", None)
    assert (await app.rest(verb, path.format(uid=guest.contact.uid), body)).is_success
    for action in ("GET", "DELETE"):
        problem_of(await app.rest(action, file), 404, "not_found")
    if "hold" in path:
        assert (await app.client.get(f"/widget/{app.house.key}{file}", headers=guest.bearer)).status_code == 200


@ON_SQLITE
async def test_adv_26_nobody_gives_more_than_they_have(app: Served) -> None:
    for role in ("admin", "agent"):
        await low(app, role)
    for by, role in (("admin", "owner"), ("agent", "agent"), ("agent", "admin")):
        actor = await sessions.by_token(app.services, f"lethe_{by:x<43}")
        with pytest.raises(Forbidden):
            await agents.add_agent(app.services, actor, "more@acme.example", "More", role)
        with pytest.raises(Forbidden):
            await changes.deactivate(app.services, actor, app.house.actor.agent_id)
    admin = await sessions.by_token(app.services, f"lethe_{'admin':x<43}")
    added, _ = await agents.add_agent(app.services, admin, "more@acme.example", "More", "admin")  # the control
    assert added.role == "admin"


@ON_SQLITE
@pytest.mark.parametrize("field", ["name", "url", "type", "size", "preview", "path"])
async def test_adv_29_an_object_of_the_clients_is_merged_into_nothing(app: Served, field: str) -> None:
    guest = await app.house.visit("Zoe")
    file = await _sent(app, guest)
    body = {"id": new_id(), "text": "x", "attachments": [{"id": file, field: "https://evil.example/x"}]}
    problem_of(await app.rest("POST", "/tickets/1/messages", body), 422, "invalid_field")
    forms: dict[str, Any] = {"file": ("a.txt", b"hello", "text/html"), field: (None, "https://evil.example/x")}
    answer = await app.client.post(f"/widget/{app.house.key}/attachments", files=forms, headers=guest.bearer)
    assert "evil" not in answer.text


@ON_SQLITE
async def test_adv_37_what_a_site_is_bound_to_only_its_managers_change_and_it_is_on_record(app: Served) -> None:
    form = {"name": "Taken", "origins": "https://evil.example", "color": "#000000"} | {
        each.name: "30" for each in on_page(account_settings(), "site")
    }
    before = (await app.rest("GET", "/sites")).json()

    async def post(csrf: str, origin: str) -> int:
        answer = await app.client.post("/admin/site", data=form | {"csrf": csrf}, headers={"origin": origin})
        return answer.status_code

    assert await post("", CHAT) in {303, 401}  # nobody: led to sign in
    await app.sign_in()
    csrf = _csrf((await app.client.get("/admin/site", headers={"accept": "text/html"})).text)
    assert await post("", CHAT) == 403
    assert await post("0" * len(csrf), CHAT) == 403
    assert await post(csrf, "https://evil.example") == 403
    assert (await app.rest("GET", "/sites")).json() == before
    assert await post(csrf, CHAT) == 303  # the control
    assert (await app.rest("GET", "/sites")).json() != before
    entered = [each["action"] for each in (await app.rest("GET", "/audit")).json()["items"]]
    assert entered.count("site.changed") == 1


def _csrf(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


@ON_SQLITE
async def test_adv_61_a_session_alone_makes_no_password_and_no_token(app: Served) -> None:
    await app.sign_in()
    csrf = _csrf((await app.client.get("/password", headers={"accept": "text/html"})).text)
    before, new = await counted(app.services), "another password that is long"
    for old in ("", "not the password", new):
        form = {"csrf": csrf, "old": old, "password": new, "again": new}
        answer = await app.client.post("/password", data=form, headers={"origin": CHAT})
        assert answer.status_code == 422
    after = await counted(app.services)
    assert (after["session"], after["token"]) == (before["session"], before["token"])
    # A token is made by who shows again who they are, so a session that was found lying about makes none.
    assert [each.step_up for each in every() if "token.made" in each.audited] == [True, True]
    app.client.cookies.clear()
    assert (await app.sign_in(password=new)).status_code == 401
    assert (await app.sign_in(password=PASSWORD)).status_code == 303


@ON_SQLITE
async def test_adv_59_nobody_registers_by_any_door(app: Served) -> None:
    form = {"email": "new@evil.example", "password": PASSWORD, "again": PASSWORD, "name": "New", "role": "owner"}
    kept = ("account", "agent", "token", "session", "site")
    before = await counted(app.services)
    assert len(OPEN_POSTS) > 10
    for path in OPEN_POSTS:
        where = filled(path).replace("{site_key}", app.house.key)
        for sent in ({"data": form}, {"json": form | {"account": "Evil"}}):
            answer = await app.client.request("POST", where, headers={"origin": CHAT}, **sent)  # type: ignore[arg-type] # either is taken
            assert answer.status_code != 500
    after = await counted(app.services)
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
