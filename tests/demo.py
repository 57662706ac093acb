"""A demo of our own for walks and pictures: `lethe demo` in a process and a folder that go when it is left."""

import json
import os
import re
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from tests.forks import Fork
from tests.keeper import keeper

STARTS_WITHIN = 60
NAME = re.compile(r"(?:shop|chat)\.localhost")
ADDRESS = re.compile(r"http://(?:shop|chat)\.localhost:\d+")


class Demo:
    """The running demo: `server` and `shop` are origins; the owner signs in with `email` and `password`."""

    server: str
    shop: str
    site_key: str
    email: str
    password: str
    api_token: str

    def __init__(self, data: Path | None = None) -> None:
        self._folder = None if data else tempfile.TemporaryDirectory(prefix="lethe-demo-")
        self.data = data or Path(self._folder.name if self._folder else "")
        self._streams = tempfile.TemporaryDirectory(prefix="lethe-said-")
        self._process: Fork | None = None

    def __enter__(self) -> Self:
        said, wrong = Path(self._streams.name, "said"), Path(self._streams.name, "wrong")
        environ = os.environ | {"LETHE_DATA": str(self.data)}
        # It leads a session: Ctrl-C in the terminal is for the tests, which then stop it.
        self._process = Fork(["demo", "--port", "0"], environ, Path.cwd(), [Path(os.devnull), said, wrong], leads=True)
        keeper().keep(self._process.pid, self.data)
        # By number: programs may not know the names, and a private Chromium keeps nothing for frames elsewhere.
        self.shop, self.server = (NAME.sub("127.0.0.1", each) for each in self._addresses(said, wrong))
        kept = json.loads(Path(self.data, "sign-in.json").read_text("utf-8"))
        self.site_key, self.email = kept["site_key"], kept["owner_email"]
        self.password, self.api_token = kept["password"], kept["api_token"]
        # One demo serves many tests, whose visitors all come from one network.
        self.api("PATCH", "/account", {"agreement_rate": 0})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for each in (self._folder, self._streams):
            if each:
                each.cleanup()

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and wait."""
        if self._process:
            self._process.terminate()
            self._process.wait(STARTS_WITHIN)
            keeper().let_go(self._process.pid)
            self._process = None

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the REST interface as the owner; the answer's JSON."""
        answer = httpx2.request(
            method,
            f"{self.server}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.api_token}"},
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _addresses(self, said: Path, wrong: Path) -> tuple[str, str]:
        """The origins of shop and server, from what the demo says when both are bound."""
        limit = time.monotonic() + STARTS_WITHIN
        while self._process and self._process.poll() is None and time.monotonic() < limit:
            found = ADDRESS.findall(said.read_text("utf-8")) if said.exists() else []
            if len(found) > 1:
                return found[0], found[1]
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"The demo did not say where it is: {wrong.read_text('utf-8')[-2000:]}")
