"""A library in each kind of database: what is true of one is true of the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from vivavoce.library.database import Tables
from vivavoce.library.sql import SqlRepository

Another = Callable[[], Awaitable[SqlRepository]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Where it is; None: in the data directory."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def library(tmp_path: Path, database_url: str | None) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path, database_url)
    yield repository
    await repository.close()


@pytest.fixture
async def another(tmp_path: Path, database_url: str | None) -> AsyncIterator[SqlRepository]:
    """The same library, as another server has it open."""
    repository = await SqlRepository.open(tmp_path, database_url)
    yield repository
    await repository.close()


@pytest.fixture
def tables(library: SqlRepository) -> Tables:
    return library.tables
