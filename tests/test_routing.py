"""Tickets are given out by the rule, to who is there and has room, once each; and given back where nobody answers."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chat.account.store import put_agent_in
from chat.core.clock import DAY
from chat.core.model import Actor
from chat.departments import actions as departments
from chat.infra.services import Services
from chat.routing.actions import giving, rules
from chat.routing.domain import Candidate, RoutingRule, choose
from chat.team import store as agents
from chat.tickets.actions import changing
from tests.inside import House, Served, is_refused
from tests.test_handing import answer, done, whose
from tests.test_roles import joined

pytestmark = pytest.mark.anyio


@dataclass
class Team:
    """Three agents of a house who are online, and guests who wait."""

    house: House
    services: Services
    actors: list[Actor]
    sockets: dict[str, object] = field(default_factory=dict)

    async def wait(self, count: int) -> None:
        """So many write."""
        for _ in range(count):
            await (await self.house.visit()).say("hello")

    async def give(self, later: int = 0) -> int:
        """Give out what waits, so much later (ms)."""
        now = self.services.clock()
        return await giving.give(replace(self.services, clock=lambda: now + later), self.house.made.account_id)

    async def rule(self, mode: Any, most: int = 0, minutes: int = 0, department: str | None = None) -> None:
        """Set a rule."""
        await rules.change(self.services, self.house.actor, RoutingRule(mode, most, minutes), department)

    async def have(self, *numbers: int) -> list[str | None]:
        """Whose some tickets are."""
        return [await whose(self.house, number) for number in numbers]

    def come(self, *actors: Actor, status: Any = "online") -> None:
        """They are there, away or offline."""
        for each in actors:
            socket = self.sockets.setdefault(each.agent_id, object())
            self.services.bus.present(self.house.made.account_id, each.agent_id, status, socket)


@pytest.fixture
async def team(house: House) -> Team:
    """All of them online."""
    actors = [house.acting((await joined(house, "agent", name)).id, "agent") for name in "abc"]
    made = Team(house, house.services, actors)
    made.come(*actors)
    return made


async def test_each_gets_one_in_turn_up_to_the_limit_and_nobody_who_is_away(team: Team) -> None:
    await team.wait(4)
    assert await team.give() == 0  # nothing is given out before an admin says so
    await team.rule("round_robin", most=1)
    team.come(team.actors[2], status="away")
    assert await team.give() == 2
    assert Counter(await team.have(1, 2, 3, 4)) == {team.actors[0].agent_id: 1, team.actors[1].agent_id: 1, None: 2}
    assert (await team.have(3, 4)) == [None, None]  # who waits longest comes first
    await rules.limit(team.services, team.house.actor, team.actors[0].agent_id, 2)
    assert await team.give() == 1
    assert await team.have(3, 4) == [team.actors[0].agent_id, None]
    assert [(each.kind, each.author.kind) for each in await done(team.house)] == [("assigned", "system")]


async def test_the_least_busy_gets_it(team: Team) -> None:
    await team.wait(2)
    for number in (1, 2):
        await changing.change(team.services, team.house.actor, number, {"assignee": team.actors[number - 1].agent_id})
    await team.wait(1)
    await team.rule("least_busy")
    assert await team.give() == 1
    assert await team.have(3) == [team.actors[2].agent_id]


async def test_a_department_has_its_own_rule_and_its_members_alone_get_its_tickets(team: Team) -> None:
    sales = await departments.add(team.services, team.house.actor, "sales", {})
    account_id, member = team.house.made.account_id, team.actors[1].agent_id
    await team.services.store.write(lambda tx: put_agent_in(tx, account_id, member, [sales.id]))
    await team.wait(3)
    for number in (1, 2):
        await changing.change(team.services, team.house.actor, number, {"department": sales.id})
    await team.rule("round_robin", department=sales.id)
    assert await team.give() == 2
    assert await team.have(1, 2, 3) == [member, member, None]


async def test_what_is_not_answered_goes_to_somebody_else(team: Team) -> None:
    await team.wait(1)
    await team.rule("round_robin", minutes=5)
    await team.give()
    (first,) = await team.have(1)
    assert await team.give(later=4 * 60_000) == 0
    assert await team.give(later=5 * 60_000) == 2  # given back, and out again
    (second,) = await team.have(1)
    assert second not in {None, first}
    assert [each.kind for each in await done(team.house)] == ["assigned", "unassigned", "assigned"]
    await answer(team.house, next(each for each in team.actors if each.agent_id == second))
    assert await team.give(later=DAY) == 0  # answered: nobody waits


@pytest.mark.parametrize("why", ["offline", "deactivated"])
async def test_what_lies_with_who_is_gone_goes_to_somebody_else(
    team: Team, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await team.wait(1)
    await team.rule("round_robin")
    await team.give()
    (first,) = await team.have(1)
    gone = next(each for each in team.actors if each.agent_id == first)
    team.come(gone, status="offline")
    if why == "deactivated":
        await team.services.store.write(lambda tx: agents.deactivate(tx, gone.agent_id, 1))
    else:
        assert await team.give() == 0  # they may only have loaded the page again
        monkeypatch.setattr(giving, "GRACE", 0.0)
    assert await team.give() == 2
    assert (await team.have(1))[0] not in {None, first}


async def test_many_who_give_out_at_once_give_each_once_and_over_no_limit(team: Team) -> None:
    await team.wait(8)
    await team.rule("least_busy", most=2)
    assert sum(await asyncio.gather(*(team.give() for _ in range(4)))) == 6
    given = Counter(await team.have(*range(1, 9)))
    assert sorted(given.values()) == [2, 2, 2, 2]
    assert {*given} == {None, *(each.agent_id for each in team.actors)}
    for number in range(1, 7):
        assert len(await done(team.house, number)) == 1


async def test_who_takes_it_by_hand_meanwhile_keeps_it(team: Team) -> None:
    await team.wait(1)
    await team.rule("round_robin", minutes=1)
    await team.give()
    await changing.change(team.services, team.house.actor, 1, {"assignee": "me"})
    assert await team.give(later=DAY) == 0
    assert await team.have(1) == [team.house.actor.agent_id]


def test_of_equals_the_one_whose_last_is_longest_ago_and_nobody_over_a_limit() -> None:
    three = [Candidate("a", 1, 2, 30), Candidate("b", 0, 0, 20), Candidate("c", 2, 2, 10)]
    assert choose(three, "round_robin", None) == "b"
    assert choose(three, "least_busy", None) == "b"
    assert choose(three, "round_robin", "b") == "a"
    assert choose(three[1:2], "round_robin", "b") == "b"
    assert choose(three, "off", None) is None
    assert choose([three[2]], "least_busy", None) is None


async def test_rules_are_an_admins_and_wrong_ones_are_refused(app: Served) -> None:
    agent = await joined(app.house, "agent")
    assert (await app.client.get("/api/v1/routing", headers=agent.bearer)).status_code == 403
    assert (await app.rest("GET", "/routing")).json()["usual"] == {"mode": "off", "most": 0, "minutes": 0}
    for wrong in ({"mode": "random"}, {"mode": "off", "most": -1}, {"mode": "off", "minutes": 9999}):
        assert is_refused(await app.rest("PUT", "/routing", wrong), 422, "invalid_field")
    set_so = {"mode": "least_busy", "most": 4, "minutes": 3}
    assert (await app.rest("PUT", "/routing", set_so)).json()["usual"] == set_so
    sales = (await app.rest("POST", "/departments", {"name": "sales"})).json()["id"]
    own = await app.rest("PUT", f"/departments/{sales}/routing", {"mode": "off"})
    assert own.json()["departments"] == {sales: {"mode": "off", "most": 0, "minutes": 0}}
    assert (await app.rest("DELETE", f"/departments/{sales}/routing")).status_code == 204
    limited = await app.rest("PUT", f"/agents/{agent.id}/limit", {"most": 7})
    assert limited.json()["limits"] == {agent.id: 7}
    assert (await app.rest("GET", "/routing")).json()["departments"] == {}
