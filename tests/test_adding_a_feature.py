"""A feature that is added by one line is found wherever features are gathered, as docs/adding-a-feature.md says."""

import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from chat import worker
from chat.core.model import LOCALES
from chat.core.settings import Settings
from chat.erasure.actions import erasure, views
from chat.features import FEATURES, Features, gathered, sweeps
from chat.infra.store.columns import metadata
from chat.record import actions as datamap
from chat.retention.actions import retention, sweeping
from tests.ageing import ago
from tests.inside import Guest, Served, certified, served
from tests.test_docs import read
from tests.test_export import opened, sections, whole
from tests.test_features import unsaid

FOLDER = Path(__file__).parent / "fixtures" / "callbacks"
PAGE = "docs/adding-a-feature.md"
NUMBER = "+30 210 0000000"
pytestmark = pytest.mark.anyio


@pytest.fixture
def features() -> Iterator[Features]:
    """This server's features and one more; its table leaves the schema with the test."""
    yield (*FEATURES, import_module("tests.fixtures.callbacks.feature").feature)
    metadata.remove(metadata.tables["callback"])
    for name in [name for name in sys.modules if name.startswith("tests.fixtures.callbacks")]:
        del sys.modules[name]


@pytest.fixture
async def app(settings: Settings, features: Features, anyio_backend: str) -> AsyncIterator[Served]:
    """The application with that feature, and its table as a migration would make it."""
    assert anyio_backend == "asyncio"
    async with served(settings, features) as made:
        table = metadata.tables["callback"]
        await made.services.store.write(table.create)
        yield made
        await made.services.store.write(table.drop)


async def asked(app: Served) -> Guest:
    """Somebody who wants to be called."""
    guest = await app.house.visit("Ada")
    made = await app.rest("POST", f"/contacts/{guest.contact.uid}/callbacks", {"number": NUMBER})
    assert made.status_code == 201, made.text
    return guest


async def test_it_is_served_and_in_the_menu_in_every_language(app: Served) -> None:
    guest = await asked(app)
    items = (await app.rest("GET", "/callbacks")).json()["items"]
    assert [each["contact_id"] for each in items] == [guest.contact.uid]
    await app.sign_in()
    for locale in LOCALES:
        page = (await app.client.get(f"/admin/callbacks?locale={locale}")).text
        said = app.services.gathered.locales.strings(locale)
        assert f"<code>{guest.contact.uid}</code>" in page
        assert said["callbacks.lead"] in page
        assert re.search(rf'href="/admin/callbacks"[^>]*>\s*{said["page.callbacks"]}', page)


async def test_it_is_swept(app: Served, features: Features) -> None:
    await asked(app)
    tomorrow = ago(app.house, -1.01).services
    assert (await worker.once(tomorrow, sweeps(features)))["callbacks"] == 1
    assert [each["late"] for each in (await app.rest("GET", "/callbacks")).json()["items"]] == [True]


async def test_it_goes_by_age(app: Served) -> None:
    await asked(app)
    later = ago(app.house, -31)
    rehearsal = await retention.rehearse(later.services, app.house.actor)
    run = await sweeping.begin(later.services, app.house.actor.account_id, "clock", "system")
    assert await sweeping.carry_out(later.services, run)
    report = await retention.report(later.services, app.house.actor, run.id)
    for field, made in (("found", rehearsal), ("purged", report)):
        assert {each.rule: getattr(each, field) for each in made.rules}["callbacks"] == 1
    assert (await app.rest("GET", "/callbacks")).json()["items"] == []
    await app.sign_in()
    for locale in LOCALES:
        page = (await app.client.get(f"/admin/retention?locale={locale}")).text
        assert app.services.gathered.locales.strings(locale)["retention.how.callbacks"] in page


