"""The engine `azure`: Microsoft's SDK against a server that speaks its protocol."""

import pytest

from tests.engines.services import loaded
from vivavoce.engines.base import Engine, Pcm
from vivavoce.testing.engines import ServiceContract
from vivavoce.testing.process import ServerProcess


class TestAzure(ServiceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, service: ServerProcess) -> Engine:
        return loaded("azure", azure_endpoint=service.url.replace("http:", "ws:"))

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, spoken: Pcm) -> Pcm:
        return spoken
