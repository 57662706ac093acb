"""
Fields of tickets that an account defines: which are, what stands in them, what is refused; that the words are sealed,
handed out and erased with their contact. Each rule has a control that breaks it.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from chat.core.versions import Precondition
from chat.export.actions import page as export_page
from chat.infra.services import Services
from chat.ticket_fields import actions as defined
from chat.ticket_fields import domain
from chat.ticket_fields.domain import TicketField
from chat.tickets.actions import fields as said
from chat.tickets.schema import ticket
from tests.inside import Guest, Served, found, problem_of
from tests.test_erasure import erased
from tests.test_export import opened, whole
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
RARE = "quetzal 4711"
FIELDS: list[dict[str, Any]] = [
    {"key": "order", "label": "Order number", "kind": "text"},
    {"key": "pieces", "label": "Pieces", "kind": "number"},
    {"key": "why", "label": "Reason", "kind": "choice", "options": ["Broken", "Late"]},
    {"key": "bought", "label": "Bought on", "kind": "date"},
    {"key": "paid", "label": "Paid", "kind": "checkbox"},
]
GIVEN = {"order": RARE, "pieces": 2.5, "why": "Late", "bought": "2024-02-29", "paid": True}


async def define(app: Served, fields: list[dict[str, Any]] | None = None) -> Any:
    return await app.rest("PUT", "/ticket-fields", {"fields": FIELDS if fields is None else fields})


async def with_fields(app: Served) -> Guest:
    """A contact with a ticket, #1, that says something in each field."""
    assert (await define(app)).status_code == 200
    guest = await app.house.visit("Ada", "ada@x.example")
    await guest.say("hello")
    assert (await app.rest("PATCH", "/tickets/1", {"fields": GIVEN})).json()["fields"] == GIVEN
    return guest


async def now(app: Served) -> dict[str, Any]:
    return dict((await app.rest("GET", "/tickets/1")).json()["fields"])


async def row(services: Services) -> Any:
    return await services.store.read(lambda tx: tx.execute(select(ticket)).one())


async def test_each_kind_is_set_alone_and_taken_away_alone(app: Served) -> None:
    await with_fields(app)
    answer = await app.rest("PATCH", "/tickets/1", {"fields": {"pieces": 3, "why": None}, "priority": "high"})
    left = GIVEN | {"pieces": 3}
    del left["why"]
    assert (answer.json()["fields"], answer.json()["priority"]) == (left, "high")
    (listed,) = (await app.rest("GET", "/tickets")).json()["items"]
    assert listed["fields"] == left == await now(app)
    emptied = dict.fromkeys(GIVEN)
    assert (await app.rest("PATCH", "/tickets/1", {"fields": emptied})).json()["fields"] == {}
    assert (await row(app.services)).fields is None
    bulk = {"tickets": [{"number": 1}], "change": {"fields": {"order": "A"}}}
    assert (await app.rest("POST", "/tickets/bulk", bulk)).json()["items"] == [{"number": 1, "outcome": "changed"}]
    assert await now(app) == {"order": "A"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"order": "x" * 10_000}, "fields.order"),
    ({"order": "x" * 201}, "fields.order"),
    ({"order": " \u200b "}, "fields.order"),
    ({"order": 7}, "fields.order"),
    ({"order": "a\0b"}, "fields.order"),
    ({"pieces": "many"}, "fields.pieces"),
    ({"pieces": True}, "fields.pieces"),
    ({"pieces": 2**53}, "fields.pieces"),
    ({"why": "Lost"}, "fields.why"),
    ({"why": True}, "fields.why"),
    ({"bought": "2025-02-29"}, "fields.bought"),
    ({"bought": "2025-2-3"}, "fields.bought"),
    ({"bought": "20250203"}, "fields.bought"),
    ({"bought": "٢٠٢٥-٠٢-٠٣"}, "fields.bought"),
    ({"paid": "yes"}, "fields.paid"),
    ({"paid": 1}, "fields.paid"),
    ({}, "fields"),
]


async def refused_values(app: Served) -> None:
    await with_fields(app)
    for values, field in WRONG:
        for wrong in (values, {"order": "put beside"} | values):
            body = {"fields": wrong, "priority": "urgent"} if values else {"fields": {}}
            problem = problem_of(await app.rest("PATCH", "/tickets/1", body), 422, "invalid_field")
            assert problem["field"] == field, wrong
            assert len(problem["detail"].splitlines()) == 1
            assert "x" * 20 not in problem["detail"]
    for key, value in (("nonsense", 1), ("nonsense", None)):
        answer = await app.rest("PATCH", "/tickets/1", {"fields": {"order": "B", key: value}})
        assert problem_of(answer, 422, "unknown_parameter")["field"] == "nonsense"
    bulk = {"tickets": [{"number": 1}], "change": {"fields": {"paid": "yes"}}}
    problem_of(await app.rest("POST", "/tickets/bulk", bulk), 422, "invalid_field")
    ticket_now = (await app.rest("GET", "/tickets/1")).json()
    assert (ticket_now["fields"], ticket_now["priority"]) == (GIVEN, "none")


