"""Wyoming's own port: a stream of bytes over TCP, beside the one port of all the others.

Several server processes share the port where the system can (`SO_REUSEPORT`), and one of them
announces it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import structlog

from vivavoce import __version__
from vivavoce.config import Settings
from vivavoce.core.errors import EngineError, Held, SettingError
from vivavoce.dialects.base import Wire
from vivavoce.dialects.wyoming import MAX_READ, Model, WyomingDialect
from vivavoce.journal.lease import Lease
from vivavoce.live.engines import Engines
from vivavoce.server.auth.here import LOOPBACK, only_here
from vivavoce.server.auth.principal import LOCAL
from vivavoce.server.connection import Connection
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.openai_languages import NAMES
from vivavoce.server.services import Services
from vivavoce.server.transport.announce import announced
from vivavoce.server.transport.ports import listen

KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds of silence after which a peer is asked whether it is there, seconds between two
such questions, and how many go unanswered: a microphone that lost its power must not hold a
session for ever. Where the system has no such names it has its own, longer times."""

ONLY_HERE = "Its protocol has no keys; wyoming_open serves other machines all the same."

LINGER = 5.0
"""Seconds that a peer has to take the last words, where the server ends the connection."""

log = structlog.get_logger()


class TcpLine:
    """A connection's two directions as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._reading = asyncio.Lock()
        self._closing = False
        self._closed = asyncio.Event()

    async def hear(self) -> Wire:
        data = await self._read()
        if self._closing:
            await self._closed.wait()
        if self._closing or not data:
            raise LineLost
        return data

    async def say(self, wire: Wire) -> None:
        if self._closing or self._writer.is_closing():
            raise LineLost
        try:
            self._writer.write(wire if isinstance(wire, bytes) else wire.encode())
            await self._writer.drain()
        except OSError as error:
            raise LineLost from error

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002
        """Say no more, and read until the peer says no more either, `LINGER` seconds at most: a
        connection that is closed before all is read is reset, and takes the last words along."""
        self._closing = True
        try:
            with suppress(OSError, LineLost):  # a timeout is an OSError
                async with asyncio.timeout(LINGER):
                    self._writer.write_eof()
                    while await self._read():
                        pass
        finally:
            self._writer.close()
            self._closed.set()

    async def _read(self) -> bytes:
        async with self._reading:
            try:
                return await self._reader.read(MAX_READ)
            except OSError as error:
                raise LineLost from error


@asynccontextmanager
async def listening(parts: Services) -> AsyncIterator[None]:
    """Serve on the port of the settings, if there is one, and announce it if they say so.

    Raises `SettingError` for a port that cannot be had.
    """
    settings = as_far_as_may_be(parts.settings)
    if settings.wyoming_port is None:
        if settings.wyoming_announce:
            raise SettingError("wyoming_announce needs a wyoming_port to announce.")
        yield
        return
    clients = _Clients(parts)
    async with AsyncExitStack() as stack:
        server = await listen(
            "Wyoming", "wyoming_port", settings.wyoming_port, settings, clients.protocol
        )
        stack.push_async_callback(clients.close)
        stack.callback(server.close)
        port = int(server.sockets[0].getsockname()[1])
        log.info("wyoming", host=settings.host, port=port)
        if settings.wyoming_announce and (lease := _lease(settings.data_dir)):
            stack.callback(lease.release)
            await stack.enter_async_context(announced(settings.host, port))
        yield


def as_far_as_may_be(settings: Settings) -> Settings:
    """The protocol has no keys: other machines are served where that was asked for in words."""
    asked = settings.wyoming_open or (settings.auth == "none" and settings.open_to_all)
    if asked or settings.wyoming_port is None or only_here(settings.host):
        return settings
    log.warning("wyoming is served to this machine alone", reason=ONLY_HERE)
    return settings.model_copy(update={"host": LOOPBACK})


class _Clients:
    """The connections there are."""

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._running: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def protocol(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(MAX_READ), self.met)

    def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody connected."""
        place = self._parts.admission.admit(writer.transport)
        if place is None:
            writer.transport.abort()
            return
        _keep_alive(writer.get_extra_info("socket"))
        task = asyncio.create_task(self._serve(reader, writer), name="wyoming")
        self._running[task] = writer
        task.add_done_callback(self._running.pop)
        task.add_done_callback(lambda _: place.leave())

    async def close(self) -> None:
        running = dict(self._running)
        for task, writer in running.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        models = await asyncio.to_thread(_models, self._parts.engines)
        dialect = WyomingDialect(models, __version__, kept=self._parts.settings.wyoming_keep)
        try:
            line = TcpLine(reader, writer)
            await Connection(line, dialect, self._parts.hub, LOCAL.id).run()
        except Exception:
            log.exception("wyoming connection failed")
        finally:
            writer.close()


def _models(engines: Engines) -> list[Model]:
    """Those of the chain that can be used here, with every language they take."""
    found = []
    for name in engines.names:
        with suppress(EngineError):
            can = engines.capabilities(name)
            any_language = "*" in can.languages
            found.append(Model(name, can.model, tuple(NAMES) if any_language else can.languages))
    return found


def _lease(data_dir: Path) -> Lease | None:
    """Of the processes that share a port one announces it, or the next that starts when it
    has died."""
    folder = data_dir / "wyoming"
    folder.mkdir(exist_ok=True)
    with suppress(Held):
        return Lease(folder)
    return None


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
