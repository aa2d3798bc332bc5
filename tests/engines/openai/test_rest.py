"""The engine `openai-rest`: OpenAI's own client against a server that has its routes."""

import pytest

from tests.engines.services import loaded, v1
from vivavoce.engines.base import Engine, Pcm
from vivavoce.testing.engines import WindowedContract
from vivavoce.testing.process import ServerProcess


class TestOpenAIRest(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, service: ServerProcess) -> Engine:
        return loaded("openai-rest", openai_base_url=v1(service), openai_model="whisper-1")

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, spoken: Pcm) -> Pcm:
        return spoken
