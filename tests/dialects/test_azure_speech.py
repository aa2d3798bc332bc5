"""Azure Speech's protocol: turns of one connection as sessions of ours."""

import json
import struct
from collections.abc import Sequence
from typing import Any

import pytest

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import BadAudio, BadMessage
from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Numbered, Speech
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.dialects.azure_speech import AzureSpeechDialect
from vivavoce.dialects.azure_speech_messages import parse
from vivavoce.dialects.azure_speech_turn import Promises
from vivavoce.dialects.base import Ack, Ready, Request, Say, Wire
from vivavoce.testing.dialects import DialectContract

PCM = struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
HEADER = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + PCM + b"data\0\0\0\0"
TENTH = bytes(3200)

CONFIG = (
    "Path:speech.config\r\nContent-Type:application/json; charset=utf-8\r\n\r\n"
    '{"context":{"system":{"name":"SpeechSDK"},"audio":{"source":{"samplerate":"16000"}}}}'
)
TELEMETRY = 'Path:telemetry\r\nX-RequestId:1\r\n\r\n{"Metrics":[]}'


def context(request: str = "1", **detection: Any) -> str:
    body = {"phraseDetection": {"language": "en-us", **detection}, "audio": {"streams": {}}}
    return f"Path:speech.context\r\nX-RequestId:{request}\r\n\r\n{json.dumps(body)}"


def audio(body: bytes = b"", request: str = "1") -> bytes:
    head = f"Path:audio\r\nX-RequestId:{request}\r\nContent-Type:audio/x-wav\r\n".encode()
    return len(head).to_bytes(2, "big") + head + body


ONE = (CONFIG, context(), audio(HEADER), audio(TENTH), audio(TENTH), audio(), TELEMETRY)

FINAL = Final(id="u1", start=0, end=1600, text="Hello.", engine="e", model="m")
SPOKE = Speech(state="started", at=0)
END = Ended(reason="finished", duration=3200)
READY = Ready("s", "t", 1, 0)


class Client:
    """Says messages, and reads what becomes of them. `now` is the time."""

    def __init__(self, mode: str = "", **query: str) -> None:
        self.now = 0.0
        self.asked: list[Options] = []
        self.dialect = AzureSpeechDialect(
            "5eed", lambda: self.now, mode, query.items(), self._promises
        )

    def say(self, *messages: Wire) -> list[object]:
        """Commands, and the paths of what is answered at once."""
        requests = [r for message in messages for r in self.dialect.receive(message)]
        return [path(r.message) if isinstance(r, Say) else r for r in requests]

    def hear(self, *answers: Ready | Ack | AnyEvent) -> list[str]:
        said: list[Wire] = []
        for answer in answers:
            known = isinstance(answer, Ready | Ack | Interim)
            said += self.dialect.send(answer if known else Numbered(1, 1, answer))  # type: ignore[arg-type]
        return [path(wire) for wire in said]

    def _promises(self, options: Options) -> Promises:
        self.asked.append(options)
        return Promises()


def path(wire: Wire) -> str:
    """Of a message, with the turn that it belongs to."""
    message = parse(wire)
    status = json.loads(message.body).get("RecognitionStatus", "")
    return " ".join(filter(None, [message.request, message.path, status]))


class TestContract(DialectContract):
    conversation = ONE

    def dialect(self) -> AzureSpeechDialect:
        return AzureSpeechDialect("5eed", lambda: 0.0)


class TestContractOfOnePhrase(DialectContract):
    """Which ends in the middle of the audio."""

    conversation = (*ONE[:-2], context("2"), audio(HEADER, "2"), audio(TENTH, "2"), audio(b"", "2"))

    def dialect(self) -> AzureSpeechDialect:
        return AzureSpeechDialect("5eed", lambda: 0.0, "interactive")


def commands(requests: Sequence[Request] | Sequence[object]) -> list[str]:
    return [r if isinstance(r, str) else type(r).__name__ for r in requests]


def test_a_turn_is_a_session() -> None:
    client = Client()
    assert client.say(*ONE) == [
        "1 turn.start",
        Start(AudioFormat(), Options(language="en-us")),
        Audio(0, TENTH),
        Audio(1, TENTH),
        Finish(),
    ]
    assert client.hear(READY, SPOKE, Ack(1), FINAL, END) == [
        "1 speech.startdetected",
        "1 speech.phrase Success",
        "1 speech.enddetected",
        "1 speech.phrase EndOfDictation",
        "1 turn.end",
    ]


def test_nothing_is_heard_before_there_is_a_session() -> None:
    client = Client()
    client.say(*ONE[:2])
    assert client.hear(FINAL, Ack(0)) == []


