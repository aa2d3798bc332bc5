"""The application: every route and what stands around them, over the parts of `assembly.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from vivavoce import __version__
from vivavoce.config import Settings, load_settings
from vivavoce.journal.disk import Disk
from vivavoce.server import errors
from vivavoce.server.assembly import assembled
from vivavoce.server.browsers.origins import Origins
from vivavoce.server.elsewhere import answer
from vivavoce.server.guards import guard
from vivavoce.server.pages import connect, docs, sign_in, studio
from vivavoce.server.protocols import almost_real_time, live_http, openai_rest, wyoming
from vivavoce.server.protocols.aws_poc import aws_poc
from vivavoce.server.protocols.aws_transcribe import router as aws_transcribe
from vivavoce.server.protocols.azure_speech import routes as azure_speech
from vivavoce.server.protocols.echo import echo
from vivavoce.server.protocols.live_server import router as live_server
from vivavoce.server.protocols.openai_realtime import routes as openai_realtime
from vivavoce.server.protocols.socketio import SocketIO
from vivavoce.server.protocols.webrtc import Peers
from vivavoce.server.protocols.ws import live
from vivavoce.server.rates import Rates
from vivavoce.server.rest import health, metrics, recordings, shares
from vivavoce.server.rest.models import ANYWHERE
from vivavoce.server.rest.tokens import router as tokens
from vivavoce.server.stopping import prepared
from vivavoce.server.telemetry.seen import Seen
from vivavoce.server.transport import tls
from vivavoce.server.transport.admission import STATE
from vivavoce.telemetry.logs import set_up_logs


def create_app(settings: Settings | None = None, disk: Disk | None = None) -> FastAPI:
    """An application with these settings, or those of the environment and the files.

    `disk`: where the journals lie; tests put a worse one there. Raises `SettingError`; its
    start raises `SettingError` and `EngineError`.
    """
    settings = settings or load_settings()
    set_up_logs(settings.log_level, settings.log_format)
    seen = Seen(settings)
    rates = Rates(settings)
    origins = Origins(settings.origins)
    sockets = SocketIO(origins)
    peers = Peers()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with (
            assembled(settings, disk, rates, seen.tally) as found,
            seen.showing(found),
            wyoming.listening(found),
            peers,
        ):
            app.state.services = found
            found.replicas.serve(partial(answer, app))
            state = {STATE: found.admission}
            async with tls.listening(app, settings, state) as stop_tls:

                async def stop() -> None:
                    found.annotations.close()
                    found.diarizing.drain()
                    await found.hub.drain(settings.drain_s)
                    await sockets.aclose()
                    stop_tls()

                with prepared(stop):
                    yield state
                await sockets.aclose()

    app = FastAPI(
        title="Vivavoce",
        version=__version__,
        summary="Live transcription: words out as they are said, none of them lost.",
        lifespan=lifespan,
        docs_url=None,  # the framework's own pages come from a CDN
        redoc_url=None,
        # The framework's own would send addresses with what is secret in them.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    errors.install(app)
    app.state.seen = seen
    app.state.rates = rates
    app.include_router(recordings.router, prefix="/api/v1", responses=ANYWHERE)
    app.include_router(tokens, prefix="/api/v1", responses=ANYWHERE)
    app.include_router(live_http.router, prefix="/api/v1", responses=ANYWHERE)
    app.include_router(openai_rest.router)
    app.include_router(openai_realtime())
    app.include_router(live_server)
    app.include_router(almost_real_time.router)
    app.include_router(aws_transcribe)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.router.routes.append(WebSocketRoute("/api/v1/live", live))
    app.router.routes.append(WebSocketRoute("/ws", aws_poc))
    app.router.routes.append(WebSocketRoute("/ws/echo", echo))
    sockets.mount(app)
    peers.mount(app)
    connect.mount(app)
    docs.mount(app)
    shares.mount(app)
    sign_in.mount(app)
    studio.mount(app, origins)
    app.router.routes.extend(azure_speech())  # the last: it answers Speech SDKs at any address
    guard(app, settings)
    return app
