"""A TCP proxy: bytes pass both ways until a test has them stop, vanish or be cut off."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

PIECE = 1 << 16


class Cable:
    """
    Joins a port of its own to another of this machine; a context manager.

    `silent`: both ends stay open and nothing passes. `mute`: as soon as the server answers, the line is cut:
    what was asked for is done and nobody learns of it. `down`: nobody gets through.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.silent = self.mute = self.down = False
        self.cut = 0
        self._ends: list[socket.socket] = []

    @property
    def origin(self) -> str:
        """As a browser names it."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        self.pull()

    def pull(self) -> None:
        """Cuts every line there is."""
        for end in self._ends:
            _close(end)
        self._ends.clear()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                self._ends.append(near)
                if self.down:
                    _close(near)
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends.append(far)
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, answers: bool) -> None:  # noqa: FBT001 - a thread's argument
        with contextlib.suppress(OSError):
            while data := one.recv(PIECE):
                if answers and self.mute:
                    self.cut += 1
                    break
                if not self.silent:
                    other.sendall(data)
        if not self.silent:
            _close(one)
            _close(other)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
