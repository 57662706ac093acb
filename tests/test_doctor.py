"""`lethe check` calls nothing ok that it did not test, and makes nothing. Commands say in a line what is the case."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, insert

from chat import doctor
from chat.core.settings import Settings
from chat.infra.bus.redis import RedisBus
from chat.webhooks.schema import webhook
from tests.commands import lethe
from tests.services import PostgreSQL, Valkey, free_port
from tests.test_bus import MACS, until
from tests.test_migrations import environment, one_line

ROOT = Path(__file__).parent.parent


def states(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What was found, and how it stands."""
    return {each["what"]: each["state"] for each in json.loads(run.stdout)["findings"]}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A place where nothing is yet."""
    return environment(tmp_path, f"sqlite:///{tmp_path}/data/lethe.db")


def made(environ: dict[str, str]) -> None:
    owner = ("--email", "a@b.example", "--origin", "https://a.example")
    assert lethe(environ, "init", "--account", "Acme", *owner).returncode == 0


@pytest.mark.parametrize("deploy", [[], ["--deploy"]])
def test_where_nothing_is_check_makes_nothing_and_says_init(
    environ: dict[str, str], tmp_path: Path, deploy: list[str]
) -> None:
    found = lethe(environ, "check", *deploy)
    assert found.returncode == 1
    assert "MEND database is at this schema: There is no database here yet; run lethe init" in found.stdout
    for untested in ("data folder", "data keys", "audit logs", "disk"):
        assert f"--   {untested}: not tested" in found.stdout
    assert "--   Redis: not set; this is one process" in found.stdout
    assert "--   mail server: not set; no mail is sent" in found.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_tested_is_never_ok(environ: dict[str, str]) -> None:
    made(environ)
    found = states(lethe(environ, "check", "--json"))
    assert found == {
        "data folder can be written": "ok",
        "database is at this schema": "ok",
        "data keys can be used": "ok",
        "Redis": "not set",
        "spam filter loads": "ok",
        "mail server": "not set",
        "audit logs were whole when last checked": "ok",
        "webhooks": "not set",
        "disk has room above its floor": "ok",
        "no backup was made yet": "not set",
    }
    assert lethe(environ, "check").returncode == 0


@pytest.mark.parametrize("deploy", [[], ["--deploy"]])
@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://chat.example", True),
        ("http://192.168.1.4:8080", True),
        ("http://127.example", True),
        ("http://localhost.example", True),
        ("http://[2001:db8::1]", True),
        ("https://chat.example", False),
        ("http://localhost:8080", False),
        ("http://chat.localhost", False),
        ("http://127.3.4.5", False),
        ("http://[::1]:8080", False),
        ("", False),
    ],
)
def test_an_address_of_plain_http_is_said(environ: dict[str, str], deploy: list[str], url: str, *, plain: bool) -> None:
    found = lethe(environ | {"LETHE_BASE_URL": url}, "check", *deploy)
    said = "set LETHE_BASE_URL to the https:// address" if deploy else "travel in the clear: LETHE_BASE_URL is plain"
    assert (said in found.stdout) == (plain or (bool(deploy) and not url.startswith("https")))
    assert found.returncode == 1, "there is no database here"


def test_a_disk_under_its_floor_is_said(environ: dict[str, str]) -> None:
    made(environ)
    found = lethe(environ | {"LETHE_DISK_FLOOR": "999999999"}, "check")
    assert "MEND disk has room above its floor: less than 999999999 MB are free" in found.stdout
    assert found.returncode == 1


def test_keys_that_are_missing_are_said(environ: dict[str, str], tmp_path: Path) -> None:
    made(environ)
    (tmp_path / "data" / "keys" / "contacts.keys").unlink()
    found = lethe(environ, "check")
    assert "MEND data keys can be used: The key file is missing" in found.stdout
    assert not (tmp_path / "data" / "keys" / "contacts.keys").exists()


def test_a_key_database_that_is_away_is_said(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.clone()
    environ = environment(tmp_path, url)
    made(environ)
    away = environ | {"LETHE_KEYS_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/keys"}
    assert "MEND data keys can be used: The key database is not available" in lethe(away, "check").stdout
    assert "ok   data keys can be used" in lethe(environ, "check").stdout
    postgresql.drop(url)
    postgresql.drop(f"{url}_keys")


def test_a_folder_that_cannot_be_written_is_said(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert "MEND data folder can be written" in lethe(environ, "check").stdout


@pytest.mark.parametrize("command", ["serve", "worker --once", "erase --email a@b.example", "backup b"])
def test_where_nothing_is_every_command_says_init_first(environ: dict[str, str], command: str) -> None:
    one_line(lethe(environ, *command.split()), "There is no database here yet; run lethe init")


def test_a_backup_that_is_not_there_is_said_before_anything_else(environ: dict[str, str], tmp_path: Path) -> None:
    one_line(lethe(environ, "restore", str(tmp_path / "none")), f"There is no backup at {tmp_path}/none")
    assert not (tmp_path / "data").exists()


def test_a_file_is_named_with_its_folder(environ: dict[str, str], tmp_path: Path) -> None:
    one_line(lethe(environ, "spam", "evaluate", str(tmp_path / "x.tsv")), f"{tmp_path}/x.tsv cannot be read")


def test_retention_names_the_account(environ: dict[str, str]) -> None:
    made(environ)
    assert lethe(environ, "retention", "run", "--dry-run").stdout.startswith("Acme (")


@pytest.mark.anyio
async def test_a_redis_that_is_away_is_logged_once_and_so_is_its_return() -> None:
    with Valkey() as server, structlog.testing.capture_logs() as said:
        server.stop()
        bus = RedisBus(server.url, MACS)
        await bus.start()
        await until(lambda: [each["event"] for each in said] == ["redis is away"])
        server.start()
        await until(lambda: [each["event"] for each in said] == ["redis is away", "redis is back"])
        await bus.stop()
    assert not any(server.url in str(each) for each in said)


def test_run_needs_no_folder_of_its_own(tmp_path: Path) -> None:
    """As a service whose user owns neither a home nor the checkout."""
    checkout = tmp_path / "lethe"
    checkout.mkdir()
    (checkout / "run").write_text((ROOT / "run").read_text())
    (checkout / "run").chmod(0o755)
    for lock in ROOT.glob("requirements*.lock"):
        (checkout / lock.name).write_bytes(lock.read_bytes())
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "ran $*"\n')
    python.chmod(0o755)
    summed = subprocess.run(
        ["/bin/sh", "-c", f'cat "{checkout}/requirements.lock" | cksum'], capture_output=True, text=True, check=True
    )
    (checkout / ".venv" / "stamp").write_text(f"{checkout}\n{summed.stdout}")
    for each in (checkout, *checkout.rglob("*")):
        each.chmod(0o755)  # whatever mask this process has by now
    closed = stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH | stat.S_IRGRP | stat.S_IXGRP
    checkout.chmod(closed)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH | stat.S_IXGRP | stat.S_IRGRP)
    user = 65534 if os.geteuid() == 0 else None
    done = subprocess.run(
        [checkout / "run", "lethe", "--help"],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd="/",
    )
    checkout.chmod(0o755)
    assert done.stdout == "ran -P -m chat --help\n", done


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("paused_by", "failing_since", "state"),
    [
        (None, None, "ok"),
        ("hand", 1, "ok"),
        (None, 1, "mend"),
        *((why, None, "mend") for why in ("failing", "gone", "restored")),
    ],
)
def test_a_webhook_that_fails_or_was_paused_is_said_in_a_line(
    settings: Settings, paused_by: str | None, failing_since: int | None, state: str
) -> None:
    row: dict[str, object] = {"id": "w-1", "account_id": "a", "name": "Shop", "url": "https://a.example", "events": ""}
    row |= {"secret": b"", "visitor_data": False, "created_at": 1, "state": "paused" if paused_by else "active"}
    made = insert(webhook).values(**row, paused_by=paused_by, failing_since=failing_since)
    target = create_engine(settings.database_url)  # not ours: nobody asks there whether the account is there
    with target.begin() as connection:
        connection.execute(made)
    target.dispose()
    (found,) = [each for each in doctor.examine(settings, deploy=False) if "webhooks" in each.what]
    mend = "paused or failing, as /admin/webhooks says of each: w-1" if state == "mend" else ""
    assert (found.state, found.mend) == (state, mend)
