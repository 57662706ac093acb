"""
The canary walk: rare words go in by ordinary use of a real browser, are erased, and are then in no byte that is left.

`CANARY_SEEDS=25` walks 25 times on SQLite and 5 times on PostgreSQL with Redis; otherwise it is once each.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.walks.canary import World, planted, world
from tests.walks.shop import Guest

SEEDS = int(os.environ.get("CANARY_SEEDS", "1"))
WALKS = [
    *(("sqlite", seed) for seed in range(1, SEEDS + 1)),
    *(("postgresql", seed) for seed in range(1, max(1, SEEDS // 5) + 1)),
]
SEALED = {"contact", "receipt", "ticket", "message", "note", "attachment", "label", "outbox"}


def withdrawn(guest: Guest) -> None:
    """The visitor takes everything back in the widget."""
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_role("heading", name="It is done")).to_be_visible()


def restored(here: World) -> None:
    """What was backed up before comes back into an empty place, and the words do not come with it."""
    there = here.elsewhere()
    there.run("restore", str(here.backups))
    assert there.rows() == {}
    assert there.found() == []


@pytest.mark.parametrize(("kind", "seed"), WALKS, ids=[f"{kind}-{seed}" for kind, seed in WALKS])
def test_what_was_planted_and_erased_is_in_no_byte(kind: str, seed: int, browser: Browser, tmp_path: Path) -> None:
    with world(kind, seed, tmp_path) as here:
        with here.browser(browser.browser_type) as context:
            guest = planted(here, context)
            assert set(here.rows()) >= SEALED, "what is looked for was stored"
            assert here.found() == [], "and is in the clear nowhere but in memory"
            here.run("backup", str(here.backups))
            key = here.key()
            assert here.holding(key) == (["contacts.keys"] if kind == "sqlite" else [])
            withdrawn(guest)
            here.sweep()
            signed = guest.frame.get_by_text("Everything is erased, and the certificate is signed.")
            expect(signed).to_be_visible(timeout=30_000)
        assert here.rows() == {}
        assert here.holding(key) == []
        assert here.found() == []
        restored(here)


def test_the_walk_notices_words_in_the_clear_and_an_erasure_that_was_not_carried_out(
    browser: Browser, tmp_path: Path
) -> None:
    with world("sqlite", 0, tmp_path) as here:
        with here.browser(browser.browser_type) as context:
            here.account.rest("PATCH", "/account", {"grace_days": 7})
            guest = planted(here, context)
            number = here.account.tickets()[0]["number"]
            here.account.rest("PATCH", f"/tickets/{number}", {"tags": [here.words["label"]]})
            guest.page.evaluate("word => { localStorage.setItem('seen', word) }", here.words["name"])
            before, key = here.rows(), here.key()
            withdrawn(guest)
        left = here.lethe.settings.data / "attachments" / "left"
        left.write_text(f"all about {here.words['content']}")
        found = here.found()
        assert {("label", "database ticket.tags"), ("content", str(left))} < set(found)
        assert {name for name, place in found if str(here.profile) in place} == {"name"}
        assert {name for name, _ in found} == {"label", "content", "name"}
        after = here.rows()
        assert before.pop("label") == 2, "these two were marked"
        assert after == before | {"receipt": 2}, "an optional purpose, and its labels, end at once; the rest is there"
        assert here.holding(key) == ["contacts.keys"]
