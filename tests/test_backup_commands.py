"""`lethe backup` beside a server in use, `lethe restore` elsewhere; killed, out of disk, or asked for nonsense."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.commands import LIMIT
from tests.commands import lethe as command
from tests.forks import Fork
from tests.lethe import Account, Contact, Lethe
from tests.services import PostgreSQL, Valkey
from tests.test_migrations import one_line

SEED = 20_261_125
KILLS = 4
CONTACTS, EACH = 6, 60


@pytest.fixture(scope="module", params=["embedded", "scaled"])
def used(request: pytest.FixtureRequest, postgresql: PostgreSQL) -> Iterator[Lethe]:
    """A running server of each kind, of its own."""
    with Valkey() as cache:
        several = {"DATABASE_URL": postgresql.clone(), "REDIS_URL": cache.url}
        with Lethe(**(several if request.param == "scaled" else {})) as server:
            yield server


def environ(server: Lethe, **more: str) -> dict[str, str]:
    """What a command beside a server is given."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")}
    return bare | server.environment | more


def elsewhere(server: Lethe, postgresql: PostgreSQL, name: str) -> dict[str, str]:
    """The environment of an empty place with the server's secret and keys."""
    data = Path(server.folder) / name
    data.mkdir(mode=0o700)
    shutil.copy(Path(server.folder) / "data" / "secret.key", data / "secret.key")
    more = {"LETHE_DATA": str(data), "LETHE_KEYS_URL": server.settings.keys_url}
    if "LETHE_DATABASE_URL" in server.environment:
        more["LETHE_DATABASE_URL"] = postgresql.clone()
    return environ(server, **more)


