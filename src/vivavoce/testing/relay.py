"""A line that can be cut: bytes go through it to a port until a test says otherwise."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 65536


class Relay:
    """Listens on a free port of this machine. `websockets = False` turns those away."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.down = False
        self.websockets = True
        self.breaks_after: int | None = None  # bytes from who connects; each line by itself

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def cut(self) -> None:
        """Break every line, and let nobody through until `mend`."""
        self.down = True
        self._break_all()

    def mend(self) -> None:
        self.down = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self.down = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._break_all()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near:
            if self.down or not (first := near.recv(CHUNK)) or not self._admits(first):
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with far:
                self._carry(near, far, first)

    def _carry(self, near: socket.socket, far: socket.socket, first: bytes) -> None:
        with self._lock:
            if self.down:  # since it was admitted
                return
            self._open |= {near, far}
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far, first, self.breaks_after)
        back.join()
        with self._lock:
            self._open -= {near, far}

    def _admits(self, first: bytes) -> bool:
        return self.websockets or b"upgrade: websocket" not in first.lower()

    def _break_all(self) -> None:
        with self._lock:
            for end in self._open:
                _shut(end)


def _pump(
    source: socket.socket, sink: socket.socket, first: bytes = b"", most: int | None = None
) -> None:
    data, passed = first, 0
    try:
        while most is None or passed < most:
            sink.sendall(data)
            passed += len(data)
            if not (data := source.recv(CHUNK)):
                break
    except OSError:
        pass
    _shut(source)
    _shut(sink)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it is shut already
        end.shutdown(socket.SHUT_RDWR)
