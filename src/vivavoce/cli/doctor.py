"""`vivavoce doctor`: what works on this machine, and how to mend what does not."""

import asyncio
import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import typer
from rich.text import Text

from vivavoce.api import Transcriber
from vivavoce.cli.console import stdout
from vivavoce.cli.finding import Finding
from vivavoce.cli.listen import local_server
from vivavoce.cli.microphone import MicrophoneError, microphones
from vivavoce.cli.several import redis_answers, volume_serves
from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import AnyEvent, Ended
from vivavoce.core.transcript import fold
from vivavoce.core.types import seconds
from vivavoce.engines.aligning import aligner
from vivavoce.library.buckets import blobs_at
from vivavoce.library.database import Tables
from vivavoce.library.sql import database_at
from vivavoce.library.sqlite import Sqlite
from vivavoce.live.capacity import CLIP, live_streams
from vivavoce.live.hosts import Hosts
from vivavoce.plugins import better

NATIVE = ("av", "moonshine-voice", "numpy", "onnxruntime", "obstore", "soxr")
"""Packages with compiled parts, so the ones that may not be there for a platform."""

LITTLE_SPACE = 1 << 30
"""Bytes: 9 hours of 16 kHz."""


Check = Callable[[Settings], Finding]


def doctor() -> None:
    """Check this machine, and say how to mend what does not work."""
    settings = load_settings()
    broken = False
    for check in CHECKS:
        finding = check(settings)
        _show(finding)
        broken |= finding.needed and not finding.well
    if broken:
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    mark, style = ("ok", "green") if finding.well else ("!!", "red" if finding.needed else "yellow")
    line = Text(mark, style=style).append(f"  {finding.what:12}{finding.found}", style="default")
    console = stdout()
    console.print(line, soft_wrap=True)
    if finding.mend:
        console.print(Text(f"    {'':12}{finding.mend}", style="dim"), soft_wrap=True)


def _python(_settings: Settings) -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    old = sys.version_info < (3, 11)
    return Finding("Python", found, "Vivavoce needs Python 3.11 or newer." if old else "")


def _cores(settings: Settings) -> Finding:
    cores = os.cpu_count() or 1
    return Finding("Cores", f"{cores}, for {settings.hosts or cores} engine processes")


def _packages(_settings: Settings) -> Finding:
    missing = [name for name in NATIVE if not _installed(name)]
    mend = f"Install {', '.join(missing)} with pip." if missing else ""
    return Finding("Packages", ", ".join(name for name in NATIVE if name not in missing), mend)


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _data(settings: Settings) -> Finding:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        reason = f"{folder} cannot be written ({error.strerror})"
        return Finding("Data", reason, "Choose another with VIVAVOCE_DATA_DIR.")
    found = f"{folder}, {free / 1e9:.1f} GB free"
    return Finding("Data", found, "Make room soon." if free < LITTLE_SPACE else "", needed=False)


def _library(settings: Settings) -> Finding:
    """Looked at and not made: what is not there yet is made by the server."""
    database = database_at(settings.data_dir, settings.database)
    if isinstance(database, Sqlite):
        return Finding("Library", "in the same folder")
    try:
        asyncio.run(_reached(Tables(database)))
    except VivavoceError as error:
        return Finding("Library", error.message, "Look at VIVAVOCE_DATABASE_URL.")
    return Finding("Library", database.where)


async def _reached(tables: Tables) -> None:
    try:
        await tables.check()
    finally:
        await tables.close()


def _blobs(settings: Settings) -> Finding:
    where = settings.blobs_url
    if where is None:
        return Finding("Blobs", "in the same folder")
    try:
        asyncio.run(blobs_at(settings.data_dir, where, settings.aws_region).check())
    except VivavoceError as error:
        mend = "Look at VIVAVOCE_BLOBS_URL, and at the variables with the cloud's credentials."
        return Finding("Blobs", error.message, mend)
    return Finding("Blobs", where)


def _port(settings: Settings) -> Finding:
    if local_server(settings):
        return Finding("Port", f"{settings.port}, where Vivavoce is running")
    try:
        with socket.create_server((settings.host, settings.port)):
            return Finding("Port", f"{settings.port} is free")
    except OSError:
        mend = "Serve on another with --port."
        return Finding("Port", f"{settings.port} is taken", mend, needed=False)


