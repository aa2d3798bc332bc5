"""Amazon Transcribe's protocol: messages in one another, results under one id, and exceptions."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import (
    BadMessage,
    DiskError,
    Draining,
    EngineError,
    Full,
    Held,
    TooLarge,
    VivavoceError,
)
from vivavoce.core.events import Ended, Final, Interim, Numbered, Warning
from vivavoce.core.types import AudioFormat, Word
from vivavoce.dialects.aws_transcribe import FRAME, AwsTranscribeDialect
from vivavoce.dialects.aws_transcribe_options import Asked, read
from vivavoce.dialects.base import Ack, Bye, Failed, Flushed, Ready, Wire
from vivavoce.dialects.eventstream import MAX_MESSAGE, Message, pack, unpack
from vivavoce.testing.dialects import DialectContract

SESSION = UUID("6e9d6b54-6b0f-4c22-9d3a-0f6f0d1f2a55")
ASKED = read({"language-code": "en-US", "sample-rate": "16000", "media-encoding": "pcm"}, SESSION)
SECOND = bytes(32_000)
EVENT = {":message-type": "event", ":event-type": "AudioEvent"}


def audio(samples: bytes = SECOND) -> bytes:
    return other({}, samples)


def other(headers: dict[str, str], payload: bytes = SECOND) -> bytes:
    """An audio event with these headers instead of its own."""
    return pack(Message({**EVENT, **headers}, payload))


def signed(inner: bytes) -> bytes:
    return pack(Message({":date": 1_700_000_000_000, ":chunk-signature": bytes(32)}, inner))


def new(**changes: Any) -> AwsTranscribeDialect:
    return AwsTranscribeDialect(replace(ASKED, **changes))


def results(wires: Any) -> list[dict[str, Any]]:
    found = []
    for wire in wires:
        headers, payload = unpack(wire)
        assert headers[":event-type"] == "TranscriptEvent"
        (result,) = json.loads(payload)["Transcript"]["Results"]
        found.append(result)
    return found


def exceptions(wires: Any) -> list[tuple[Any, str]]:
    messages = [unpack(wire) for wire in wires]
    assert {message.headers[":message-type"] for message in messages} <= {"exception"}
    return [(m.headers[":exception-type"], json.loads(m.payload)["Message"]) for m in messages]


def interim(stable: str, tail: str, id: str = "u1") -> Interim:
    return Interim(id=id, start=0, end=16_000, stable=stable, tail=tail)


def final(text: str, id: str = "u1", **more: Any) -> Numbered:
    event = Final(id=id, start=0, end=16_000, text=text, engine="e", model="m", **more)
    return Numbered(1, 1, event)


# --- what a client sends


@pytest.mark.parametrize("wrap", [bytes, signed], ids=["as it is", "signed"])
def test_audio_and_its_end(wrap: Any) -> None:
    dialect = new()
    assert dialect.greet() == ()
    start = Start(AudioFormat(), ASKED.options)
    assert list(dialect.receive(wrap(audio()))) == [start, Audio(0, SECOND)]
    assert list(dialect.receive(wrap(audio(b"\1\2")))) == [Audio(1, b"\1\2")]
    assert list(dialect.receive(wrap(audio(b"")))) == [Finish()]
    assert list(dialect.receive(wrap(audio()))) == []
    assert list(dialect.receive(b"")) == []


@pytest.mark.parametrize("end", [signed(b""), b"", pack(Message())])
def test_other_ends(end: bytes) -> None:
    dialect = new()
    dialect.receive(audio())
    assert list(dialect.receive(end)) == [Finish()]


@pytest.mark.parametrize("end", [signed(b""), b"", audio(b"")])
def test_without_audio_there_is_no_session(end: bytes) -> None:
    dialect = new()
    assert list(dialect.receive(end)) == [Bye("finished")]
    assert list(dialect.receive(audio())) == []


def test_messages_come_in_pieces_and_several_at_a_time() -> None:
    dialect, stream = new(), signed(audio(b"ab")) + signed(audio(b"cd")) + signed(audio(b"ef"))
    requests = [*dialect.receive(stream[:7]), *dialect.receive(stream[7:-1])]
    assert requests[1:] == [Audio(0, b"ab"), Audio(1, b"cd")]
    assert list(dialect.receive(stream[-1:])) == [Audio(2, b"ef")]


def test_a_long_message_is_several_frames() -> None:
    _, first, second = new().receive(audio(bytes(FRAME + 2)))
    assert (len(first.payload), len(second.payload)) == (FRAME, 2)  # type: ignore[union-attr]
    assert second.frame == 1  # type: ignore[union-attr]


def test_what_is_for_call_analytics_is_passed_over() -> None:
    configuration = other({":event-type": "ConfigurationEvent"}, b"{}")
    assert list(new().receive(configuration)) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("hello", "Text came"),
        (b"GET / HTTP/1.1\r\n", "no event stream"),
        (audio()[:-1] + b"\1", "does not fit its checksum"),
        (signed(audio()[:-1]), "cut off"),
        (other({":event-type": "VideoEvent"}), "type 'VideoEvent' came"),
        (other({":message-type": "exception"}), "an AudioEvent was due"),
    ],
)
def test_what_cannot_be_read_is_told_when_all_before_it_is_transcribed(
    wrong: Wire, sentence: str
) -> None:
    with pytest.raises(BadMessage, match=sentence):
        new().receive(wrong)
    dialect = new()
    if isinstance(wrong, bytes):
        requests = [*dialect.receive(audio() + wrong)]
    else:
        requests = [*dialect.receive(audio()), *dialect.receive(wrong)]
    assert requests[1:] == [Audio(0, SECOND), Finish()]
    assert list(dialect.receive(audio())) == []
    assert [r["IsPartial"] for r in results(dialect.send(final("Hello.")))] == [False]
    ((name, message),) = exceptions(dialect.send(Bye("finished")))
    assert name == "BadRequestException"
    assert sentence in message


def test_a_stream_that_ends_in_mid_message_is_one_of_them() -> None:
    dialect = new()
    dialect.receive(audio() + audio()[:-1])
    assert list(dialect.receive(b"")) == [Finish()]
    ((_, message),) = exceptions(dialect.send(Bye("finished")))
    assert "in the middle of a message" in message


def test_a_message_beyond_the_bound_is_refused_when_it_begins() -> None:
    with pytest.raises(TooLarge, match=f"{MAX_MESSAGE} is the most"):
        new().receive(audio(bytes(MAX_MESSAGE))[:12])


# --- what the server sends


def test_an_utterance_has_one_id_from_its_first_words_to_its_last() -> None:
    dialect = new()
    for quiet in (Ready("s", "t", 1, 0), Ack(0), Flushed(1)):
        assert dialect.send(quiet) == ()
    (partial,) = results(dialect.send(interim("Hello", " their")))
    assert partial == {
        "ResultId": partial["ResultId"],
        "StartTime": 0.0,
        "EndTime": 1.0,
        "IsPartial": True,
        "ChannelId": "ch_0",
        "LanguageCode": "en-US",
        "Alternatives": [
            {
                "Transcript": "Hello their",
                "Items": [
                    {
                        "Type": "pronunciation",
                        "Content": content,
                        "StartTime": start,
                        "EndTime": end,
                        "VocabularyFilterMatch": False,
                    }
                    for content, start, end in (("Hello", 0.0, 0.455), ("their", 0.545, 1.0))
                ],
            }
        ],
    }
    (result,) = results(dialect.send(final("Hello there.")))
    assert (result["ResultId"], result["IsPartial"]) == (partial["ResultId"], False)
    UUID(result["ResultId"])
    (other,) = results(dialect.send(final("Hello there.", "u2")))
    assert other["ResultId"] != result["ResultId"]
    assert dialect.send(Numbered(9, 1, Ended(reason="finished", duration=9))) == ()
    assert dialect.send(Bye("finished")) == ()


def test_words_have_their_times_and_punctuation_is_split_off() -> None:
    words = (
        Word("Well,", 1600, 8000, 0.9, "1"),
        Word("no", 8000, 9600, 0.8, "1"),
        Word("...", 9600, 9600),
    )
    (result,) = results(new().send(final("Well, no ...", words=words)))
    (alternative,) = result["Alternatives"]
    assert alternative["Transcript"] == "Well, no ..."
    assert [
        (i["Content"], i["Type"], i["StartTime"], i["EndTime"], i.get("Confidence"))
        for i in alternative["Items"]
    ] == [
        ("Well", "pronunciation", 0.1, 0.5, 0.9),
        (",", "punctuation", 0.5, 0.5, None),
        ("no", "pronunciation", 0.5, 0.6, 0.8),
        ("...", "punctuation", 0.6, 0.6, None),
    ]
    assert not any("Speaker" in item or "Stable" in item for item in alternative["Items"])


def test_speakers_are_named_to_who_asked_for_them() -> None:
    words = (Word("Yes.", 0, 8000, None, "0"),)
    (result,) = results(new(speakers=True).send(final("Yes.", words=words)))
    assert [item["Speaker"] for item in result["Alternatives"][0]["Items"]] == ["0", "0"]


def test_who_asked_for_stabilisation_is_told_what_is_stable() -> None:
    dialect = new(stabilized=True)
    (partial,) = results(dialect.send(interim("One, two", "fold three")))
    items = partial["Alternatives"][0]["Items"]
    assert [(item["Content"], item["Stable"]) for item in items] == [
        ("One", True),
        (",", True),
        ("twofold", False),  # of which only the beginning is stable
        ("three", False),
    ]
    (result,) = results(dialect.send(final("One, two.")))
    assert all(item["Stable"] for item in result["Alternatives"][0]["Items"])


def test_silence_is_told_only_where_words_were_shown() -> None:
    dialect = new()
    assert dialect.send(interim("", "")) == ()
    assert dialect.send(final("")) == ()
    (partial,) = results(dialect.send(interim("", "Uh", "u2")))
    (gone,) = results(dialect.send(interim("", "", "u2")))
    (result,) = results(dialect.send(final("", "u2")))
    assert partial["ResultId"] == gone["ResultId"] == result["ResultId"]
    assert result["Alternatives"] == [{"Transcript": "", "Items": []}]
    assert dialect.send(final("", "u3")) == ()


def test_an_identified_language_is_named_as_the_client_named_it() -> None:
    dialect = new(language=None, languages=("de-DE", "en-US"))
    (partial,) = results(dialect.send(interim("Hello", "")))
    (english,) = results(dialect.send(final("Hello.", language="en")))
    (other,) = results(dialect.send(final("Hallo.", language="nl")))
    (unknown,) = results(dialect.send(final("Hm.")))
    assert (english["LanguageCode"], other["LanguageCode"]) == ("en-US", "nl")
    assert "LanguageCode" not in {**partial, **unknown}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (BadMessage("Why."), "BadRequestException"),
        (Held("Why."), "ConflictException"),
        (Full("Why."), "LimitExceededException"),
        (Draining("Why."), "ServiceUnavailableException"),
        (EngineError("Why."), "ServiceUnavailableException"),
        (DiskError("Why."), "InternalFailureException"),
    ],
)
def test_trouble_is_one_of_their_exceptions_and_the_last_message(
    error: VivavoceError, name: str
) -> None:
    dialect = new()
    assert exceptions(dialect.send(Failed(error))) == [(name, "Why.")]
    assert dialect.send(Bye(error.code, error.close)) == ()


def test_a_session_that_breaks_off_says_why() -> None:
    ((name, message),) = exceptions(new().send(Bye("cancelled")))
    assert (name, message) == (
        "ServiceUnavailableException",
        "The session ended before all of it was transcribed: cancelled.",
    )
    dialect = new()
    dialect.send(Numbered(1, 1, Warning(code="bad_audio", message="It is no audio.")))
    assert exceptions(dialect.send(Bye("bad_audio"))) == [
        ("BadRequestException", "It is no audio.")
    ]


class TestContract(DialectContract):
    conversation = (audio(), signed(audio()), signed(audio(bytes(FRAME + 2))), audio(b""))

    def dialect(self) -> AwsTranscribeDialect:
        return new(stabilized=True, speakers=True)


def test_the_answer_repeats_what_was_asked() -> None:
    assert isinstance(ASKED, Asked)
    assert ASKED.headers == {
        "x-amzn-transcribe-language-code": "en-US",
        "x-amzn-transcribe-sample-rate": "16000",
        "x-amzn-transcribe-media-encoding": "pcm",
        "x-amzn-transcribe-session-id": str(SESSION),
    }
