"""One change of many tickets: each for itself, in order, with events and entries as single ones, and none twice."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from chat.account.store import put_agent_in
from chat.core import events
from chat.core.clock import DAY
from chat.core.errors import Unavailable
from chat.departments import actions as departments
from chat.infra.audit.schema import audit
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.tickets.actions import bulk, changing
from chat.tickets.schema import bulk_change
from chat.tickets.store import changing as rows
from tests.inside import Served, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
PATH = "/tickets/bulk"


async def with_tickets(app: Served, count: int) -> list[int]:
    """The numbers of so many new tickets."""
    return [(await (await app.house.visit()).say("hello")).number for _ in range(count)]


def body(numbers: list[int], **change: Any) -> dict[str, Any]:
    """What is asked."""
    return {"tickets": [{"number": each} for each in numbers], "change": change}


async def outcomes(app: Served, asked: dict[str, Any]) -> list[str]:
    """What became of each."""
    answer = await app.rest("POST", PATH, asked)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [each["number"] for each in items] == [each["number"] for each in asked["tickets"]]
    return [each["outcome"] for each in items]


async def entered(app: Served) -> int:
    """How many changes of tickets are in the audit log."""
    query = select(func.count()).where(audit.c.action.in_(["ticket.changed", "ticket.deleted", "spam.marked"]))
    return int(await app.services.store.read(lambda tx: tx.execute(query).scalar_one()))


async def test_each_is_changed_or_says_why_not_and_is_entered_as_a_single_one(app: Served) -> None:
    numbers = await with_tickets(app, 3)
    seen = (await app.rest("GET", "/tickets/2")).json()["updated_at"]
    await app.rest("PATCH", "/tickets/2", {"tags": ["changed meanwhile"]})
    heard: list[events.ListEvent] = []
    channel = events.list_channel(app.house.made.account_id)
    app.services.bus.listen(channel, "me", lambda delivery: heard.append(delivery.event))
    before = await entered(app)
    asked = body([numbers[2], 999, numbers[1], numbers[0]], status="pending", assignee="me", tags=["vip"])
    asked["tickets"][2]["updated_at"] = seen
    asked["tickets"][3]["updated_at"] = (await app.rest("GET", "/tickets/1")).json()["updated_at"]
    assert await outcomes(app, asked) == ["changed", "not_found", "changed_meanwhile", "changed"]
    assert await entered(app) == before + 2
    assert [each.ticket.number for each in heard if isinstance(each, events.TicketChanged)] == [numbers[2], 1]
    shown = [(await app.rest("GET", f"/tickets/{each}")).json() for each in numbers]
    assert [each["status"] for each in shown] == ["pending", "open", "pending"]
    assert [each["tags"] for each in shown] == [["vip"], ["changed meanwhile"], ["vip"]]
    assert await outcomes(app, body(numbers, status="trash")) == ["changed"] * 3
    assert (await app.rest("GET", "/tickets")).json()["items"] == []
    assert await outcomes(app, body(numbers, spam=True)) == ["changed"] * 3
    assert [(await app.rest("GET", f"/tickets/{each}")).json()["held"] for each in numbers] == [1, 1, 1]


WRONG: list[tuple[dict[str, Any], int, str]] = [
    (body([*range(1, 202)], status="solved"), 422, "invalid_field"),
    (body([], status="solved"), 422, "invalid_field"),
    (body([1, 2, 1], status="solved"), 422, "invalid_field"),
    (body([1]), 422, "invalid_field"),
    (body([1], status="closed"), 422, "invalid_field"),
    (body([1], status="solved", color="red"), 422, "unknown_parameter"),
    (body([1], status="solved") | {"color": "red"}, 422, "unknown_parameter"),
    (body([1], status="solved", spam=True), 422, "invalid_field"),
    (body([1], status="solved") | {"id": "no id"}, 422, "invalid_field"),
    (body([1], status="solved", assignee="01890000-0000-7000-8000-000000000000"), 404, "not_found"),
    (body([1], status="solved", department="01890000-0000-7000-8000-000000000000"), 404, "not_found"),
]


async def test_what_is_wrong_changes_nothing(app: Served, subtests: pytest.Subtests) -> None:
    await with_tickets(app, 2)
    for asked, status, code in WRONG:
        with subtests.test(str(asked)[:80]):
            problem_of(await app.rest("POST", PATH, asked), status, code)
    assert (await app.rest("GET", "/tickets/1")).json()["status"] == "open"
    assert await outcomes(app, body([*range(1, 201)], status="solved")) == [*["changed"] * 2, *["not_found"] * 198]


async def test_who_sees_one_department_changes_no_other_and_spam_needs_its_right(app: Served) -> None:
    numbers = await with_tickets(app, 2)
    made = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    for number, department in zip(numbers, made, strict=True):
        await changing.change(app.services, app.house.actor, number, {"department": department})
    agent = await joined(app.house, "agent")
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, made[:1]))
    await roles.change(app.services, app.house.actor, {"agent": {"ticket.read_all": False, "spam.mark": False}})

    async def ask(**change: Any) -> Any:
        return await app.client.post(f"/api/v1{PATH}", json=body(numbers, **change), headers=agent.bearer)

    items = (await ask(status="solved")).json()["items"]
    assert [each["outcome"] for each in items] == ["changed", "not_found"]
    problem_of(await ask(spam=True), 403, "forbidden")
    assert (await app.rest("GET", "/tickets/2")).json()["status"] == "open"


async def cut_off(app: Served, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A change of three tickets that broke off after the first; then somebody else changed that one."""
    asked, apply, left = body(await with_tickets(app, 3), status="solved") | {"id": new_id()}, changing.apply, [1]

    async def breaking(*args: Any) -> None:
        if not left:
            raise Unavailable
        left.pop()
        await apply(*args)

    with monkeypatch.context() as patch:
        patch.setattr(changing, "apply", breaking)
        problem_of(await app.rest("POST", PATH, asked), 503, "unavailable")
    await app.rest("PATCH", "/tickets/1", {"status": "open"})
    return asked


