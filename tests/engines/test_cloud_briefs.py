"""What a session asks of the clouds beside the words, through their own clients: speakers,
translations, the language. The server at the other end is ours, with an engine that has all."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from tests.engines.services import Secure, loaded
from vivavoce.core.results import Decided
from vivavoce.core.types import Brief
from vivavoce.engines.base import Engine, StreamOptions
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.testing.engines import decided
from vivavoce.testing.local import hear, open_local
from vivavoce.testing.process import running

pytestmark = pytest.mark.anyio

WORLDLY = Path(__file__).parents[1] / "vendors" / "worldly_engine"
ALFA, ZULU = WORDS[:6], WORDS[13:19]
TALK = np.concatenate([say(*ALFA), silence(1.5), say(*ZULU), silence(1.5)])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def worldly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """Says who speaks and in which language, and translates."""
    with patch.dict(os.environ, {"PYTHONPATH": str(WORLDLY)}):
        server = Secure(tmp_path_factory.mktemp("worldly"), engine="worldly")
        with running(server):
            yield server


@pytest.fixture(scope="module")
def azure(worldly: Secure) -> Engine:
    return loaded("azure", azure_endpoint=worldly.url.replace("http:", "ws:"))


@pytest.fixture(scope="module")
def aws(worldly: Secure) -> Iterator[Engine]:
    account = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    with patch.dict(os.environ, account | {"SSL_CERT_FILE": str(worldly.trusted)}):
        yield loaded("aws", aws_region="eu-west-1", aws_endpoint=worldly.secure_url)


async def finals(engine: Engine, brief: Brief, language: str | None = "en-US") -> list[Decided]:
    options = StreamOptions(language=language, brief=brief)
    found = decided(await hear(open_local(engine, options), [TALK]))
    assert [final.text for final in found] == [" ".join(ALFA), " ".join(ZULU)]
    return found


async def test_azure_translates(azure: Engine) -> None:
    alfa, zulu = await finals(azure, Brief(translate_to=("de", "fr")))
    assert {(t.language, t.text) for t in alfa.translations} == {
        ("de", f"{alfa.text} de"),
        ("fr", f"{alfa.text} fr"),
    }
    assert {t.language for t in zulu.translations} == {"de", "fr"}


async def test_azure_says_who_spoke(azure: Engine) -> None:
    found = await finals(azure, Brief(diarization=True))
    assert [final.speaker for final in found] == ["Guest-1", "Guest-2"]


async def test_azure_finds_the_language(azure: Engine) -> None:
    found = await finals(azure, Brief(languages=("en", "de")), language=None)
    assert [final.language for final in found] == ["de-DE", "de-DE"]


async def test_azure_is_told_likely_words(azure: Engine) -> None:
    await finals(azure, Brief(hot_words=("alfa", "zulu")))


async def test_aws_says_who_spoke(aws: Engine) -> None:
    alfa, zulu = await finals(aws, Brief(diarization=True))
    assert alfa.speaker is not None
    assert zulu.speaker is not None
    assert alfa.speaker != zulu.speaker


async def test_aws_finds_the_language(aws: Engine) -> None:
    found = await finals(aws, Brief(languages=("en", "de")), language=None)
    assert [final.language for final in found] == ["de-DE", "de-DE"]
