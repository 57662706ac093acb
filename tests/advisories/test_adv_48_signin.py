"""
Signing in: any password taken (CVE-2026-28514), a flag that skips a check (CVE-2022-35248), known by their errors
(CVE-2022-0083), guessed without a limit (CVE-2022-3741), in by another way when shut out (CVE-2023-32682), and a token
that need not be text (CVE-2026-45688).
"""

from typing import Any

import pytest

from chat.core.errors import RateLimited, Unauthorized
from chat.core.networks import Network
from chat.lifecycle.actions import changes
from chat.team.actions import agents, attempts, sign_ins
from tests.inside import CHAT, PASSWORD, House, Served, colleague, problem_of

pytestmark = pytest.mark.anyio
NET = Network("here")
WRONG = ["", " ", PASSWORD[:-1], f"{PASSWORD} ", PASSWORD.upper(), "\x00", "null", "true", "0", "x" * 5000]


@pytest.mark.parametrize("password", WRONG)
async def test_adv_48_a_wrong_password_is_wrong_on_every_way_in(app: Served, password: str) -> None:
    assert (await app.sign_in(password=password)).status_code == 401
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(app.services, app.house.made.owner_email, password, NET)
    problem_of(await app.call("GET", "/api/v1/account", authorization=f"Bearer {password!r}"), 401, "unauthorized")


@pytest.mark.parametrize("flag", ["cas", "sso", "admin", "role", "token", "session", "skip", "mfa", "password[]"])
async def test_adv_49_no_field_of_the_form_lets_anybody_in(app: Served, flag: str) -> None:
    for value in ("true", "1", "owner"):
        form = {"email": app.house.made.owner_email, "password": "not the password", flag: value}
        answer = await app.client.post("/signin", data=form, headers={"origin": CHAT})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


async def test_adv_36_known_and_unknown_are_answered_alike(app: Served) -> None:
    seen = []
    for email in (app.house.made.owner_email, "nobody@acme.example"):
        answer = await app.sign_in(email, "not the password")
        seen.append((answer.status_code, answer.text.replace(email, "")))
    assert seen[0] == seen[1]


async def test_adv_52_guessing_is_stopped_and_the_right_password_works_from_elsewhere(house: House) -> None:
    for _ in range(attempts.ADDRESS):
        with pytest.raises(Unauthorized):
            await sign_ins.sign_in(house.services, house.made.owner_email, "not the password", NET)
    with pytest.raises(RateLimited):
        await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, NET)
    assert (await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, Network("home"))).secret


async def test_adv_62_whoever_is_shut_out_gets_in_nowhere(app: Served) -> None:
    gone, password = await colleague(app.services, app.house.actor, "gone@acme.example", "Gone", "admin")
    kept = (await app.sign_in(gone.email, password)).cookies["lethe_session"]
    await app.services.store.write(lambda tx: agents.give_token(tx, gone.id, "lethe_" + "t" * 43, "x", 1))
    await changes.deactivate(app.services, app.house.actor, gone.id)
    app.client.cookies.clear()
    assert (await app.sign_in(gone.email, password)).status_code == 401
    for headers in ({"cookie": f"lethe_session={kept}"}, {"authorization": "Bearer lethe_" + "t" * 43}):
        problem_of(await app.call("GET", "/api/v1/account", **headers), 401, "unauthorized")


BODIES: list[Any] = [{"$gt": ""}, ["x"], None, True, 1, {"toString": "x"}]


@pytest.mark.parametrize("secret", BODIES)
async def test_adv_41_a_secret_is_text_before_it_is_looked_for(app: Served, secret: Any) -> None:
    answer = await app.call("POST", f"/privacy/{app.house.key}/opened", {"link": secret}, origin=CHAT)
    problem_of(answer, 422, "invalid_field")


async def test_adv_63_no_password_is_kept_in_the_clear(app: Served) -> None:
    await app.sign_in()
    await app.sign_in(password="tried and wrong zyxomma")
    found = [path for path in app.services.settings.data.rglob("*") if path.is_file()]
    for path in found:
        data = path.read_bytes()
        assert PASSWORD.encode() not in data, path
        assert b"zyxomma" not in data, path
