"""Retention and departments over REST, in the owner's pages and by command; what is no number changes nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from chat.retention.actions import sweeping
from chat.tickets.schema import ticket
from tests.ageing import USUAL, ago, held_back, rows_of, sent, wrote
from tests.inside import CHAT, Served, colleague, found, problem_of
from tests.test_migrations import environment
from tests.test_sessions import cookie, mark, own

NONSENSE: list[dict[str, Any]] = [
    {"transcripts_days": -1},
    {"transcripts_days": 0},
    {"transcripts_days": 3651},
    {"transcripts_days": 10**30},
    {"transcripts_days": "30"},
    {"transcripts_days": 30.5},
    {"transcripts_days": True},
    {"transcripts_days": None},
    {"nonsense_days": 30},
    {"transcripts_days": 30, "nonsense_days": 30},
    {},
]


async def test_the_days_are_finite_until_an_owner_says_otherwise(app: Served) -> None:
    made = (await app.rest("GET", "/retention")).json()
    assert {name: made[f"{name}_days"] for name in USUAL} == USUAL
    assert all(each["least"] <= each["days"] <= each["most"] for each in made["rules"])
    changed = (await app.rest("PUT", "/retention", {"transcripts_days": 90, "audit_days": 400})).json()
    assert (changed["transcripts_days"], changed["audit_days"], changed["contacts_days"]) == (90, 400, 30)
    assert (await app.rest("GET", "/retention")).json() == changed
    config = (await app.call("GET", f"/widget/{app.house.key}/config")).json()
    assert config["kept_days"] == 90


async def test_what_is_no_number_of_days_changes_nothing(app: Served) -> None:
    before = (await app.rest("GET", "/retention")).json()
    for each in NONSENSE:
        code = "unknown_parameter" if "nonsense_days" in each else "invalid_field"
        said = problem_of(await app.rest("PUT", "/retention", each), 422, code)
        assert said["field"].endswith("_days"), each
        if each:
            problem_of(await app.rest("POST", "/retention/runs", {"dry_run": True, "days": each}), 422, code)
        if each and None not in each.values():
            problem_of(await app.rest("POST", "/departments", {"name": "A", "retention": each}), 422, code)
    for body in (
        {},
        {"dry_run": "yes"},
        {"dry_run": False, "days": {"transcripts_days": 3}},
    ):
        problem_of(await app.rest("POST", "/retention/runs", body), 422, "invalid_field")
    problem_of(await app.rest("GET", "/retention/runs?cursor=nonsense"), 422, "invalid_field")
    assert (await app.rest("GET", "/retention")).json() == before
    assert (await app.rest("GET", "/departments")).json()["items"] == []
    assert (await app.rest("GET", "/retention/runs")).json()["items"] == []


async def test_a_rehearsal_shows_numbers_of_tickets_and_takes_none(app: Served) -> None:
    for days in (400, 370, 10):
        await wrote(app.house, days)
    answer = await app.rest("POST", "/retention/runs", {"dry_run": True})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["dry_run"], made["state"], made["rules"][0]["found"]) == (True, "done", 2)
    assert made["rules"][0]["samples"] == [1, 2]
    other = (await app.rest("POST", "/retention/runs", {"dry_run": True, "days": {"transcripts_days": 5}})).json()
    assert (other["rules"][0]["found"], other["rules"][0]["days"]) == (3, 5)
    assert len((await app.rest("GET", "/tickets")).json()["items"]) == 3
    kept = (await app.rest("GET", f"/retention/runs/{made['id']}")).json()
    assert kept["rules"][0]["found"] == 2
    assert "samples" not in json.dumps(kept)
    months = (await app.rest("GET", "/retention/months")).json()["items"]
    assert (len(months), months[0]["transcripts"]) == (13, 2)


async def test_a_run_goes_on_by_itself_and_leaves_a_report(app: Served) -> None:
    lived, held = await wrote(app.house, 400), await wrote(app.house, 400)
    await held_back(app.house, held)
    answer = await app.rest("POST", "/retention/runs", {"dry_run": False})
    assert answer.status_code == 202
    await sweeping.sweep(app.services)
    made = (await app.rest("GET", f"/retention/runs/{answer.json()['id']}")).json()
    assert (made["state"], made["source"], made["rules"][0]["purged"], made["rules"][0]["held"]) == (
        "done",
        "api",
        1,
        1,
    )
    assert "ticket" not in await rows_of(app.services, lived)
    listed = (await app.rest("GET", "/retention/runs?limit=1")).json()
    assert [each["id"] for each in listed["items"]] == [made["id"]]
    audited = (await app.rest("GET", "/audit?action=retention.run")).json()["items"]
    assert [each["target"] for each in audited] == [made["id"]]


async def test_retention_is_the_business_of_owners_and_admins(app: Served) -> None:
    made, password = await colleague(app.services, app.house.actor, "a@acme.example", "A", "agent")
    headers = await _as(app, made.email, password)
    for method, path, body in (
        ("GET", "/retention", None),
        ("PUT", "/retention", {"transcripts_days": 1}),
        ("POST", "/retention/runs", {"dry_run": True}),
        ("GET", "/retention/months", None),
        ("POST", "/departments", {"name": "B"}),
    ):
        problem_of(await app.call(method, f"/api/v1{path}", body, **headers), 403, "forbidden")
    assert (await app.call("GET", "/api/v1/departments", **headers)).status_code == 200
    assert (await app.call("GET", "/admin/retention", **headers)).status_code == 403


async def _as(app: Served, email: str, password: str) -> dict[str, str]:
    kept = await cookie(app, email, password)
    page = await app.call("GET", "/inbox", cookie=f"lethe_session={kept}", accept="text/html")
    found_mark = re.search(r'"csrf": ?"([0-9a-f]{64})"', page.text.replace("&#34;", '"'))
    assert found_mark
    return {"cookie": f"lethe_session={kept}", "origin": CHAT, "x-csrf-token": found_mark[1]}


async def test_a_department_is_made_given_tickets_and_deleted(app: Served) -> None:
    answer = await app.rest("POST", "/departments", {"name": " Returns ", "retention": {"transcripts_days": 30}})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["retention"]) == ("Returns", {"transcripts_days": 30})
    problem_of(await app.rest("POST", "/departments", {"name": "Returns"}), 422, "invalid_field")
    problem_of(await app.rest("POST", "/departments", {"name": ""}), 422, "invalid_field")
    problem_of(await app.rest("POST", "/departments", {"name": "x" * 101}), 422, "invalid_field")
    problem_of(
        await app.rest("POST", "/departments", {"name": "C", "retention": {"audit_days": 9}}), 422, "unknown_parameter"
    )
    await wrote(app.house, 40)
    given = await app.rest("PATCH", "/tickets/1", {"department": made["id"]})
    assert given.json()["department"] == {"id": made["id"], "name": "Returns"}
    problem_of(await app.rest("PATCH", "/tickets/1", {"department": "nonsense"}), 404, "not_found")
    for wrong in (7, True, ["a"], {"id": made["id"]}):
        problem_of(await app.rest("PATCH", "/tickets/1", {"department": wrong}), 422, "invalid_field")
    where = f"/departments/{made['id']}"
    changed = await app.rest("PATCH", where, {"name": "Refunds", "retention": {"transcripts_days": None}})
    assert (changed.json()["name"], changed.json()["retention"]) == ("Refunds", {})
    assert (await app.rest("GET", where)).json() == changed.json()
    assert (await app.rest("GET", "/departments")).json()["items"] == [changed.json()]
    assert (await app.rest("DELETE", where)).status_code == 204
    problem_of(await app.rest("DELETE", where), 404, "not_found")
    assert (await app.rest("GET", "/tickets/1")).json()["department"] is None


async def test_anothers_department_is_nobodys(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    theirs = (await app.rest("POST", "/departments", {"name": "Theirs"}, house=other)).json()
    await wrote(app.house, 1)
    problem_of(await app.rest("PATCH", "/tickets/1", {"department": theirs["id"]}), 404, "not_found")
    assert (await app.rest("POST", "/departments", {"name": "Theirs"})).status_code == 201


async def test_fewer_days_are_saved_after_they_were_shown_and_confirmed(app: Served) -> None:
    await wrote(app.house, 40)
    await wrote(app.house, 1)
    headers = await own(app, await cookie(app))
    form = {"csrf": await mark(app, headers["cookie"].partition("=")[2])}
    form |= {f"{name}_days": str(days) for name, days in USUAL.items()} | {"audit_days": "730"}
    asked = form | {"transcripts_days": "30"}
    answer = await app.client.post("/admin/retention", data=asked, headers=headers)
    assert answer.status_code == 200
    assert ("#1" in answer.text, "#2" in answer.text) == (True, False)
    assert (await app.rest("GET", "/retention")).json()["transcripts_days"] == 365
    assert len((await app.rest("GET", "/tickets")).json()["items"]) == 2
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("<main")[2]))
    assert hidden["transcripts_days"] == "30"
    assert (await app.client.post("/admin/retention", data=hidden, headers=headers)).status_code == 303
    assert (await app.rest("GET", "/retention")).json()["transcripts_days"] == 30
    longer = form | {"transcripts_days": "400"}
    assert (await app.client.post("/admin/retention", data=longer, headers=headers)).status_code == 303
    for wrong in ("", "-3", "0", "9999", "many"):
        answer = await app.client.post("/admin/retention", data=form | {"training_days": wrong}, headers=headers)
        assert answer.status_code == 422
        assert 'id="training_days-error"' in answer.text


async def test_a_departments_fewer_days_are_shown_first_too(app: Served) -> None:
    made = (await app.rest("POST", "/departments", {"name": "Returns"})).json()
    await wrote(app.house, 40)
    await app.rest("PATCH", "/tickets/1", {"department": made["id"]})
    await ago(app.house, 40).services.store.write(lambda tx: _aged(tx, ago(app.house, 40).services.clock()))
    headers = await own(app, await cookie(app))
    form = {"csrf": await mark(app, headers["cookie"].partition("=")[2]), "name": "Returns", "transcripts_days": "30"}
    where = f"/admin/departments/{made['id']}"
    answer = await app.client.post(where, data=form, headers=headers)
    assert (answer.status_code, "#1" in answer.text) == (200, True)
    assert (await app.rest("GET", f"/departments/{made['id']}")).json()["retention"] == {}
    assert (await app.client.post(where, data=form | {"confirmed": "1"}, headers=headers)).status_code == 303
    assert (await app.rest("GET", f"/departments/{made['id']}")).json()["retention"] == {"transcripts_days": 30}
    wrong = await app.client.post(where, data=form | {"transcripts_days": "-1"}, headers=headers)
    assert wrong.status_code == 422
    taken = await app.client.post("/admin/departments", data=form, headers=headers)
    assert taken.status_code == 422
    assert (await app.client.post(where + "/delete", data=form, headers=headers)).status_code == 303


def _aged(tx: Any, at: int) -> None:
    tx.execute(update(ticket).values(updated_at=at))


async def test_the_pages_say_all_in_both_languages(app: Served) -> None:
    await sent(app.house, await wrote(app.house, 20), 20)
    await app.rest("POST", "/departments", {"name": "Returns <b>", "retention": {"transcripts_days": 30}})
    run = (await app.rest("POST", "/retention/runs", {"dry_run": False})).json()
    await sweeping.sweep(app.services)
    await app.sign_in()
    for locale in ("en", "el"):
        for path in ("/admin/retention", "/admin/departments", f"/admin/retention/runs/{run['id']}"):
            answer = await app.client.get(f"{path}?locale={locale}")
            assert answer.status_code == 200, path
            assert "<b>" not in answer.text
    page = (await app.client.get("/admin/retention?locale=en")).text
    assert page.count("<svg viewBox") == 2
    assert "Returns &lt;b&gt;" in page
    assert all(word in page for word in ("Tickets: due by month", "Month", ">tickets<"))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_command_rehearses_and_runs(app: Served, tmp_path: Path) -> None:
    await wrote(app.house, 400)
    given = environment(tmp_path, app.services.settings.database_url, LETHE_DATA=str(app.services.settings.data))

    def command(*options: str) -> Any:
        made = subprocess.run(
            [sys.executable, "-m", "chat", "retention", "run", *options],
            env=given, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        return json.loads(made.stdout) if "--json" in options else made.stdout

    assert "would purge 1 tickets" in command("--dry-run")
    assert command("--dry-run", "--json")["runs"][0]["rules"][0]["samples"] == [1]
    done = command("--json")["runs"][0]
    assert (done["source"], done["state"], done["rules"][0]["purged"]) == ("command", "done", 1)
    assert (await app.rest("GET", "/tickets")).json()["items"] == []