def made(server: Lethe, folder: Path, run: Any = command) -> dict[str, Any]:
    """A backup's report."""
    done = run(environ(server), "backup", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


class Writer:
    """Writes without a pause until told to stop; what was acked, in order."""

    def __init__(self, contact: Contact) -> None:
        self.contact, self.acked, self.going = contact, list[dict[str, Any]](), True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with self.contact.socket() as socket:
            socket.get("welcome")
            while self.going:
                self.acked.append(socket.post(f"number {len(self.acked)}"))
                time.sleep(0.02)  # within the allowance of a socket

    def stop(self) -> None:
        self.going = False
        self.thread.join(20)


def test_a_backup_under_load_restores_elsewhere_and_clients_hear_of_a_new_epoch(
    used: Lethe, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    account = used.account()
    writers = [Writer(account.contact()) for _ in range(3)]
    forgotten = account.contact("Zyxomma Petiolatum")
    with forgotten.socket() as socket:
        old = socket.get("welcome")["epoch"]
        socket.post("forget me")
    while min(len(each.acked) for each in writers) < 5:
        time.sleep(0.01)
    sure = [list(each.acked) for each in writers]
    report = made(used, tmp_path / "backups")
    for each in writers:
        each.stop()
    forgotten.withdraw()
    assert report["tables"]["message"] >= sum(map(len, sure)) + 1
    there = elsewhere(used, postgresql, f"restored-{uuid4().hex[:6]}")
    done = command(there, "restore", str(tmp_path / "backups"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["replayed"]["erase"] == 1
    again = Lethe(**{name.removeprefix("LETHE_"): value for name, value in there.items() if name.startswith("LETHE_")})
    with again:
        moved = Account(again, account.site, account.token, account.email, account.password, account.origin)
        for writer, acked in zip(writers, sure, strict=True):
            with Contact(moved, writer.contact.token, writer.contact.uid).socket() as socket:
                welcome = socket.get("welcome")
                assert welcome["epoch"] == json.loads(done.stdout)["epoch"] > old
            stored = moved.messages(acked[0]["ticket"])
            assert [each["seq"] for each in stored] == list(range(1, len(stored) + 1))
            assert [each["id"] for each in stored][: len(acked)] == [each["id"] for each in acked]
        with Contact(moved, forgotten.token, forgotten.uid).socket() as socket:
            assert socket.refused() == "unauthorized"
    looked = command(there, "residue", "Zyxomma Petiolatum", "forget me", "--backup", str(tmp_path / "backups"))
    assert looked.returncode == 0, looked.stdout + looked.stderr


@pytest.fixture(scope="module")
def filled() -> Iterator[Lethe]:
    """A server on SQLite, stopped, with something to copy."""
    with Lethe() as server:
        account = server.account()
        for _ in range(CONTACTS):
            with account.contact().socket() as socket:
                socket.get("welcome")
                for number in range(EACH):
                    socket.say(f"{number} " + "some words to copy " * 20)
                for _ in range(EACH):
                    socket.get("ack")
        account.contact().withdraw()
        server.stop()
        yield server


def killed(environ: dict[str, str], dice: random.Random, takes: float, *arguments: str) -> list[int]:
    """
    How a command ended each time that it was killed within the `takes` seconds that it took before. Where it was done
    by then, as on a machine that others use less by now, the next time is shorter.
    """
    ends = []
    for _ in range(KILLS):
        run = Fork(arguments, environ, Path.cwd(), [Path(os.devnull)] * 3, leads=False)
        try:
            run.wait(dice.uniform(takes / 3, takes * 0.9))
            takes /= 2
        except subprocess.TimeoutExpired:
            run.kill()
        ends.append(run.wait(LIMIT))
    return ends


def test_killed_at_any_moment_a_backup_is_whole_or_not_there_and_a_restore_goes_on(
    filled: Lethe, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    print(f"seed {SEED}")
    dice, kept = random.Random(SEED), tmp_path / "backups"
    begun = time.monotonic()
    made(filled, kept)
    ends = killed(environ(filled), dice, time.monotonic() - begun, "backup", str(kept))
    last = made(filled, kept)
    for each in kept.iterdir():
        place = elsewhere(filled, postgresql, f"whole-{each.name[-16:]}")
        assert command(place, "restore", str(each)).returncode == 0, each
    there = elsewhere(filled, postgresql, "killed")
    begun = time.monotonic()
    assert command(elsewhere(filled, postgresql, "timed"), "restore", last["backup"]).returncode == 0
    ends += killed(there, dice, time.monotonic() - begun, "restore", last["backup"])
    print(f"ended by {ends}")
    # How often depends on what else the machine does: a restore that was done too soon refuses the next one.
    assert -signal.SIGKILL in ends[:KILLS]
    assert -signal.SIGKILL in ends[KILLS:]
    done = command(there, "restore", last["backup"], "--json")
    if done.returncode:  # the last of them had time enough
        one_line(done, "data here already")
    assert command(there, "check").returncode == 0


def test_a_disk_that_is_full_leaves_nothing_that_looks_whole(filled: Lethe, tmp_path: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-m", "chat", "backup", str(tmp_path / "b")],
        env=environ(filled),
        preexec_fn=small,
        capture_output=True,
        text=True,
        check=False,
    )
    one_line(done, "could not be written", "nothing was kept")
    assert list((tmp_path / "b").iterdir()) == []


def test_what_cannot_be_is_said_in_one_line(filled: Lethe, postgresql: PostgreSQL, tmp_path: Path) -> None:
    data, kept = filled.environment["LETHE_DATA"], str(tmp_path / "b")
    one_line(command(environ(filled), "backup", data), "apart from")
    one_line(command(environ(filled), "backup", kept, "--keys", f"{kept}/keys"), "--keys")
    one_line(command(environ(filled), "backup", kept, "--keys", data), "apart from")
    one_line(command(environ(filled), "backup", kept, "--days", "0"), "--days")
    one_line(command(environ(filled), "restore", str(tmp_path)), "no backup")
    one_line(command(environ(filled), "restore", str(tmp_path / "none")), "There is no backup at")
    made(filled, Path(kept))
    one_line(command(environ(filled), "restore", kept), "data here already")
    bare = environ(filled, LETHE_DATA=str(tmp_path / "bare"))
    one_line(command(bare, "restore", kept), "secret")
    _ = postgresql


def test_check_says_how_old_the_last_backup_is(filled: Lethe, tmp_path: Path) -> None:
    said = command(environ(filled), "check").stdout
    made(filled, tmp_path / "b")
    now = command(environ(filled), "check").stdout
    assert "ok   last backup is 0 days and 0 hours old" in now
    assert "backup" in said
    fresh = environ(filled, LETHE_DATA=str(tmp_path / "fresh"))
    command(fresh, "migrate")
    assert "--   no backup was made yet: not set; run lethe backup" in command(fresh, "check").stdout
    assert "MEND no backup was made yet" in command(fresh, "check", "--deploy").stdout


def test_a_copy_of_the_keys_on_the_same_volume_is_warned_of(filled: Lethe, tmp_path: Path) -> None:
    done = command(environ(filled), "backup", str(tmp_path / "b"), "--keys", str(tmp_path / "k"))
    assert done.returncode == 0
    assert "one volume" in done.stderr
