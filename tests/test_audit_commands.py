"""`lethe audit verify` and `lethe check`, on both databases: a log that was changed beside Lethe is found."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from chat.infra.audit.schema import audit
from chat.infra.store import engine
from tests.commands import lethe
from tests.test_migrations import environment


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """A server with two accounts."""
    made = environment(tmp_path, database_url)
    for name in ("acme", "other"):
        owner = ["--email", f"owner@{name}.example", "--origin", f"https://{name}.example"]
        assert lethe(made, "init", "--account", name, *owner).returncode == 0
    return made


def test_a_whole_log_is_said_to_be_whole(environ: dict[str, str]) -> None:
    verified = lethe(environ, "audit", "verify")
    assert verified.returncode == 0
    lines = verified.stdout.splitlines()
    assert len(lines) == 2
    assert all(": whole, 3 entries, the last is 3 " in line for line in lines)
    assert "ok   audit logs were whole when last checked" in lethe(environ, "check").stdout


def test_a_changed_log_fails_with_its_entry(environ: dict[str, str], database_url: str) -> None:
    accounts = [each["account"] for each in said(environ)]
    target = engine(database_url)
    with target.begin() as connection:
        mine = (audit.c.account_id == accounts[1]) & (audit.c.number == 2)
        assert connection.execute(update(audit).where(mine).values(at=audit.c.at + 1)).rowcount == 1
    target.dispose()
    verified = lethe(environ, "audit", "verify")
    assert verified.returncode == 1
    assert f"{accounts[1]}: broken at entry 2: an entry is not what was entered" in verified.stdout
    assert [(each["account"], each["whole"], each["broken_at"]) for each in said(environ, status=1)] == [
        (accounts[0], True, None),
        (accounts[1], False, 2),
    ]
    checked = lethe(environ, "check")
    assert checked.returncode == 1
    assert f"MEND audit logs were whole when last checked: lethe audit verify says where; broken for {accounts[1]}" in (
        checked.stdout
    )


def test_another_servers_secret_does_not_verify(environ: dict[str, str]) -> None:
    stranger = environ | {"LETHE_SECRET_KEY": "another secret that is long enough to be one, really"}
    assert [each["whole"] for each in said(stranger, status=1)] == [False, False]
    assert [each["whole"] for each in said(environ)] == [True, True]


def said(environ: dict[str, str], status: int = 0) -> list[dict[str, object]]:
    """What the command says as JSON."""
    verified = lethe(environ, "audit", "verify", "--json")
    assert verified.returncode == status, verified
    found: list[dict[str, object]] = json.loads(verified.stdout)["accounts"]
    return found
