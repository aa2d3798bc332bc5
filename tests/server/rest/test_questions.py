"""Questions about a recording over REST: answered by a model, or by passages."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from tests.insight.talks import MEETING, recorded
from tests.server.conftest import Serving
from tests.server.rest.test_summaries import deltas, told
from vivavoce.server.services import Services
from vivavoce.testing.language_model import LanguageModelServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def llm() -> Iterator[LanguageModelServer]:
    with LanguageModelServer() as server:
        yield server


@pytest.fixture(scope="module")
async def app(
    serving: Serving, tmp_path_factory: pytest.TempPathFactory, llm: LanguageModelServer
) -> AsyncIterator[FastAPI]:
    settings = {"llm_base_url": llm.url, "llm_model": "tale-7b", "llm_part_chars": 2000}
    async with serving(tmp_path_factory.mktemp("data"), **settings) as app:
        yield app


async def test_an_answer_says_where_it_was_said(
    http: httpx2.AsyncClient, parts: Services, llm: LanguageModelServer
) -> None:
    id = await recorded(parts.repository)
    llm.says = lambda _: "Two million pounds [3]. Nobody minds [77]."
    found = await told(http, f"/recordings/{id}/questions", question="What is the price?")
    name, answer = found[-1]
    assert name == "answer"
    assert deltas(found) == answer["text"] == "Two million pounds. Nobody minds."
    first, second = answer["sentences"]
    assert [s["utterance"] for s in first["sources"]] == ["u3"]
    assert (second["sources"], second["cited"]) == ([], False)
    assert (answer["model"], answer["extract"]) == ("tale-7b", False)
    assert "The question is: What is the price?" in llm.prompts[-1]
    assert all(line in llm.prompts[-1] for line in MEETING)


async def test_of_a_long_talk_the_model_gets_what_has_to_do_with_it(
    http: httpx2.AsyncClient, parts: Services, llm: LanguageModelServer
) -> None:
    filler = [f"Then we spoke about item {n} of the agenda." for n in range(3000)]
    filler[2000] = "The lighthouse keeper asked for new curtains."
    id = await recorded(parts.repository, filler)
    llm.says = lambda _: "Curtains [2001]."
    path = f"/recordings/{id}/questions?stream=false"
    answer = (await http.post(path, json={"question": "What did the keepers want?"})).json()
    assert answer["sentences"][0]["sources"][0]["utterance"] == "u2001"
    assert len(llm.prompts[-1]) < 5000
    assert f"[2001] {filler[2000]}\n[2002] {filler[2001]}" in llm.prompts[-1]


async def test_an_empty_recording_and_an_empty_question_are_refused(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    empty = await recorded(parts.repository, [])
    refused = await http.post(f"/recordings/{empty}/questions", json={"question": "Why?"})
    assert refused.status_code == 409
    assert refused.json()["error"]["message"].startswith("There is nothing to ask about")
    id = await recorded(parts.repository)
    for question in ("  ", "x" * 1001):
        no = await http.post(f"/recordings/{id}/questions", json={"question": question})
        assert no.status_code == 422


async def test_without_a_model_the_passages_are_the_answer(
    serving: Serving, tmp_path: Path
) -> None:
    async with serving(tmp_path) as app:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            id = await recorded(app.state.services.repository)
            path = f"/recordings/{id}/questions"
            found = await told(http, path, question="When is the ferry late?")
            _, answer = found[-1]
            assert answer["extract"]
            assert MEETING[7] in [s["text"] for s in answer["sentences"]]
            assert deltas(found) == answer["text"]
            (_, none) = (await told(http, path, question="Xylophones?"))[-1]
            assert none["sentences"] == []
            assert none["text"] == "Nothing in this recording has the words of the question."
