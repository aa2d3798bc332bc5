"""Microsoft's own Speech SDKs, whose host is this server: the newest for Python, one of two
years before, and the one for JavaScript."""

import asyncio
import json
import os
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vivavoce
from vivavoce.audio.wav import wav_header
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.testing.process import ServerProcess, running

HERE = Path(__file__).parent
OLD = HERE.parents[1] / ".cache" / "old-clients" / "azure-cognitiveservices-speech==1.42.0"
SDKS = ("1.53.0", "1.42.0", "javascript")
LIMIT = 240.0
"""Seconds; only for what hangs."""

AS_FILES = {"Speech_SegmentationSilenceTimeoutMs": "1000"}
"""Where utterances are cut, as `vivavoce transcribe` cuts them."""

Told = list[dict[str, Any]]


class App:
    """A program with one of the SDKs. `sdk` is a version for Python, or javascript."""

    def __init__(self, sdk: str, node: Any) -> None:
        self.sdk = sdk
        self._node = node

    def __call__(self, server: ServerProcess, path: str = "", **asked: Any) -> Told:
        """What it is told. `path`: a whole address, else the SDK has one for what is asked."""
        url = f"{server.url.replace('http:', 'ws:').rstrip('/')}{path}"
        if self.sdk == "javascript":
            asked = {"url": url, "whole": bool(path), **asked}
            return list(self._node("azure_speech.mjs", json.dumps(asked)))
        at = {"endpoint" if path else "host": url}
        told = self._python(json.dumps({"at": at, **asked}))
        assert told.pop(0) == {"event": "sdk", "version": self.sdk}
        return told

    def _python(self, asked: str) -> Told:
        older = {"PYTHONPATH": str(OLD)} if self.sdk == "1.42.0" else {}
        done = subprocess.run(
            [sys.executable, str(HERE / "azure_speech_sdk.py"), asked],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env={**os.environ, **older},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=SDKS)
def app(request: pytest.FixtureRequest) -> App:
    if request.param == "1.42.0" and not (OLD / ".installed").exists():
        pytest.skip("the older client is not installed (scripts/install-old-clients)")
    node = request.getfixturevalue("node") if request.param == "javascript" else None
    return App(request.param, node)


def of(told: Told, event: str) -> Told:
    return [each for each in told if each["event"] == event]


def texts(told: Told, event: str = "recognized") -> list[str]:
    return [each["text"] for each in of(told, event)]


def ended(told: Told) -> bool:
    """Whether all of a file was heard, and nothing else came of it."""
    return [each["why"] for each in of(told, "canceled")] == ["EndOfStream"]


def pcm16(samples: Pcm) -> bytes:
    sound: bytes = (samples * 32767).astype("<i2").tobytes()
    return sound


# --- the embedded engine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server as it comes, which does not mind that the last program's session ends late."""
    folder = tmp_path_factory.mktemp("server")
    with running(ServerProcess(folder, finals="tiny", max_sessions=16)) as server:
        yield server


