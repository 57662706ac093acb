"""Whatever stands behind a command, it answers with one clear line and never with a traceback."""

from pathlib import Path

import pytest

from chat.__main__ import main, parser
from chat.core.settings import from_env
from chat.infra.store import folder, migrations
from tests.chance import dice

PORTS = ["-1", "65536", "99999", "70000", "4294967296", "9" * 400]
HOSTS = ["a..b", "nowhere.invalid", "x" * 300, ".", "1.2.3", "::zz", "\u00e9.\u00e9.", "a b", "[::1]", "999.1.1.1", "-"]
ORIGINS = ["", "https://[", "https://a:99999", "https://a:b", "a", "https://", "javascript:1", "https://a/b", "\n"]
TEXTS = ["", " ", "\n", "\udcff", "x" * 5000, "@", "a@[", "https://[", "-1", "9" * 5000, "\u202e", "{}", "%s"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with a database in it."""
    monkeypatch.setenv("LETHE_DATA", str(tmp_path / "data"))
    settings = from_env()
    folder.prepare_data(settings)
    migrations.migrate(settings)
    (tmp_path / "file").write_bytes(b"\xff\xfe\0 spam\tx\nno tab")
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    """What a command says on standard error, with a status that is not zero, as usage or as one line."""
    try:
        status = main(given)
    except SystemExit as end:
        status = int(end.code or 0)
    said = capsys.readouterr().err
    assert status in {1, 2}, (given, status, said)
    assert "Traceback" not in said
    assert status == 2 or said.count("\n") == 1, (given, said)
    return said


def test_a_port_or_host_that_cannot_be_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert data.is_dir()
    for port in PORTS:
        refused(capsys, "serve", "--port", port)
    for host in HOSTS:
        refused(capsys, "serve", "--host", host, "--port", "0")


def test_an_origin_that_is_none_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert data.is_dir()
    for origin in ORIGINS:
        refused(capsys, "init", "--account", "A", "--email", "a@b.example", "--origin", origin)


def test_a_place_that_is_of_another_kind_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for where in (str(data / "file"), str(data / "file" / "x"), "/proc/1/x"):
        refused(capsys, "backup", where)
        refused(capsys, "restore", where)
        refused(capsys, "spam", "train", "--from", where)
        refused(capsys, "spam", "evaluate", where)


def test_no_argument_by_chance_gives_a_traceback(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = dice("arguments")
    commands = [["erase", "--email"], ["password", "--email"], ["export", "--out", str(data), "--email"], ["restore"]]
    for _ in range(40):
        refused(capsys, *chance.choice(commands), chance.choice(TEXTS))


def test_what_nobody_foresaw_is_one_line_too(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("a private word")

    assert data.is_dir()
    made = parser()
    monkeypatch.setattr("chat.__main__.parser", lambda: made)
    monkeypatch.setattr(made, "parse_args", lambda _: type("Arguments", (), {"run": staticmethod(broken)})())
    assert main(["check"]) == 70
    said = capsys.readouterr().err
    assert ("RuntimeError" in said, "private" in said, said.count("\n")) == (True, False, 1)
