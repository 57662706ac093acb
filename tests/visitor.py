"""A visitor without a browser: agrees to the notice, then writes over the socket, as the protocol says."""

import json
import uuid
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import httpx2
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.demo import Demo

WAITS = 20


class Visitor:
    """One visitor of the demo's shop; a context manager, connected inside."""

    def __init__(
        self, demo: Demo, name: str = "", *, email: str = "", locale: str = "en", training: bool = False
    ) -> None:
        self._demo = demo
        self._agreement = {
            "notice_version": demo.api("GET", "/notices")["items"][0]["version"],
            "consent": {"chat": True, "spam_training": training},
            "fields": {key: value for key, value in (("name", name), ("email", email)) if value},
            "locale": locale,
        }
        self._open = ExitStack()
        self._socket: ClientConnection | None = None
        self.token = ""

    def __enter__(self) -> Self:
        origin = self._demo.shop
        answer = httpx2.post(
            f"{self._demo.server}/widget/{self._demo.site_key}/sessions",
            json=self._agreement,
            headers={"Origin": origin},
        )
        answer.raise_for_status()
        self.token = answer.json()["token"]
        address = f"{self._demo.server.replace('http', 'ws', 1)}/ws/visitor"
        line = connect(address, origin=Origin(origin), subprotocols=[Subprotocol("lethe.v1")])
        self._socket = self._open.enter_context(line)
        self.send({"type": "hello", "token": self.token, "last_seq": 0})
        self.wait_for("welcome")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def socket(self) -> ClientConnection:
        """The open socket."""
        if self._socket is None:
            raise RuntimeError("This visitor is not connected")
        return self._socket

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame as it is."""
        self.socket.send(json.dumps(frame))

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The next frame of a type; those before it are let go."""
        while True:
            frame: dict[str, Any] = json.loads(self.socket.recv(timeout=WAITS))
            if frame["type"] == "error":
                raise AssertionError(frame)
            if frame["type"] == kind:
                return frame

    def begin_anew(self, text: str) -> dict[str, Any]:
        """Leave a chat that has ended and begin another; the ack."""
        self.send({"type": "hello", "token": self.token, "last_seq": 0, "fresh": True})
        self.wait_for("welcome")
        return self.say(text)

    def say(self, text: str) -> dict[str, Any]:
        """Send a message and wait until it is stored; the ack."""
        self.send({"type": "message", "id": str(uuid.uuid4()), "text": text})
        return self.wait_for("ack")
