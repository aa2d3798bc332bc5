"""One request over HTTP/2 and its answer, as ASGI has them.

A route may rely on this, with the answer begun or not:

- Both directions are open at once: the answer may be sent while the request's body is still
  coming, and `http.response.start` goes out when it is sent, not with the first of the body.
- `receive` gives the body as it comes, and holds at most `WINDOW` bytes of it: who does not
  receive lets the client wait. What came before a client went away is given before
  `http.disconnect`.
- `send` returns when the client's window and the line have taken it all, so who does not read
  is waited for. When the client is gone it raises `OSError`, as ASGI's version 2.4 has it, for
  which Starlette's `StreamingResponse` leaves `receive` to the route. (On HTTP/1.1 uvicorn
  says 2.3, and there that class reads the body away to see a client go; a response of one's
  own, which does not, is good for both.)
- An answer that ends before the request's body does tells the client to stop sending.
"""

import asyncio
import logging
from collections.abc import Iterable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

WINDOW: Final = 256 << 10
"""Bytes of a request's body that may wait for the application."""

Headers = list[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]

OF_THE_LINE: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
"""Headers of HTTP/1.1 that HTTP/2 does without and forbids."""

log = logging.getLogger("uvicorn.error")  # where the server's own protocols log


class ClientGone(OSError):
    """The client has reset the stream or closed the connection."""


class Wire:
    """What a connection's streams share: the machine, and the transport it writes to.

    `patience`: seconds that a client may take nothing of an answer.
    """

    def __init__(
        self, machine: H2Connection, transport: asyncio.Transport, patience: float
    ) -> None:
        self.machine = machine
        self.patience = patience
        self.paused = False  # the transport has enough to write
        self._transport = transport

    def flush(self) -> None:
        """Write what the machine has for the client."""
        data = self.machine.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def room(self, stream: int) -> int:
        """Bytes that may be sent on a stream now."""
        if self.paused:
            return 0
        machine = self.machine
        return min(machine.local_flow_control_window(stream), machine.max_outbound_frame_size)


class Stream:
    """`headers` go out with every answer."""

    def __init__(self, wire: Wire, number: int, scope: Scope, headers: Headers) -> None:
        self._wire = wire
        self._number = number
        self._scope = scope
        self._headers = headers
        self._body = bytearray()
        self._owed = 0  # bytes of the client's window to be given back
        self._whole = False  # the request's body has come
        self._given = False  # and was given to the application
        self._started = self._done = self._gone = False
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._expected = (b"expect", b"100-continue") in scope["headers"]

    def heard(self, data: bytes, cost: int) -> None:
        """Some of the body, which took `cost` bytes of the window."""
        self._owed += cost
        if self._done:
            self._give_back()
            return
        self._body += data
        self._news.set()

    def heard_all(self) -> None:
        self._whole = True
        self._news.set()

    def lost(self) -> None:
        """The client reset the stream, or is gone."""
        self._gone = True
        self._news.set()
        self._room.set()

    def wake(self) -> None:
        """There may be room to send."""
        self._room.set()

    async def run(self, app: ASGIApp) -> None:
        """Have the application answer. What it fails to say is said for it."""
        try:
            await app(self._scope, self._receive, self._send)
            if not self._done and not self._gone:
                log.error("ASGI callable returned without completing its response.")
                await self._fail()
        except (ClientGone, ClientDisconnect):
            pass
        except Exception as error:
            log.error("Exception in ASGI application\n", exc_info=error)
            await self._fail()
        finally:
            if not self._done and not self._gone:
                self._gone = True
                self._wire.machine.reset_stream(self._number, ErrorCodes.INTERNAL_ERROR)
            self._give_back()
            self._wire.flush()

    async def _fail(self) -> None:
        if not self._started and not self._gone:
            await answer(500, b"Internal Server Error")(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._expected and not self._started and not self._gone:
            self._expected = False
            self._wire.machine.send_headers(self._number, [(b":status", b"100")])
            self._wire.flush()
        while True:
            if self._body or (self._whole and not self._given):
                self._given = self._whole
                body = bytes(self._body)
                self._body.clear()
                self._give_back()
                return {"type": "http.request", "body": body, "more_body": not self._whole}
            if self._gone or self._done:
                return {"type": "http.disconnect"}
            self._news.clear()
            await self._news.wait()

    def _give_back(self) -> None:
        if self._owed:
            self._wire.machine.acknowledge_received_data(self._owed, self._number)
            self._wire.flush()
            self._owed = 0

    async def _send(self, message: Message) -> None:
        if self._gone:
            raise ClientGone
        expected = "http.response.body" if self._started else "http.response.start"
        if message["type"] != expected or self._done:
            raise RuntimeError(f"Unexpected ASGI message {message['type']!r}.")
        if self._started:
            await self._say(message.get("body", b""), last=not message.get("more_body", False))
        else:
            await self._start(message["status"], message.get("headers", ()))

    async def _start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        while self._wire.paused:
            await self._more_room()
        lower = ((name.lower(), value) for name, value in headers)
        sent = [pair for pair in (*self._headers, *lower) if pair[0] not in OF_THE_LINE]
        self._wire.machine.send_headers(self._number, [(b":status", str(status).encode()), *sent])
        self._started = True
        self._wire.flush()

    async def _say(self, body: bytes, *, last: bool) -> None:
        left = memoryview(b"" if self._scope["method"] == "HEAD" else body)
        while left:
            while (room := self._wire.room(self._number)) <= 0:
                await self._more_room()
            part, left = left[:room], left[room:]
            self._wire.machine.send_data(self._number, part, end_stream=last and not left)
            self._wire.flush()
            self._done = last and not left
        if last:
            self._end()

    async def _more_room(self) -> None:
        self._room.clear()
        try:
            async with asyncio.timeout(self._wire.patience):
                await self._room.wait()
        except TimeoutError:
            raise ClientGone from None
        if self._gone:
            raise ClientGone

    def _end(self) -> None:
        if not self._done:
            self._wire.machine.end_stream(self._number)
            self._done = True
        if not self._whole:
            self._wire.machine.reset_stream(self._number, ErrorCodes.NO_ERROR)
        self._wire.flush()
        self._news.set()


class BadRequest(Exception):
    """A request that HTTP/2 lets through and that nobody can answer."""


def scope_of(headers: Headers, root: str) -> Scope:
    """What a request's headers say; who asks, and over what, is to be added.

    Raises `BadRequest`.
    """
    pseudo = dict(pair for pair in headers if pair[0].startswith(b":"))
    others = [pair for pair in headers if not pair[0].startswith(b":") and pair[0] != b"cookie"]
    # Cookies may come in pieces, which nobody knows from HTTP/1.1.
    if cookies := [value for name, value in headers if name == b"cookie"]:
        others.append((b"cookie", b"; ".join(cookies)))
    if (authority := pseudo.get(b":authority")) is not None:
        others = [(b"host", authority), *(pair for pair in others if pair[0] != b"host")]
    target = pseudo.get(b":path", b"")
    raw, _, query = target.partition(b"?")
    if not raw.startswith(b"/") or not target.isascii() or not pseudo[b":method"].isascii():
        raise BadRequest(
            "A request needs a method in ASCII, and a path in ASCII that begins with /."
        )
    return {
        "type": "http",
        "http_version": "2",
        "method": pseudo[b":method"].decode(),
        "root_path": root,
        "path": root + unquote(raw.decode()),
        "raw_path": root.encode() + raw,
        "query_string": query,
        "headers": others,
    }


def answer(status: int, sentence: bytes) -> ASGIApp:
    """An application that says one thing."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(sentence)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": sentence})

    return app
