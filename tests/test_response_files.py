"""Files of saved replies: sealed, sent as copies, seen by whose they are, gone with the reply, back with a backup."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from chat.account.actions import quotas
from chat.account.store import put_agent_in
from chat.attachments.actions import attachments, looking
from chat.canned_responses import store as canned
from chat.core.errors import NotFound
from chat.core.settings import Settings
from chat.departments import actions as departments
from chat.erasure.actions import erasure, views
from chat.infra.services import Services
from chat.lifecycle.actions import deleting
from chat.response_files import actions as files
from chat.response_files.schema import response_file
from chat.roles import actions as roles
from chat.web.room import SHARE
from tests.backups import backed_up, restored
from tests.inside import Served, certified, new_id, problem_of
from tests.test_attachments import picture, stored
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
RARE = "Zyxomma petiolatum"
TEXT = f"{RARE} costs 9 euros".encode()
REPLY = {"shortcut": "prices", "title": "Prices", "text": "Here they are."}


async def made(app: Served, kind: str = "canned", **more: Any) -> str:
    """The address of a new reply."""
    answer = await app.rest("POST", f"/{kind}-responses", REPLY | more)
    assert answer.status_code == 201, answer.text
    return f"/{kind}-responses/{answer.json()['id']}"


async def put(
    app: Served, reply: str, data: bytes = TEXT, name: str = f"{RARE}.txt", bearer: dict[str, str] | None = None
) -> httpx2.Response:
    """Put a file into a reply."""
    form = {"file": (name, data, "text/html")}
    return await app.client.post(f"/api/v1{reply}/attachments", files=form, headers=bearer or app.house.bearer)


async def listed(app: Served, reply: str) -> list[str]:
    """The names of a reply's files."""
    return [each["name"] for each in (await app.rest("GET", f"{reply}/attachments")).json()["items"]]


async def copied(app: Served, file: str, bearer: dict[str, str] | None = None, number: int = 1) -> httpx2.Response:
    """Have a file copied into a ticket."""
    path = f"/api/v1/tickets/{number}/response-files"
    return await app.client.post(path, json={"file": file}, headers=bearer or app.house.bearer)


async def rows(services: Services) -> list[Any]:
    """What the table holds."""
    return await services.store.read(lambda tx: list(tx.execute(select(response_file))))


def folders(app: Served) -> list[str]:
    """Whose each file on the disk is."""
    return sorted(path.parent.name for path in stored(app.services))


@pytest.mark.parametrize("kind", ["canned", "own"])
async def test_what_is_sent_is_a_copy_and_goes_alone_with_its_contact(app: Served, kind: str) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("What does it cost?")
    reply = await made(app, kind)
    text, image = [(await put(app, reply, *file)).json() for file in ((TEXT,), (picture(), "pot.jpg"))]
    assert (text["name"], text["type"], image["type"], image["preview"]) == (
        f"{RARE}.txt",
        "text/plain",
        "image/jpeg",
        True,
    )
    assert await listed(app, reply) == [f"{RARE}.txt", "pot.jpg"]
    mine = app.house.made.account_id if kind == "canned" else app.house.actor.agent_id
    assert folders(app) == [mine] * 3
    for path in app.services.settings.data.rglob("*"):
        assert not path.is_file() or RARE.encode() not in path.read_bytes(), path
    copies = [(await copied(app, each["id"])).json() for each in (text, image)]
    assert [each | {"id": ""} for each in copies] == [each | {"id": ""} for each in (text, image)]
    ids = [each["id"] for each in copies]
    sent = await app.rest("POST", "/tickets/1/messages", {"id": new_id(), "text": "", "attachments": ids})
    assert sent.status_code == 201, sent.text
    theirs = f"/widget/{app.house.key}/attachments/{ids[0]}"
    assert (await app.client.get(theirs, headers=guest.bearer)).content == TEXT
    assert (await app.client.get(f"/api/v1/attachments/{ids[1]}?small=true", headers=app.house.bearer)).content

    await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    await erasure.sweep(app.services)
    assert folders(app) == [mine] * 3, "the reply's own stay"
    assert (await app.rest("DELETE", f"{reply}/attachments/{text['id']}")).status_code == 204
    assert (await listed(app, reply), folders(app)) == (["pot.jpg"], [mine] * 2)
    problem_of(await app.rest("DELETE", f"{reply}/attachments/{text['id']}"), 404, "not_found")
    assert (await app.rest("DELETE", reply)).status_code == 204
    assert (await rows(app.services), stored(app.services)) == ([], [])
    entered = [each["action"] for each in (await app.rest("GET", "/audit")).json()["items"]]
    assert entered.count(f"{kind}_response.changed") == 3


