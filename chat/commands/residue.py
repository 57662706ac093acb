"""`lethe residue`: whether any byte that this server keeps holds a text."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from chat.commands import as_json, command
from chat.core.errors import LetheError, Unavailable
from chat.core.settings import Settings
from chat.erasure.domain import residue
from chat.erasure.domain.residue import Find
from chat.infra.store import Store, backups, everything, migrations

READ = 1 << 20
BAD_USE = 2


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    made = command(
        commands, "residue", _residue, "search every store's bytes for texts; say where, never what is around"
    )
    made.add_argument(
        "text", nargs="+", metavar="TEXT", help="or - for lines of standard input, which no list of processes shows"
    )
    made.add_argument(
        "--backup",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="also here; the last backup's folder is looked at anyway",
    )
    made.add_argument(
        "--log", type=Path, action="append", default=[], metavar="FILE", help="also in this file or folder"
    )
    as_json(made)


def _residue(settings: Settings, arguments: argparse.Namespace) -> int:
    texts = sys.stdin.read().splitlines() if arguments.text == ["-"] else arguments.text
    bad = _bad(texts, [*arguments.backup, *arguments.log])
    if bad:
        print(f"lethe: {bad}", file=sys.stderr)
        return BAD_USE
    known, looked = residue.forms(texts), 0
    finds: list[dict[str, Any]] = []
    try:
        for place, pieces in _everywhere(settings, [*arguments.backup, *arguments.log]):
            looked += 1
            finds += [_shown(place, find) for find in residue.search(pieces, known)]
    except LetheError as error:
        print(f"lethe: not everything could be searched: {error.detail}", file=sys.stderr)
        return BAD_USE
    if arguments.json:
        print(json.dumps({"places": looked, "found": finds}))
    else:
        lines = [f"{each['place']} at {each['at']}: text {each['text']} as {each['encoding']}" for each in finds]
        print("\n".join(lines) or f"Nothing found in {looked} places, in {len(known)} forms.")
    return 1 if finds else 0


def _shown(place: str, find: Find) -> dict[str, Any]:
    return {"place": place, "at": find.at, "encoding": find.encoding, "text": find.text + 1}


def _bad(texts: list[str], paths: list[Path]) -> str:
    """Return what is wrong with how the command was called, "" where nothing is."""
    if not texts or any(len(each.strip()) < residue.SHORTEST for each in texts):
        return f"a text to look for has at least {residue.SHORTEST} characters: a shorter one is everywhere by chance"
    away = [str(each) for each in paths if not each.exists()]
    return f"{away[0]} is not there" if away else ""


def _everywhere(settings: Settings, more: list[Path]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield every place with its bytes."""
    own = [settings.data]
    for name, url in (("database", settings.database_url), ("keys", settings.keys_url)):
        if not url.startswith("file:"):
            own += everything.files(url)
            yield from ((f"{name} {place}", pieces) for place, pieces in everything.values(url))
    if settings.redis_url:
        from chat.infra.bus import redisbytes

        own += redisbytes.files(settings.redis_url)
        yield from ((f"Redis {place}", [held]) for place, held in redisbytes.values(settings.redis_url))
    last = _last_backups(settings)
    for path in dict.fromkeys(_files([*own, *([last] if last and last.exists() else []), *more])):
        yield f"name of {path}", [path.name.encode(errors="surrogateescape")]
        yield str(path), _pieces(path)


def _last_backups(settings: Settings) -> Path | None:
    migrations.require_current(settings.database_url, restoring=True)
    store = Store(settings.database_url)
    try:
        folder = store.write_here(backups.get_status).backup_folder
    finally:
        store.close()
    return Path(folder) if folder else None


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if each.is_file() and not each.is_symlink())
        else:
            yield path


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes. One that goes meanwhile holds nothing any more."""
    try:
        with path.open("rb") as file:
            while piece := file.read(READ):
                yield piece
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror})") from error
