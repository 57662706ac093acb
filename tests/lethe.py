"""A server of ours in a process of its own, with what tests do to it: accounts, sessions, REST, kills, looks inside."""

import asyncio
import hashlib
import itertools
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from sqlalchemy import select

from chat.account.actions import accounts
from chat.app import open_services
from chat.core.settings import Settings, from_env
from chat.infra.services import Services
from chat.infra.store import engine, folder, migrations
from chat.infra.store.columns import metadata
from tests.forks import Fork, Process, run_module
from tests.keeper import keeper
from tests.services import Service
from tests.sockets import Socket

T = TypeVar("T")
SHOP = "https://shop.example"
NOTICE = {
    "locale": "en",
    "text": "We keep what you write until you withdraw.",
    "privacy_url": "https://shop.example/privacy",
    "chat_label": "I agree that my messages are kept",
    "training_label": "They may also train the filter",
}
SWEEPERS = {"server", "audit_head", "retention_run", "retention_count"}
_networks = itertools.count(1)


class Lethe(Service):
    """
    `lethe serve` on a free loopback port, forked. `module` runs instead of `chat`; settings are without `LETHE_`.
    """

    forked = True

    def __init__(self, module: str = "chat", **settings: str) -> None:
        super().__init__()
        self._module = module
        given = {"DATA": f"{self.folder}/data", "TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "WARNING"} | settings
        self.environment = {f"LETHE_{name}": value for name, value in given.items()}

    @cached_property
    def settings(self) -> Settings:
        """As the server reads them."""
        return from_env(self.environment)

    @cached_property
    def http(self) -> httpx2.Client:
        """A client that speaks to this server."""
        # The server closes a line that is idle for five seconds; one that is used then is reset under the request.
        limits = httpx2.Limits(keepalive_expiry=2.0)
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False, limits=limits)

    @property
    def origin(self) -> str:
        """As a browser names it."""
        return f"http://127.0.0.1:{self.port}"

    def arguments(self) -> list[str]:
        """What `lethe` is told to do."""
        return ["serve", "--port", str(self.port)]

    def command(self) -> list[str]:
        """The server, and nothing but these settings."""
        given = [f"{name}={value}" for name, value in self.environment.items()]
        others = [part for name in os.environ if name.startswith("LETHE_") for part in ("-u", name)]
        return ["env", *others, *given, sys.executable, "-m", self._module, *self.arguments()]

    def launch(self, log: Path) -> Process:
        """Forks it, or starts it."""
        if not self.forked:
            return super().launch(log)
        others = {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")}
        log.touch()  # to be read even where the fork itself fails
        streams = (Path(os.devnull), log, log)
        work = None if self._module == "chat" else partial(run_module, self._module)
        return Fork(self.arguments(), others | self.environment, self.folder, streams, leads=True, work=work)

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx2.TransportError:
            return False

    def start(self) -> None:
        """Brings the database to the schema first."""
        folder.prepare_data(self.settings)
        migrations.migrate(self.settings)
        super().start()

    def close(self) -> None:
        """Also lets go of the client's connections."""
        self.http.close()
        super().close()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, said or closed."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            keeper().let_go(process.pid)

    def terminate(self) -> None:
        """SIGTERM, and do not wait."""
        if self._process is not None:
            self._process.terminate()

    def account(self, name: str = "Acme", origin: str = SHOP) -> "Account":
        """Makes an account with a notice, and no limit on messages."""
        email = f"owner-{next(_networks)}@acme.example"
        made = self.perform(lambda services: accounts.init(services, name, email, None, [origin], owner=name))
        account = Account(self, made.site_key, made.api_token, made.owner_email, made.password or "", origin)
        account.publish()
        account.rest("PATCH", "/account", {"message_rate": 0})
        return account

    def perform(self, work: Callable[[Services], Awaitable[T]]) -> T:
        """Does something beside the running server, as a command would."""

        async def run() -> T:
            async with open_services(self.settings) as services:
                return await work(services)

        # In a thread of its own, for a browser's tests have a loop running in this one.
        with ThreadPoolExecutor(1) as beside:
            return beside.submit(lambda: asyncio.run(run())).result()

    def dump(self) -> str:
        """A hash over every row of every table, but those in which the sweeps enter that they were there."""
        target, seen = engine(self.settings.database_url, begin="BEGIN"), hashlib.sha256()
        with target.begin() as connection:
            for table in (each for each in metadata.sorted_tables if each.name not in SWEEPERS):
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
                seen.update(repr((table.name, rows)).encode())
        target.dispose()
        return seen.hexdigest()

    def still(self) -> str:
        """The same once nothing has changed for two seconds: what tests before this asked for may still be going on."""
        seen = [self.dump()]
        for _ in range(240):
            time.sleep(0.5)
            seen.append(self.dump())
            if len(set(seen[-5:])) == 1 and len(seen) >= 5:  # which took two seconds
                return seen[-1]
        raise AssertionError("the database is never still")

    def count(self, name: str) -> int:
        """How many rows a table has."""
        target = engine(self.settings.database_url, begin="BEGIN")
        with target.begin() as connection:
            rows = len(connection.execute(select(metadata.tables[name])).all())
        target.dispose()
        return rows


class Started(Lethe):
    """The same, started as its users start it."""

    forked = False


@dataclass
class Contact:
    """Somebody who has agreed."""

    account: "Account"
    token: str
    uid: str

    def socket(self, last_seq: int = 0, **options: Any) -> Socket:
        """A socket that has said hello; read its `welcome` yourself."""
        made = self.account.visitor(**options)
        made.send("hello", token=self.token, last_seq=last_seq)
        return made

    def withdraw(self) -> str:
        """Withdraws; the id of the erasure."""
        path, bearer = f"/widget/{self.account.site}/sessions", {"Authorization": f"Bearer {self.token}"}
        answer = self.account.lethe.http.request("DELETE", path, headers=bearer)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["erasure_id"])


