"""How `./run check` looks at scripts and style sheets: whether they are in form, and what is wrong in them."""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent.parent
FORMATTED = ("static/**/*.js", "static/**/*.css", "widget/**/*.js", "widget/**/*.css", "chat/**/*.css")
LOOKS = {
    "oxfmt": ("--list-different", *FORMATTED),
    "oxlint": ("--format=unix", "--deny-warnings", "static", "widget"),
}
MISSING = (
    "No {name} for this machine: its wheels are for Linux and macOS on x86-64 and ARM64. Scripts and style sheets have "
    "not been looked at; run ./run check on such a machine before you hand in a change to them."
)


def look(name: str, root: Path = ROOT, programs: str | None = None) -> int:
    """Return the exit status of one program, which prints what it finds; 1, and a sentence, where there is none."""
    program = Path(programs or sysconfig.get_path("scripts"), name)
    if not program.exists():
        print(MISSING.format(name=name))
        return 1
    return subprocess.run([program, *LOOKS[name]], cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(max([look(name) for name in LOOKS]))
