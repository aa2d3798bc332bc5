"""What the tests of engines that are services share."""

import os
from unittest.mock import patch

from vivavoce.engines.base import Engine
from vivavoce.plugins import create
from vivavoce.testing.process import ServerProcess


def loaded(name: str, **settings: str) -> Engine:
    """An engine with these settings."""
    variables = {f"VIVAVOCE_{key.upper()}": value for key, value in settings.items()}
    with patch.dict(os.environ, variables):
        engine = create(name)
        engine.load()
    return engine


def v1(server: ServerProcess) -> str:
    """Where OpenAI's clients find it."""
    return f"{server.url}v1"
