"""The application: the only file that knows every part by its concrete class."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from vivavoce import __version__
from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import SettingError, VivavoceError
from vivavoce.deliver.deliveries import Deliveries
from vivavoce.insight.endpoint import Endpoint
from vivavoce.insight.openai_model import language_model
from vivavoce.insight.reading import Reader
from vivavoce.insight.summariser import Summariser
from vivavoce.insight.translator import Translator
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk
from vivavoce.library.blobs import Blobs
from vivavoce.library.buckets import blobs_at
from vivavoce.library.database import Tables
from vivavoce.library.diarizations import Diarizations
from vivavoce.library.leases import Leases
from vivavoce.library.retention import Retention, Rules
from vivavoce.library.shares import Shares
from vivavoce.library.sql import SqlRepository
from vivavoce.library.summaries import Summaries
from vivavoce.live.annotations import Annotations
from vivavoce.live.capacity import keep_measuring
from vivavoce.live.diarization import Diarizing
from vivavoce.live.engines import Engines
from vivavoce.live.hub import Hub
from vivavoce.live.news import News
from vivavoce.live.opening import Opener
from vivavoce.live.redacting import redactor
from vivavoce.live.replicas.left import Left
from vivavoce.live.replicas.one_folder import OneFolder
from vivavoce.live.replicas.port import Replicas
from vivavoce.live.restore import check_whole
from vivavoce.live.seal import Sealer
from vivavoce.live.streams import default_options
from vivavoce.live.tally import Tally
from vivavoce.server import errors
from vivavoce.server.auth.auth import authentication
from vivavoce.server.browsers.origins import Origins
from vivavoce.server.elsewhere import answer
from vivavoce.server.guards import guard
from vivavoce.server.half_set import half_set
from vivavoce.server.pages import connect, docs, sign_in, studio
from vivavoce.server.protocols import almost_real_time, live_http, openai_rest, wyoming
from vivavoce.server.protocols.aws_poc import aws_poc
from vivavoce.server.protocols.aws_transcribe import router as aws_transcribe
from vivavoce.server.protocols.azure_speech import routes as azure_speech
from vivavoce.server.protocols.echo import echo
from vivavoce.server.protocols.live_server import router as live_server
from vivavoce.server.protocols.openai_realtime import routes as openai_realtime
from vivavoce.server.protocols.socketio import SocketIO
from vivavoce.server.protocols.visits import Visits
from vivavoce.server.protocols.webrtc import Peers
from vivavoce.server.protocols.ws import live
from vivavoce.server.rates import Rates
from vivavoce.server.rest import health, metrics, recordings, shares
from vivavoce.server.rest.bin import keep_emptying
from vivavoce.server.rest.doors import Doors
from vivavoce.server.rest.models import ANYWHERE
from vivavoce.server.rest.retention import keep_rules
from vivavoce.server.rest.tokens import router as tokens
from vivavoce.server.seen import Seen
from vivavoce.server.services import Services
from vivavoce.server.stopping import prepared
from vivavoce.server.transport import tls
from vivavoce.server.transport.admission import STATE, Admission
from vivavoce.telemetry.logs import set_up_logs

SESSIONS_PER_CORE = 8
"""Live sessions admitted for each core until it is measured, or where it cannot be."""

log = structlog.get_logger()


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
            services(settings, disk, rates, seen.tally) as found,
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


@asynccontextmanager
async def services(
    settings: Settings,
    disk: Disk | None = None,
    rates: Rates | None = None,
    tally: Tally | None = None,
) -> AsyncIterator[Services]:
    """Every part of a running server, started in order and stopped in reverse."""
    for sentence in half_set(settings):
        log.warning("half of what belongs together is set", reason=sentence)
    check_whole(settings.data_dir)
    cores = os.cpu_count() or 1
    tally = tally or Tally()
    async with AsyncExitStack() as stack:
        repository = await SqlRepository.open(settings.data_dir, settings.database)
        stack.push_async_callback(repository.close)
        tables = repository.tables
        blobs = blobs_at(settings.data_dir, settings.blobs_url, settings.aws_region)
        deliveries = Deliveries(settings, repository, tables)
        stack.push_async_callback(deliveries.stop)
        deliveries.start()
        news = deliveries.news
        committer = Committer(settings.commit_ms, disk, tally.acked)
        stack.push_async_callback(committer.close)
        share = max(1, cores // settings.workers)  # of the machine, for this process
        engines = Engines(
            settings.engines,
            settings.hosts or share,
            settings.finals,
            settings.engine_deadline_s,
            model=Endpoint.of(settings) is not None,
            tally=tally,
        )
        stack.push_async_callback(engines.stop)
        await engines.start()
        hides = redactor(settings)
        replicas = await stack.enter_async_context(shared_with(settings, repository, blobs))
        opener = Opener(
            settings.data_dir / "live",
            engines,
            repository,
            Sealer(repository, blobs, news, replicas.may_seal),
            committer,
            default_options(settings),
            settings.grace_s,
            news,
            queue := Diarizations(tables),
            allowance=rates,
            redactor=hides,
            tally=tally,
        )
        most = settings.max_sessions or SESSIONS_PER_CORE * share
        hub = Hub(opener, max_sessions=most, replicas=replicas)
        stack.push_async_callback(hub.drain, settings.drain_s)
        annotations = Annotations(hub, repository, news, hides)
        diarizing = Diarizing(
            queue,
            hub,
            engines,
            repository,
            blobs,
            annotations,
            settings.data_dir,
            settings.diarizer,
        )
        stack.push_async_callback(diarizing.stop)
        summariser, translator = insight(settings, hub, repository, annotations, tables, news)
        stack.push_async_callback(summariser.close)
        if translator is not None:
            stack.push_async_callback(translator.close)
            hub.began = translator.began
        await hub.recover()
        diarizing.start()
        if settings.max_sessions is None:
            measuring = asyncio.create_task(_measure(engines, hub, settings))
            stack.push_async_callback(_ended, measuring)
        found = Services(
            settings=settings,
            hub=hub,
            replicas=replicas,
            engines=engines,
            repository=repository,
            retention=Retention(tables, Rules(settings.audio_days, settings.text_days)),
            blobs=blobs,
            visits=Visits(),
            shares=(links := Shares(tables)),
            doors=Doors(links.holding),
            news=news,
            deliveries=deliveries,
            annotations=annotations,
            summariser=summariser,
            translator=translator,
            diarizing=diarizing,
            auth=await stack.enter_async_context(
                authentication(tables, settings.unlimited_networks)
            ),
            admission=Admission.of(settings),
        )
        emptying = asyncio.create_task(keep_emptying(found))
        stack.push_async_callback(_ended, emptying)
        deleting = asyncio.create_task(keep_rules(found))
        stack.push_async_callback(_ended, deleting)
        yield found


@asynccontextmanager
async def shared_with(
    settings: Settings, repository: SqlRepository, blobs: Blobs
) -> AsyncIterator[Replicas]:
    """The other processes that serve the same sessions. Raises `SettingError`, `DiskError`."""
    if settings.redis is None:
        yield OneFolder(settings.data_dir / "live")
        return
    try:
        from vivavoce.live.replicas.shared import Shared
    except ModuleNotFoundError as error:
        raise SettingError("redis_url needs pip install 'vivavoce[redis]'.") from error
    disk = Disk()
    leases = Leases(repository.tables, secrets.token_hex(8))
    left = Left(settings.data_dir, repository, blobs, disk)
    shared = Shared(settings.data_dir, leases, settings.redis, left, settings.grace_s, disk)
    async with shared.running():
        yield shared


def insight(
    settings: Settings,
    hub: Hub,
    repository: SqlRepository,
    annotations: Annotations,
    tables: Tables,
    news: News,
) -> tuple[Summariser, Translator | None]:
    """What makes something of transcripts. Who translates has turns of its own at the language
    model, so that no summary delays it."""
    reader = Reader(hub, repository)
    summariser = Summariser(
        language_model(settings), settings.llm_part_chars, reader, Summaries(tables), news
    )
    if summariser.model is None or (model := language_model(settings)) is None:
        return summariser, None
    return summariser, Translator(model, reader, annotations)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel it, and wait until it has put everything away."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _measure(engines: Engines, hub: Hub, settings: Settings) -> None:
    """Admit as many live sessions as the machine turns out to hold."""

    def tell(streams: int) -> None:
        hub.max_sessions = streams
        log.info("live sessions admitted", at_most=streams)

    pool, every = engines.default, settings.interim_ms * 16
    try:
        await keep_measuring(pool, pool.count, every, tell, lambda: hub.sessions == 0)
    except VivavoceError as error:
        log.warning("cannot measure this machine", reason=error.message)
