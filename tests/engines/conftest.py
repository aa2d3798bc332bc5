"""A short clip of speech."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.moonshine import Moonshine


async def _read(path: Path) -> Pcm:
    format = AudioFormat("container")
    async with aclosing(read_audio(path, format, CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


@pytest.fixture(scope="session")
def clip(data: Path) -> Pcm:
    """In being comparatively modern": 1.9 s of one reader."""
    return asyncio.run(_read(data / "reference.flac"))


@pytest.fixture(scope="session")
def read() -> Callable[[Path], Pcm]:
    """Any file's samples."""
    return lambda path: asyncio.run(_read(path))


@pytest.fixture(scope="session")
def both(base_en: None) -> Moonshine:
    """The engine with both of its models."""
    engine = Moonshine()
    engine.load()
    assert engine.prepared
    engine.load_better()
    return engine


@pytest.fixture(scope="session")
def moonshine() -> Moonshine:
    engine = Moonshine()
    engine.load()
    return engine
