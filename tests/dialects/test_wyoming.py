"""Wyoming: what each event means, wherever the stream is cut, and what is said of a session."""

import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event, read_event
from wyoming.info import Info

from vivavoce.core.commands import Audio, Finish, Flush, Options, Start
from vivavoce.core.errors import BadMessage, EngineError, PeerError, TooLarge
from vivavoce.core.events import Ended, Final, Interim, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Bye, Failed, Flushed, Ready, Request, Say, Wire
from vivavoce.dialects.wyoming import MAX_READ, Model, WyomingDialect, two_bytes
from vivavoce.dialects.wyoming_frames import MAX_DATA, MAX_LINE
from vivavoce.testing.dialects import DialectContract

MODELS = (Model("tiny", "A small one", ("en",)), Model("large", "A large one", ("en", "de")))
FORMAT = {"rate": 16_000, "width": 2, "channels": 1}
SECOND = bytes(range(200)) * 160


def frame(type: str, data: dict[str, Any] | None = None, payload: bytes = b"") -> bytes:
    """As the protocol's own library writes it."""
    head: dict[str, Any] = {"type": type, "version": "1.10.2"}
    said = json.dumps(data, ensure_ascii=False).encode() if data else b""
    if said:
        head["data_length"] = len(said)
    if payload:
        head["payload_length"] = len(payload)
    return json.dumps(head).encode() + b"\n" + said + payload


def inline(type: str, data: dict[str, Any], payload: bytes = b"") -> bytes:
    """As older writers do."""
    head = {"type": type, "data": data, "payload_length": len(payload) or None}
    return json.dumps(head).encode() + b"\n" + payload


def chunk(payload: bytes = SECOND, **format: int) -> bytes:
    return frame("audio-chunk", {**FORMAT, "timestamp": None, **format}, payload)


START = frame("audio-start", {**FORMAT, "timestamp": 0})
STOP = frame("audio-stop", {"timestamp": None})
HOME_ASSISTANT = (frame("transcribe", {"language": "en"}), START, chunk(), chunk(), STOP)


def dialect(**options: Any) -> WyomingDialect:
    return WyomingDialect(MODELS, "1.0", **options)


def receive(*messages: bytes) -> list[Request]:
    asked = dialect()
    return [request for message in messages for request in asked.receive(message)]


def audio(requests: Sequence[Request]) -> bytes:
    return b"".join(request.payload for request in requests if isinstance(request, Audio))


def read(*wires: Wire) -> list[Event]:
    """What the protocol's own library reads."""
    stream = io.BytesIO(b"".join(wire for wire in wires if isinstance(wire, bytes)))
    events = []
    while (event := read_event(stream)) is not None:
        events.append(event)
    return events


def heard(dialect: WyomingDialect, *answers: Any) -> list[tuple[str, str | None]]:
    wires = [wire for answer in answers for wire in dialect.send(answer)]
    return [(event.type, event.data.get("text")) for event in read(*wires)]


def interim(stable: str, tail: str = "", id: str = "u1") -> Interim:
    return Interim(id=id, start=0, end=8000, stable=stable, tail=tail)


def final(text: str, id: str = "u1", language: str | None = None) -> Numbered:
    event = Final(id=id, start=0, end=1, text=text, engine="e", model="m", language=language)
    return Numbered(1, 1, event)


READY = Ready("s", "t", 1, 0)
ENDED = Numbered(9, 1, Ended(reason="finished", duration=1))


class TestContract(DialectContract):
    conversation = (frame("describe"), *HOME_ASSISTANT)

    def dialect(self) -> WyomingDialect:
        return dialect()


class TestContractInline(DialectContract):
    conversation = (
        inline("ping", {"text": "here?"}),
        inline("audio-start", FORMAT),
        inline("audio-chunk", FORMAT, SECOND),
        inline("audio-stop", {}),
    )

    def dialect(self) -> WyomingDialect:
        return dialect(kept=True)


def test_an_utterance_of_home_assistant() -> None:
    assert receive(*HOME_ASSISTANT) == [
        Start(AudioFormat("pcm_s16le", 16_000, 1), Options(language="en")),
        Audio(0, SECOND),
        Audio(1, SECOND),
        Flush(),
        Finish(),
    ]