@ON_SQLITE
async def test_a_value_that_does_not_fit_changes_nothing_and_is_said_in_a_line(app: Served) -> None:
    await refused_values(app)


def field(**more: Any) -> dict[str, Any]:
    return {"key": "one", "label": "One", "kind": "text"} | more


DEFINITIONS: list[tuple[list[dict[str, Any]], str]] = [
    ([field(), field(label="Two")], "key"),
    ([field(key="One")], "key"),
    ([field(key="")], "key"),
    ([field(key="k" * 41)], "key"),
    ([field(), field(key="two", label=" ONE ")], "label_taken"),
    ([field(label="x" * 61)], "label"),
    ([field(label="\u200b")], "label"),
    ([field(kind="choice")], "options"),
    ([field(kind="choice", options=["A", " A "])], "options"),
    ([field(kind="choice", options=["x" * 61])], "options"),
    ([field(kind="choice", options=[f"{n}" for n in range(51)])], "options"),
    ([field(options=["A"])], "options"),
    ([field(key=f"k{n}", label=f"{n}") for n in range(21)], "many"),
    ([field(key=f"k{n}", label=f"{n}", retired=True) for n in range(81)], "many_retired"),
]


async def refused_definitions(app: Served) -> None:
    for fields, why in DEFINITIONS:
        problem = problem_of(await define(app, fields), 422, "invalid_field")
        assert (problem["field"], problem["why"]) == ("fields", why), fields[:2]
    problem_of(await define(app, [field(kind="colour")]), 422, "invalid_field")
    assert (await app.rest("GET", "/ticket-fields")).json() == {"fields": []}
    as_many = [field(key=f"k{n}", label=f"{n}", retired=n >= 20) for n in range(100)]
    assert (await define(app, as_many)).status_code == 200
    problem = problem_of(await define(app, [field(key="k0", label="0")]), 422, "invalid_field")
    assert problem["why"] == "missing"


@ON_SQLITE
async def test_fields_that_cannot_be_are_refused_and_nothing_changes(app: Served) -> None:
    await refused_definitions(app)


@ON_SQLITE
async def test_what_fits_no_more_is_shown_as_it_was_and_can_be_replaced(app: Served) -> None:
    await with_fields(app)
    order, pieces, why, bought, paid = FIELDS
    renamed = [order | {"label": "Order", "kind": "number"}, why | {"options": ["Broken"]}]
    assert (await define(app, [paid, *renamed, pieces | {"retired": True}, bought])).status_code == 200
    assert await now(app) == GIVEN
    for value in ({"why": "Late"}, {"pieces": 1}, {"order": RARE}):
        problem_of(await app.rest("PATCH", "/tickets/1", {"fields": value}), 422, "invalid_field")
    done = await app.rest("PATCH", "/tickets/1", {"fields": {"why": "Broken", "pieces": None, "order": 5}})
    assert done.json()["fields"] == {"bought": "2024-02-29", "paid": True, "why": "Broken", "order": 5}


async def test_of_two_who_change_at_once_neither_loses(app: Served) -> None:
    await with_fields(app)
    for value in ({"order": "one"}, {"pieces": 9}):
        assert (await app.rest("PATCH", "/tickets/1", {"fields": value})).status_code == 200
    assert await now(app) == GIVEN | {"order": "one", "pieces": 9}
    seen = (await app.rest("GET", "/ticket-fields")).headers["etag"]
    for status in (200, 412):
        body = {"fields": FIELDS[::-1] if status == 200 else FIELDS}
        headers = app.house.bearer | {"if-match": seen}
        answer = await app.client.put("/api/v1/ticket-fields", json=body, headers=headers)
        assert answer.status_code == status
    assert [each["key"] for each in answer.json()["current"]["fields"]] == ["paid", "bought", "why", "pieces", "order"]


async def sealed(app: Served) -> None:
    """The row has no word of it, the export has all with their labels, and erased nothing is left."""
    guest = await with_fields(app)
    stored = await row(app.services)
    assert RARE.encode() not in stored.fields
    assert (await app.rest("GET", "/search?q=quetzal")).text.count('"found":"field"') == 1
    archive = opened(await whole(app.services, guest))
    (item,) = next(each["items"] for each in json.loads(archive["export.json"])["sections"] if each["name"] == "ticket")
    assert {each["label"]: each["value"] for each in item["fields"]} == {
        "Order number": RARE,
        "Pieces": 2.5,
        "Reason": "Late",
        "Bought on": "2024-02-29",
        "Paid": True,
    }
    assert f"Order number: {RARE}" in archive["index.html"].decode()
    log = await app.services.store.read(lambda tx: str(tx.exec_driver_sql("SELECT * FROM audit").all()))
    assert "ticket_fields.changed" in log
    assert RARE not in log
    assert "Order number" not in log
    await erased(app.house, guest)
    assert await app.services.store.read(lambda tx: tx.execute(select(ticket)).all()) == []
    assert (await app.rest("GET", "/ticket-fields")).json()["fields"]


