"""The engine `openai`: OpenAI's own client against a server that speaks its protocol."""

import pytest

from tests.engines.services import loaded, v1
from vivavoce.engines.base import Engine, Pcm
from vivavoce.testing.engines import ServiceContract
from vivavoce.testing.process import ServerProcess


class TestOpenAI(ServiceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, service: ServerProcess) -> Engine:
        return loaded("openai", openai_base_url=v1(service))

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, spoken: Pcm) -> Pcm:
        return spoken
