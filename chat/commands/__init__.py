"""The commands of `lethe` that are more than a line, by what they are about. Each has `add(commands)`."""

from __future__ import annotations

import argparse
from typing import Any


def command(commands: Any, name: str, run: Any, about: str) -> argparse.ArgumentParser:
    """Add a command to a parser's. `run(settings, arguments)` returns its exit status."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about.capitalize() + ".")
    made.set_defaults(run=run)
    return made


def as_json(made: argparse.ArgumentParser) -> None:
    """Let a command answer as JSON."""
    made.add_argument("--json", action="store_true", help="answer as JSON")
