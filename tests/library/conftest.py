"""A library in each kind of database, and buckets in each cloud: what is true of one is true of
the others."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.library.azurite import CONTAINER, MAIN, Azurite
from vivavoce.library.database import Tables
from vivavoce.library.sql import SqlRepository
from vivavoce.testing.buckets import BUCKET, S3Server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Where it is; None: in the data directory."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def library(with_library: Path, database_url: str | None) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(with_library, database_url)
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


@pytest.fixture
def gs_url(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in the S3 server's bucket, asked as Google's storage is, which speaks alike."""
    monkeypatch.setenv("GOOGLE_BASE_URL", s3_server.url)
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "ya29.test")
    return f"gs://{BUCKET}/{secrets.token_hex(6)}"


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azure's storage of this test process."""
    if not MAIN.is_file():
        pytest.skip("Azure's emulator is not here: run scripts/install-azurite")
    server = Azurite(tmp_path_factory.mktemp("azurite"))
    yield server
    server.stop()


@pytest.fixture
def az_url(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in its container that no other test knows."""
    for name, value in azurite.environment.items():
        monkeypatch.setenv(name, value)
    return f"az://{CONTAINER}/{secrets.token_hex(6)}"
