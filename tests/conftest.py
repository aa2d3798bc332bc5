"""Fixtures that every test may use."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
