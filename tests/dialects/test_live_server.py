"""The live transcription server's protocol: one answer for each WAV file, whatever is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from vivavoce.audio.wav import wav_header
from vivavoce.core.commands import Audio, Flush, Start
from vivavoce.core.errors import BadMessage, Full
from vivavoce.core.events import Ended, Final, Interim, Numbered, Warning
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Ack, Bye, Failed, Flushed, Ready, Say
from vivavoce.dialects.live_server import BACKLOG, FRAME, MAX_MESSAGE, MOST, LiveServerDialect
from vivavoce.testing.dialects import DialectContract

SECOND = bytes(32_000)


def wav(samples: bytes, format: AudioFormat | None = None) -> bytes:
    return wav_header(format or AudioFormat(), len(samples)) + samples


def new() -> LiveServerDialect:
    return LiveServerDialect("6e9d", lambda: 1734272422.5)


def said(dialect: LiveServerDialect, answer: Any) -> list[dict[str, Any]]:
    return [json.loads(wire) for wire in dialect.send(answer)]


def final(text: str) -> Numbered:
    event = Final(id="u1", start=0, end=9, text=text, engine="e", model="m")
    return Numbered(1, 1, event)


def told(requests: Any) -> list[dict[str, Any]]:
    """What is to be said of a message, without asking the session."""
    assert all(isinstance(request, Say) for request in requests)
    return [json.loads(request.message) for request in requests]


def test_a_conversation_as_their_client_has_it() -> None:
    dialect = new()
    (greeting,) = dialect.greet()
    assert json.loads(greeting) == {"type": "session_init", "session_id": "6e9d"}
    assert list(dialect.receive(wav(SECOND))) == [Start(AudioFormat()), Audio(0, SECOND), Flush()]
    assert said(dialect, Ready("s1", "t", 1, 0)) == []
    assert said(dialect, Ack(0)) == []
    assert said(dialect, Interim(id="u1", start=0, end=9, stable="He", tail="llo")) == []
    assert said(dialect, final("Hello there.")) == []
    assert said(dialect, final("Who is it?")) == []
    assert said(dialect, Flushed(1)) == [
        {
            "type": "transcription",
            "text": "Hello there. Who is it?",
            "timestamp": 1734272422.5,
            "audio_file": "recordings/s1/audio",
        }
    ]
    assert list(dialect.receive(wav(SECOND))) == [Audio(1, SECOND), Flush()]
    assert [message["text"] for message in said(dialect, Flushed(2))] == [""]
    assert said(dialect, Numbered(9, 1, Ended(reason="finished", duration=9))) == []
    assert said(dialect, Bye("finished")) == []


def test_a_file_without_samples_is_answered_too() -> None:
    assert list(new().receive(wav(b""))) == [Start(AudioFormat()), Flush()]


def test_a_long_file_is_several_frames() -> None:
    samples = bytes(range(256)) * (FRAME // 256) + b"\1\2"
    start, first, second, flush = new().receive(wav(samples))
    assert isinstance(start, Start)
    assert (first, second) == (Audio(0, samples[:FRAME]), Audio(1, b"\1\2"))
    assert flush == Flush()


@pytest.mark.parametrize("before", [[], [wav(SECOND)]])
@pytest.mark.parametrize("file", [b"", b"\1\2", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_wav_file_is_warned_of_and_answered(before: list[bytes], file: bytes) -> None:
    dialect = new()
    for message in before:
        dialect.receive(message)
    warning, answer = told(dialect.receive(file))
    assert warning["type"] == "warning"
    assert (answer["type"], answer["text"]) == ("transcription", "")


def test_a_file_of_another_rate_is_too_and_the_next_is_heard() -> None:
    dialect = new()
    dialect.receive(wav(SECOND))
    warning, answer = told(dialect.receive(wav(SECOND, AudioFormat("pcm_s16le", 48_000, 1))))
    assert "at 48000 Hz" in warning["message"]
    assert "began with pcm_s16le at 16000 Hz" in warning["message"]
    assert answer["text"] == ""
    assert list(dialect.receive(wav(SECOND))) == [Audio(1, SECOND), Flush()]


def test_a_backlog_is_told_once_and_nothing_is_dropped() -> None:
    dialect = new()
    requests = [request for _ in range(BACKLOG + 5) for request in dialect.receive(wav(SECOND))]
    (say,) = [request for request in requests if isinstance(request, Say)]
    warning = json.loads(say.message)
    assert warning["type"] == "warning"
    assert f"backlog: {BACKLOG + 1} audio chunks wait" in warning["message"]
    assert sum(isinstance(request, Flush) for request in requests) == BACKLOG + 5
    answers = [m for n in range(1, BACKLOG + 6) for m in said(dialect, Flushed(n))]
    assert len(answers) == BACKLOG + 5
    again = [request for _ in range(BACKLOG + 1) for request in dialect.receive(wav(SECOND))]
    assert sum(isinstance(request, Say) for request in again) == 1


def test_who_never_waits_is_stopped() -> None:
    dialect = new()
    for _ in range(MOST):
        dialect.receive(wav(b""))
    with pytest.raises(Full, match="1000 WAV files wait"):
        dialect.receive(wav(b""))


def test_a_session_that_breaks_off_leaves_none_unanswered() -> None:
    dialect = new()
    for _ in range(3):
        dialect.receive(wav(SECOND))
    said(dialect, final("Hello."))
    said(dialect, Flushed(1))
    assert [message["text"] for message in said(dialect, Bye("engine"))] == ["", ""]


def test_text_where_audio_is_due_ends_the_line() -> None:
    with pytest.raises(BadMessage, match="A text message came"):
        new().receive('{"type": "stop"}')


def test_trouble_is_a_warning() -> None:
    dialect = new()
    assert said(dialect, Failed(Full("Try later."))) == [
        {"type": "warning", "message": "Try later."}
    ]
    warning = Numbered(1, 1, Warning(code="engine", message="It is slow."))
    assert said(dialect, warning) == [{"type": "warning", "message": "It is slow."}]


class TestContract(DialectContract):
    conversation = (wav(SECOND), wav(b""), wav(bytes(FRAME + 2)))

    def dialect(self) -> LiveServerDialect:
        return new()


def test_the_page_says_the_bounds() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "other-protocols.md").read_text()
    bounds = (f"{MAX_MESSAGE >> 20} MiB", f"more than {BACKLOG} files", f"lets {MOST} wait")
    assert [bound for bound in bounds if bound not in page] == []
