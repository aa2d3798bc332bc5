"""OpenAI's REST routes: what is asked, what is refused, and that nothing stays behind."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.server.bodies.forms import FIELDS
from vivavoce.server.bodies.intake import MIB
from vivavoce.server.services import Services
from vivavoce.testing.faulty import FOLDER, Faults

pytestmark = pytest.mark.anyio

URL = "http://test/v1/audio/transcriptions"


def wav(pcm: Pcm) -> bytes:
    samples = (pcm * 32767).astype("<i2").tobytes()
    return wav_header(AudioFormat(), len(samples)) + samples


async def post(http: httpx2.AsyncClient, file: bytes, **fields: Any) -> httpx2.Response:
    return await http.post(URL, data=fields, files={"file": ("a.wav", file, "audio/wav")})


def form(*parts: tuple[str, bytes]) -> dict[str, Any]:
    """A form with its parts in this order; the one called `file` is one."""
    body = b""
    for name, value in parts:
        filename = '; filename="a.wav"' if name == "file" else ""
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        body += head.encode() + value + b"\r\n"
    content_type = "multipart/form-data; boundary=edge"
    return {"content": body + b"--edge--\r\n", "headers": {"Content-Type": content_type}}


def error(answer: httpx2.Response) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()["error"]
    assert said["message"].endswith(".")
    return said


def events(answer: httpx2.Response) -> list[dict[str, Any]]:
    """The data of a server-sent stream."""
    return [json.loads(block.removeprefix("data: ")) for block in answer.text.split("\n\n")[:-1]]


def nothing_is_left(parts: Services) -> bool:
    """No journal, no blob, no half of a form."""
    found = [path for path in parts.settings.data_dir.rglob("*") if path.is_file()]
    return all(path.name.startswith("library.db") for path in found)


async def test_json_is_the_default(http: httpx2.AsyncClient, parts: Services, talk: bytes) -> None:
    answer = await post(http, talk, model="whisper-1")
    assert answer.json() == {
        "text": "alfa bravo charlie",
        "usage": {"type": "duration", "seconds": 2.25},
    }
    assert nothing_is_left(parts)
    assert (await http.get("/recordings")).json()["items"] == []


async def test_text_and_captions(http: httpx2.AsyncClient, talk: bytes) -> None:
    text = await post(http, talk, response_format="text")
    assert (text.text, text.headers["Content-Type"]) == (
        "alfa bravo charlie\n",
        "text/plain; charset=utf-8",
    )
    srt = await post(http, talk, response_format="srt")
    assert srt.text.startswith("1\n00:00:00,")
    vtt = await post(http, talk, response_format="vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.")
    assert vtt.text.endswith("charlie\n")


async def test_verbose_json_says_what_is_known(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = (await post(http, talk, response_format="verbose_json", language="en")).json()
    assert (answer["task"], answer["language"]) == ("transcribe", "english")
    assert (answer["text"], answer["duration"]) == ("alfa bravo charlie", 2.25)
    assert "words" not in answer
    first, second = answer["segments"]
    assert (first["id"], first["text"], second["text"]) == (0, " alfa bravo", " charlie")
    assert first["end"] <= second["start"] < second["end"] <= 2.25
    assert second["seek"] == int(second["start"] * 100)
    assert (first["tokens"], first["temperature"], first["no_speech_prob"]) == ([], 0, 0)
    assert 0 < first["compression_ratio"] < 1


async def test_words_have_times(http: httpx2.AsyncClient, talk: bytes) -> None:
    asked = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
    answer = (await post(http, talk, **asked)).json()
    assert "segments" not in answer
    assert [word["word"] for word in answer["words"]] == ["alfa", "bravo", "charlie"]
    assert [round(word["start"], 1) for word in answer["words"]] == [0.0, 0.2, 2.0]
    both = {**asked, "timestamp_granularities[]": ["word", "segment"]}
    answer = (await post(http, talk, **both)).json()
    assert len(answer["words"]) == 3
    assert len(answer["segments"]) == 2


async def test_a_stream_is_the_text_as_it_is_found(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    answer = await post(http, talk, stream="true")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert events(answer) == [
        {"type": "transcript.text.delta", "delta": "alfa bravo"},
        {"type": "transcript.text.delta", "delta": " charlie"},
        {"type": "transcript.text.done", "text": "alfa bravo charlie"},
    ]
    assert nothing_is_left(parts)


async def test_silence_is_an_empty_text(http: httpx2.AsyncClient) -> None:
    quiet = wav(silence(1))
    assert (await post(http, quiet)).json()["text"] == ""
    done = {"type": "transcript.text.done", "text": ""}
    assert events(await post(http, quiet, stream="true")) == [done]


async def test_fields_may_follow_the_file(http: httpx2.AsyncClient, talk: bytes) -> None:
    request = form(
        ("file", talk),
        ("language", b"German"),
        ("model", b"scripted"),
        ("response_format", b"verbose_json"),
    )
    answer = (await http.post(URL, **request)).json()
    assert (answer["text"], answer["language"]) == ("alfa bravo charlie", "german")


async def test_what_changes_nothing_here_is_taken(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await post(
        http,
        talk,
        model="gpt-4o-transcribe",
        prompt="Names: Ada.",
        temperature="0.4",
        **{
            "include[]": "logprobs",
            "chunking_strategy": "auto",
            "chunking_strategy[type]": "server_vad",
            "keywords[]": ["a", "b"],
            "of a later version": "x",
        },
    )
    assert answer.json()["text"] == "alfa bravo charlie"


@pytest.mark.parametrize(
    ("fields", "param", "sentence"),
    [
        ({"response_format": "docx"}, "response_format", "one of json, text, srt, vtt"),
        (
            {"response_format": "diarized_json", "known_speaker_names[]": "Ada"},
            "known_speaker_names[]",
            "cannot be told by their voices",
        ),
        ({"stream": "maybe"}, "stream", "is to be true or false, not 'maybe'"),
        ({"stream": "true", "response_format": "srt"}, "stream", "not with srt"),
        ({"temperature": "hot"}, "temperature", "a number from 0 to 1, not 'hot'"),
        ({"temperature": "1.5"}, "temperature", "a number from 0 to 1"),
        ({"temperature": "nan"}, "temperature", "a number from 0 to 1"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities[]", "not with json"),
        (
            {"timestamp_granularities[]": "letter", "response_format": "verbose_json"},
            "timestamp_granularities[]",
            "one of segment, word, not 'letter'",
        ),
    ],
)
async def test_a_field_that_cannot_be_is_named(
    http: httpx2.AsyncClient, talk: bytes, fields: dict[str, str], param: str, sentence: str
) -> None:
    answer = await post(http, talk, **fields)
    said = error(answer)
    assert (answer.status_code, said["param"], said["code"]) == (400, param, "invalid_value")
    assert sentence in said["message"]


async def test_a_model_that_nobody_has(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await post(http, talk, model="parrot")
    said = error(answer)
    assert (answer.status_code, said["code"], said["param"]) == (404, "model_not_found", "model")
    assert "'parrot'" in said["message"]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [(b"", "The upload is empty"), (b"Dear diary, " * 99, "it looks like text")],
)
@pytest.mark.parametrize("stream", ["false", "true"])
async def test_what_is_no_audio_is_refused_with_a_status(
    http: httpx2.AsyncClient, parts: Services, file: bytes, sentence: str, stream: str
) -> None:
    answer = await post(http, file, stream=stream)
    assert answer.status_code == 400
    assert sentence in error(answer)["message"]
    assert nothing_is_left(parts)


async def test_a_request_without_a_file(http: httpx2.AsyncClient) -> None:
    answer = await http.post(URL, **form(("model", b"whisper-1")))
    assert (answer.status_code, error(answer)["param"]) == (400, "file")
    answer = await http.post(URL, json={"file": "a.wav"})
    assert "multipart/form-data" in error(answer)["message"]


async def test_two_files_and_far_too_many_fields(http: httpx2.AsyncClient, talk: bytes) -> None:
    two = await http.post(URL, **form(("file", talk), ("file", talk)))
    assert (two.status_code, error(two)["message"]) == (400, "Send one file at a time.")
    many = await http.post(URL, **form(*[("x", b"")] * (FIELDS + 1)))
    assert many.status_code == 413


async def test_a_form_cut_short_leaves_nothing(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    request = form(("file", talk))
    request["content"] = request["content"][:-9]
    assert (await http.post(URL, **request)).status_code == 400
    assert nothing_is_left(parts)


async def test_an_engine_that_does_not_translate_is_said(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    answer = await http.post("http://test/v1/audio/translations", files={"file": talk})
    assert answer.status_code == 400
    assert error(answer)["type"] == "invalid_request_error"
    assert error(answer)["message"] == "tones does not translate, so there is no en."


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"stream": "true"}, "stream"),
        (
            {"timestamp_granularities[]": "word", "response_format": "verbose_json"},
            "timestamp_granularities[]",
        ),
    ],
)
async def test_what_a_translation_cannot_have_is_refused(
    http: httpx2.AsyncClient, talk: bytes, fields: dict[str, str], param: str
) -> None:
    url = "http://test/v1/audio/translations"
    answer = await http.post(url, files={"file": talk}, data=fields)
    assert (answer.status_code, error(answer)["param"]) == (400, param)


async def test_models(http: httpx2.AsyncClient) -> None:
    listed = (await http.get("http://test/v1/models")).json()
    names = [model["id"] for model in listed["data"]]
    assert names[0] == "scripted"  # its own
    assert "moonshine" in names
    assert "scripted-native" not in names  # which is for tests, so only who knows it can ask
    for name in ("scripted", "scripted-native", "whisper-1", "openai/whisper-large-v3"):
        found = (await http.get(f"http://test/v1/models/{name}")).json()
        assert (found["id"], found["object"]) == (name, "model")
    missing = await http.get("http://test/v1/models/parrot")
    assert (missing.status_code, error(missing)["code"]) == (404, "model_not_found")


async def test_what_is_not_there(http: httpx2.AsyncClient) -> None:
    assert error(await http.get("http://test/v1/chat/completions"))["code"] == "not_found"
    assert (await http.get(URL)).status_code == 405


class TestLimit:
    @pytest.fixture
    async def app(self, serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
        async with serving(tmp_path, max_upload_mb=1) as app:
            yield app

    async def test_too_much_is_refused_whether_or_not_its_length_is_known(
        self, http: httpx2.AsyncClient, parts: Services
    ) -> None:
        async def endless() -> AsyncIterator[bytes]:
            yield form(("file", b""))["content"].partition(b"\r\n--edge--")[0]
            while True:
                yield bytes(65_536)

        head = form()["headers"]
        for content in (form(("file", bytes(2_200_000)))["content"], endless()):
            answer = await http.post(URL, content=content, headers=head)
            assert (answer.status_code, error(answer)["code"]) == (413, "too_large")
            assert nothing_is_left(parts)


async def test_a_long_file_waits_on_the_disk(http: httpx2.AsyncClient, parts: Services) -> None:
    """More than a form holds in memory, and more than a frame of the journal."""
    long = wav(np.concatenate([say("alfa"), silence(100), say("bravo")]))
    assert len(long) > 3 * MIB
    assert (await post(http, long)).json()["text"] == "alfa bravo"
    assert nothing_is_left(parts)


async def test_who_vanishes_in_the_middle_of_a_form_leaves_nothing(
    address: tuple[str, int], remote: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    half = form(("file", talk * 99))
    _, writer = await asyncio.open_connection(*address)
    head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: test\r\nContent-Length: 9999999\r\n"
    kind = f"Content-Type: {half['headers']['Content-Type']}\r\n\r\n"
    writer.write((head + kind).encode() + half["content"][:2_000_000])
    await writer.drain()
    writer.transport.abort()
    url = str(remote.base_url).replace("/api/v1/", "/v1/audio/transcriptions")
    answer = await remote.post(url, files={"file": talk})
    assert answer.json()["text"] == "alfa bravo charlie"
    await all_quiet(parts)


class TestStopping:
    @pytest.fixture
    async def app(self, serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
        async with serving(tmp_path) as app:
            yield app

    async def test_a_stopping_server_says_when_to_ask_again(
        self, http: httpx2.AsyncClient, parts: Services, talk: bytes
    ) -> None:
        await parts.hub.drain(0)
        answer = await post(http, talk)
        assert (answer.status_code, error(answer)["type"]) == (503, "server_error")
        assert answer.headers["Retry-After"]


class TestFaults:
    """An engine that cannot read `charlie`, and is asked again for a minute."""

    @pytest.fixture
    async def app(
        self, serving: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[FastAPI]:
        monkeypatch.setenv(FOLDER, str(tmp_path / "faults"))
        async with serving(tmp_path / "data", engines="faulty") as app:
            yield app

    @pytest.fixture
    def faults(self, tmp_path: Path) -> Faults:
        return Faults(tmp_path / "faults")

    async def test_who_hangs_up_stops_the_work(
        self, remote: httpx2.AsyncClient, parts: Services, faults: Faults, talk: bytes
    ) -> None:
        faults.set("raise", "charlie")
        url = str(remote.base_url).replace("/api/v1/", "/v1/audio/transcriptions")
        asking = asyncio.create_task(remote.post(url, files={"file": talk}))
        await until(lambda: parts.hub.sessions == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await all_quiet(parts)

    async def test_who_leaves_a_stream_stops_the_work(
        self, remote: httpx2.AsyncClient, parts: Services, faults: Faults, talk: bytes
    ) -> None:
        faults.set("raise", "charlie")
        url = str(remote.base_url).replace("/api/v1/", "/v1/audio/transcriptions")
        fields = {"stream": "true"}
        async with remote.stream("POST", url, data=fields, files={"file": talk}) as answer:
            assert "alfa bravo" in await anext(answer.aiter_lines())
            assert parts.hub.sessions == 1
        await all_quiet(parts)


async def until(condition: Callable[[], bool]) -> None:
    """For what only a test wants to know, so that nobody rings for it."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def all_quiet(parts: Services) -> None:
    """Return when no session runs and nothing is left of any."""
    await until(lambda: parts.hub.sessions == 0 and nothing_is_left(parts))


async def test_many_at_a_time_do_not_mix(http: httpx2.AsyncClient) -> None:
    words = ("alfa", "bravo", "charlie", "delta")
    answers = await asyncio.gather(*(post(http, wav(say(word))) for word in words))
    assert tuple(answer.json()["text"] for answer in answers) == words
