"""OpenAI's client against a real endpoint that is well, silent, gone, or Azure's."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.insight.talks import passages
from vivavoce.config import Settings
from vivavoce.core.errors import NotInstalled
from vivavoce.insight.endpoint import Endpoint
from vivavoce.insight.model import ModelError, Truncated, Unacceptable, whole
from vivavoce.insight.openai_model import OpenAIModel, language_model
from vivavoce.insight.prompts import Message, summary
from vivavoce.testing.language_model import TALE, LanguageModelServer
from vivavoce.testing.process import free_port

pytestmark = pytest.mark.anyio

KEY = "sesame-5f2c91"
MESSAGES = summary("Say it.", passages("The crane is late.", "It rains."), None)
SAID = "Somebody said: The crane is late. [1] Somebody said: It rains. [2]"


@pytest.fixture
def llm() -> Iterator[LanguageModelServer]:
    with LanguageModelServer() as server:
        yield server


def model(**settings: Any) -> OpenAIModel:
    found = language_model(Settings(llm_model="tale-7b", llm_api_key=KEY, **settings))
    assert found is not None
    return found


async def asked(model: OpenAIModel, messages: list[Message] = MESSAGES) -> str:
    try:
        return await whole(model, messages, 10_000)
    finally:
        await model.close()


async def test_what_it_says_comes_in_pieces(llm: LanguageModelServer) -> None:
    client = model(llm_base_url=llm.url)
    pieces = [piece async for piece in client.write(MESSAGES, 10_000)]
    await client.close()
    assert "".join(pieces) == SAID
    assert len(pieces) > 5
    assert llm.asked == [{"model": "tale-7b", "messages": MESSAGES, "stream": True}]


async def test_azures_dated_form_names_the_deployment_in_the_path(
    llm: LanguageModelServer,
) -> None:
    client = model(llm_base_url=llm.root, llm_api_version="2024-10-21")
    assert await asked(client) == SAID
    ((path, headers),) = llm.heard
    assert path == "/openai/deployments/tale-7b/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == KEY


@pytest.mark.parametrize(
    ("url", "whole_url"),
    [
        ("https://x.openai.azure.com", "https://x.openai.azure.com/openai/v1/"),
        ("https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com/openai/v1/"),
        (
            "https://x.cognitiveservices.azure.com/",
            "https://x.cognitiveservices.azure.com/openai/v1/",
        ),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        (None, None),
    ],
)
def test_of_an_azure_resource_the_host_is_enough(url: str | None, whole_url: str | None) -> None:
    endpoint = Endpoint.of(Settings(llm_base_url=url, llm_api_key=KEY, llm_model="m"))
    assert endpoint is not None
    assert endpoint.base_url == whole_url


@pytest.mark.parametrize(
    "settings",
    [{}, {"llm_base_url": "http://x/v1"}, {"llm_model": "m"}, {"llm_api_key": KEY}],
)
def test_half_the_settings_make_no_model(settings: dict[str, Any]) -> None:
    assert language_model(Settings(**settings)) is None


async def test_without_a_key_an_endpoint_is_asked_all_the_same(llm: LanguageModelServer) -> None:
    client = language_model(Settings(llm_model="m", llm_base_url=llm.url))
    assert client is not None
    assert await asked(client) == SAID


async def test_one_that_is_silent_is_given_up(llm: LanguageModelServer) -> None:
    llm.mood = "silent"
    with pytest.raises(ModelError, match="did not answer in time"):
        await asked(model(llm_base_url=llm.url, llm_timeout_s=0.2))
    assert len(llm.asked) == 3  # it was tried again


async def test_one_that_falls_silent_is_given_up(llm: LanguageModelServer) -> None:
    llm.mood = "slow"
    with pytest.raises(ModelError, match="did not answer in time"):
        await asked(model(llm_base_url=llm.url, llm_timeout_s=0.5))


async def test_one_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(ModelError, match="cannot be reached") as refused:
        await asked(model(llm_base_url=f"http://127.0.0.1:{free_port()}/v1"))
    assert KEY not in refused.value.message


async def test_one_that_has_a_moment_of_weakness_is_asked_again(llm: LanguageModelServer) -> None:
    llm.moods = [503, 429]
    assert await asked(model(llm_base_url=llm.url)) == SAID
    assert len(llm.asked) == 3


async def test_what_it_does_not_take_is_told_apart(llm: LanguageModelServer) -> None:
    llm.mood = 413
    with pytest.raises(Unacceptable, match="llm_part_chars"):
        await asked(model(llm_base_url=llm.url))


async def test_one_that_never_ends_is_ended(llm: LanguageModelServer) -> None:
    llm.mood = "long"
    client = model(llm_base_url=llm.url)
    pieces = client.write(MESSAGES, 1000)
    written = ""
    while len(written) < 1000:
        written += await anext(pieces)
    with pytest.raises(Truncated):
        await anext(pieces)
    await client.close()
    assert written == (TALE * 100)[:1000]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<think>Let me see. [1]</think>\n\nIt rains.", "It rains."),
        ("\n <think>\n</think>It rains.", "It rains."),
        ("<thinking> is hard.", "<thinking> is hard."),
        ("It rains. <think>", "It rains. <think>"),
    ],
)
async def test_what_it_thinks_aloud_is_left_out(
    llm: LanguageModelServer, written: str, shown: str
) -> None:
    llm.says = lambda _: written
    assert await asked(model(llm_base_url=llm.url)) == shown


def test_a_server_without_a_model_loads_nothing_of_it() -> None:
    program = "import sys, vivavoce.server.app; sys.exit('openai' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


async def test_where_the_package_is_missing_it_says_what_to_install(
    llm: LanguageModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(NotInstalled, match=r"pip install 'vivavoce\[openai\]'"):
        await asked(model(llm_base_url=llm.url))
