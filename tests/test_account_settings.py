"""What a feature's record says is all that a setting is: its column, REST, forms and docs follow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import MetaData, text

from chat.account import schema, store
from chat.account.api import change_of
from chat.core.account_settings import Setting
from chat.core.errors import InvalidField
from chat.core.settings import Settings
from chat.features import FEATURES, Features, account_settings
from tests import derived
from tests.inside import CHAT, Served, problem_of, served

pytestmark = pytest.mark.anyio
SETTINGS = account_settings()
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
RINGS = Setting("rings", int, 3, "how often it rings", "site", 1, 9)
LOUD = Setting("loud", bool, default=True, means="it rings loudly", page="exports")
MORE = tuple(replace(each, account_settings=(RINGS, LOUD)) if each.name == "account" else each for each in FEATURES)
"""The features, one of which has two settings more."""
WORDS = {
    "setting.rings": "Rings",
    "setting.rings.how": "How often.",
    **{f"setting.loud{key}": "Loud" for key in ("", ".how", ".no", ".yes")},
}
COLUMNS = (
    "ALTER TABLE account ADD COLUMN rings INTEGER NOT NULL DEFAULT 3",
    "ALTER TABLE account ADD COLUMN loud BOOLEAN NOT NULL DEFAULT TRUE",
)
"""What a migration does for them."""


@asynccontextmanager
async def ringing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, features: Features = FEATURES
) -> AsyncIterator[Served]:
    """A server whose account table has the columns, and whose pages have the words."""
    table = schema.account.to_metadata(MetaData())
    for each in (RINGS, LOUD) if features is MORE else ():
        table.append_column(schema.column_of(each))
    async with served(settings, features) as app:
        for locale in ("en", "el"):
            app.services.gathered.locales.strings(locale).update(WORDS)
        await app.services.store.write(lambda tx: [tx.execute(text(each)) for each in COLUMNS])
        monkeypatch.setattr(store, "account", table)
        await app.sign_in()
        yield app


async def test_a_new_setting_is_in_rest_in_its_form_and_in_the_docs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ringing(settings, monkeypatch, MORE) as app:
        made = (await app.rest("GET", "/account")).json()
        assert (made["rings"], made["loud"]) == (3, True)
        assert (await app.rest("PATCH", "/account", {"rings": 5, "loud": False})).json()["rings"] == 5
        for wrong in ({"rings": 0}, {"rings": 10}, {"rings": "5"}, {"rings": None}, {"loud": 1}):
            problem_of(await app.rest("PATCH", "/account", wrong), 422, "invalid_field")
        page = (await app.call("GET", "/admin/site")).text
        assert 'id="rings" name="rings" type="number" value="5"' in page
        assert 'name="loud" value="no" checked' in (await app.call("GET", "/admin/exports")).text
        mark = page.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": mark, "name": "Acme", "origins": "https://a.example", "color": "#2f6f5e", "message_rate": "1"}
        form |= {"agreement_rate": "2", "rings": "0"}
        refused = await app.client.post("/admin/site", data=form, headers={"origin": CHAT})
        assert "This must be a whole number from 1 to 9." in refused.text
        saved = await app.client.post("/admin/site", data=form | {"rings": "7"}, headers={"origin": CHAT})
        assert saved.status_code == 303
        now = {"message_rate": 1, "agreement_rate": 2, "rings": 7, "loud": False}
        assert (await app.rest("GET", "/account")).json() == made | now
    assert "| `rings` | 3 | 1 to 9 | how often it rings |" in derived.account(MORE)
    assert "| `loud` | true | true, false | it rings loudly |" in derived.account(MORE)


@ON_SQLITE
async def test_the_control_what_no_record_says_is_nowhere(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ringing(settings, monkeypatch) as app:
        assert "rings" not in (await app.rest("GET", "/account")).json()
        problem_of(await app.rest("PATCH", "/account", {"rings": 5}), 422, "unknown_parameter")
        assert 'name="rings"' not in (await app.call("GET", "/admin/site")).text
    assert not [each for each in derived.account() if "rings" in each]


@pytest.mark.parametrize("each", SETTINGS, ids=lambda each: each.name)
async def test_each_has_its_column_its_field_and_a_default_that_it_may_have(each: Setting[float]) -> None:
    column = schema.account.c[each.name]
    assert column.default is not None
    assert not column.nullable
    assert each.name in change_of(SETTINGS).__struct_fields__
    assert each.check(each.default) == each.default
    for wrong in (each.least - 1, each.most + 1):
        with pytest.raises(InvalidField):
            each.check(wrong)


async def test_no_column_of_an_account_is_a_setting_that_no_feature_has() -> None:
    assert {column.name for column in schema.account.columns if schema.SETTING in column.info} == {
        each.name for each in SETTINGS
    }
    known = {column.name for column in schema.account.columns} - {each.name for each in SETTINGS}
    assert known == {"id", "name", "created_at", "tickets", "notice_version", "retention"}


async def test_two_settings_of_one_name_are_refused() -> None:
    twice = next(each for each in MORE if RINGS in each.account_settings)
    with pytest.raises(ValueError, match="two settings have one name"):
        account_settings((*FEATURES, twice, twice))


async def test_they_stand_in_their_order() -> None:
    assert [each.name for each in SETTINGS] == [
        "message_rate",
        "agreement_rate",
        "grace_days",
        "consent_days",
        "answer_minutes",
        "answer_text",
        "export_agent_names",
        "export_notes",
        "ham_held",
        "session_days",
        "session_idle_minutes",
        "waiting_minutes",
    ]
