"""`lethe export` as somebody runs it: an archive for each contact with the address, or one clear line."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from chat.app import open_services
from chat.core.settings import Settings
from tests.commands import lethe
from tests.inside import found
from tests.test_export import CANARY, OTHER, opened
from tests.test_migrations import one_line

EMAIL = "zyx@x.example"


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    """What the command is given: a server on which two people wrote, one of them twice."""

    async def work() -> None:
        async with open_services(settings) as services:
            house = await found(services)
            await house.publish()
            for name, email in ((CANARY, EMAIL), (CANARY, EMAIL.upper()), (OTHER, "quokka@x.example")):
                guest = await house.visit(name, email)
                await guest.say(f"{name} asks")

    asyncio.run(work())
    given = {"LETHE_DATA": str(settings.data), "LETHE_DATABASE_URL": settings.database_url, "LETHE_LOG_LEVEL": "ERROR"}
    return given | {"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": "/usr/bin:/bin"}


def test_each_contact_with_the_address_has_an_archive_of_their_own(environ: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "given" / "out"
    run = lethe(environ, "export", "--email", EMAIL, "--out", str(out), "--json")
    assert run.returncode == 0, run.stderr
    files = [Path(each) for each in json.loads(run.stdout)["files"]]
    assert sorted(out.iterdir()) == sorted(files)
    assert len(files) == 2
    for each in files:
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
        inside = opened(each.read_bytes())
        assert CANARY.encode() in inside["index.html"]
        assert OTHER.encode() not in b"".join(inside.values())
        assert EMAIL not in each.name
    one_line(lethe(environ, "export", "--email", EMAIL, "--out", str(out)), "already")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_cannot_be_done_is_said_in_one_line(environ: dict[str, str], tmp_path: Path) -> None:
    one_line(lethe(environ, "export", "--email", "nobody@x.example", "--out", str(tmp_path / "a")), "No contact")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("a file")
    one_line(lethe(environ, "export", "--email", EMAIL, "--out", str(tmp_path / "file")), "cannot be written")
    one_line(lethe(environ, "export", "--email", EMAIL, "--out", "/proc/nowhere"), "cannot be written")
