"""Pictures of agents: drawn anew, shown to who knows the id, of a bounded size, gone when taken away."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from sqlalchemy import select, update

from chat.attachments.domain import pictures
from chat.attachments.domain.looking import portray
from chat.backup.actions import replay
from chat.core import frames
from chat.core.errors import InvalidField, NotFound
from chat.core.model import Actor
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.infra.store.columns import metadata
from chat.lifecycle.actions import changes, deleting
from chat.portraits import actions
from chat.team import store as team
from chat.team.actions import sessions
from chat.team.schema import agent
from chat.tickets.actions import posting, tickets, transcripts
from tests.backups import backed_up, restored
from tests.chance import dice
from tests.inside import Guest, House, Served, certified, colleague, problem_of
from tests.test_attachments import CANARY, picture
from tests.test_deleting_agents import Going, going
from tests.test_looking import many_scans, png

pytestmark = pytest.mark.anyio
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def put(app: Served, data: bytes, name: str = "me.jpg") -> httpx2.Response:
    """Send a picture as the owner."""
    path, form = "/api/v1/agents/me/portrait", {"file": (name, data, "image/jpeg")}
    return await app.client.put(path, files=form, headers=app.house.bearer)


async def test_a_picture_is_drawn_anew_and_is_there_for_who_knows_its_id(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("A question")
    answer = await put(app, picture(size=(640, 480), comment=CANARY.encode()))
    assert answer.status_code == 200, answer.text
    shown = answer.json()["portrait"]
    assert len(shown) == 22
    assert (await app.rest("GET", "/agents/me")).json()["portrait"] == shown
    given = await app.client.get(f"/portraits/{shown}")
    assert (given.status_code, given.headers["content-type"]) == (200, "image/webp")
    assert "max-age=86400" in given.headers["cache-control"]
    assert CANARY.encode() not in given.content
    with Image.open(io.BytesIO(given.content)) as image:
        assert (image.size, image.format, bool(image.getexif())) == ((256, 256), "WEBP", False)
    await app.rest("POST", "/tickets/1/messages", {"id": "00000000-0000-4000-8000-000000000001", "text": "An answer"})
    said = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    assert [each["author"].get("portrait") for each in said] == [None, shown]
    for agents_see in (True, False):
        assert await authors(app.house, guest, agents=agents_see) == [None, shown]
    assert (await app.rest("DELETE", "/agents/me/portrait")).status_code == 204
    assert (await app.rest("DELETE", "/agents/me/portrait")).status_code == 204
    problem_of(await app.client.get(f"/portraits/{shown}"), 404, "not_found")
    assert (await app.rest("GET", "/agents/me")).json()["portrait"] == ""
    entered = (await app.rest("GET", "/audit")).json()["items"]
    assert [each["action"] for each in entered].count("profile.changed") == 2


async def authors(house: House, guest: Guest, *, agents: bool) -> list[Any]:
    """Whose picture stands beside each message of the first ticket."""
    ticket = (await tickets.one(house.services, house.actor, 1)).ticket
    said = await transcripts.messages(house.services, guest.contact.id, ticket, agents=agents)
    return [each.author.portrait or None for each in said if isinstance(each, frames.MessageOut)]


@pytest.mark.parametrize(
    ("size", "made"), [((640, 480), (256, 256)), ((1000, 90), (90, 90)), ((1, 3), (1, 1))], ids=str
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_any_shape_becomes_a_square_of_its_middle(kind: str, size: tuple[int, int], made: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(portray(picture(kind, size)).small)) as image:
        assert (image.size, image.format, image.mode) == (made, "WEBP", "RGB")


def test_what_is_transparent_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(portray(out.getvalue()).small)) as image:
        assert image.getpixel((20, 20)) == (255, 255, 255)


def test_the_worst_picture_is_still_a_small_one() -> None:
    out = io.BytesIO()
    Image.frombytes("RGB", (256, 256), dice("a picture of noise").randbytes(256 * 256 * 3)).save(out, "PNG")
    assert len(out.getvalue()) > 190_000  # the control: it does not compress
    assert len(portray(out.getvalue()).small) <= actions.BYTES_MOST


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (SVG, "A portrait is a PNG, JPEG or WebP image"),
        (b"GIF89a" + bytes(40), "A portrait is a PNG, JPEG or WebP image"),
        (b"%PDF-1.7\n", "A portrait is a PNG, JPEG or WebP image"),
        (b"", "A portrait is a PNG, JPEG or WebP image"),
        (png(30_000, 30_000), "An image has at most 40 million pixels"),
        (png(40, 40), "This image is damaged"),
        (many_scans(pictures.SCANS_MOST), "A JPEG has at most 100 scans"),
    ],
    ids=["svg", "gif", "pdf", "nothing", "bomb", "damaged", "scans"],
)
def test_what_is_no_picture_gets_one_clear_line(data: bytes, said: str) -> None:
    with pytest.raises(InvalidField) as refused:
        portray(data)
    assert (refused.value.detail, refused.value.extra["field"]) == (said, "file")


@ON_SQLITE
async def test_a_refusal_changes_nothing_and_many_pictures_are_too_many(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await put(app, picture())).json()["portrait"]
    problem_of(await put(app, SVG, "me.svg"), 422, "invalid_field")
    problem_of(await put(app, picture(), "x" * 3000), 413, "too_large")
    assert (await app.rest("GET", "/agents/me")).json()["portrait"] == first
    monkeypatch.setattr(actions, "AN_HOUR", 1)
    for _ in range(2):
        answer = await put(app, picture())
    assert problem_of(answer, 429, "rate_limited")["retry_after"] > 0
    assert [each["agent_id"] for each in await rows(app.services)] == [app.house.actor.agent_id]  # never two


async def rows(services: Services) -> list[Any]:
    """Every picture there is."""
    table = metadata.tables["portrait"]
    return await services.store.read(lambda tx: [each._asdict() for each in tx.execute(select(table))])


async def pictured(house: House, actor: Actor | None = None) -> str:
    """The id of an agent's new picture."""
    return (await actions.put(house.services, actor or house.actor, picture())).portrait


