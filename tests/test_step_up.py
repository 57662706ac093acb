"""Step-up: what opens more, or cannot be taken back, asks a session again whose it is, and then goes on with it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, update

from chat.core.errors import InvalidField, RateLimited, StepUpRequired
from chat.factors.actions import step_up
from chat.factors.schema import shown
from chat.routes import every
from chat.team.actions import agents, sign_ins
from chat.web.endpoint import Endpoint
from tests.factors import field_of, later, signed_in, turned_on
from tests.inside import CHAT, PASSWORD, House, Served, problem_of
from tests.test_signin import filled

pytestmark = pytest.mark.anyio
ASKS = {
    "POST /scim/v2/Users",
    "PUT /scim/v2/Users/{id}",
    "PATCH /scim/v2/Users/{id}",
    "DELETE /scim/v2/Users/{id}",
    "GET /api/v1/contacts/{id}/export",
    "POST /api/v1/contacts/{id}/exports",
    "POST /api/v1/contacts/{id}/merge",
    "POST /admin/contacts/{id}/merge",
    "GET /api/v1/exports/{id}/file",
    "POST /admin/exports",
    "DELETE /api/v1/contacts/{id}",
    "POST /api/v1/erasures",
    "PUT /api/v1/contacts/{id}/hold",
    "DELETE /api/v1/contacts/{id}/hold",
    "POST /admin/privacy/holds",
    "POST /admin/privacy/holds/{id}/lift",
    "POST /api/v1/agents",
    "PATCH /api/v1/agents/{id}",
    "DELETE /api/v1/agents/{id}/second-factor",
    "POST /admin/agents/{id}/reset-second-factor",
    "DELETE /api/v1/agents/{id}",
    "POST /api/v1/agents/{id}/deactivation",
    "POST /api/v1/agents/{id}/reactivation",
    "POST /api/v1/agents/{id}/ownership",
    "POST /admin/agents",
    "POST /admin/agents/{id}",
    "POST /admin/agents/{id}/deactivate",
    "POST /admin/agents/{id}/delete",
    "POST /admin/agents/{id}/reactivate",
    "POST /admin/agents/{id}/ownership",
    "POST /admin/departments/{id}/members",
    "POST /admin/agents/{id}/password-link",
    "POST /api/v1/invitations",
    "POST /api/v1/invitations/{id}/send",
    "POST /admin/invitations/{id}/send",
    "POST /api/v1/erasure-asks/{id}/confirmation",
    "POST /admin/erasures/asks/{id}/confirm",
    "PUT /api/v1/networks",
    "POST /admin/networks",
    "PUT /api/v1/roles",
    "POST /admin/roles",
    "POST /api/v1/webhooks",
    "PATCH /api/v1/webhooks/{id}",
    "DELETE /api/v1/webhooks/{id}",
    "POST /api/v1/webhooks/{id}/secret",
    "POST /admin/webhooks",
    "POST /admin/webhooks/{id}",
    "POST /admin/webhooks/{id}/pause",
    "POST /admin/webhooks/{id}/secret",
    "POST /admin/webhooks/{id}/delete",
    "POST /api/v1/tokens",
    "POST /admin/tokens",
    "POST /api/v1/identity-providers",
    "PATCH /api/v1/identity-providers/{id}",
    "DELETE /api/v1/identity-providers/{id}",
    "DELETE /api/v1/identity-providers/{id}/agents/{agent}",
    "POST /admin/identity-providers",
    "POST /admin/identity-providers/{id}",
    "POST /admin/identity-providers/{id}/delete",
    "POST /admin/identity-providers/{id}/agents/{agent}/delete",
    "DELETE /api/v1/sites/{id}",
    "POST /admin/sites/{id}/delete",
    "POST /api/v1/sites/{id}/customer-secrets",
    "DELETE /api/v1/sites/{id}/customer-secrets/{secret_id}",
    "POST /admin/customers/{site}",
    "POST /admin/customers/{site}/{id}/end",
    "GET /second-factor",
    "POST /second-factor",
    "POST /admin/second-factor",
    "POST /second-factor/codes",
    "POST /second-factor/off",
    "POST /second-factor/challenge",
    "POST /second-factor/passkeys",
    "POST /second-factor/passkeys/{id}",
    "POST /second-factor/passkeys/{id}/remove",
}
"""What asks a session to show again whose it is. Whatever else should is entered here, and nothing leaves unseen."""


MATTERS = (
    *("contact.exported", "erasure.requested", "hold.placed", "hold.lifted", "invitation.made", "invitation.sent"),
    *("agent.", "right.", "token.", "factor.", "webhook.", "provider."),
)
"""Actions in the audit log that only a session which showed lately whose it is may be the cause of."""
NEED_NOT = {
    "POST /signout": "takes nothing but the session",
    "POST /password": "asks for the old password",
    "POST /step-up": "is where it is shown",
    "GET /signin/again": "leads to where it is shown",
    "PATCH /api/v1/tokens/{id}": "gives a token another name, and no more",
    "DELETE /api/v1/tokens/{id}": "shuts a program out, which must not wait",
    "POST /api/v1/webhooks/{id}/test": "sends what a person's click sends, and nothing of anybody",
    "POST /admin/webhooks/{id}/test": "sends what a person's click sends, and nothing of anybody",
    "POST /api/v1/webhooks/{id}/deliveries/{delivery}": "sends again where it was to be sent",
    "POST /admin/webhooks/{id}/deliveries/{delivery}": "sends again where it was to be sent",
    "POST /admin/tokens/{id}/revoke": "shuts a program out, which must not wait",
}


def unasked(endpoints: Iterable[Endpoint]) -> list[str]:
    """The addresses of agents that do what matters and do not ask again."""
    mine = [each for each in endpoints if each.audience == "agent" and not each.step_up]
    return [str(each) for each in mine if any(word.startswith(MATTERS) for word in each.audited)]


def test_what_asks_again_is_on_the_list() -> None:
    assert {str(each) for each in every() if each.step_up} == ASKS


def test_nothing_that_matters_is_done_unasked() -> None:
    assert set(unasked(every())) == set(NEED_NOT)


def test_the_control_an_address_that_matters_and_does_not_ask_is_found() -> None:
    one = next(each for each in every() if str(each) == "POST /api/v1/erasures")
    assert unasked([one, replace(one, step_up=False)]) == ["POST /api/v1/erasures"]


async def is_fresh(house: House, actor: Any) -> bool:
    """Whether a session showed lately whose it is."""
    try:
        await step_up.require_fresh(house.services, actor)
    except StepUpRequired:
        return False
    return True


async def test_signing_in_counts_for_ten_minutes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, _ = await signed_in(house)
    assert await is_fresh(house, actor)
    later(monkeypatch, house.services, step_up.FRESH - 60_000)
    assert await is_fresh(house, actor)
    later(monkeypatch, house.services, 60_000)
    assert not await is_fresh(house, actor)
    await step_up.show(house.services, actor, PASSWORD, "")
    assert await is_fresh(house, actor)


async def test_a_code_counts_as_the_password_does_and_a_recovery_code_does_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, _ = await signed_in(house)
    phone = await turned_on(house.services, actor)
    later(monkeypatch, house.services, step_up.FRESH)
    for code in (phone.wrong(), phone.recovery[0]):
        with pytest.raises(InvalidField) as refused:
            await step_up.show(house.services, actor, PASSWORD, code)
        assert refused.value.extra["field"] == "code"
    assert not await is_fresh(house, actor)
    code = phone.code()
    await step_up.show(house.services, actor, "", code)
    assert await is_fresh(house, actor)
    with pytest.raises(InvalidField):
        await step_up.show(house.services, actor, "", code)


async def test_one_session_shows_nothing_for_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (one, _), (another, _) = await signed_in(house), await signed_in(house)
    later(monkeypatch, house.services, step_up.FRESH)
    await step_up.show(house.services, one, PASSWORD, "")
    assert [await is_fresh(house, one), await is_fresh(house, another)] == [True, False]


async def test_whoever_guesses_in_a_session_is_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (thief, _), (mine, _) = await signed_in(house), await signed_in(house)
    later(monkeypatch, house.services, step_up.FRESH)
    for _ in range(step_up.TRIES):
        with pytest.raises(InvalidField):
            await step_up.show(house.services, thief, "a wrong password", "")
    with pytest.raises(RateLimited):
        await step_up.show(house.services, thief, PASSWORD, "")
    await step_up.show(house.services, mine, PASSWORD, "")


async def test_a_program_with_a_token_has_nothing_to_show(house: House) -> None:
    assert house.actor.token_id
    assert await is_fresh(house, house.actor)


async def test_who_writes_the_database_alone_shows_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    actor, _ = await signed_in(house)
    later(monkeypatch, house.services, step_up.FRESH)
    now = house.services.clock()
    await house.services.store.write(lambda tx: tx.execute(update(shown).values(at=now)))
    assert not await is_fresh(house, actor)
    other, _ = await signed_in(house)
    later(monkeypatch, house.services, step_up.FRESH)

    def made(tx: Any) -> None:
        tx.execute(shown.delete())
        tx.execute(insert(shown).values(session_id=other.session_id, at=house.services.clock(), mac=""))

    await house.services.store.write(made)
    assert not await is_fresh(house, other)


async def waiting(app: Served, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mark of a session that signed in too long ago."""
    await app.sign_in()
    csrf = field_of(await app.client.get("/second-factor"), "csrf")
    later(monkeypatch, app.services, step_up.FRESH)
    return csrf


