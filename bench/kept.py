"""Data that takes minutes to make: made once on either database, kept in a folder, and copied for every start."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.lethe import environ_of
from bench.process import ROOT
from tests.services import PostgreSQL

DATABASES = ("sqlite", "postgresql")
NAME = "lethe"
Environ = Mapping[str, str]


@contextmanager
def copied(place: Path, database: str, fill: Callable[[Environ], None]) -> Iterator[tuple[Path, Environ]]:
    """
    Yield a data folder, and the environment of a Lethe on it, as `fill` made them in `place` now or before.

    PostgreSQL is a server of this run, as the tests start it: it does not flush.
    """
    if not (place / "made").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        _make(place, database, fill)
        (place / "made").touch()
    with TemporaryDirectory(prefix="bench-") as folder, _served(place, database) as url:
        data = Path(folder) / "data"
        shutil.copytree(place / "data", data)
        environ = environ_of(data) | url
        # What was kept may be of an older schema.
        subprocess.run([sys.executable, "-m", "chat", "migrate"], cwd=ROOT, env=environ, check=True)
        yield data, environ


def _make(place: Path, database: str, fill: Callable[[Environ], None]) -> None:
    environ = environ_of(place / "data")
    if database == "sqlite":
        fill(environ)
        return
    with PostgreSQL() as server:
        fill(environ | {"LETHE_DATABASE_URL": server.clone(name=NAME)})
        server.stop()
        shutil.copytree(server.folder / "data", place / "cluster")


@contextmanager
def _served(place: Path, database: str) -> Iterator[dict[str, str]]:
    if database == "sqlite":
        yield {}
        return
    server = PostgreSQL()
    try:
        cluster = server.folder / "data"
        shutil.copytree(place / "cluster", cluster)
        if server.user.uid is not None:
            subprocess.run(["chown", "-R", f"{server.user.uid}:{server.user.gid}", cluster], check=True)  # noqa: S607 - on every path
        server.start()
        yield {"LETHE_DATABASE_URL": server.url(NAME)}
    finally:
        server.close()
