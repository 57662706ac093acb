"""An account that wants a second factor of a role: who has none by its day turns one on before anything else."""

from typing import Any

import pytest
from sqlalchemy import select

from chat.core.clock import DAY, stamp
from chat.core.errors import Forbidden, InvalidField, SecondFactorDue, Unauthorized
from chat.factors.actions import requiring, signing_in
from chat.infra.audit.schema import audit
from chat.team.actions import sessions
from tests.factors import field_of, later, signed_in, turned_on
from tests.inside import CHAT, House, Served, colleague, found, is_refused
from tests.test_factors import PAGES, REST
from tests.test_signin import cookie_of, csrf_of, filled

pytestmark = pytest.mark.anyio
ENTERED = select(audit.c.action).order_by(audit.c.number)
OPEN = {f"{verb} /{page}" for verb in ("GET", "POST") for page in ("second-factor", "step-up", "password")} | {
    "POST /second-factor/passkeys",
    "GET /signin/again",
    "GET /signin/shown",
}
"""What stays open to who must turn one on."""


def day(house: House, days: int) -> str:
    """So many days from now, as the form has it."""
    return stamp(house.services.clock() + days * DAY)[:10]


async def let_in(app: Served, cookie: str, csrf: str) -> set[str]:
    """The addresses that answer a session with anything but the way to where a second factor is turned on."""
    found_open = set()
    for address in (*REST, *PAGES):
        verb, path = filled(address)
        headers = {"cookie": cookie, "origin": CHAT, "x-csrf-token": csrf, "accept": "application/json, text/html"}
        sent: dict[str, Any] = {"json": {}} if "/api/" in path else {"data": {"csrf": csrf}}
        answer = await app.client.request(verb, path, headers=headers, **(sent if verb != "GET" else {}))
        if "/api/" in path:
            shut = is_refused(answer, 403, "second_factor_due")
        else:
            shut = answer.status_code == 303 and answer.headers["location"] == "/second-factor"
        found_open |= set() if shut else {address}
    return found_open


async def test_nothing_else_is_open_by_then(app: Served) -> None:
    cookie = await cookie_of(app)
    csrf = await csrf_of(app, cookie)
    await requiring.require(app.services, app.house.actor, {"owner": day(app.house, 0)})
    assert await let_in(app, cookie, csrf) == OPEN
    page = await app.client.get("/second-factor", headers={"cookie": cookie})
    assert (page.status_code, "Your account wants a second factor" in page.text) == (200, True)
    assert field_of(page, "offer")
    assert (await app.rest("GET", "/account")).status_code == 200  # a program with a token is not concerned


async def test_the_control_a_server_that_does_not_look_lets_in(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = await cookie_of(app)
    csrf = await csrf_of(app, cookie)
    await requiring.require(app.services, app.house.actor, {"owner": day(app.house, 0)})
    monkeypatch.setattr(signing_in.SigningIn, "is_due", lambda *_: False)
    assert (await app.call("GET", "/api/v1/account", cookie=cookie, x_csrf_token=csrf)).status_code == 200


async def test_it_begins_on_its_day_for_its_role_and_ends_with_a_factor(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    yan, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    theirs, cookie = await signed_in(house, yan.email, password)
    mine, _ = await signed_in(house)
    shown = house.services.tokens.cookie(cookie.secret)
    await requiring.require(house.services, house.actor, {"agent": day(house, 1), "owner": ""})
    assert await requiring.rules(house.services, house.actor) == {
        "agent": day(house, 1),
        "admin": "",
        "owner": "",
        "auditor": "",
    }
    assert (await sessions.by_session(house.services, shown)).agent_id == yan.id
    later(monkeypatch, house.services, DAY)  # after which a session that nobody used has ended
    renewed, made = await signed_in(house, yan.email, password)
    with pytest.raises(SecondFactorDue):
        await sessions.by_session(house.services, house.services.tokens.cookie(made.secret))
    with pytest.raises(Unauthorized):
        await sessions.require_still(house.services, renewed)  # an open socket ends
    assert (await signed_in(house))[0].agent_id == mine.agent_id
    await turned_on(house.services, renewed)
    assert (await sessions.by_session(house.services, house.services.tokens.cookie(made.secret))).agent_id == yan.id
    assert theirs.agent_id == yan.id


async def test_who_may_say_so_and_what_is_no_day(house: House) -> None:
    plain, _ = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    with pytest.raises(Forbidden):
        await requiring.require(house.services, house.acting(plain.id, "agent"), {"owner": day(house, 0)})
    for wrong in ("tomorrow", "2026-13-01", "2026-02-30", "1-1-1", "99999-01-01"):
        with pytest.raises(InvalidField) as refused:
            await requiring.require(house.services, house.actor, {"agent": day(house, 0), "owner": wrong})
        assert refused.value.extra["field"] == "owner"
    assert set((await requiring.rules(house.services, house.actor)).values()) == {""}
    await requiring.require(house.services, house.actor, {"agent": day(house, 3)})
    await requiring.require(house.services, house.actor, {"agent": day(house, 3)})
    entered = await house.services.store.read(lambda tx: tx.execute(ENTERED).scalars().all())
    assert [*entered].count("factor.required") == 1


async def test_one_account_says_nothing_to_another(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example")
    await requiring.require(house.services, house.actor, {"owner": day(house, 0)})
    assert set((await requiring.rules(house.services, other.actor)).values()) == {""}
    _, made = await signed_in(other)
    assert await sessions.by_session(house.services, house.services.tokens.cookie(made.secret)) is not None


async def test_the_page_keeps_what_was_typed(app: Served) -> None:
    await app.sign_in()
    page = await app.client.get("/admin/second-factor")
    form = {"csrf": field_of(page, "csrf"), "agent": day(app.house, 2), "owner": "soon"}
    wrong = await app.client.post("/admin/second-factor", data=form, headers={"origin": CHAT})
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    assert f'value="{form["agent"]}"' in wrong.text
    assert 'id="owner-error"' in wrong.text
    right = await app.client.post("/admin/second-factor", data=form | {"owner": ""}, headers={"origin": CHAT})
    assert right.headers["location"] == "/admin/second-factor?saved=1"