async def test_a_form_that_has_to_wait_is_asked_for_and_goes_on_with_what_was_typed(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = await waiting(app, monkeypatch)
    asked = {"csrf": csrf, "offer": "what was <typed>", "code": "123 456"}
    html = {"origin": CHAT, "accept": "text/html"}
    page = await app.client.post("/second-factor", data=asked, headers=html)
    assert page.status_code == 403
    assert all(f'name="{name}" value="' in page.text for name in asked)
    assert "what was &lt;typed&gt;" in page.text
    form = asked | {"step_up_next": field_of(page, "step_up_next"), "step_up_how": field_of(page, "step_up_how")}
    wrong = await app.client.post("/step-up", data=form | {"step_up_password": "wrong one"}, headers=html)
    assert (wrong.status_code, "what was &lt;typed&gt;" in wrong.text) == (422, True)
    assert "wrong one" not in wrong.text
    right = await app.client.post("/step-up", data=form | {"step_up_password": PASSWORD}, headers=html)
    assert (right.status_code, right.headers["location"]) == (307, "/second-factor")
    done = await app.client.post("/second-factor", data=form | {"step_up_password": PASSWORD}, headers=html)
    assert done.status_code == 409  # it came to the handler, which knows no such offer
    assert PASSWORD not in done.text


async def test_a_page_that_has_to_wait_is_led_back_to(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    csrf = await waiting(app, monkeypatch)
    answer = await app.client.get("/second-factor", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/step-up?next=/second-factor")
    for given, after in (("/second-factor", "/second-factor"), ("//evil.example", "/inbox"), ("", "/inbox")):
        form = {"csrf": csrf, "step_up_next": given, "step_up_how": "get", "step_up_password": PASSWORD}
        right = await app.client.post("/step-up", data=form, headers={"origin": CHAT})
        assert (right.status_code, right.headers["location"]) == (303, after)


async def test_a_program_hears_so_and_nothing_of_what_was_sent(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    csrf = await waiting(app, monkeypatch)
    answer = await app.client.post("/second-factor/off", data={"csrf": csrf, "x": "zyxomma"}, headers={"origin": CHAT})
    problem_of(answer, 403, "step_up_required")
    assert "zyxomma" not in answer.text


async def test_who_may_not_hears_that_first(house: House) -> None:
    assert all(each.audience == "agent" for each in every() if each.step_up)
    assert isinstance(house, House)


async def test_the_control_a_session_that_is_always_fresh_is_asked_nothing(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = await waiting(app, monkeypatch)

    async def fresh(*_: object) -> None:
        return

    monkeypatch.setattr(step_up, "require_fresh", fresh)
    answer = await app.client.post("/second-factor/off", data={"csrf": csrf}, headers={"origin": CHAT})
    problem_of(answer, 409, "not_now")


async def test_a_session_that_ended_shows_nothing(house: House) -> None:
    other, password = await agents.add_agent(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    actor, _ = await signed_in(house, other.email, password)
    await sign_ins.sign_out(house.services, actor)
    with pytest.raises(Exception, match="Sign in again"):
        await step_up.show(house.services, actor, password, "")


async def test_every_one_of_them_asks_a_session_that_is_old_and_no_token(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = await waiting(app, monkeypatch)
    headers = {"origin": CHAT, "x-csrf-token": csrf, "accept": "application/json"}
    for address in sorted(ASKS):
        verb, path = filled(address)
        body: dict[str, Any] = {"json": {}} if "/api/" in path or "/scim/" in path else {"data": {"csrf": csrf}}
        sent = body if verb != "GET" else {}
        answer = await app.client.request(verb, path, headers=headers, **sent)
        if "/scim/" in path:  # which has refusals of its own form
            assert (answer.status_code, "/step-up" in answer.json()["detail"]) == (403, True)
        else:
            problem_of(answer, 403, "step_up_required")
    app.client.cookies.clear()
    for address in sorted(each for each in ASKS if " /api/" in each):
        verb, path = filled(address)
        answer = await app.call(verb, path, None if verb == "GET" else {}, **app.house.bearer)
        assert answer.status_code != 403, address


async def test_a_link_to_a_file_is_led_back_to_as_it_was(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await waiting(app, monkeypatch)
    path = "/api/v1/exports/0190a6b0-0000-7000-8000-000000000000/file"
    answer = await app.client.get(path, headers={"accept": "text/html", "sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/step-up?next={path}")
