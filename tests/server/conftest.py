"""The real application with the scripted engine, in this process or behind a real socket."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx2
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI

from vivavoce.audio.wav import wav_header
from vivavoce.config import Settings
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.library.found import Wanted
from vivavoce.library.sql import FILE
from vivavoce.server.app import create_app
from vivavoce.server.services import Services


def wav(*parts: Pcm) -> bytes:
    """A WAV file of these samples, one after another."""
    samples = (np.concatenate(parts) * 32767).astype("<i2").tobytes()
    return wav_header(AudioFormat(), len(samples)) + samples


@pytest.fixture
def talk() -> bytes:
    """A WAV file in which the scripted engine hears `alfa bravo` and `charlie`."""
    return wav(say("alfa", "bravo"), silence(1.5), say("charlie"))


def stocked(data_dir: Path, library: Path) -> None:
    """See to it that a new data directory has a library."""
    if data_dir.is_dir() and not (data_dir / FILE).exists():
        shutil.copy(library, data_dir)


class Serving(Protocol):
    def __call__(self, data_dir: Path, **changes: Any) -> AbstractAsyncContextManager[FastAPI]: ...


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def serving(empty_library: Path) -> Serving:
    """Runs an application, with an engine process of its own, on a data directory."""

    @asynccontextmanager
    async def run(data_dir: Path, **changes: Any) -> AsyncIterator[FastAPI]:
        settings = {"engines": "scripted", "hosts": 1, "commit_ms": 0, "drain_s": 0}
        settings |= {"trusted_hosts": ("test",), **changes}
        if "database_url" not in changes:
            stocked(data_dir, empty_library)
        app = create_app(Settings(data_dir=data_dir, **settings))
        async with app.router.lifespan_context(app):
            yield app

    return run


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """One for all tests of a module; those that break it start their own."""
    async with serving(tmp_path_factory.mktemp("data")) as app:
        yield app


@pytest.fixture
async def parts(app: FastAPI) -> AsyncIterator[Services]:
    """The application's parts. What a test leaves in its library is deleted."""
    found: Services = app.state.services
    yield found
    for wanted in (Wanted(), Wanted(deleted=True)):
        while left := (await found.repository.page("local", wanted=wanted)).items:
            for recording in left:
                await found.forget("local", recording.id)


@pytest.fixture
async def http(app: FastAPI, parts: Services) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that calls the application directly, and gets answers whole."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


@pytest.fixture
async def address(app: FastAPI, parts: Services) -> AsyncIterator[tuple[str, int]]:
    """Where the application listens on a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    # The socket listens already, so nobody has to wait for the server to be up.
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield listening.getsockname()
    server.should_exit = True
    await serving


@pytest.fixture
async def remote(address: tuple[str, int]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the listening application, which gets answers as they come."""
    host, port = address
    base = f"http://{host}:{port}/api/v1"
    async with httpx2.AsyncClient(base_url=base, timeout=120, trust_env=False) as client:
        yield client