async def test_what_stands_there_is_sealed_handed_out_and_erased_with_its_contact(app: Served) -> None:
    await sealed(app)


@ON_SQLITE
async def test_what_was_spoilt_is_as_if_it_were_missing(app: Served) -> None:
    await with_fields(app)
    await app.services.store.write(lambda tx: tx.execute(ticket.update().values(fields=b"spoilt")))
    assert await now(app) == {}
    assert (await app.rest("PATCH", "/tickets/1", {"fields": {"order": "anew"}})).json()["fields"] == {"order": "anew"}


@ON_SQLITE
async def test_agents_fill_fields_admins_define_them_and_another_account_has_its_own(app: Served) -> None:
    await with_fields(app)
    agent = await joined(app.house, "agent")
    listed = await app.client.get("/api/v1/ticket-fields", headers=agent.bearer)
    assert [each["key"] for each in listed.json()["fields"]] == [each["key"] for each in FIELDS]
    put = await app.client.put("/api/v1/ticket-fields", json={"fields": FIELDS}, headers=agent.bearer)
    problem_of(put, 403, "forbidden")
    set_by = await app.client.patch("/api/v1/tickets/1", json={"fields": {"paid": False}}, headers=agent.bearer)
    assert set_by.json()["fields"]["paid"] is False
    other = await found(app.services, "Other", "owner@other.example")
    assert (await app.rest("GET", "/ticket-fields", house=other)).json() == {"fields": []}


@ON_SQLITE
async def test_the_page_adds_changes_moves_and_retires(app: Served) -> None:
    await app.sign_in()
    page = await app.client.get("/admin/ticket-fields")
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"origin": "http://chat.test"}

    async def post(path: str = "", **form: str) -> Any:
        return await app.client.post(f"/admin/ticket-fields{path}", data={"csrf": csrf} | form, headers=headers)

    async def keys() -> list[str]:
        fields = (await app.rest("GET", "/ticket-fields")).json()["fields"]
        return [each["key"] + ("-" if each["retired"] else "") for each in fields]

    for label in ("Order number", "Αριθμός", "Order number!", "2nd"):
        assert (await post(label=label, kind="text")).status_code == 303
    assert await keys() == ["order_number", "field", "order_number_2", "nd"]
    taken = await post(label="  Order number ", kind="choice", options="A\r\n\r\nB")
    assert taken.status_code == 422
    assert "Another field has this label." in taken.text
    assert ">\nA\r\n\r\nB</textarea>" in taken.text, "what was typed stays"
    assert (await post("/field", label="Why", kind="choice", options="A\r\n\r\nB ")).status_code == 303
    assert (await post("/nd", do="retire")).headers["location"].endswith("#field-nd")
    await post("/order_number_2", do="up")
    await post("/order_number_2", do="up")
    await post("/order_number_2", do="up")
    await post("/order_number", do="down")
    assert await keys() == ["order_number_2", "field", "order_number", "nd-"]
    await post("/nd", do="offer")
    assert (await keys())[-1] == "nd"
    old = await post("/nd", do="retire", seen='"old"')
    assert (old.status_code, (await keys())[-1]) == (412, "nd")
    assert "Somebody changed the fields meanwhile" in old.text
    assert (await post("/none", do="retire")).status_code == 404
    why = (await app.rest("GET", "/ticket-fields")).json()["fields"][1]
    assert why == {"key": "field", "label": "Why", "kind": "choice", "options": ["A", "B"], "retired": False}


@ON_SQLITE
async def test_a_definition_is_one_state_for_all_who_change_it(app: Served) -> None:
    await define(app)
    with pytest.raises(LookupError):
        await defined.change(app.services, app.house.actor, _fails)
    assert len((await defined.fields(app.services, app.house.actor)).fields) == len(FIELDS)


def _fails(_: Any) -> list[TicketField]:
    raise LookupError


def in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Services, "seal", lambda *args: args[-1].encode())
    monkeypatch.setattr(Services, "unseal", lambda *args: args[-1] and args[-1].decode())


def keys_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_page, "OF_TICKET", ("status",))


def anything_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "value_of", lambda _, value: value)


def all_fields_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defined, "checked", lambda given, _: list(given))


def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "MOST", 21)


def the_last_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Precondition, "require", lambda *_: None)


def all_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "filled", lambda *_: [])


@ON_SQLITE
@pytest.mark.parametrize(
    ("claim", "mutant"),
    [
        (sealed, in_the_clear),
        (sealed, keys_alone),
        (refused_values, anything_fits),
        (refused_definitions, all_fields_are),
        (refused_definitions, one_more),
        (test_of_two_who_change_at_once_neither_loses, the_last_one_wins),
        (test_each_kind_is_set_alone_and_taken_away_alone, all_is_replaced),
    ],
)
async def test_without_its_rule_each_is_found(
    app: Served,
    monkeypatch: pytest.MonkeyPatch,
    claim: Callable[[Served], Awaitable[None]],
    mutant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The controls."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(app)