@pytest.fixture(scope="module")
def spoken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real voice, twice, with a pause after each; no whole number of milliseconds."""
    with wave.open(str(data / "ljspeech_short.wav")) as file:
        rate, voice = file.getframerate(), file.readframes(file.getnframes())
    pause = bytes(2 * rate * 3 // 2)
    sound = voice + pause + voice + pause + bytes(12)
    assert len(sound) * 1000 % (2 * rate)
    path = tmp_path_factory.mktemp("spoken") / "spoken.wav"
    path.write_bytes(wav_header(AudioFormat("pcm_s16le", rate), len(sound)) + sound)
    return str(path)


@pytest.fixture(scope="module")
def transcribed(spoken: str) -> list[str]:
    """What `vivavoce transcribe` makes of the same."""

    async def finals() -> list[str]:
        return [e.text async for e in vivavoce.transcribe(spoken) if isinstance(e, Final)]

    return asyncio.run(finals())


def test_continuous_recognition(
    app: App, server: ServerProcess, spoken: str, transcribed: list[str]
) -> None:
    log = len(server.log)
    told = app(server, push=spoken, properties=AS_FILES)
    assert len(transcribed) == 2
    assert texts(told) == transcribed
    assert ended(told)
    first = told.index(of(told, "recognized")[0])
    assert of(told[:first], "recognizing")
    assert told[-1]["event"] == "stopped"
    one, two = of(told, "recognized")
    assert 0 <= one["offset"] < one["offset"] + one["duration"] < two["offset"]
    assert "/speech/recognition/conversation/" in server.log[log:]
    assert "secret-key" not in server.log  # of the SDK for JavaScript, in its address


def test_one_phrase_after_another(
    app: App, server: ServerProcess, spoken: str, transcribed: list[str]
) -> None:
    """Two turns. The SDK for Python sends again what the first phrase did not reach to."""
    told = app(server, file=spoken, once=2, properties=AS_FILES)
    again = transcribed[:1] if app.sdk == "javascript" else transcribed[1:]
    assert texts(told) == transcribed[:1] + again
    assert {each["reason"] for each in told} == {"RecognizedSpeech"}


def test_dictation_with_the_times_of_words(app: App, server: ServerProcess, spoken: str) -> None:
    told = app(server, file=spoken, dictation=True, words=True, phrases=["block books"])
    assert ended(told)
    for phrase in of(told, "recognized"):
        (best,) = json.loads(phrase["json"])["NBest"]
        end = phrase["offset"] + phrase["duration"]
        assert best["Display"] == phrase["text"]
        assert " ".join(word["Word"] for word in best["Words"]) == best["Lexical"]
        assert all(phrase["offset"] <= word["Offset"] < end for word in best["Words"])
        assert 0 < best["Confidence"] <= 1


def test_a_conversation_is_transcribed(app: App, server: ServerProcess, spoken: str) -> None:
    """By an engine that does not tell voices apart."""
    told = app(server, file=spoken, speakers=True)
    assert ended(told)
    assert all(texts(told))
    assert {each["speaker"] for each in of(told, "recognized")} == {"Unknown"}


def test_candidates(app: App, server: ServerProcess, data: Path) -> None:
    """Of which the engine knows one."""
    told = app(server, file=str(data / "ljspeech_short.wav"), languages=["de-DE", "en-US"])
    assert [each["language"] for each in of(told, "recognized")] == ["en-US"]
    assert ended(told)


def test_one_who_stops_is_told_the_rest_at_once(
    app: App, server: ServerProcess, spoken: str
) -> None:
    """In the middle of what is said."""
    told = app(server, push=spoken, stop=True)
    assert texts(told)[0]
    assert not of(told, "canceled")
    assert told[-1]["event"] == "stopped"


def test_nobody_speaks(app: App, server: ServerProcess, tmp_path: Path) -> None:
    asked: dict[str, Any] = {
        "properties": {"SpeechServiceConnection_InitialSilenceTimeoutMs": "500"}
    }
    if app.sdk == "javascript":  # which has no other source than a file
        (tmp_path / "silence.wav").write_bytes(wav_header(AudioFormat(), 96_000) + bytes(96_000))
        asked["file"] = str(tmp_path / "silence.wav")
    (told,) = app(server, once=1, **asked)
    assert told["reason"] == "NoMatch"
    assert json.loads(told["json"])["Offset"] == 0


MASKED = {"SpeechServiceResponse_ProfanityOption": "masked"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "language": ({"language": "de-DE"}, "moonshine-tiny-en understands en, not de-DE."),
    "candidates": ({"languages": ["fr-FR", "de-DE"]}, "understands en, not fr-FR."),
    "translation": ({"to": ["de"], "language": "en-US"}, "moonshine-tiny-en does not translate"),
    "masking": ({"properties": MASKED}, "Profanity cannot be masked here"),
    "path": ({"path": "/any/path"}, "Azure Speech is not served at /any/path here."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_told_in_a_sentence(
    app: App, server: ServerProcess, data: Path, what: str
) -> None:
    """Once: it is not tried again."""
    asked, sentence = REFUSED[what]
    if app.sdk == "javascript" and what == "candidates":
        asked = asked | {"path": "/stt/speech/universal/v2"}
    told = app(server, file=str(data / "ljspeech_short.wav"), **asked)
    (canceled,) = of(told, "canceled")
    assert canceled["why"] == "Error"
    assert sentence in canceled["details"]
    assert not of(told, "recognized")


# --- an engine that can do more


@pytest.fixture(scope="module")
def worldly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Says who speaks and in which language, and translates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE / "worldly_engine"))
        folder = tmp_path_factory.mktemp("worldly")
        server = ServerProcess(folder, engines="worldly", hosts=1, max_sessions=64)
        with running(server):
            yield server


ALFA, ZULU = " ".join(WORDS[:13]), " ".join(WORDS[13:])


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two speakers, one after the other, who say ALFA and ZULU."""
    parts = [say(*WORDS[:13]), silence(1), say(*WORDS[13:]), silence(1)]
    sound = pcm16(np.concatenate(parts))
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    path.write_bytes(wav_header(AudioFormat(), len(sound)) + sound)
    return str(path)