@given(st.lists(st.integers(1, 40_000), min_size=1))
def test_the_stream_may_be_cut_anywhere(sizes: list[int]) -> None:
    stream, asked = b"".join(HOME_ASSISTANT), dialect()
    requests: list[Request] = []
    while stream:
        size = sizes[len(stream) % len(sizes)]
        requests += asked.receive(stream[:size])
        stream = stream[size:]
    assert audio(requests) == SECOND * 2
    assert [r.frame for r in requests if isinstance(r, Audio)] == [*range(len(requests) - 3)]


def test_nothing_of_a_payload_is_held_back() -> None:
    asked = dialect()
    asked.receive(START)
    head = chunk(bytes(1_000_000))[:-1_000_000]
    assert asked.receive(head) == []
    for number in range(3):
        (piece,) = asked.receive(bytes(1000))
        assert piece == Audio(number, bytes(1000))


def test_data_in_the_line_and_after_it_is_merged() -> None:
    said = json.dumps({"width": 2, "channels": 1}).encode()
    head = {"type": "audio-start", "data": {"rate": 8000}, "data_length": len(said)}
    (start,) = receive(json.dumps(head).encode() + b"\n" + said)
    assert isinstance(start, Start)
    assert start.format == AudioFormat("pcm_s16le", 8000, 1)


def test_a_chunk_opens_an_utterance_too() -> None:
    start, piece = receive(chunk(rate=44_100, channels=2))
    assert start == Start(AudioFormat("pcm_s16le", 44_100, 2))
    assert piece == Audio(0, SECOND)


@pytest.mark.parametrize(
    ("width", "samples"),
    [
        (1, bytes([129, 126, 255])),
        (2, struct.pack("<3h", 256, -512, 32_512)),
        (3, b"\x07\x00\x01" + b"\x00\x00\xfe" + b"\xff\x00\x7f"),
        (4, struct.pack("<3i", (1 << 24) + 9, -(2 << 24), (127 << 24) + 255)),
    ],
)
def test_samples_of_any_width_are_brought_to_two_bytes(width: int, samples: bytes) -> None:
    assert struct.unpack("<3h", two_bytes(samples, width)) == (256, -512, 32_512)
    cut = [chunk(samples[at : at + 1], width=width) for at in range(len(samples))]
    assert audio(receive(*cut)) == two_bytes(samples, width)


def test_a_width_may_change_within_an_utterance() -> None:
    wide = struct.pack("<2i", 5 << 16, 6 << 16)
    requests = receive(START, chunk(struct.pack("<h", 4)), chunk(wide, width=4))
    assert audio(requests) == struct.pack("<3h", 4, 5, 6)


@pytest.mark.parametrize("changed", [{"rate": 8000}, {"channels": 2}])
def test_a_rate_and_channels_may_not(changed: dict[str, Any]) -> None:
    with pytest.raises(BadMessage, match="came in an utterance of 16000 Hz with 1 channels"):
        receive(START, chunk(), chunk(**changed))


def test_several_utterances_on_a_connection() -> None:
    """What was asked of the first is not asked of the second."""
    requests = receive(*HOME_ASSISTANT, START, chunk(), STOP)
    second = requests[5:]
    assert second[0] == Start(AudioFormat("pcm_s16le", 16_000, 1))
    assert second[1] == Audio(0, SECOND)


@pytest.mark.parametrize(
    ("name", "engine"), [("large", "large"), ("whisper-1", None), (None, None), ("", None)]
)
def test_a_model_that_is_offered_can_be_asked_for(name: str | None, engine: str | None) -> None:
    asked = frame("transcribe", {"name": name, "language": "", "transcript_names": ["Ann"]})
    start, *_ = receive(asked, START)
    assert isinstance(start, Start)
    assert start.options == Options(engine=engine)


