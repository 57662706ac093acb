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

    `silent`: both ends stay open and nothing passes. `mute`: a line on which this was asked for is cut as soon as the
    server answers: it was done, and nobody learns of it. `down`: nobody gets through.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.silent = self.down = False
        self.mute = b""
        self.cut = 0
        self._ends: list[socket.socket] = []
        self._serving = threading.Thread(target=self._serve, daemon=True)

    @property
    def origin(self) -> str:
        """As a browser names it."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)  # or who waits at the door is still let in once
        self._door.close()
        self._serving.join(1)
        self.pull()

    def pull(self) -> None:
        """Cuts every line there is."""
        ends, self._ends = self._ends, []
        for end in ends:
            _close(end)

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
                asked: list[bytes] = []
                threading.Thread(target=self._asks, args=(near, far, asked), daemon=True).start()
                threading.Thread(target=self._answers, args=(far, near, asked), daemon=True).start()

    def _asks(self, near: socket.socket, far: socket.socket, asked: list[bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(PIECE):
                if self.mute and self.mute in data:
                    asked.append(data)
                if not self.silent:
                    far.sendall(data)
        self._ended(near, far)

    def _answers(self, far: socket.socket, near: socket.socket, asked: list[bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(PIECE):
                if asked:
                    self.cut += 1
                    break
                if not self.silent:
                    near.sendall(data)
        self._ended(near, far)

    def _ended(self, *ends: socket.socket) -> None:
        """A line that has gone silent tells neither end that the other has gone."""
        for end in ends if not self.silent else ():
            _close(end)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
