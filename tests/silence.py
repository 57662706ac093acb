"""A line that goes silent: a relay on loopback that stops forwarding, and closes nothing."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Line:
    """Forwards connections to `port`, both ways, until `silent` is set. A context manager; its own port is `port`."""

    def __init__(self, port: int) -> None:
        self.silent = threading.Event()
        self._target = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self._door, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
            each.close()
        for thread in self._threads:
            thread.join(10)

    def _run(self, job: object, *args: object) -> None:
        thread = threading.Thread(target=job, args=args, daemon=True)  # type: ignore[arg-type]  # any callable
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                self._run(self._forward, near, far)
                self._run(self._forward, far, near)

    def _forward(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent.is_set():
                    to.sendall(data)
            to.shutdown(socket.SHUT_RDWR)
