"""A line to a service that fails as services do: refused, turned away, silent, cut, garbled."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived

CHUNK = 4096  # bytes: small, so that a fault comes close to where it is due
GARBAGE = (bytes(range(255, -1, -1)) + b"\r\n\r\n") * 300  # longer than a record of TLS

TurnAway = Callable[[socket.socket, int], None]
"""Answers the first request on a line with an HTTP status."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the lines: at once, or when so much has gone through since it was set.

    refused    nobody listens; at once, and lines that were open are cut
    status     requests are answered with this HTTP status; the same
    silent     nothing comes back any more, and what is sent is swallowed
    cut        the line ends
    garbage    what comes back is noise
    """

    kind: Literal["refused", "status", "silent", "cut", "garbage"]
    sent: int = 0  # bytes to the service
    heard: int = 0  # bytes from it
    status: int = 0


def over_http(line: socket.socket, status: int) -> None:
    head = b""
    while b"\r\n\r\n" not in head and (data := line.recv(CHUNK)):
        head += data
    line.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)


def over_http2(certificate: Path) -> TurnAway:
    """Within TLS, shown this certificate with its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2"])

    def turn_away(line: socket.socket, status: int) -> None:
        machine = H2Connection(H2Configuration(client_side=False))
        with context.wrap_socket(line.dup(), server_side=True) as secure:
            machine.initiate_connection()
            secure.sendall(machine.data_to_send())
            while data := secure.recv(CHUNK):
                for event in machine.receive_data(data):
                    if isinstance(event, RequestReceived):
                        machine.send_headers(
                            event.stream_id, [(":status", str(status))], end_stream=True
                        )
                secure.sendall(machine.data_to_send())

    return turn_away


class Saboteur:
    """Listens on a port of this machine and lets everything through to `target` until `set`."""

    def __init__(self, target: int, turn_away: TurnAway = over_http) -> None:
        self._target = target
        self._turn_away = turn_away
        self._lock = threading.Lock()
        self._less = threading.Condition(self._lock)  # notified when a line is closed
        self._open: set[socket.socket] = set()
        self._fault: Fault | None = None
        self._sent = self._heard = 0  # bytes since it was set
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])

    def idle(self, timeout: float) -> bool:
        """Wait until no line is open, for so many seconds; whether that is so."""
        with self._less:
            return self._less.wait_for(lambda: not self._open, timeout)

    def set(self, fault: Fault) -> None:
        """From now on, until `mend`."""
        with self._lock:
            self._fault, self._sent, self._heard = fault, 0, 0
        if fault.kind == "refused":
            _shut(self._listener)
            self._listener.close()
        if fault.kind in ("refused", "status"):
            self.cut()

    def mend(self) -> None:
        """All goes through again, on new lines."""
        fault, self._fault = self._fault, None
        if fault is not None and fault.kind == "refused":
            self._listener = self._listen(self.port)
            self._begin()
        elif fault is not None:
            self.cut()

    def cut(self) -> None:
        """The lines that are open."""
        with self._lock:
            for end in self._open:
                _shut(end)

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self.set(Fault("refused"))

    def _listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def _begin(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it is closed
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        fault = self._fault
        with near, suppress(OSError):
            if fault is not None and fault.kind == "status":
                self._turn_away(near, fault.status)
                near.shutdown(socket.SHUT_WR)
                while near.recv(CHUNK):  # unread bytes would take the answer with them
                    pass
                return
            with socket.create_connection(("127.0.0.1", self._target)) as far:
                self._carry(near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        ends = {near, far}
        with self._lock:
            self._open |= ends
        back = threading.Thread(target=self._pump, args=(far, near, True), daemon=True)
        back.start()
        self._pump(near, far, False)
        back.join()
        with self._lock:
            self._open -= ends
            self._less.notify_all()

    def _pump(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        with suppress(OSError):
            babbled = False
            while data := source.recv(CHUNK):
                match self._due(len(data), back=back):
                    case None:
                        sink.sendall(data)
                    case "cut":
                        break
                    case "garbage" if not babbled:
                        (sink if back else source).sendall(GARBAGE)
                        babbled = True
        _shut(source)
        _shut(sink)

    def _due(self, size: int, *, back: bool) -> str | None:
        """The fault that this much more meets."""
        with self._lock:
            if back:
                self._heard += size
            else:
                self._sent += size
            fault = self._fault
            if fault is None:
                return None
            due = self._sent >= fault.sent and self._heard >= fault.heard
            return fault.kind if due else None


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it is shut already
        end.shutdown(socket.SHUT_RDWR)