@ON_SQLITE
async def test_without_the_removal_of_bytes_they_would_stay_until_the_sweep(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await made(app)
    await put(app, reply)

    async def nothing(*_: object) -> None:
        """Remove nothing."""

    monkeypatch.setattr(files, "discard", nothing)
    await app.rest("DELETE", reply)
    assert len(stored(app.services)) == 1, "the control"
    later = app.services.clock() + attachments.UNUSED_MS
    assert await attachments.sweep(replace(app.services, clock=lambda: later)) == 1
    assert stored(app.services) == []


@ON_SQLITE
@pytest.mark.parametrize(("tables", "left"), [(2, 2), (1, 0)], ids=["as it is", "without their rows"])
async def test_the_sweep_leaves_them(app: Served, tables: int, left: int) -> None:
    for kind in ("canned", "own"):
        await put(app, await made(app, kind))
    gathered = replace(app.services.gathered, file_rows=app.services.gathered.file_rows[:tables])
    later = app.services.clock() + attachments.UNUSED_MS
    await attachments.sweep(replace(app.services, gathered=gathered, clock=lambda: later))
    assert len(stored(app.services)) == left


async def test_ones_own_are_nobody_elses_and_go_with_the_agent(app: Served) -> None:
    await (await app.house.visit()).say("Hello")
    agent = await joined(app.house, "agent")
    answer = await app.client.post("/api/v1/own-responses", json=REPLY, headers=agent.bearer)
    reply = f"/own-responses/{answer.json()['id']}"
    file = (await put(app, reply, bearer=agent.bearer)).json()["id"]
    problem_of(await app.rest("GET", f"{reply}/attachments"), 404, "not_found")
    problem_of(await put(app, reply), 404, "not_found")
    problem_of(await app.rest("DELETE", f"{reply}/attachments/{file}"), 404, "not_found")
    problem_of(await copied(app, file), 404, "not_found")
    assert (await copied(app, file, agent.bearer)).status_code == 201, "the control"
    filed = await deleting.delete(app.services, app.house.actor, agent.id, None)
    await erasure.sweep(app.services)
    assert agent.id not in folders(app)
    assert await rows(app.services) == []
    places = {each.place: each for each in certified(await views.state(app.services, app.house.actor, filed)).places}
    assert [(places[each].found, places[each].left) for each in ("response-files", "response_file")] == [(1, 0)] * 2


async def test_a_departments_files_are_copied_by_its_agents_alone(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await app.house.visit()).say("Hello")
    ids = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    reply = await made(app, department=ids[1])
    file = (await put(app, reply)).json()["id"]
    agent = await joined(app.house, "agent")
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, ids[:1]))
    rights = {"ticket.read_all": False, "canned_response.manage": True}
    await roles.change(app.services, app.house.actor, {"agent": rights})
    await app.rest("PATCH", "/tickets/1", {"department": ids[0]})
    problem_of(await copied(app, file, agent.bearer), 404, "not_found")
    problem_of(await put(app, reply, bearer=agent.bearer), 404, "not_found")
    answer = await app.client.delete(f"/api/v1{reply}/attachments/{file}", headers=agent.bearer)
    problem_of(answer, 404, "not_found")
    monkeypatch.setattr(canned, "one", lambda *_, **__: None)
    assert (await copied(app, file, agent.bearer)).status_code == 201, "the control"


async def test_what_is_refused_is_kept_nowhere(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = await made(app)
    problem_of(await put(app, reply, bytes(attachments.FILE_MOST + 1)), 413, "too_large")
    problem_of(await put(app, reply, b"MZ\x90\x00\x01", "prices.txt"), 422, "invalid_field")
    problem_of(await put(app, f"/canned-responses/{new_id()}"), 404, "not_found")
    for number in range(files.MOST - 1):
        assert (await put(app, reply, name=f"{number}.txt")).status_code == 201
    answers = await asyncio.gather(*(put(app, reply) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 409], "the tenth place is one"
    problem_of(await put(app, reply), 409, "not_now")
    assert len(stored(app.services)) == files.MOST
    other, real = await made(app, shortcut="other"), looking.look

    async def meanwhile(*given: Any) -> Any:
        looked = await real(*given)
        await app.rest("DELETE", other)
        return looked

    monkeypatch.setattr(looking, "look", meanwhile)
    problem_of(await put(app, other), 404, "not_found")
    monkeypatch.setattr(looking, "look", real)
    assert (len(stored(app.services)), len(await rows(app.services))) == (files.MOST, files.MOST)
    monkeypatch.setattr(files, "_require_room", lambda *_: None)
    assert (await put(app, reply)).status_code == 201, "the control"


async def test_a_file_that_is_gone_is_not_copied_and_one_that_does_not_open_hides_no_other(app: Served) -> None:
    await (await app.house.visit()).say("Hello")
    reply = await made(app)
    first, second = [(await put(app, reply, name=f"{each}.txt")).json()["id"] for each in "ab"]
    kept = {row.id: row for row in await rows(app.services)}
    moved = response_file.update().where(response_file.c.id == second).values(name=kept[first].name)
    await app.services.store.write(lambda tx: tx.execute(moved))
    assert await listed(app, reply) == ["a.txt"]
    problem_of(await copied(app, second), 404, "not_found")
    senders = app.context.uploads["agent"]._senders
    senders[app.house.actor.agent_id] = SHARE
    problem_of(await copied(app, first), 429, "rate_limited")
    senders.clear()
    assert (await copied(app, first)).status_code == 201, "the control"
    await app.rest("DELETE", f"{reply}/attachments/{first}")
    problem_of(await copied(app, first), 404, "not_found")
    problem_of(await copied(app, first, number=99), 404, "not_found")


@ON_SQLITE
async def test_they_count_towards_the_accounts_room(app: Served) -> None:
    before = (await quotas.storage(app.services, app.house.actor)).used
    await put(app, await made(app))
    assert (await quotas.storage(app.services, app.house.actor)).used == before + len(TEXT)


async def test_a_backup_brings_them_back_and_they_open(app: Served, vault: Path, elsewhere: Settings) -> None:
    guest = await app.house.visit()
    await guest.say("Hello")
    kept = [(await put(app, await made(app, kind))).json()["id"] for kind in ("canned", "own")]
    path = await backed_up(app.house, vault)
    async with restored(elsewhere, path) as (services, report):
        assert report.files == 2
        for each in kept:
            copy = await files.copy(services, app.house.actor, 1, each, lambda *_: None)
            whole = await attachments.of_visitor(services, guest.contact, copy.id, small=False)
            assert (copy.name, b"".join(whole.pieces)) == (f"{RARE}.txt", TEXT)
        with pytest.raises(NotFound):
            await files.copy(services, app.house.actor, 1, new_id(), lambda *_: None)
