"""Who has lost phone and codes gets in again, by who may let them: never by who stands below, and it is on record."""

import json

import pytest
from sqlalchemy import select

from chat.core.errors import Forbidden, NotFound, NotNow, Unauthorized
from chat.core.settings import Settings
from chat.factors.actions import resetting
from chat.infra.audit.schema import audit
from chat.team.actions import sessions, sign_ins
from chat.team.domain import Standing
from tests.commands import lethe
from tests.factors import HOME, half, signed_in, turned_on
from tests.inside import PASSWORD, House, Served, colleague, found, problem_of
from tests.test_migrations import environment

pytestmark = pytest.mark.anyio


async def test_an_admin_takes_an_agents_factor_away_and_all_their_sessions_end(house: House) -> None:
    lost, password = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    admin, _ = await colleague(house.services, house.actor, "mia@acme.example", "Mia", "admin")
    actor, mine = await signed_in(house, lost.email, password)
    await turned_on(house.services, actor)
    assert await resetting.has_factor(house.services, house.actor, lost.id)
    await resetting.reset(house.services, house.acting(admin.id, "admin"), lost.id)
    with pytest.raises(Unauthorized):
        await sessions.by_session(house.services, house.services.tokens.cookie(mine.secret))
    assert (await sign_ins.sign_in(house.services, lost.email, password, HOME)).secret
    entered = await house.services.store.read(lambda tx: tx.execute(select(audit.c.action, audit.c.who)).all())
    assert ("factor.reset", admin.id) in [tuple(each) for each in entered]
    assert [*house.services.ledger.entries()][-1].what == {"agent": lost.id, "set": None}
    with pytest.raises(NotNow):
        await resetting.reset(house.services, house.actor, lost.id)


async def test_nobody_takes_that_of_a_superior_of_another_account_or_their_own(house: House) -> None:
    admin, password = await colleague(house.services, house.actor, "mia@acme.example", "Mia", "admin")
    plain, _ = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    other = await found(house.services, "Other", "owner@other.example")
    await turned_on(house.services, (await signed_in(house))[0])
    owner = house.actor.agent_id
    for actor, error in (
        (house.acting(admin.id, "admin"), Forbidden),
        (house.acting(plain.id, "agent"), Forbidden),
        (other.actor, NotFound),
        (house.actor, NotNow),
    ):
        with pytest.raises(error):
            await resetting.reset(house.services, actor, owner)
    assert await half(house)
    assert password


async def test_the_control_without_the_order_of_roles_an_admin_takes_an_owners(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, _ = await colleague(house.services, house.actor, "mia@acme.example", "Mia", "admin")
    await turned_on(house.services, (await signed_in(house))[0])
    monkeypatch.setattr(Standing, "require_manageable", lambda *_: None)
    await resetting.reset(house.services, house.acting(admin.id, "admin"), house.actor.agent_id)
    assert (await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, HOME)).secret


async def test_over_rest(app: Served) -> None:
    lost, password = await colleague(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    path = f"/agents/{lost.id}/second-factor"
    problem_of(await app.rest("DELETE", path), 409, "not_now")
    await turned_on(app.services, (await signed_in(app.house, lost.email, password))[0])
    assert (await app.rest("DELETE", path)).status_code == 204
    problem_of(await app.rest("DELETE", "/agents/0190a6b0-0000-7000-8000-000000000000/second-factor"), 404, "not_found")


async def test_by_command(house: House, settings: Settings) -> None:
    await turned_on(house.services, (await signed_in(house))[0])
    environ = environment(settings.data.parent, settings.database_url)
    call = ("agent", "reset-second-factor", "--email")
    done = lethe(environ, *call, house.made.owner_email, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"agent_id": house.actor.agent_id, "sessions": 1})
    assert (await sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, HOME)).secret
    for email, said in ((house.made.owner_email, "has no second factor"), ("nobody@acme.example", "No agent has")):
        refused = lethe(environ, *call, email)
        assert (refused.returncode, said in refused.stderr) == (1, True)
