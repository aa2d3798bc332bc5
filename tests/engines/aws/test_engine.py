"""The engine `aws`: Amazon's client against a server that speaks its protocol, over TLS."""

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.engines.services import Secure, loaded
from vivavoce.engines.base import Engine, Pcm
from vivavoce.testing.engines import ServiceContract
from vivavoce.testing.process import running


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    with running(Secure(tmp_path_factory.mktemp("secure"))) as server:
        assert isinstance(server, Secure)
        yield server


class TestAws(ServiceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, secure: Secure) -> Iterator[Engine]:
        account = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
        with patch.dict(os.environ, account | {"SSL_CERT_FILE": str(secure.trusted)}):
            yield loaded("aws", aws_region="eu-west-1", aws_endpoint=secure.secure_url)

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, spoken: Pcm) -> Pcm:
        return spoken
