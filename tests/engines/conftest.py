"""A short clip of speech, and servers for the engines that are somebody else's."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import silence
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.testing.process import ServerProcess, free_port, running

WITH_TORCH = (
    Path(__file__).parents[2]
    / ".fetched/transformers"
    / (sys.implementation.cache_tag or "")
    / "site"
)
"""Where scripts/install-transformers puts PyTorch, or says why it is not there."""

collect_ignore = []
if find_spec("torch") is None:
    collect_ignore.append("test_transformers.py")
if not WITH_TORCH.is_dir():
    collect_ignore.append("test_transformers_apart.py")


async def _read(path: Path) -> Pcm:
    format = AudioFormat("container")
    async with aclosing(read_audio(path, format, CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


@pytest.fixture(scope="session")
def clip(data: Path) -> Pcm:
    """In being comparatively modern": 1.9 s of one reader."""
    return asyncio.run(_read(data / "reference.flac"))


@pytest.fixture(scope="session")
def spoken(clip: Pcm) -> Pcm:
    """The clip twice, with silence around it."""
    return np.concatenate([silence(0.5), clip, silence(1), clip, silence(1)])


@pytest.fixture(scope="session")
def read() -> Callable[[Path], Pcm]:
    """Any file's samples."""
    return lambda path: asyncio.run(_read(path))


@pytest.fixture(scope="session")
def both(base_en: None) -> Moonshine:
    """The engine with both of its models."""
    engine = Moonshine()
    engine.load()
    engine.load_better()
    return engine


@pytest.fixture(scope="session")
def wyoming_port() -> int:
    """Of `service`."""
    return free_port()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, wyoming_port: int) -> Iterator[ServerProcess]:
    """A server as it comes, to be spoken to as the service of an engine."""
    folder = tmp_path_factory.mktemp("service")
    with running(
        ServerProcess(folder, finals="tiny", max_sessions=64, wyoming_port=wyoming_port)
    ) as server:
        yield server


@pytest.fixture(scope="session")
def moonshine() -> Moonshine:
    engine = Moonshine()
    engine.load()
    return engine