def _microphone(_settings: Settings) -> Finding:
    mend = "Only `vivavoce listen` needs one here; the page uses the browser's."
    try:
        found = ", ".join(one.name for one in microphones())
    except MicrophoneError as error:
        return Finding("Microphone", error.message, mend, needed=False)
    return Finding("Microphone", found or "none", "" if found else mend, needed=False)


def _engine(settings: Settings) -> Finding:
    """Load it and let it read the bundled clip: the one check that covers all the parts."""
    try:
        words, pace = asyncio.run(_read_clip(settings))
    except VivavoceError as error:
        mend = "Install Vivavoce again, or choose another engine."
        helped = any(_readable(settings, name) is None for name in settings.engines[1:])
        return Finding("Engine", error.message, mend, needed=not helped)
    slow = "This machine is too slow for live words." if pace > 1 else ""
    if not words:
        return Finding("Engine", f"{settings.engine} heard nothing", "Install Vivavoce again.")
    return Finding("Engine", f"{settings.engine} reads the demo in {pace:.2f} of its time", slow)


def _fallbacks(settings: Settings) -> Finding:
    """Those that take over from the engine: they must work when nobody looks."""
    others = settings.engines[1:]
    if not others:
        return Finding("Fallbacks", f"none: {settings.engine} is tried again", needed=False)
    wrong = [why for name in others if (why := _readable(settings, name)) is not None]
    mend = "Take it out of `engines`, or make it work." if wrong else ""
    return Finding("Fallbacks", " ".join(wrong) or ", ".join(others), mend, needed=False)


def _readable(settings: Settings, engine: str) -> str | None:
    """Why an engine cannot read the clip; None: it can."""
    try:
        asyncio.run(_read_clip(settings.model_copy(update={"engines": (engine,)})))
    except VivavoceError as error:
        return error.message
    return None


async def _read_clip(settings: Settings) -> tuple[str, float]:
    """What the engine reads, and the time it took by the clip's length."""
    events: list[AnyEvent] = []
    quick = settings.model_copy(update={"finals": "tiny"})  # as live words are read
    async with Transcriber(quick) as transcriber:
        start = time.perf_counter()
        async for event in transcriber.transcribe(CLIP):
            events.append(event)  # noqa: PERF401  # a comprehension would hide the work
        took = time.perf_counter() - start
    length = next(seconds(event.duration) for event in events if isinstance(event, Ended))
    return fold(events).text, took / length


def _words(_settings: Settings) -> Finding:
    """Finals of an engine that does not say when its words were get no times without it."""
    if aligner.model() is not None:
        return Finding("Words", f"timed by {aligner.PocketSphinx.capabilities.name}", needed=False)
    mend = "Install pocketsphinx, where it has a wheel, and finals get word times."
    return Finding("Words", "without times", mend, needed=False)


def _finals(settings: Settings) -> Finding:
    try:
        found = better(settings.engine) if settings.finals != "tiny" else None
        if found is None:
            return Finding("Finals", "by the same model", needed=False)
    except VivavoceError as error:
        return Finding("Finals", "by the same model", error.message, needed=False)
    when = "" if settings.finals == "base" else " where there is room"
    return Finding("Finals", f"by {found.capabilities.better}{when}")


def _live(settings: Settings) -> Finding:
    """How many people it can listen to at once; measured, so other programs count."""
    cores = settings.hosts or os.cpu_count() or 1
    try:
        streams = asyncio.run(_streams(settings, cores))
    except VivavoceError as error:
        return Finding("Live", error.message, needed=False)
    if streams is None:
        return Finding("Live", f"{settings.engine} cannot be measured", needed=False)
    return Finding("Live", f"about {streams} people at once, on {cores} cores")


async def _streams(settings: Settings, cores: int) -> int | None:
    hosts = Hosts(settings.engine, cores, "tiny")
    await hosts.start()
    try:
        return await live_streams(hosts, cores, settings.interim_ms * 16)
    finally:
        await hosts.stop()


CHECKS: tuple[Check, ...] = (
    _python,
    _cores,
    _packages,
    _data,
    _library,
    _blobs,
    redis_answers,
    volume_serves,
    _port,
    _microphone,
    _engine,
    _fallbacks,
    _words,
    _finals,
    _live,
)