def test_it_is_asked_what_there_can_be() -> None:
    client = Client(to="de", language="en-US", lidEnabled="en-US,de-DE")
    client.say(context(speakerDiarization={"mode": "Anonymous"}))
    brief = Brief(languages=("en-US", "de-DE"), translate_to=("de",), diarization=True)
    assert client.asked == [Options(brief=brief)]


def test_turns_follow_one_another() -> None:
    """What is heard belongs to the session that is open, whatever the client says already."""
    client = Client()
    assert commands(client.say(*ONE)) == ["1 turn.start", "Start", "Audio", "Audio", "Finish"]
    second = client.say(context("2"), audio(HEADER, "2"), audio(TENTH, "2"))
    assert commands(second) == ["2 turn.start", "Start", "Audio"]
    assert second[2] == Audio(0, TENTH)
    assert client.hear(READY, END) == ["1 speech.phrase EndOfDictation", "1 turn.end"]
    assert client.hear(READY, FINAL) == ["2 speech.phrase Success"]


def test_a_turn_without_audio_is_no_session() -> None:
    client = Client()
    assert client.say(context(), audio(HEADER), audio(), audio(TENTH)) == [
        "1 turn.start",
        "1 speech.phrase EndOfDictation",
        "1 turn.end",
    ]
    assert Client("interactive").say(context(), audio()) == [
        "1 turn.start",
        "1 speech.phrase InitialSilenceTimeout",
        "1 turn.end",
    ]


def test_a_turn_that_is_given_up_is_finished() -> None:
    client = Client()
    client.say(*ONE[:4])
    assert commands(client.say(context("2"))) == ["Finish", "2 turn.start"]


def test_clients_of_old_begin_with_audio() -> None:
    client = Client("conversation")
    said = client.say(CONFIG, audio(HEADER + TENTH), audio())
    assert commands(said) == ["1 turn.start", "Start", "Audio", "Finish"]
    client.hear(READY, END)
    assert commands(client.say(audio(TENTH))) == []
    assert commands(client.say(audio(HEADER, "2"))) == ["2 turn.start"]
    assert commands(client.say(audio(TENTH, "1"))) == []


# --- one phrase


def test_one_phrase_ends_the_session() -> None:
    client = Client("interactive")
    client.say(*ONE[:4])
    said = ["1 speech.startdetected", "1 speech.phrase Success", "1 speech.enddetected"]
    assert client.hear(READY, SPOKE, FINAL) == [*said, "1 turn.end"]
    assert commands(client.say(audio(TENTH), audio(), TELEMETRY)) == ["Finish"]
    assert client.hear(END) == []
    assert commands(client.say(context("2"), audio(HEADER + TENTH, "2"))) == [
        "2 turn.start",
        "Start",
        "Audio",
    ]


NOBODY = ["Audio", "1 speech.phrase InitialSilenceTimeout", "1 turn.end", "Finish"]


def test_who_waits_for_one_phrase_is_told_that_nobody_speaks() -> None:
    client = Client("interactive", initialSilenceTimeoutMs="300")
    client.say(context(), audio(HEADER), audio(TENTH))
    client.now = 1.0
    assert commands(client.say(audio(TENTH))) == ["Audio"]
    assert commands(client.say(audio(TENTH), audio(TENTH))) == NOBODY


def test_a_file_that_comes_at_once_is_listened_to_first() -> None:
    client = Client("interactive")
    client.say(context(), audio(HEADER), audio(bytes(320_000)))
    client.now = 4.9
    assert commands(client.say(audio(TENTH))) == ["Audio"]
    client.now = 5.0
    assert commands(client.say(audio(TENTH))) == NOBODY


@pytest.mark.parametrize("mode", ["interactive", "conversation"])
def test_who_is_spoken_to_waits(mode: str) -> None:
    client = Client(mode)
    client.say(context(), audio(HEADER), audio(bytes(320_000)))
    client.hear(READY, *([SPOKE] if mode == "interactive" else []))
    client.now = 60.0
    assert commands(client.say(audio(TENTH))) == ["Audio"]


# --- what is wrong


@pytest.mark.parametrize(
    ("messages", "error", "sentence"),
    [
        (["Path:speech.context\r\n\r\n{}"], BadMessage, "speech.context came without an X-Requ"),
        ([audio(request="")], BadMessage, "audio came without an X-RequestId."),
        ([context().replace("{", "", 1)], BadMessage, "The speech.context is not JSON."),
        ([context(), audio(TENTH)], BadAudio, "The first audio, which is said to be audio/x-wav"),
    ],
)
def test_what_is_wrong_is_refused(
    messages: list[Wire], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        Client().say(*messages)


def test_a_query_is_looked_at_when_a_turn_begins() -> None:
    client = Client(segmentationSilenceTimeoutMs="long")
    client.say(CONFIG)
    with pytest.raises(BadMessage, match="segmentationSilenceTimeoutMs in the query"):
        client.say(context())
