"""Every part of a running server, put together: the only file that knows them by their classes."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from vivavoce.config import Settings
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
from vivavoce.library.diarizations import Diarizations
from vivavoce.library.leases import Leases
from vivavoce.library.retention import Retention, Rules
from vivavoce.library.shares import Shares
from vivavoce.library.sql import SqlRepository
from vivavoce.library.summaries import Summaries
from vivavoce.live.allowance import Allowance, Boundless
from vivavoce.live.annotations import Annotations
from vivavoce.live.capacity import keep_measuring
from vivavoce.live.diarization import Diarizing
from vivavoce.live.engines import Engines
from vivavoce.live.hub import Hub
from vivavoce.live.opening import Opener
from vivavoce.live.redacting import redactor
from vivavoce.live.replicas.left import Left
from vivavoce.live.replicas.one_folder import OneFolder
from vivavoce.live.replicas.port import Replicas
from vivavoce.live.restore import check_whole
from vivavoce.live.seal import Sealer
from vivavoce.live.streams import default_options
from vivavoce.live.tally import Tally
from vivavoce.server.auth.auth import authentication
from vivavoce.server.half_set import half_set
from vivavoce.server.protocols.visits import Visits
from vivavoce.server.rest.bin import keep_emptying
from vivavoce.server.rest.doors import Doors
from vivavoce.server.rest.retention import keep_rules
from vivavoce.server.services import Services
from vivavoce.server.transport.admission import Admission

SESSIONS_PER_CORE = 8
"""Live sessions admitted for each core until it is measured, or where it cannot be."""

log = structlog.get_logger()


@asynccontextmanager
async def assembled(
    settings: Settings,
    disk: Disk | None = None,
    allowance: Allowance | None = None,
    tally: Tally | None = None,
) -> AsyncIterator[Services]:
    """The parts, started in order and stopped in reverse.

    `disk`: where the journals lie; `allowance`: how much its users may; `tally`: what it
    counts in. Raises `SettingError`, `EngineError`, `DiskError`.
    """
    for sentence in half_set(settings):
        log.warning("half of what belongs together is set", reason=sentence)
    check_whole(settings.data_dir)
    share = max(1, (os.cpu_count() or 1) // settings.workers)  # of the cores, for this process
    tally = tally or Tally()
    async with AsyncExitStack() as stack:
        stopping = stack.push_async_callback
        repository = await SqlRepository.open(settings.data_dir, settings.database)
        stopping(repository.close)
        tables = repository.tables
        blobs = blobs_at(settings.data_dir, settings.blobs_url, settings.aws_region)
        deliveries = Deliveries(settings, repository, tables)
        stopping(deliveries.stop)
        deliveries.start()
        committer = Committer(settings.commit_ms, disk, tally.acked)
        stopping(committer.close)
        engines = _engines(settings, share, tally)
        stopping(engines.stop)
        await engines.start()
        replicas = await stack.enter_async_context(_replicas(settings, repository, blobs))
        opener = Opener(
            folder=settings.data_dir / "live",
            engines=engines,
            repository=repository,
            sealer=Sealer(repository, blobs, deliveries.news, replicas.may_seal),
            committer=committer,
            defaults=default_options(settings),
            grace=settings.grace_s,
            news=deliveries.news,
            queue=(queue := Diarizations(tables)),
            redactor=(hides := redactor(settings)),
            allowance=allowance or Boundless(),
            tally=tally,
        )
        most = settings.max_sessions or SESSIONS_PER_CORE * share
        hub = Hub(opener, max_sessions=most, replicas=replicas)
        stopping(hub.drain, settings.drain_s)
        annotations = Annotations(hub, repository, deliveries.news, hides)
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
        stopping(diarizing.stop)
        reader = Reader(hub, repository)
        summariser = Summariser(
            language_model(settings),
            settings.llm_part_chars,
            reader,
            Summaries(tables),
            deliveries.news,
        )
        stopping(summariser.close)
        translator = _translator(settings, reader, annotations)
        if translator is not None:
            stopping(translator.close)
            hub.began = translator.began
        await hub.recover()
        diarizing.start()
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
            news=deliveries.news,
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
        for going in (keep_emptying(found), keep_rules(found), _measure(found)):
            stopping(_ended, asyncio.create_task(going))
        yield found


def _engines(settings: Settings, share: int, tally: Tally) -> Engines:
    return Engines(
        settings.engines,
        settings.hosts or share,
        settings.finals,
        settings.engine_deadline_s,
        model=Endpoint.of(settings) is not None,
        tally=tally,
    )


@asynccontextmanager
async def _replicas(
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


def _translator(settings: Settings, reader: Reader, annotations: Annotations) -> Translator | None:
    """It has turns of its own at the language model, so that no summary delays it."""
    model = language_model(settings)
    return None if model is None else Translator(model, reader, annotations)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel it, and wait until it has put everything away."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _measure(found: Services) -> None:
    """Admit as many live sessions as the machine turns out to hold, where no setting says."""
    settings, hub, pool = found.settings, found.hub, found.engines.default
    if settings.max_sessions is not None:
        return

    def tell(streams: int) -> None:
        hub.max_sessions = streams
        log.info("live sessions admitted", at_most=streams)

    every = settings.interim_ms * 16  # samples
    try:
        await keep_measuring(pool, pool.count, every, tell, lambda: hub.sessions == 0)
    except VivavoceError as error:
        log.warning("cannot measure this machine", reason=error.message)