@dataclass
class Account:
    """An account of a running server, with its owner's credentials."""

    lethe: Lethe
    site: str
    token: str
    email: str
    password: str
    origin: str
    version: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    signs: str = ""

    @property
    def bearer(self) -> dict[str, str]:
        """The header a program shows."""
        return {"Authorization": f"Bearer {self.token}"}

    def rest(self, method: str, path: str, body: Any = None, *, expect: int | None = None) -> Any:
        """What `/api/v1` answers; its status is in the 200s or `expect`."""
        answer = self.lethe.http.request(method, f"/api/v1{path}", json=body, headers=self.bearer)
        fine = answer.is_success if expect is None else answer.status_code == expect
        assert fine, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def publish(self, text: str = NOTICE["text"]) -> int:
        """Publishes a notice, which says something new; its version."""
        text = f"{text} ({self.version})" if self.version else text
        self.version = int(self.rest("POST", "/notices", {"texts": [NOTICE | {"text": text}]})["version"])
        return self.version

    def contact(self, name: str = "", *, training: bool = False, **fields: str) -> Contact:
        """Somebody agrees, each from a network of their own, as beginnings are limited."""
        count = next(_networks)
        agreed = {"chat": True, "spam_training": training}
        body = {"notice_version": self.version, "consent": agreed, "fields": {"name": name} | fields}
        network = {"X-Forwarded-For": f"10.{count >> 16 & 255}.{count >> 8 & 255}.{count & 255}"}
        answer = self.lethe.http.post(f"/widget/{self.site}/sessions", json=body, headers=network)
        assert answer.status_code == 201, answer.text
        return Contact(self, answer.json()["token"], answer.json()["contact_id"])

    def visitor(self, **options: Any) -> Socket:
        """A visitor's socket that has said nothing yet."""
        return Socket(f"ws://127.0.0.1:{self.lethe.port}/ws/visitor", **options)

    def agent(self, headers: dict[str, str] | None = None, **options: Any) -> Socket:
        """An agent's socket, by the owner's API token unless told; read its `welcome` yourself."""
        shown = self.bearer if headers is None else headers
        return Socket(f"ws://127.0.0.1:{self.lethe.port}/ws/agent", headers=shown, **options)

    def messages(self, ticket: int) -> list[dict[str, Any]]:
        """A ticket's whole transcript as REST pages it."""
        return self._all(f"/tickets/{ticket}/messages?limit=200")

    def notes(self, ticket: int) -> list[dict[str, Any]]:
        """A ticket's notes."""
        return self._all(f"/tickets/{ticket}/notes?limit=200")

    def tickets(self) -> list[dict[str, Any]]:
        """Every ticket that is not in the trash."""
        return self._all("/tickets?limit=200")

    def sign_in(self, email: str = "", password: str = "") -> str:
        """The Cookie header of somebody who has signed in, the owner unless told."""
        form = {"email": email or self.email, "password": password or self.password}
        answer = self.lethe.http.post("/signin", data=form, headers={"Origin": self.lethe.origin})
        self.lethe.http.cookies.clear()
        assert answer.status_code == 303, answer.text
        return answer.headers["set-cookie"].partition(";")[0]

    def form(self, path: str, cookie: str, **values: str) -> httpx2.Response:
        """Posts one of an agent's forms."""
        headers = {"Cookie": cookie, "Origin": self.lethe.origin}
        page = self.lethe.http.get("/password", headers=headers).text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found, page
        return self.lethe.http.post(path, data=values | {"csrf": found[1]}, headers=headers)

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = self.rest("GET", path + (f"&cursor={after}" if after else ""))
            found, after = found + page["items"], page["next"]
        return found