async def test_it_is_exported(app: Served) -> None:
    guest = await asked(app)
    files = opened(await whole(app.services, guest))
    document = sections(json.loads(files["export.json"]))["callback"]
    assert [(each["number"], each["waited_days"]) for each in document["items"]] == [(NUMBER, 0)]
    assert document["retention"] == "30 days after it was asked for"
    assert NUMBER.encode() in files["index.html"]
    assert b"30 days after it was asked for" in files["index.html"]


async def test_it_is_erased_with_a_certificate(app: Served) -> None:
    guest = await asked(app)
    made = await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    sheet = app.services.settings.data / "callbacks" / guest.contact.uid
    assert sheet.exists()
    await erasure.sweep(app.services)
    certificate = certified(await views.state(app.services, app.house.actor, made))
    removed = {each.place: (each.found, each.removed, each.left) for each in certificate.places}
    assert removed["callback"] == removed["callback-sheets"] == (1, 1, 0)
    assert certificate.places[0].place == "keys"
    assert not sheet.exists()


async def test_it_is_in_the_data_map(app: Served) -> None:
    made = {each["place"]: each for each in (await app.rest("GET", "/data-map")).json()["items"]}
    assert {"callback", "callback-sheets"} <= {*made}
    assert [each["name"] for each in made["callback"]["fields"]] == ["number", "asked_at"]
    assert made["callback"]["retention"] == "30 days after it was asked for"


async def test_it_is_in_the_audit_log(app: Served) -> None:
    guest = await asked(app)
    (entry,) = (await app.rest("GET", "/audit?action=callback.asked")).json()["items"]
    assert (entry["who"], entry["contact"]) == (app.house.actor.agent_id, guest.contact.uid)
    await app.sign_in()
    page = (await app.client.get("/admin/audit?locale=en")).text
    assert '<option value="callback.asked">Asked for a callback</option>' in page


async def test_without_that_line_it_is_nowhere(settings: Settings) -> None:
    """The control: what finds it above does not find it here."""
    async with served(settings) as app:
        assert (await app.rest("GET", "/callbacks")).status_code == 404
        await app.sign_in()
        assert "/admin/callbacks" not in (await app.client.get("/admin/audit")).text
        assert "callback.asked" not in app.services.gathered.audited
        assert not {"callback", "callback-sheets"} & {each.name for each in datamap.every(app.services.gathered)}
        assert "callbacks" not in {*sweeps(), *(rule.name for rule in app.services.gathered.retention_rules)}


async def test_what_it_says_is_in_both_languages_and_reaches_none_of_the_others(features: Features) -> None:
    assert unsaid(features[-1]) == []
    assert gathered(features).retention_rules[:-1] == gathered().retention_rules
    assert gathered(features).erasure_steps[:-1] == gathered().erasure_steps


def excerpts() -> dict[str, str]:
    """What the page shows of each file that it names."""
    found = re.findall(
        r"^`tests/fixtures/callbacks/([\w./-]+)`[^\n]*\n\n```\w+\n(.*?)^```", read(PAGE), re.MULTILINE | re.DOTALL
    )
    return dict(found)


def unlike(said: dict[str, str]) -> list[str]:
    """The files of which something is shown that is not in them; `...` stands for what is left out."""
    parts = [(name, part.strip("\n")) for name, text in said.items() for part in text.split("...\n")]
    return [name for name, part in parts if part not in (FOLDER / name).read_text("utf-8")]


async def test_the_page_shows_each_file_as_it_is() -> None:
    paths = [path.relative_to(FOLDER) for path in FOLDER.rglob("*.*") if path.suffix in {".py", ".html", ".json"}]
    assert {*excerpts()} == {str(path) for path in paths if path.name != "__init__.py" and ".el." not in path.name}
    assert unlike(excerpts()) == []


@pytest.mark.parametrize("name", ["schema.py", "feature.py"])
async def test_what_the_page_shows_otherwise_is_named(name: str) -> None:
    assert unlike(excerpts() | {name: excerpts()[name].replace("callback", "call-back", 1)}) == [name]
