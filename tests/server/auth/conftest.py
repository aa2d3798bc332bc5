"""An application that asks for keys, and what of it is reached."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest
from fastapi import FastAPI

from tests.server.auth.asking import Reached
from vivavoce.library.sql import SqlRepository
from vivavoce.server.services import Services
from vivavoce.testing.keys import add_key

MakeKey = Callable[..., Awaitable[str]]


@pytest.fixture(scope="module")
async def keyed(serving: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """The application with its routes."""
    async with serving(tmp_path_factory.mktemp("keyed"), auth="keys") as app:
        yield app


@pytest.fixture
def reached(keyed: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Reached:
    """The routes are not there while this is."""
    found = Reached()
    monkeypatch.setattr(keyed.router, "middleware_stack", found)
    return found


@pytest.fixture
def services(keyed: FastAPI) -> Services:
    found: Services = keyed.state.services
    return found


@pytest.fixture
def make_key(services: Services) -> MakeKey:
    """Makes a key of the application's library, as `add_key` does."""
    return partial(add_key, cast(SqlRepository, services.repository).tables)
