"""OpenAI's own Python client, and curl, against a real server: only the URL is another."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess

TEXT = "Produced the block books, which were the immediate predecessors of the true printed book."


@pytest.fixture(scope="module")
def talk() -> bytes:
    """A WAV file in which the scripted engine hears `alfa bravo` and `charlie`."""
    pcm = np.concatenate([say("alfa", "bravo"), silence(1.5), say("charlie")])
    samples = (pcm * 32767).astype("<i2").tobytes()
    return wav_header(AudioFormat(), len(samples)) + samples


def connected(server: ServerProcess) -> OpenAI:
    return OpenAI(base_url=f"{server.url}v1", api_key="any", max_retries=0)


@pytest.fixture
def client(scripted: ServerProcess) -> Iterator[OpenAI]:
    with connected(scripted) as client:
        yield client


@pytest.fixture
async def slow(scripted: ServerProcess) -> AsyncIterator[AsyncOpenAI]:
    base_url = f"{scripted.url}v1"
    async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
        yield client


def test_a_voice(embedded: ServerProcess, data: Path) -> None:
    with connected(embedded) as client:
        said = client.audio.transcriptions.create(
            model="whisper-1",
            file=data / "ljspeech_short.wav",
            language="en",
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
    assert (said.text, said.language) == (TEXT, "english")
    assert said.words is not None
    assert [word.word for word in said.words] == TEXT.split()
    assert all(word.start < word.end for word in said.words)
    assert said.words[-1].end <= said.duration
    assert said.segments is not None
    assert "".join(segment.text for segment in said.segments) == f" {TEXT}"


def test_json(client: OpenAI, talk: bytes) -> None:
    said = client.audio.transcriptions.create(
        model="gpt-4o-transcribe",
        file=("talk.wav", talk),
        include=["logprobs"],
        prompt="Names: Ada.",
        temperature=0.2,
        chunking_strategy="auto",
    )
    assert said.text == "alfa bravo charlie"
    assert said.usage is not None
    assert said.usage.type == "duration"
    assert said.usage.seconds == 2.25


@pytest.mark.parametrize(
    ("format", "begin"), [("text", "alfa bravo charlie\n"), ("srt", "1\n00:"), ("vtt", "WEBVTT\n")]
)
def test_text_and_captions(client: OpenAI, talk: bytes, format: Any, begin: str) -> None:
    said = client.audio.transcriptions.create(
        model="whisper-1", file=("talk.wav", talk), response_format=format
    )
    assert isinstance(said, str)
    assert said.startswith(begin)


def test_a_stream(client: OpenAI, talk: bytes) -> None:
    stream = client.audio.transcriptions.create(
        model="gpt-4o-mini-transcribe", file=("talk.wav", talk), stream=True
    )
    events = list(stream)
    assert [event.type for event in events] == [
        "transcript.text.delta",
        "transcript.text.delta",
        "transcript.text.done",
    ]
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert deltas == ["alfa bravo", " charlie"]
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == "".join(deltas)


@pytest.mark.anyio
async def test_the_asynchronous_client(slow: AsyncOpenAI, talk: bytes) -> None:
    said = await slow.audio.transcriptions.create(
        model="scripted", file=("talk.wav", talk), response_format="verbose_json"
    )
    assert said.segments is not None
    assert [segment.text for segment in said.segments] == [" alfa bravo", " charlie"]
    stream = await slow.audio.transcriptions.create(
        model="whisper-1", file=("talk.wav", talk), stream=True
    )
    events = [event async for event in stream]
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == "alfa bravo charlie"


def test_who_speaks(client: OpenAI) -> None:
    """The scripted diarizer takes each third of the alphabet for a voice."""
    pcm = np.concatenate([say("alfa", "november", "bravo"), silence(1.5), say("oscar")])
    talk = wav_header(AudioFormat(), 2 * len(pcm)) + (pcm * 32767).astype("<i2").tobytes()
    said = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize",
        file=("talk.wav", talk),
        response_format="diarized_json",
        chunking_strategy="auto",
    )
    found = [(segment.speaker, segment.text) for segment in said.segments]
    assert found == [("A", "alfa"), ("B", "november"), ("A", "bravo"), ("B", "oscar")]
    assert said.text == "alfa november bravo oscar"
    assert said.segments[-1].end <= said.duration
    events = list(
        client.audio.transcriptions.create(
            model="gpt-4o-transcribe-diarize",
            file=("talk.wav", talk),
            response_format="diarized_json",
            stream=True,
        )
    )
    told = [event for event in events if event.type == "transcript.text.segment"]
    assert [(segment.speaker, segment.text) for segment in told] == found
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == said.text


@pytest.mark.parametrize("name", ["opus.ogg", "opus_stereo.webm", "plain.mp3", "index_first.m4a"])
def test_other_containers(client: OpenAI, data: Path, name: str) -> None:
    said = client.audio.transcriptions.create(model="whisper-1", file=data / name)
    assert said.text


def test_errors_are_those_of_the_client(client: OpenAI, talk: bytes) -> None:
    create: Any = client.audio.transcriptions.create
    with pytest.raises(BadRequestError, match="it looks like text") as no_audio:
        create(model="whisper-1", file=("a.txt", b"Dear diary, " * 99))
    assert no_audio.value.type == "invalid_request_error"
    with pytest.raises(BadRequestError, match="empty"):
        create(model="whisper-1", file=("a.wav", b""))
    with pytest.raises(BadRequestError, match="by their voices") as speakers:
        create(
            model="whisper-1",
            file=("a.wav", talk),
            response_format="diarized_json",
            known_speaker_names=["Ada"],
        )
    assert speakers.value.param == "known_speaker_names[]"
    with pytest.raises(BadRequestError, match="looks like text"):
        create(model="whisper-1", file=("a.txt", b"Dear diary, " * 99), stream=True)
    with pytest.raises(NotFoundError) as model:
        create(model="parrot", file=("a.wav", talk))
    assert model.value.code == "model_not_found"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_an_engine_that_does_not_translate_is_said(client: OpenAI, talk: bytes) -> None:
    with pytest.raises(BadRequestError, match="does not translate"):
        client.audio.translations.create(model="whisper-1", file=("a.wav", talk))


@pytest.mark.speech
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # OpenAI's, of the shapes
def test_a_translation(multilingual: ServerProcess, speech: Path) -> None:
    german = speech / "fleurs" / "fleurs-de-000.ogg"
    with connected(multilingual) as client:
        said = client.audio.transcriptions.create(
            model="whisper-1", file=german, response_format="verbose_json"
        )
        assert said.language == "german"
        assert "Hongkong" in said.text
        english = client.audio.translations.create(
            model="whisper-1", file=german, response_format="verbose_json"
        )
        assert english.language == "english"
        assert "Hong Kong" in english.text
        assert english.segments is not None
        assert "".join(segment.text for segment in english.segments) == f" {english.text}"
        captions = client.audio.translations.create(
            model="whisper-1", file=german, response_format="srt"
        )
        assert "Hong Kong" in " ".join(str(captions).split())


@pytest.mark.speech
def test_a_prompt(multilingual: ServerProcess, speech: Path) -> None:
    clip = speech / "librispeech_test-other" / "2033-164914-0005.flac"
    with connected(multilingual) as client:
        plain = client.audio.transcriptions.create(model="whisper-1", file=clip)
        prompted = client.audio.transcriptions.create(
            model="whisper-1", file=clip, prompt="A story of Zau al-Makan."
        )
    assert "Makan" not in plain.text
    assert prompted.text.endswith("Zau al-Makan.")


def test_models(client: OpenAI) -> None:
    assert "scripted" in [model.id for model in client.models.list()]
    assert client.models.retrieve("whisper-1").id == "whisper-1"
    with pytest.raises(NotFoundError):
        client.models.retrieve("parrot")


def test_curl(scripted: ServerProcess, talk: bytes, tmp_path: Path) -> None:
    """The file first, as their reference shows it."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed here")
    file = tmp_path / "talk.wav"
    file.write_bytes(talk)
    url = f"{scripted.url}v1/audio/transcriptions"
    forms = ("-F", f"file=@{file}", "-F", "model=gpt-4o-transcribe", "-F", "response_format=text")
    key = ("-H", "Authorization: Bearer any")
    quiet = (curl, "--silent", "--show-error", "--noproxy", "*")
    said = subprocess.run(
        [*quiet, url, *key, *forms], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "alfa bravo charlie\n"
