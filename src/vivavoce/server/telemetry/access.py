"""What is written down of each request and WebSocket: a line, a number, a span.

It is the outermost: it sees what every other middleware refuses. Per message it counts bytes.
Nothing that it writes has a path in it that a client chose: its row in the table of what each
address asks for (`auth/scopes.py`), which has one for all there is, stands for it.
"""

import re
import time
from collections.abc import Iterable
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.server.auth.scopes import asked, rule
from vivavoce.telemetry import metrics
from vivavoce.telemetry.board import Board
from vivavoce.telemetry.logs import bound
from vivavoce.telemetry.names import request_id
from vivavoce.telemetry.traces import request_span

HEADER: Final = b"x-request-id"

REFUSED: Final = "refused"
"""Where in the state of a scope stands why it was refused."""

METHODS: Final = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
OTHER: Final = "other"
"""What stands for methods and close codes that clients make up."""

ELSEWHERE: Final = "elsewhere"
"""The route where there is none."""

KIND: Final = re.compile(r":\w+\}")
"""Of what a route has in braces, `path` for one."""

LEFT: Final = "499"
"""In place of a status: they did not wait for one."""

CLOSES: Final = frozenset((1000, 1001, 1005, 1006))
"""Close codes of clients that are told; ours all are."""

ROUTINE: Final = ("/health", "/ready", "/metrics", "/studio", "/embed", "/socket.io")
"""Routes whose requests nobody reads about, unless one fails: machines that look, and pages."""

log = structlog.get_logger()


def refuse(scope: Scope, code: str) -> None:
    """Note why a request is refused: for its line, and to be counted."""
    scope.setdefault("state", {})[REFUSED] = code


class Access:
    """An ASGI middleware. The board, if there is one, is that of `scope["app"].state.seen`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        one = Exchange(scope, receive, send)
        with (
            bound(request=one.id),
            request_span(one.method, scope["headers"]) as span,
        ):
            try:
                await self._app(scope, one.receive, one.send)
            except Exception:
                one.failed()
                raise
            finally:
                one.over()
                span.update_name(f"{one.method} {one.route}")
                span.set_attribute("http.route", one.route)
                if one.status.isdecimal():
                    span.set_attribute("http.response.status_code", int(one.status))


class Exchange:
    """One request with its answer, or one WebSocket."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = time.perf_counter()
        self._received = self._sent = 0  # bytes
        self._web_socket = scope["type"] == "websocket"
        method = "WEBSOCKET" if self._web_socket else scope["method"]
        self.method = method if self._web_socket or method in METHODS else OTHER
        self.id = request_id(_given(scope["headers"]))
        self.status = "1006" if self._web_socket else LEFT  # until more is known
        # Now: a mount changes what it is given.
        found = rule(*asked(scope))
        self.route = ELSEWHERE if found is None else KIND.sub("}", found.path)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.receive":
            self._received += len(message.get("bytes") or message.get("text") or "")
        elif message["type"] == "http.request":
            self._received += len(message.get("body", b""))
        elif message["type"] == "websocket.disconnect" and self.status == "1006":
            code = message.get("code", 1006)
            self.status = str(code) if code in CLOSES else OTHER
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            self._sent += len(message.get("bytes") or message.get("text") or "")
        elif kind == "http.response.body":
            self._sent += len(message.get("body", b""))
        elif kind in ("http.response.start", "websocket.http.response.start"):
            self.status = str(message["status"])
            message = {**message, "headers": self._named(message.get("headers", ()))}
        elif kind == "websocket.accept":
            message = {**message, "headers": self._named(message.get("headers", ()))}
        elif kind == "websocket.close":
            self.status = str(message.get("code", 1000))
        await self._send(message)

    def failed(self) -> None:
        """By something that nobody foresaw."""
        self.status = "1011" if self._web_socket else "500"

    def over(self) -> None:
        """Write it down."""
        took = time.perf_counter() - self._began
        state = self._scope.get("state", {})
        failed = not self._web_socket and self.status >= "400" and self.status != LEFT
        reason = state.get(REFUSED) or (f"http_{self.status}" if failed else None)
        seen = getattr(self._scope["app"].state, "seen", None)
        if seen is not None and seen.board is not None:
            self._count(seen.board, took, reason)
        said: dict[str, object] = {
            "method": self.method,
            "route": self.route,
            "status": int(self.status) if self.status.isdecimal() else self.status,
            "ms": round(took * 1000, 1),
            "received": self._received,
            "sent": self._sent,
        }
        if (principal := state.get("principal")) is not None:
            said["who"] = principal.name
        if reason is not None:
            said["refused"] = reason
        routine = self.route == "/" or self.route.startswith(ROUTINE)
        quiet = routine and not (failed or self._web_socket)
        (log.debug if quiet else log.info)("request", **said)

    def _count(self, board: Board, took: float, reason: str | None) -> None:
        board.add(metrics.REQUESTS, method=self.method, route=self.route, status=self.status)
        if not self._web_socket:
            board.observe(metrics.REQUEST_SECONDS, took, route=self.route)
        if reason is not None:
            board.add(metrics.REFUSED, reason=reason)

    def _named(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        others = [pair for pair in headers if pair[0].lower() != HEADER]
        return [*others, (HEADER, self.id.encode())]


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    for name, value in headers:
        if name == HEADER:
            return value.decode("latin-1")
    return None