async def test_nobody_else_is_shown_under_an_id_and_who_is_out_is_not_shown(house: House) -> None:
    services = house.services
    agent, _ = await colleague(services, house.actor, "yan@acme.example", "Yan", "agent")
    yan = house.acting(agent.id, "agent")
    mine, theirs = await pictured(house), await pictured(house, yan)
    assert await actions.shown(services, mine)
    table = metadata.tables["portrait"]
    kept = {each["agent_id"]: each["image"] for each in await rows(services)}
    of_yan = update(table).where(table.c.agent_id == agent.id)
    await services.store.write(lambda tx: tx.execute(of_yan.values(image=kept[house.actor.agent_id])))
    with pytest.raises(NotFound):
        await actions.shown(services, theirs)
    await services.store.write(lambda tx: tx.execute(of_yan.values(image=kept[agent.id])))
    assert await actions.shown(services, theirs)  # the control
    guest = await house.visit()
    await guest.say("A question")
    opened = await tickets.one(services, yan, 1)
    wrote = frames.AgentMessage(1, "00000000-0000-4000-8000-000000000002", "Hello")
    await house.box.post(posting.from_agent(replace(yan, portrait=theirs), opened, wrote, services.clock()))
    assert await authors(house, guest, agents=False) == [None, theirs]
    await changes.deactivate(services, house.actor, agent.id)
    with pytest.raises(NotFound):
        await actions.shown(services, theirs)
    assert await authors(house, guest, agents=False) == [None, None]


def in_the_clear(patch: pytest.MonkeyPatch) -> None:
    """Whatever lies there opens."""
    patch.setattr(Services, "seal", lambda _self, _slot, _owner, _context, text: text.encode())
    patch.setattr(Services, "unseal", lambda _self, _slot, _owner, _context, held: held and bytes(held).decode())


def whoever_it_was(patch: pytest.MonkeyPatch) -> None:
    """Who is out is shown as well."""
    patch.setattr(team, "active", lambda tx, uid, **_: tx.execute(select(agent).where(agent.c.id == uid)).first())


@ON_SQLITE
@pytest.mark.parametrize("mutant", [in_the_clear, whoever_it_was])
async def test_the_control_somebody_is_shown_who_should_not_be(
    house: House, monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    mutant(monkeypatch)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        await test_nobody_else_is_shown_under_an_id_and_who_is_out_is_not_shown(house)


async def test_it_goes_with_its_agent_and_the_certificate_counts_it(house: House) -> None:
    one: Going = await going(house)
    acting = house.acting(one.agent.id, "agent")
    shown = await pictured(house, acting)
    assert (await sessions.by_token(house.services, f"lethe_{one.agent.id}")).portrait == shown
    made = await deleting.delete(house.services, house.actor, one.agent.id)
    await erasure.sweep(house.services)
    went = {each.place: (each.found, each.removed, each.left) for each in certified(await one.state(made)).places}
    assert went["portrait"] == (1, 1, 0)
    assert await rows(house.services) == []
    with pytest.raises(NotFound):
        await actions.shown(house.services, shown)


async def test_a_restore_brings_back_no_picture_that_was_taken_away(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restore_pictures(house, vault, elsewhere, monkeypatch, "")


@ON_SQLITE
@pytest.mark.parametrize("mutant", ["nothing is entered", "nothing is replayed"])
async def test_without_the_ledger_the_picture_comes_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    await restore_pictures(house, vault, elsewhere, monkeypatch, mutant)


async def restore_pictures(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """Take one of two pictures away after a backup, and look what a restore brings back."""
    agent, _ = await colleague(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    yan = house.acting(agent.id, "agent")
    gone, stays = await pictured(house), await pictured(house, yan)
    path = await backed_up(house, vault)
    if mutant == "nothing is entered":
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await actions.remove(house.services, house.actor)
    if mutant == "nothing is replayed":
        monkeypatch.setattr(replay, "since", lambda *_: [])
    async with restored(elsewhere, path) as (services, _):
        assert await actions.shown(services, stays)
        kept = {each["agent_id"] for each in await rows(services)}
        assert kept == ({agent.id, house.actor.agent_id} if mutant else {agent.id})
        if not mutant:
            with pytest.raises(NotFound):
                await actions.shown(services, gone)