def test_the_rest_is_answered_or_passed_over() -> None:
    info, pong, *rest = receive(
        frame("describe"),
        frame("ping", {"text": "here?"}),
        frame("select-program", {"name": "vivavoce"}),
        frame("wake-up", {"x": 1}, b"payload"),
    )
    assert rest == []
    assert isinstance(info, Say)
    assert isinstance(pong, Say)
    (known,) = read(info.message)
    (program,) = Info.from_event(known).asr
    assert [(m.name, m.languages) for m in program.models] == [
        ("tiny", ["en"]),
        ("large", ["en", "de"]),
    ]
    assert program.supports_transcript_streaming
    (event,) = read(pong.message)
    assert (event.type, event.data) == ("pong", {"text": "here?"})


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"hello\n", "The line is not of an event of Wyoming: JSON is malformed"),
        (b"[1]\n", "expected `object`, got `array`"),
        (b'{"type": 1}\n', "expected `str`"),
        (b'{"type": "x", "payload_length": -1}\n', "payload_length"),
        (b'{"type": "ping", "data_length": 3}\n{x}', "The data of ping is not of an event"),
        (b"[" * 60_000 + b"\n", "The line is not of an event of Wyoming"),
        (frame("audio-start", {"rate": 16_000}), "The data of audio-start is wrong"),
        (chunk(rate=10**9), "`int` <= 192000"),
        (chunk(width=0), "`int` >= 1"),
        (frame("transcribe", {"language": 7}), "The data of transcribe is wrong"),
        (STOP, "An audio-stop came, but no audio before it"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(message: bytes, sentence: str) -> None:
    with pytest.raises(BadMessage) as caught:
        receive(message)
    assert sentence in caught.value.message
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "stream",
    [b" " * (MAX_LINE + 1), b'{"type": "x", "data_length": %d}\n' % (MAX_DATA + 1)],
)
def test_what_is_too_large_is_refused_before_it_is_there(stream: bytes) -> None:
    with pytest.raises(TooLarge):
        receive(stream)


def test_text_is_no_stream_of_bytes() -> None:
    with pytest.raises(BadMessage):
        dialect().receive("{}")


@given(st.lists(st.binary(max_size=MAX_READ), max_size=4))
def test_what_is_held_is_bounded(rubbish: list[bytes]) -> None:
    asked = dialect()
    try:
        for piece in rubbish:
            asked.receive(piece)
            assert len(asked._frames._buffer) <= MAX_LINE + MAX_DATA
    except PeerError:
        pass


def test_chunks_only_grow_and_the_transcript_is_all() -> None:
    said = heard(
        dialect(),
        READY,
        interim("", " so"),
        interim("So it", " does"),
        interim("So it goes", "."),
        final("So it goes."),
        interim("And", " so", id="u2"),
        final("And so on.", "u2", "en"),
        final("", "u3"),
        ENDED,
        Bye("finished"),
    )
    assert [text for name, text in said if name == "transcript-chunk"] == [
        "So it",
        " goes",
        ".",
        " And",
        " so on.",
    ]
    assert [name for name, _ in said if name != "transcript-chunk"] == [
        "transcript-start",
        "transcript",
        "transcript-stop",
    ]
    assert ("transcript", "So it goes. And so on.") in said


def test_a_final_that_differs_is_told_by_the_transcript() -> None:
    said = heard(dialect(), READY, interim("Sow it"), final("So it goes."), ENDED)
    assert [text for _, text in said] == [None, "Sow it", "So it goes.", None]


def test_a_flush_is_answered_before_the_session_ends_and_once() -> None:
    asked = dialect()
    said = heard(asked, READY, final("Yes.", language="en"), Flushed(1))
    assert ("transcript", "Yes.") in said
    assert heard(asked, ENDED, Bye("finished")) == []
    assert heard(asked, READY, ENDED)[1] == ("transcript", "")


def test_nothing_said_has_a_transcript_too() -> None:
    assert heard(dialect(), READY, ENDED, Bye("finished")) == [
        ("transcript-start", None),
        ("transcript", ""),
        ("transcript-stop", None),
    ]


def test_the_language_is_said_where_it_is_known() -> None:
    asked = dialect()
    wires = [w for a in (READY, final("Ja.", language="de"), ENDED) for w in asked.send(a)]
    (transcript,) = [event for event in read(*wires) if event.type == "transcript"]
    assert transcript.data == {"text": "Ja.", "language": "de"}


def test_an_error_stands_for_the_transcript() -> None:
    failed = Failed(EngineError("The engine is gone."))
    said = heard(dialect(), READY, final("Yes."), failed, ENDED, Bye("engine"))
    assert said[-1] == ("error", "The engine is gone.")


def test_a_session_that_breaks_off_is_told() -> None:
    ended = Numbered(9, 1, Ended(reason="engine", duration=1))
    asked = dialect()
    wires = [wire for answer in (READY, ended, Bye("engine")) for wire in asked.send(answer)]
    (error,) = read(*wires)
    assert (error.type, error.data["code"]) == ("error", "engine")
    assert asked.manners.repeats
    assert not asked.manners.kept