async def test_sent_again_it_goes_on_and_changes_none_twice(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await cut_off(app, monkeypatch)
    before = await entered(app)
    assert await outcomes(app, asked) == ["changed"] * 3
    shown = [(await app.rest("GET", f"/tickets/{each}")).json()["status"] for each in (1, 2, 3)]
    assert shown == ["open", "solved", "solved"]
    assert await entered(app) == before + 2
    await asyncio.gather(*(outcomes(app, asked | {"id": asked["id"].upper()}) for _ in range(3)))
    assert await entered(app) == before + 2


async def test_the_control_without_its_note_it_undoes_what_came_after(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await cut_off(app, monkeypatch)
    monkeypatch.setattr(rows, "enter", lambda *_: True)
    await outcomes(app, asked)
    assert (await app.rest("GET", "/tickets/1")).json()["status"] == "solved"


async def test_two_at_once_change_each_ticket_once(app: Served) -> None:
    numbers = await with_tickets(app, 4)
    asked, before = body(numbers, tags=["once"]) | {"id": new_id()}, await entered(app)
    turned = asked | {"tickets": asked["tickets"][::-1]}
    assert await asyncio.gather(*(outcomes(app, each) for each in (asked, turned, asked))) == [["changed"] * 4] * 3
    assert await entered(app) == before + 4


async def test_what_was_changed_is_forgotten_after_a_day(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_tickets(app, 1)
    await outcomes(app, body([1], status="pending"))

    def noted(tx: Tx) -> int:
        return int(tx.execute(select(func.count()).select_from(bulk_change)).scalar_one())

    assert await bulk.forget(app.services) == 0
    assert await app.services.store.read(noted) == 1
    monkeypatch.setattr(bulk, "DAY", -DAY)
    assert await bulk.forget(app.services) == 1
    assert await app.services.store.read(noted) == 0
