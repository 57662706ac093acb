"""The schema says whom each table is about and what each column holds of them; the record of processing follows."""

import csv
import io

import pytest
import redis
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect

from chat.core.locations import BASES, DataLocation, find_unclaimed
from chat.core.macs import Macs
from chat.features import gathered
from chat.infra.bus.redis import RedisBus
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.columns import about, metadata, personal, plain, to
from chat.record import actions as datamap
from tests.inside import Served, problem_of


def copied() -> MetaData:
    """A copy of the schema that a test may add to."""
    made = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(made)
    return made


def test_every_table_and_column_says_what_it_holds() -> None:
    assert locations.problems() == []
    assert locations.problems(copied()) == []


def test_every_other_place_says_so_too() -> None:
    assert [fault for each in gathered().data_locations for fault in each.problems] == []
    names = [each.name for each in datamap.every(gathered())]
    assert len(set(names)) == len(names)


def test_a_table_that_says_nothing_is_found() -> None:
    schema = copied()
    Table("silent", schema, Column("id", Integer, primary_key=True))
    assert locations.problems(schema) == ["silent does not say about whom it is and why"]


def test_a_column_that_says_nothing_is_found() -> None:
    schema = copied()
    schema.tables["message"].append_column(Column("mood", String(10)))
    assert locations.problems(schema) == ["message.mood does not say what it holds"]


def test_a_table_that_hangs_off_a_contact_must_be_about_one() -> None:
    schema = copied()
    Table("extra", schema, plain("contact_id", to("contact.id")), info=about("nobody", "so it says"))
    assert locations.problems(schema) == ["extra goes with a contact and does not say that it is about one"]


def test_a_table_about_a_contact_that_does_not_go_with_one_is_found() -> None:
    schema = copied()
    said = about("contact", "to call back", basis="consent", kept="contacts")
    Table("phone", schema, plain("id", Integer, primary_key=True), personal("number", String, "phone"), info=said)
    assert locations.problems(schema) == ["phone is about a contact and does not go with one"]


def test_an_unknown_category_purpose_or_basis_is_found() -> None:
    for category, why, basis in (("mood", "why", "consent"), ("phone", "", "consent"), ("phone", "why", "because")):
        schema = copied()
        said = about("contact", why, basis=basis, kept="contacts")
        Table("phone", schema, plain("contact_id", to("contact.id")), personal("number", String, category), info=said)
        assert any("phone" in each for each in locations.problems(schema))


def test_what_hangs_off_is_erased_before_what_it_hangs_off() -> None:
    order = [table.name for table in locations.of_contacts()]
    assert set(order) >= {"message", "note", "ticket", "receipt", "contact"}
    assert order[-1] == "contact"
    assert order.index("message") < order.index("ticket")
    assert order.index("note") < order.index("ticket")


async def test_every_table_of_the_database_is_in_the_schema(services: Services) -> None:
    names = await services.store.read(lambda tx: set(inspect(tx).get_table_names()))
    assert names - {"sqlite_sequence"} == {*metadata.tables, "alembic_version"}


@pytest.mark.anyio
async def test_a_redis_key_of_no_known_place_is_found(redis_url: str) -> None:
    bus = RedisBus(redis_url, Macs(b"s" * 32))
    await bus.allow("begin:0123456789abcdef", 10, 60.0)
    await bus.stop()
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert find_unclaimed(client.scan_iter(), datamap.every(gathered())) == []
        client.set("lethe:names:7", "Ada")
        assert find_unclaimed(client.scan_iter(), datamap.every(gathered())) == ["lethe:names:7"]


def test_a_pattern_does_not_reach_into_another_folder() -> None:
    known = [DataLocation("files", "files", "nobody", "why", paths=("attachments/*/*",))]
    names = ["attachments/a/b", "attachments/a", "attachments/a/b/c", "lethe.db", "other/a/b"]
    assert find_unclaimed(names, known) == ["attachments/a", "attachments/a/b/c", "lethe.db", "other/a/b"]


async def test_the_record_names_every_place_with_basis_and_retention(app: Served) -> None:
    made = (await app.rest("GET", "/data-map")).json()
    assert made["controller"]["name"] == "Acme"
    assert {each["place"] for each in made["items"]} >= {*metadata.tables, "keys", "redis", "browser", "filter"}
    for each in made["items"]:
        assert each["about"] == "nobody" or (each["fields"] and each["retention"])
        assert all(field["basis"] in BASES.values() and field["purpose"] for field in each["fields"])
    sealed = {
        f"{each['place']}.{field['name']}" for each in made["items"] for field in each["fields"] if field["sealed"]
    }
    assert sealed >= {"contact.name", "contact.email", "message.body", "note.body"}
    assert "contact.email_hash" not in sealed


async def test_the_record_comes_as_a_table_too(app: Served) -> None:
    answer = await app.rest("GET", "/data-map?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert {"place": "message", "field": "body", "category": "message"}.items() <= next(
        line for line in lines if (line["place"], line["field"]) == ("message", "body")
    ).items()
    problem_of(await app.rest("GET", "/data-map?format=xls"), 422, "invalid_field")


async def test_the_page_shows_what_the_record_says(app: Served) -> None:
    problem_of(await app.call("GET", "/api/v1/data-map"), 401, "unauthorized")
    await app.sign_in()
    for locale in ("en", "el"):
        answer = await app.client.get(f"/admin/data-map?locale={locale}")
        assert answer.status_code == 200
        assert all(f"<code>{name}</code>" in answer.text for name in ("message", "keys", "email_hash"))
