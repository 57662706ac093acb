"""A real Valkey and a real PostgreSQL for the tests, each on a free loopback port."""

import atexit
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import redis
from psycopg import sql

from tests import lasting, programs
from tests.forks import Process
from tests.keeper import keeper
from tests.programs import ServiceError, User

PATIENCE = 30.0
"""Seconds a server may take to come up or to go."""
CUT_OFF = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL (%s)
"""
RESTART = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Service:
    """One server process with a folder of its own; a context manager that starts and stops it."""

    stop_signal = signal.SIGTERM

    def __init__(self, user: User | None = None) -> None:
        self.port = free_port()
        self.user = user or User()
        self.folder = programs.folder_for(self.user)
        self._process: Process | None = None
        atexit.register(self.close)  # for where pytest is torn away before it ends its fixtures

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server and removes its folder. Safe to repeat."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self) -> list[str]:
        """The program and its arguments."""
        raise NotImplementedError

    def alive(self) -> bool:
        """Whether the server answers."""
        raise NotImplementedError

    def start(self) -> None:
        """Returns when the server answers. Raises `ServiceError` with the end of its log."""
        log = self.folder / "log"
        self._process = self.launch(log)
        keeper().keep(self._process.pid, self.folder)
        deadline = time.monotonic() + PATIENCE
        while not self.alive():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServiceError(f"{self.command()[0]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.02)

    def launch(self, log: Path) -> Process:
        """Starts the program, which writes to its log."""
        with log.open("ab") as out:
            # A session of its own: Ctrl-C in the terminal is for the tests, which then stop it.
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                user=self.user.uid,
                group=self.user.gid,
                extra_groups=self.user.groups,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Ends the server, by force where it does not go in time. Safe to repeat."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(self.stop_signal)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        keeper().let_go(process.pid)


class Valkey(Service):
    """A Redis-protocol server that keeps nothing on disk."""

    @property
    def url(self) -> str:
        """As LETHE_REDIS_URL takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        """The server on loopback alone, in the foreground."""
        options = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "dir": str(self.folder)}
        flags = [part for key, value in options.items() for part in (f"--{key}", value)]
        return [str(programs.valkey()), *flags]

    def alive(self) -> bool:
        """Whether it answers a PING."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def clear(self) -> None:
        """Empties it."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


class PostgreSQL(Service):
    """A server whose databases are clones of templates; not made to survive a power cut."""

    stop_signal = signal.SIGINT  # SIGTERM would wait for whoever is still connected

    def __init__(self) -> None:
        super().__init__(programs.unprivileged())
        self._bin = programs.reachable(programs.postgres(), self.user, self.folder)
        self._templates: set[str] = set()
        self._emptied: dict[str, psycopg.Connection] = {}

    def command(self) -> list[str]:
        """The server on TCP alone, as a socket's path may become longer than the system takes."""
        options = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": "127.0.0.1",
            "max_connections": "200",
            "max_wal_size": "128MB",
            "synchronous_commit": "off",
            "unix_socket_directories": "",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        data = str(self.folder / "data")
        return [str(self._bin / "postgres"), "-D", data, "-p", str(self.port), *settings]

    def start(self) -> None:
        """Makes the cluster first, where there is none yet."""
        if not (self.folder / "data").exists():
            self._initialise()
        super().start()

    def alive(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str = "postgres") -> str:
        """As LETHE_DATABASE_URL takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """Makes a template once, filled by `fill(url)`, which must leave no connection open."""
        if name not in self._templates:
            self._create(name, "template0")
            fill(self.url(name))
            self._templates.add(name)
        return name

    def clone(self, template: str = "template0", name: str = "") -> str:
        """The URL of a new database like `template` (an empty one), of a new name unless told."""
        name = name or f"test_{uuid4().hex}"
        self._create(name, template)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Removes a database, whoever is still connected."""
        name = sql.Identifier(urlsplit(url).path[1:])
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def empty(self, url: str, kept: set[str]) -> psycopg.Connection:
        """
        Delete every row of every table that is not `kept`; whoever is connected is cut off. Return the connection by
        which that was done, for what a test is to find.
        """
        connection = self._alone(url)
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = [sql.Identifier(name) for (name,) in found if name not in kept]
        deleted = [sql.SQL("DELETE FROM {}").format(name) for name in names]
        # Truncating would make each table's files anew, and its indexes'; so no key's rows are looked for, either.
        unwatched = sql.SQL("SET LOCAL session_replication_role = replica")
        with connection.transaction():
            connection.execute(sql.SQL("; ").join([unwatched, *deleted]))
        connection.execute(RESTART)
        return connection

    def stop(self) -> None:
        """Also ends the connections that stay open."""
        for connection in self._emptied.values():
            connection.close()
        self._emptied.clear()
        super().stop()

    def _alone(self, url: str) -> psycopg.Connection:
        """The only connection to a database; it stays, for it knows the tables: a new one has to look at each."""
        if url in self._emptied:
            with contextlib.suppress(psycopg.OperationalError):  # a test may have cut off everybody, us too
                self._emptied[url].execute(CUT_OFF, [lasting.idle()])
                return self._emptied[url]
            self._emptied.pop(url).close()
        self._emptied[url] = psycopg.connect(url, autocommit=True)
        self._emptied[url].execute(CUT_OFF, [lasting.idle()])
        return self._emptied[url]

    def _initialise(self) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [self._bin / "initdb", "-D", self.folder / "data", *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            user=self.user.uid,
            group=self.user.gid,
            extra_groups=self.user.groups,
        )
        if made.returncode:
            raise ServiceError(f"initdb failed: {made.stderr[-2000:]}")

    def _create(self, name: str, template: str) -> None:
        names = sql.Identifier(name), sql.Identifier(template)
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