def test_a_translation(app: App, worldly: ServerProcess, talk: str) -> None:
    told = app(worldly, push=talk, language="en-US", to=["de", "fr"])
    assert texts(told) == [ALFA, ZULU]
    assert [dict(each["translations"]) for each in of(told, "recognized")] == [
        {"de": f"{ALFA} de", "fr": f"{ALFA} fr"},
        {"de": f"{ZULU} de", "fr": f"{ZULU} fr"},
    ]
    assert {each["reason"] for each in of(told, "recognized")} == {"TranslatedSpeech"}
    assert of(told, "recognizing")
    assert ended(told)


def test_who_spoke(app: App, worldly: ServerProcess, talk: str) -> None:
    told = app(worldly, file=talk, speakers=True)
    speakers = [(each["speaker"], each["text"]) for each in of(told, "recognized")]
    assert speakers == [("Guest-1", ALFA), ("Guest-2", ZULU)]
    assert ended(told)


def test_which_language_it_was(app: App, worldly: ServerProcess, talk: str) -> None:
    told = app(worldly, file=talk, languages=["en-US", "de-DE"])
    assert [each["language"] for each in of(told, "recognized")] == ["de-DE", "de-DE"]
    assert ended(told)


@pytest.mark.parametrize("shape", [(8000, 16, 2), (48_000, 16, 1)])
def test_pushed_audio_of_any_shape(
    app: App, worldly: ServerProcess, tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    rate, _, channels = shape
    sound = np.concatenate([say("alfa", "zulu"), silence(1)])
    grid = np.arange(len(sound) * rate // 16_000) * 16_000 // rate
    file = tmp_path / "pushed.wav"
    raw = pcm16(np.repeat(sound[grid], channels))
    file.write_bytes(wav_header(AudioFormat("pcm_s16le", rate, channels), len(raw)) + raw)
    told = app(worldly, push=str(file))
    assert texts(told) == ["alfa zulu"]
    assert ended(told)


@pytest.mark.parametrize("path", ["/", "/stt/speech/universal/v2", "/speech/universal/v2?x=1"])
def test_a_whole_address(app: App, worldly: ServerProcess, talk: str, path: str) -> None:
    """Older SDKs go to / where it is the whole of theirs, newer ones and only there to another."""
    if app.sdk == "javascript":
        path = "/speech/universal/v2"  # with less it would ask port 443
    told = app(worldly, path, file=talk)
    assert texts(told) == [ALFA, ZULU]
    assert ended(told)
