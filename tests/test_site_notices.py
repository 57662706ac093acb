"""A site with a notice of its own asks its own visitors, and to agree counts for the notice that was shown alone."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import column, insert, select, table

from chat.account import store as accounts
from chat.account.actions import sites
from chat.account.actions.sites import SiteChange
from chat.account.schema import account, site
from chat.consent import store as consents
from chat.consent.actions import beginning, consent, notices
from chat.consent.actions.consent import VisitorAgreement
from chat.consent.schema import notice, notice_text
from chat.contacts.schema import contact
from chat.core import gate
from chat.core.errors import NotFound, NoticeOutdated
from chat.core.settings import Settings, from_env
from chat.infra.store import engine, folder, migrations
from chat.tickets.actions import arrival
from chat.tickets.store import posting
from tests.backups import backed_up, restored
from tests.inside import SHOP, TEXTS, House, Inner, Served, contact_of, found, inner_socket, new_id, problem_of
from tests.test_notices import written
from tests.test_widget_http import agree

pytestmark = pytest.mark.anyio
OWN = [replace(each, text=f"{each.text} Of the outlet.") for each in TEXTS]
NEWER = [replace(each, text=f"{each.text} For longer.") for each in TEXTS]
YES = {"consent": {"chat": True, "spam_training": False}}


async def outlet(app: Served) -> dict[str, Any]:
    """Another site of the account, which has no notice of its own yet."""
    made: dict[str, Any] = (await app.rest("POST", "/sites", {"name": "Outlet", "origins": [SHOP]})).json()
    return made


async def published(app: Served, texts: Any, **more: Any) -> int:
    """The version of a notice that is published."""
    answer = await app.rest("POST", "/notices", written(*texts) | more)
    assert answer.status_code == 201, answer.text
    version: int = answer.json()["version"]
    return version


async def writes(visitor: Inner) -> str:
    """What becomes of a message: `ack`, or the code it is refused with."""
    frame = await visitor("message", "ack", id=new_id(), text="Hello?")
    return str(frame.get("code") or frame["type"])


async def test_only_the_sites_own_visitors_are_asked_and_the_receipt_has_the_words_they_saw(app: Served) -> None:
    other = await outlet(app)
    key, path = other["key"], f"/sites/{other['id']}"
    shared = (await agree(app, app.house.key)).json()["token"]
    begun = (await agree(app, key)).json()
    bearer = {"authorization": f"Bearer {begun['token']}"}
    async with inner_socket(app, "/ws/visitor", {}) as first, inner_socket(app, "/ws/visitor", {}) as second:
        for visitor, token in ((first, shared), (second, begun["token"])):
            assert (await visitor("hello", "welcome", token=token))["type"] == "welcome"
            assert await writes(visitor) == "ack"
        changes = await notices.changes(app.services, app.house.actor, OWN, other["id"])
        assert (len(changes[0]), changes[1]) == (2, 1), "the chat at the site itself would wait"
        assert await published(app, OWN, site=other["id"]) == 2
        asked = (await second("", "consent_required"))["notice"]
        assert (asked["version"], asked["text"]) == (2, OWN[0].text)
        assert await writes(second) == "consent_required"
        upload = await app.client.post(
            f"/widget/{key}/attachments", files={"file": ("a.txt", b"a")}, headers=bearer | {"origin": SHOP}
        )
        problem_of(upload, 422, "consent_required")
        assert (await second("consent", "error", notice_version=1, **YES))["code"] == "notice_outdated"
        await second("", "consent_required")
        assert (await second("consent", "welcome", notice_version=2, **YES))["type"] == "welcome"
        assert await writes(second) == "ack"
        assert (await notices.changes(app.services, app.house.actor, NEWER))[1] == 1, "the one where it is shared"
        assert await published(app, NEWER) == 3
        assert (await first("", "consent_required"))["notice"]["version"] == 3, "it was never asked of version 2"
        assert await writes(second) == "ack"
        assert await writes(first) == "consent_required"
        for number, here in ((1, key), (3, key), (2, app.house.key), (1, app.house.key)):
            problem_of(await agree(app, here, notice_version=number), 409, "notice_outdated")
        shown = {}
        for here in (app.house.key, key):
            shown[here] = (await app.call("GET", f"/widget/{here}/config")).json()["notice"]["version"]
        assert shown == {app.house.key: 3, key: 2}
        assert (await app.rest("GET", path)).json()["notice_version"] == 2
        receipt = (await app.call("GET", f"/widget/{key}/receipt", **bearer)).json()["receipt"]
        assert (receipt["action"], receipt["site"]["key"]) == ("renewed", key)
        assert [receipt["notice"][each] for each in ("version", "text")] == [2, OWN[0].text]
        assert (await app.rest("DELETE", f"{path}/notice")).status_code == 204
        assert (await second("", "consent_required"))["notice"]["version"] == 3
        assert await writes(second) == "consent_required"
    assert (await app.call("DELETE", f"/widget/{key}/sessions", **bearer)).status_code == 202
    entries = (await app.rest("GET", "/audit?limit=50")).json()["items"]
    said = [(each["action"], each["target"]) for each in entries if each["action"].startswith("notice.")]
    assert said == [
        ("notice.ended", other["id"]),
        ("notice.published", "3"),
        ("notice.published", "2"),
        ("notice.published", "1"),
    ]


async def test_each_list_is_of_one_notice_and_an_id_publishes_once(app: Served) -> None:
    other, body = await outlet(app), written(*OWN) | {"id": new_id()}
    body |= {"site": other["id"]}
    answers = await asyncio.gather(*(app.rest("POST", "/notices", body) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [200, 201]
    first = answers[0].json()
    assert answers[1].json() == first
    assert (first["version"], first["site"], first["live"]) == (2, other["id"], True)
    both = await asyncio.gather(*(published(app, NEWER, **each) for each in ({}, {"site": other["id"]})))
    assert sorted(both) == [3, 4], "two that are published at once get two versions"
    problem_of(await app.rest("POST", "/notices", written(*NEWER) | {"site": other["id"]}), 409, "not_now")
    again = await app.rest("POST", "/notices", body)
    assert (again.status_code, again.json()["live"]) == (200, False)

    async def listed(query: str = "") -> list[tuple[int, str | None, bool]]:
        items = (await app.rest("GET", f"/notices{query}")).json()["items"]
        return [(each["version"], each["site"], each["live"]) for each in items]

    shared, own = both
    assert await listed() == [(shared, None, True), (1, None, False)]
    assert await listed(f"?site={other['id']}") == [(own, other["id"], True), (2, other["id"], False)]
    stranger = await found(app.services, "Other", "owner@other.example")
    for method, path, sent in (
        ("GET", f"/notices?site={other['id']}", None),
        ("POST", "/notices", written(*OWN) | {"site": other["id"]}),
        ("POST", "/notices", written(*OWN) | {"id": body["id"]}),
        ("DELETE", f"/sites/{other['id']}/notice", None),
    ):
        problem_of(await app.rest(method, path, sent, stranger), 404, "not_found")
    problem_of(await app.rest("POST", "/notices", written(*OWN) | {"id": "mine"}), 422, "invalid_field")
    theirs = (await app.rest("GET", "/sites", None, stranger)).json()["items"][0]["id"]
    assert (await app.rest("POST", "/notices", written(*OWN) | {"site": theirs}, stranger)).json()["version"] == 1
    problem_of(await app.rest("DELETE", f"/sites/{theirs}/notice", None, stranger), 409, "not_now")
    assert (await app.rest("DELETE", f"/sites/{other['id']}/notice")).status_code == 204
    problem_of(await app.rest("DELETE", f"/sites/{other['id']}/notice"), 404, "not_found")
    assert await listed(f"?site={other['id']}") == [(own, other["id"], False), (2, other["id"], False)]
    assert (await app.rest("DELETE", f"/sites/{other['id']}")).status_code == 204
    problem_of(await app.rest("POST", "/notices", written(*OWN) | {"site": other["id"]}), 404, "not_found")


@pytest.mark.parametrize("mutant", ["", "nobody looks again"])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_who_agrees_while_the_site_gets_its_own_is_asked_once_more(
    house: House, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    seen = await notices.site_and_notice(house.services, house.key)
    await notices.publish(house.services, house.actor, OWN, house.site.id)
    asked = VisitorAgreement(1, {"chat": True}, {}, "en")
    if mutant:
        monkeypatch.setattr(beginning, "_require_in_force", lambda *_: None)
        contact = await contact_of(house.services, (await beginning.begin(house.services, seen, asked)).contact_id)
        assert contact.notice_version == 1, "the control: the receipt names what was shown, which is in force no more"
        assert not await house.services.store.read(lambda tx: consents.consents_now(tx, contact))
        return
    with pytest.raises(NoticeOutdated) as refused:
        await beginning.begin(house.services, seen, asked)
    assert refused.value.extra["notice"].text == OWN[0].text


@pytest.mark.parametrize("mutant", ["", "python alone", "both"])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_transaction_that_stores_knows_the_sites_own_by_itself(
    app: Served, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """The mutants forget that a site has a notice of its own: one in the gate, and one in the database too."""
    guest = await app.house.visit("Zoe")
    await notices.publish(app.services, app.house.actor, OWN, app.house.site.id)
    if mutant:
        for module in (gate, consents, arrival):
            monkeypatch.setattr(module, "in_force", lambda _, shared: shared)
    if mutant == "both":
        shared = contact.c.notice_version == account.c.notice_version
        monkeypatch.setattr(accounts, "consents", shared)
        columns = [*posting._standing.selected_columns][:-1]
        forgetful = posting._standing.with_only_columns(*columns, shared, maintain_column_froms=True)
        monkeypatch.setattr(posting, "_standing", forgetful)
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        first = await visitor("hello", "welcome" if mutant else "consent_required", token=guest.begun.token)
        assert first["type"] == ("welcome" if mutant else "consent_required")
        assert await writes(visitor) == ("ack" if mutant == "both" else "consent_required")


async def test_no_two_notices_of_an_account_can_have_one_version(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant counts each site's notices by themselves: who agreed to the first of one would be taken for all."""
    other = await outlet(app)
    monkeypatch.setattr(consents, "last_version", lambda *_: 0)
    answer = await app.rest("POST", "/notices", written(*OWN) | {"site": other["id"]})
    problem_of(answer, 409, "not_now")
    assert (await app.rest("GET", f"/sites/{other['id']}")).json()["notice_version"] is None


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_backup_brings_each_sites_notice_back_and_who_agreed_to_it(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    other = await sites.make(house.services, house.actor, SiteChange("Outlet", [SHOP]))
    own = (await notices.publish(house.services, house.actor, OWN, other.id)).notice
    at = await notices.site_and_notice(house.services, other.key)
    asked = VisitorAgreement(own.version, {"chat": True}, {}, "en")
    begun = await beginning.begin(house.services, at, asked)
    path = await backed_up(house, vault)
    async with restored(elsewhere, path) as (after, _):
        assert (await notices.site_and_notice(after, other.key)).notice == own
        guest = await contact_of(after, begun.contact_id)
        assert await after.store.read(lambda tx: consents.consents_now(tx, guest))


@pytest.mark.parametrize("mutant", ["", "the text is not looked at"])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_restore_to_before_a_sites_own_lets_nobody_agree_to_what_they_have_not_read(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """
    The site shares the account's notice again, to which only who agreed to that has agreed. Its own comes again under
    the same number, and a page that still shows the lost one cannot agree to it.
    """
    before, site = await house.visit("Zoe"), house.site
    path = await backed_up(house, vault)
    lost = (await notices.publish(house.services, house.actor, OWN, site.id)).notice
    asked = VisitorAgreement(lost.version, {"chat": True}, {}, "en", shown=lost.text("en").sha256)
    seen = await notices.site_and_notice(house.services, site.key)
    between = (await beginning.begin(house.services, seen, asked)).contact_id
    async with restored(elsewhere, path) as (after, _):
        with pytest.raises(NotFound):
            await contact_of(after, between)
        guest = await contact_of(after, before.contact.uid)
        assert await after.store.read(lambda tx: consents.consents_now(tx, guest)), "of the account's, as they agreed"
        with pytest.raises(NoticeOutdated):
            await beginning.begin(after, await notices.site_and_notice(after, site.key), asked)
        again = (await notices.publish(after, house.actor, NEWER, site.id)).notice
        assert again.version == lost.version
        assert not await after.store.read(lambda tx: consents.consents_now(tx, guest))
        now = await notices.site_and_notice(after, site.key)
        if mutant:
            monkeypatch.setattr(consent, "_is_shown", lambda *_: True)
            assert (await beginning.begin(after, now, asked)).contact_id, "the control: a receipt for what nobody read"
            return
        with pytest.raises(NoticeOutdated) as refused:
            await beginning.begin(after, now, asked)
        assert refused.value.extra["notice"].sha256 == again.text("en").sha256
        await beginning.begin(after, now, replace(asked, shown=again.text("en").sha256))


def test_what_was_published_before_sites_had_notices_is_the_accounts(database_url: str, tmp_path: Path) -> None:
    settings = from_env({"LETHE_DATA": str(tmp_path), "LETHE_DATABASE_URL": database_url})
    folder.prepare_data(settings)
    migrations.migrate(settings, "0040_deleted_sites")
    text = {"privacy_url": "https://x.example", "chat_label": "I agree", "training_label": "", "sha256": "0" * 64}
    rows: dict[str, dict[str, Any]] = {
        "account": {"id": "a", "name": "A", "tickets": 0, "created_at": 1, "notice_version": 1}
        | {"message_rate": 0, "grace_days": 0, "consent_days": 1},
        "site": {"id": "s", "account_id": "a", "key": "k", "name": "S", "origins": "[]", "color": "#123456"}
        | {"fields": "{}", "alternative": "", "created_at": 1, "mac": ""},
        "notice": {"id": "n", "account_id": "a", "version": 1, "published_at": 1},
        "notice_text": {"notice_id": "n", "locale": "en", "text": "As it was"} | text,
    }
    target = engine(database_url)
    with target.begin() as tx:
        for name, row in rows.items():
            tx.execute(insert(table(name, *map(column, row))).values(**row))
    migrations.migrate(settings)
    with target.begin() as tx:
        assert tx.execute(select(site.c.notice_version, site.c.position)).all() == [(None, "end")]
        assert tx.execute(select(account.c.notice_version)).all() == [(1,)]
        assert tx.execute(select(notice.c.site_id, notice_text.c.text).join(notice_text)).all() == [(None, "As it was")]
    target.dispose()
