"""Microsoft's own Speech SDKs, whose host is this server: the newest for Python, one of two
years before, and the one for JavaScript."""

import asyncio
import json
import os
import subprocess
import sys
import wave
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vivavoce
from vivavoce.audio.growth import CompleteFile
from vivavoce.audio.source import read_audio
from vivavoce.audio.wav import wav_header
from vivavoce.core.events import Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import WORDS, say, silence
from vivavoce.testing.process import ServerProcess, running

HERE = Path(__file__).parent
OLD = HERE.parents[1] / ".fetched" / "old-clients" / "azure-cognitiveservices-speech==1.42.0"
SDKS = ("1.53.0", "1.42.0", "javascript")
LIMIT = 240.0
"""Seconds; only for what hangs."""

AS_FILES = {"Speech_SegmentationSilenceTimeoutMs": "1000"}
"""Where utterances are cut, as `vivavoce transcribe` cuts them."""

Told = list[dict[str, Any]]


class Apps:
    """A program with each of the SDKs. They mostly wait, so what one is asked all are asked, at
    once, and the tests of the others find it told."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._told: dict[str, dict[str, Future[Told]]] = {}

    def told(self, sdk: str, server: ServerProcess, asked: dict[str, Any]) -> Told:
        key = json.dumps([server.url, asked])
        if sdk not in self._told.get(key, {}):
            with ThreadPoolExecutor(len(SDKS)) as threads:
                self._told[key] = {
                    each: threads.submit(self.run, each, server, asked) for each in SDKS
                }
        return self._told[key].pop(sdk).result()

    def run(self, sdk: str, server: ServerProcess, asked: dict[str, Any]) -> Told:
        other = asked.get("javascript", {}) if sdk == "javascript" else {}
        asked = {name: value for name, value in asked.items() if name != "javascript"} | other
        path = asked.pop("path", "")
        url = f"{server.url.replace('http:', 'ws:').rstrip('/')}{path}"
        if sdk == "javascript":
            asked = {"url": url, "whole": bool(path), **asked}
            return list(self._node("azure_speech.mjs", json.dumps(asked)))
        at = {"endpoint" if path else "host": url}
        told = self._python(sdk, json.dumps({"at": at, **asked}))
        assert told.pop(0) == {"event": "sdk", "version": sdk}
        return told

    def _python(self, sdk: str, asked: str) -> Told:
        older = {"PYTHONPATH": str(OLD)} if sdk == "1.42.0" else {}
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


class App:
    """One of them. `sdk` is a version for Python, or javascript."""

    def __init__(self, sdk: str, apps: Apps) -> None:
        self.sdk = sdk
        self._apps = apps

    def __call__(self, server: ServerProcess, **asked: Any) -> Told:
        """What it is told. `path`: a whole address, else the SDK has one for what is asked;
        `javascript`: what is asked of that SDK in its stead."""
        return self._apps.told(self.sdk, server, asked)

    def alone(self, server: ServerProcess, **asked: Any) -> Told:
        """The same while no other asks. Where others do, one may need ten seconds to end after
        it was refused."""
        return self._apps.run(self.sdk, server, asked)


@pytest.fixture(scope="module")
def apps(node: Any) -> Apps:
    if not (OLD / ".installed").exists():
        pytest.skip("the older client is not installed (scripts/install-old-clients)")
    return Apps(node)


@pytest.fixture(params=SDKS)
def app(request: pytest.FixtureRequest, apps: Apps) -> App:
    return App(request.param, apps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


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


async def samples_of(path: Path) -> Pcm:
    reading = read_audio(path, AudioFormat("container"), CompleteFile(path))
    async with aclosing(reading) as blocks:
        return np.concatenate([block async for block in blocks])


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
    told = app(server, push=spoken, properties=AS_FILES)
    assert len(transcribed) == 2
    assert texts(told) == transcribed
    assert ended(told)
    first = told.index(of(told, "recognized")[0])
    assert of(told[:first], "recognizing")
    assert told[-1]["event"] == "stopped"
    one, two = of(told, "recognized")
    assert 0 <= one["offset"] < one["offset"] + one["duration"] < two["offset"]
    assert server.log.count("/speech/recognition/conversation/") >= len(SDKS)
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
    """Which come after the words, or not at all where the machine has no time for them."""
    told = app(server, file=spoken, dictation=True, words=True, phrases=["block books"])
    assert ended(told)
    for phrase in of(told, "recognized"):
        best = timed(phrase)
        assert best["Display"] == phrase["text"]
        assert bool(best["Words"]) is (0 < best["Confidence"] <= 1)


def timed(phrase: dict[str, Any]) -> dict[str, Any]:
    """The hypothesis of a phrase, whose words are all there or none, each within the phrase."""
    (best,) = json.loads(phrase["json"])["NBest"]
    end = phrase["offset"] + phrase["duration"]
    assert " ".join(word["Word"] for word in best["Words"]) in (best["Lexical"], "")
    assert all(phrase["offset"] <= word["Offset"] < end for word in best["Words"])
    return dict(best)


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


def test_nobody_speaks(app: App, server: ServerProcess, folder: Path) -> None:
    """To a microphone, or in a file, the only source that the SDK for JavaScript has here."""
    file = folder / "silence.wav"
    file.write_bytes(wav_header(AudioFormat(), 96_000) + bytes(96_000))
    asked = {"properties": {"SpeechServiceConnection_InitialSilenceTimeoutMs": "500"}}
    (told,) = app(server, once=1, **asked, javascript={"file": str(file)})
    assert told["reason"] == "NoMatch"
    assert json.loads(told["json"])["Offset"] == 0


MASKED = {"SpeechServiceResponse_ProfanityOption": "masked"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "language": ({"language": "de-DE"}, "moonshine-tiny-en understands en, not de-DE."),
    "candidates": (
        {"languages": ["fr-FR", "de-DE"], "javascript": {"path": "/stt/speech/universal/v2"}},
        "understands en, not fr-FR.",
    ),
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
    told = app.alone(server, file=str(data / "ljspeech_short.wav"), **asked)
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


@pytest.mark.speech
def test_a_translation_by_a_real_model(
    app: App, multilingual: ServerProcess, speech: Path, folder: Path
) -> None:
    """German into English, by Whisper base."""
    german = folder / "german.wav"
    sound = pcm16(asyncio.run(samples_of(speech / "fleurs" / "fleurs-de-000.ogg")))
    german.write_bytes(wav_header(AudioFormat(), len(sound)) + sound)
    told = app(multilingual, push=str(german), language="de-DE", to=["en"])
    assert "Hongkong" in " ".join(texts(told))
    english = " ".join(dict(each["translations"])["en"] for each in of(told, "recognized"))
    assert "Hong Kong" in english
    assert ended(told)


def test_who_spoke(app: App, worldly: ServerProcess, talk: str) -> None:
    told = app(worldly, file=talk, speakers=True, words=True)
    assert all(timed(phrase)["Words"] for phrase in of(told, "recognized"))
    speakers = [(each["speaker"], each["text"]) for each in of(told, "recognized")]
    assert speakers == [("Guest-1", ALFA), ("Guest-2", ZULU)]
    assert ended(told)


def test_which_language_it_was(app: App, worldly: ServerProcess, talk: str) -> None:
    told = app(worldly, file=talk, languages=["en-US", "de-DE"])
    assert [each["language"] for each in of(told, "recognized")] == ["de-DE", "de-DE"]
    assert ended(told)


@pytest.mark.parametrize("shape", [(8000, 16, 2), (48_000, 16, 1)])
def test_pushed_audio_of_any_shape(
    app: App, worldly: ServerProcess, folder: Path, shape: tuple[int, int, int]
) -> None:
    rate, _, channels = shape
    sound = np.concatenate([say("alfa", "zulu"), silence(1)])
    grid = np.arange(len(sound) * rate // 16_000) * 16_000 // rate
    file = folder / f"pushed_{rate}.wav"
    raw = pcm16(np.repeat(sound[grid], channels))
    file.write_bytes(wav_header(AudioFormat("pcm_s16le", rate, channels), len(raw)) + raw)
    told = app(worldly, push=str(file))
    assert texts(told) == ["alfa zulu"]
    assert ended(told)


@pytest.mark.parametrize("path", ["/", "/speech/universal/v2?x=1"])
def test_a_whole_address(app: App, worldly: ServerProcess, talk: str, path: str) -> None:
    """Older SDKs go to / where it is the whole of theirs, newer ones and only there to another,
    and that for JavaScript would ask port 443."""
    whole = {"path": "/stt/speech/universal/v2"} if path == "/" else {}
    told = app(worldly, path=path, file=talk, javascript=whole)
    assert texts(told) == [ALFA, ZULU]
    assert ended(told)
