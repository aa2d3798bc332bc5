"""The Azure sample web app: what each event means, and every remark in its place."""

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import EngineError, Full
from vivavoce.core.events import Ended, Event, Final, Interim, Numbered, Speech
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.azure_app import FRAME, AzureAppDialect
from vivavoce.dialects.base import Answer, Bye, Failed, Ready, Request, Say
from vivavoce.testing.dialects import DialectContract

PIECE = bytes(8192)  # 4096 samples, as the sample's page sends them
START, STOP = '["start_transcription"]', '["stop_transcription"]'
STARTED = ["transcription", {"text": "Transcription started. Speak now..."}]
STOPPED = ["transcription", {"text": "Transcription stopped."}]


def audio(pcm: bytes = PIECE) -> str:
    return json.dumps(["audio_data", {"audio": b64encode(pcm).decode()}])


class TestAzureApp(DialectContract):
    conversation = (START, audio(), audio(bytes(2 * FRAME)), STOP)

    def dialect(self) -> AzureAppDialect:
        return AzureAppDialect()


def started() -> AzureAppDialect:
    dialect = AzureAppDialect()
    dialect.receive(START)
    return dialect


def read(requests: Sequence[Request]) -> list[Any]:
    return [json.loads(r.message) if isinstance(r, Say) else r for r in requests]


def heard(dialect: AzureAppDialect, *answers: Answer | Event) -> list[Any]:
    return [json.loads(wire) for answer in answers for wire in dialect.send(_said(answer))]


def _said(answer: Any) -> Answer:
    """Events are numbered, all but interims."""
    logged = isinstance(answer, Event) and not isinstance(answer, Interim)
    said: Answer = Numbered(1, 1, answer) if logged else answer
    return said


def test_a_session_from_its_start_to_its_stop() -> None:
    dialect = AzureAppDialect()
    requests = [r for m in (START, audio(), audio(), STOP) for r in read(dialect.receive(m))]
    assert requests == [
        STARTED,
        Start(AudioFormat("pcm_s16le", 16_000, 1)),
        Audio(0, PIECE),
        Audio(1, PIECE),
        STOPPED,
        Finish(),
    ]


def test_the_remarks_come_in_the_order_of_the_sample() -> None:
    said = heard(
        started(),
        Ready("s", "t", 1, 0),
        Speech(state="started", at=0),
        Interim(id="u1", start=0, end=1, stable="Hello", tail=" their"),
        Speech(state="ended", at=2),
        Final(id="u1", start=0, end=2, text="Hello there.", engine="e", model="m"),
        Ended(reason="finished", duration=2),
        Bye("finished"),
    )
    assert said == [
        ["debug", {"message": "Speech session started"}],
        ["debug", {"message": "Speech detected, listening..."}],
        ["interim_transcription", {"text": "Hello their"}],
        ["transcription", {"text": "Hello there."}],
        ["debug", {"message": "Speech session stopped"}],
    ]


def test_an_utterance_without_words_is_said() -> None:
    final = Final(id="u1", start=0, end=2, text="", engine="e", model="m")
    assert heard(started(), final) == [["transcription", {"text": "No speech could be recognized"}]]


@pytest.mark.parametrize("error", [Full("It is full."), EngineError("It is gone.")])
def test_a_failure_is_a_canceled_recognition(error: Full | EngineError) -> None:
    ((name, data),) = heard(started(), Failed(error))
    assert (name, data["error"]) == ("transcription", True)
    assert data["text"] == (
        f"Recognition canceled: CancellationReason.Error. Error details: {error.message}"
    )


def test_it_can_start_again() -> None:
    dialect = started()
    dialect.receive(audio())
    dialect.receive(STOP)
    dialect.send(Bye("finished"))
    assert read(dialect.receive(START)) == [STARTED, Start(AudioFormat())]
    assert dialect.receive(audio()) == [Audio(0, PIECE)]


def test_it_can_start_again_before_the_last_words_of_the_first() -> None:
    dialect = started()
    dialect.receive(STOP)
    dialect.receive(START)
    dialect.send(Bye("finished"))
    assert dialect.receive(audio()) == [Audio(0, PIECE)]


def test_who_starts_without_a_stop_ends_the_first() -> None:
    dialect = started()
    dialect.receive(audio())
    assert read(dialect.receive(START)) == [Finish(), STARTED, Start(AudioFormat())]
    assert dialect.receive(audio()) == [Audio(0, PIECE)]


def test_a_session_that_is_over_takes_no_more() -> None:
    dialect = started()
    dialect.send(Failed(EngineError("It is gone.")))
    dialect.send(Bye("engine", 1011))
    assert dialect.receive(audio()) == []
    assert read(dialect.receive(STOP)) == [STOPPED]


def test_audio_before_the_start_and_after_the_stop_is_passed_over() -> None:
    dialect = AzureAppDialect()
    assert dialect.receive(audio()) == []
    dialect.receive(START)
    dialect.receive(STOP)
    assert dialect.receive(audio()) == []


def test_a_stop_without_a_start_is_answered() -> None:
    assert read(AzureAppDialect().receive(STOP)) == [STOPPED]


def test_base64_that_is_none_is_told() -> None:
    ((name, data),) = read(started().receive('["audio_data", {"audio": "abc"}]'))
    assert (name, data["error"]) == ("transcription", True)
    assert data["text"].startswith("Audio stream error: ")


@pytest.mark.parametrize(
    "message",
    [
        '["audio_data"]',
        '["audio_data", null]',
        '["audio_data", {}]',
        '["audio_data", {"audio": ""}]',
        '["audio_data", {"audio": [0, 1]}]',
        '["sing", {"text": "la"}]',
        '[["start_transcription"]]',
        "[]",
        "{}",
        "[",
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_the_rest_is_passed_over(message: str | bytes) -> None:
    assert started().receive(message) == []


def test_what_is_long_comes_in_frames() -> None:
    pcm = bytes(range(256)) * (FRAME // 128)
    frames = started().receive(audio(pcm))
    assert [f.frame for f in frames if isinstance(f, Audio)] == [0, 1]
    assert b"".join(f.payload for f in frames if isinstance(f, Audio)) == pcm
