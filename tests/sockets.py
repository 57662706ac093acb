"""One end of a websocket, as tests read it: everything heard is kept, waiting has a limit, closing has a code."""

import contextlib
import json
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 30.0
"""Seconds to wait for what must come. Nothing is asserted of the time it takes."""

Frame = dict[str, Any]


class Socket:
    """A client's socket. `heard` has every frame in order; `get` reads on to the frame it is asked for."""

    def __init__(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        subprotocols: Iterable[str] = ("lethe.v1",),
        **options: Any,
    ) -> None:
        self._open = ExitStack()
        options = {"compression": None, "proxy": None, "max_size": None, "max_queue": None} | options
        offered = list(subprotocols) or None
        joining = connect(url, additional_headers=headers, subprotocols=offered, ping_interval=None, **options)  # type: ignore[arg-type] # plain strings are what it takes
        self.wire = self._open.enter_context(joining)
        self.heard: list[Frame] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes as a browser does. Safe to repeat."""
        self._open.close()

    def drop(self) -> None:
        """Is gone without a word, as where a cable is cut."""
        with contextlib.suppress(OSError):
            self.wire.socket.close()
        self.close()

    def send(self, kind: str, **fields: Any) -> None:
        """Sends a frame."""
        self.raw(json.dumps({"type": kind} | fields, ensure_ascii=False))

    def raw(self, data: str | bytes, *, text: bool | None = None) -> None:
        """Sends whatever this is, as a text frame where `text`."""
        self.wire.send(data, text=text)

    def say(self, text: str, id: str = "", **fields: Any) -> str:  # noqa: A002 - as the protocol calls it
        """Sends a message; the id it was given, or got here."""
        name = id or str(uuid.uuid4())
        self.send("message", id=name, text=text, **fields)
        return name

    def next(self) -> Frame:
        """The next frame. Raises TimeoutError, or ConnectionClosed."""
        frame: Frame = json.loads(self.wire.recv(timeout=PATIENCE))
        self.heard.append(frame)
        return frame

    def get(self, kind: str, **fields: Any) -> Frame:
        """The next frame of this kind with these fields; what comes before it is in `heard`."""
        while True:
            frame = self.next()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    def ask(self, kind: str, answer: str, **fields: Any) -> Frame:
        """Sends a frame and reads its answer."""
        self.send(kind, **fields)
        return self.get(answer)

    def post(self, text: str, id: str = "", **fields: Any) -> Frame:  # noqa: A002 - as the protocol calls it
        """Sends a message and reads its ack."""
        return self.get("ack", id=self.say(text, id, **fields))

    def refused(self) -> str:
        """The code of the next error."""
        return str(self.get("error")["code"])

    def settle(self) -> list[Frame]:
        """Everything sent to this socket before now and not read yet: the answer to a nonsense comes behind it."""
        before = len(self.heard)
        self.raw("settle")
        self.get("error", code="invalid_frame")
        return self.heard[before:-1]

    def closed(self) -> int:
        """Reads to the end; the code it was closed with, 1006 where it was cut."""
        try:
            while True:
                self.next()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006


def kinds(frames: Iterable[Frame]) -> list[str]:
    """The types of frames."""
    return [frame["type"] for frame in frames]


def seqs(frames: Iterable[Frame]) -> list[int]:
    """The numbers of messages, acks among them."""
    return [frame["seq"] for frame in frames if frame["type"] in {"message", "ack"}]
