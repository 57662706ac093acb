"""The claim that what Lethe writes is for its own user alone, whatever the folder and the shell say."""

import stat
import subprocess
import sys
from pathlib import Path

from tests.test_migrations import environment

INIT = ("init", "--account", "Acme", "--email", "o@acme.example", "--origin", "https://shop.example")


def open_to_others(tmp_path: Path, text: str) -> list[str]:
    """What others may read or enter after `lethe init` in an open shell and an open folder, and some work."""
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    environ = environment(tmp_path, f"sqlite:///{data / 'lethe.db'}")
    for command in (INIT, ("worker", "--once"), ("backup", str(tmp_path / "backup"))):
        line = f"import os; os.umask(0); {text}; from chat.__main__ import main; raise SystemExit(main({command!r}))"
        subprocess.run((sys.executable, "-c", line), env=environ, check=True, capture_output=True, timeout=120)
    made = [path for folder in (data, tmp_path / "backup") for path in folder.rglob("*")]
    assert {"lethe.db", "secret.key"} <= {path.name for path in made}
    return sorted(path.name for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077)


def test_files_and_folders_are_for_their_own_user_alone(tmp_path: Path) -> None:
    assert open_to_others(tmp_path, "pass") == []


def test_without_the_mask_the_database_would_be_open(tmp_path: Path) -> None:
    assert "lethe.db" in open_to_others(tmp_path, "os.umask = lambda mask: mask")
