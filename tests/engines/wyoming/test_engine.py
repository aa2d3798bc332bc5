"""The engine `wyoming`: the library that Home Assistant uses against a server of the protocol."""

import pytest

from tests.engines.services import loaded
from vivavoce.engines.base import Engine, Pcm
from vivavoce.testing.engines import WindowedContract
from vivavoce.testing.process import ServerProcess


class TestWyoming(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, service: ServerProcess, wyoming_port: int) -> Engine:
        return loaded("wyoming", wyoming_service=f"tcp://127.0.0.1:{wyoming_port}")

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, spoken: Pcm) -> Pcm:
        return spoken
