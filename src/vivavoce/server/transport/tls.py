"""TLS on a port of its own, beside the plain one and with all that it speaks.

It is a second server of uvicorn's in the same process, for the same application: what holds
for the plain port (HTTP/1.1, HTTP/2 and WebSockets, the limits, how it stops) holds here.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from vivavoce.config import Settings
from vivavoce.core.errors import SettingError
from vivavoce.server.transport.admission import STATE, Admission, Entry
from vivavoce.server.transport.authority import server_certificate
from vivavoce.server.transport.handshake import Handshakes
from vivavoce.server.transport.ports import listen
from vivavoce.server.transport.protocol import SERVED, Protocol

LOOK_EVERY: Final = 600.0
"""Seconds after which the certificate is looked at again: a laptop is carried to another
network, and one of one's own is renewed beneath a running server."""

Stop = Callable[[], None]

log = structlog.get_logger()


@asynccontextmanager
async def listening(app: ASGIApp, settings: Settings, state: dict[str, Any]) -> AsyncIterator[Stop]:
    """Serve on the `tls_port` of the settings, if there is one. What is given lets no more
    clients in and lets those that are there end; leaving waits for them. `state`: the
    lifespan's, for connections.

    Raises `SettingError`: a port that cannot be had, a certificate that cannot be used.
    """
    check(settings)
    if settings.tls_port is None:
        yield lambda: None
        return
    context, _ = await asyncio.to_thread(_context, settings)
    server = _Server(app, settings, state)
    await server.begin(context, settings, settings.tls_port)
    looking = asyncio.create_task(_keep(context, settings), name="certificate")
    running = asyncio.create_task(server.run_until_told(), name="tls")
    try:
        yield server.stop
    finally:
        server.stop()
        looking.cancel()
        await asyncio.gather(looking, running, return_exceptions=True)


def check(settings: Settings) -> None:
    """Raises `SettingError` for settings that do not go together."""
    if settings.tls_key is not None and settings.tls_cert is None:
        raise SettingError("tls_key needs a tls_cert that it is the key of.")
    if settings.tls_cert is not None and settings.tls_port is None:
        raise SettingError("tls_cert needs a tls_port to be shown on.")


def folder(settings: Settings) -> Path:
    """Where the authority of this server's own has its files."""
    return settings.data_dir / "tls"


class _Server(uvicorn.Server):
    """One that is begun and stopped by the application instead of by signals."""

    def __init__(self, app: ASGIApp, settings: Settings, state: dict[str, Any]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                timeout_graceful_shutdown=round(settings.drain_s) + 5,
                **SERVED,
            )
        )
        self._state = state

    async def begin(self, context: ssl.SSLContext, settings: Settings, port: int) -> None:
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)

        admission = self._state.get(STATE) or Admission()

        def protocol(entry: Entry) -> Protocol:
            return Protocol(self.config, self.server_state, self._state, entry=entry)

        self._handshakes = Handshakes(context, admission, protocol)
        server = await listen("TLS", "tls_port", port, settings, self._handshakes.new)
        self.servers = [server]
        log.info("tls", host=settings.host, port=server.sockets[0].getsockname()[1])

    async def run_until_told(self) -> None:
        await self.main_loop()
        for server in self.servers:
            server.close()
        await self._handshakes.stop()
        await self.shutdown()

    def stop(self) -> None:
        self.should_exit = True


@dataclass(frozen=True, slots=True)
class _Files:
    """A certificate with its chain, and its key where that is a file of its own."""

    certificate: Path
    key: Path | None

    @classmethod
    def of(cls, settings: Settings) -> "_Files":
        if settings.tls_cert is not None:
            return cls(settings.tls_cert, settings.tls_key)
        return cls(server_certificate(folder(settings)), None)

    def load(self, context: ssl.SSLContext) -> None:
        """Raises `SettingError`."""
        try:
            # One with a password would have it asked for on a terminal that nobody watches.
            context.load_cert_chain(self.certificate, self.key, password=lambda: b"")
        except OSError as error:
            named = " and ".join(str(path) for path in (self.certificate, self.key) if path)
            bad = isinstance(error, ssl.SSLError)
            reason = "no certificate with its key in PEM" if bad else error.strerror
            raise SettingError(f"TLS cannot be served with {named} ({reason}).") from None


def _context(settings: Settings) -> tuple[ssl.SSLContext, _Files]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(Protocol.alpn_protocols)
    files = _Files.of(settings)
    files.load(context)
    return context, files


async def _keep(context: ssl.SSLContext, settings: Settings) -> None:
    """Those who connect from now on are shown the certificate that there is now."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            _, files = await asyncio.to_thread(_context, settings)  # what is broken goes no further
            files.load(context)
        except SettingError as error:
            log.warning("the certificate stays as it was", reason=error.message)
