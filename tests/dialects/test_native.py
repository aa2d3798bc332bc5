"""`vivavoce.v1`, the server's side: what each message means, and what is said of rubbish."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.commands import Audio, Configure, Finish, Flush, Mark, Options, Start
from vivavoce.core.errors import BadMessage, FrameGap, Held, TooLarge
from vivavoce.core.events import Ended, Final, Interim, Numbered
from vivavoce.core.types import AudioFormat, Word
from vivavoce.dialects.base import Ack, Bye, Dialect, Failed, Ready, Resume
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import (
    MAX_MESSAGE,
    EventMessage,
    StartMessage,
    decode_from_server,
    encode,
    pack_batch,
    pack_frame,
    unpack_batch,
    unpack_frame,
)
from vivavoce.testing.dialects import DialectContract

PCM = {"encoding": "pcm_s16le", "rate": 16000, "channels": 1}
RESUME = {"type": "resume", "session": "s", "token": "t", "epoch": 1, "after": 4}


def opened() -> Dialect:
    return NativeDialect(opened=True)


def receive(dialect: Dialect, **message: Any) -> Any:
    (request,) = dialect.receive(json.dumps(message))
    return request


def said(answer: Any) -> Any:
    (message,) = NativeDialect().send(answer)
    return json.loads(message)


def test_start_carries_the_format_and_every_option() -> None:
    options = {
        "interims": False,
        "title": "T",
        "endpointing": "dictation",
        "endpoint_ms": 700,
        "max_utterance_ms": 9000,
    }
    start = receive(
        NativeDialect(), type="start", format=PCM, language="de", engine="e", options=options
    )
    asked = Options("de", "e", False, "T", "dictation", 700, 9000, translations_follow=True)
    assert start == Start(AudioFormat(), asked)


def test_start_needs_no_more_than_a_format() -> None:
    start = receive(NativeDialect(), type="start", format={"encoding": "container"})
    assert start == Start(AudioFormat("container"), Options(translations_follow=True))


def test_a_containers_rate_and_channels_are_dropped() -> None:
    start = receive(
        NativeDialect(),
        type="start",
        format={"encoding": "container", "rate": 10**99, "channels": 0},
    )
    assert start.format == AudioFormat("container")


def test_resume() -> None:
    assert receive(NativeDialect(), **RESUME) == Resume("s", "t", 1, 4)


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ({"type": "flush"}, Flush()),
        ({"type": "finish"}, Finish()),
        ({"type": "mark"}, Mark()),
        ({"type": "mark", "label": "here"}, Mark("here")),
        ({"type": "mark", "label": "there", "at": 16_000}, Mark("there", 16_000)),
        ({"type": "configure", "endpoint_ms": 300}, Configure(endpoint_ms=300)),
        (
            {"type": "configure", "language": "fr", "title": "T", "max_utterance_ms": 5000},
            Configure("fr", None, 5000, "T"),
        ),
    ],
)
def test_control(message: dict[str, Any], command: object) -> None:
    assert receive(opened(), **message) == command


def test_a_frame_is_a_number_and_bytes() -> None:
    assert opened().receive(b"\0\0\0\0\0\0\1\2abc") == (Audio(258, b"abc"),)


def test_audio_may_follow_start_and_resume() -> None:
    for first in ({"type": "start", "format": PCM}, RESUME):
        dialect = NativeDialect()
        receive(dialect, **first)
        assert dialect.receive(bytes(10)) == (Audio(0, b"\0\0"),)


START = {"type": "start", "format": PCM}


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "input data was truncated"),
        ("{", "truncated"),
        ('{"type": "start", ]', r"JSON is malformed: .* \(byte 18\)"),
        ("[]", "expected `object`, got `array`"),
        ("{}", "missing required field `type`"),
        ({"type": "sing"}, "'sing' - at `\\$.type`"),
        ({"type": 7}, "expected `str` - at `\\$.type`"),
        ({"type": "start"}, "missing required field `format`"),
        ({**START, "x": 1}, "unknown field `x`"),
        (
            {"type": "start", "format": {**PCM, "bits": 24}},
            "unknown field `bits` - at `\\$.format`",
        ),
        ({"type": "start", "format": {**PCM, "encoding": "mp3"}}, "`\\$.format.encoding`"),
        ({"type": "start", "format": {**PCM, "rate": "16k"}}, "`\\$.format.rate`"),
        (
            {"type": "start", "format": {**PCM, "rate": 7999}},
            r"format\.rate must be from 8000 to 192000",
        ),
        ({"type": "start", "format": {**PCM, "rate": 192001}}, r"format\.rate must"),
        ({"type": "start", "format": {**PCM, "rate": -16000}}, r"format\.rate must"),
        ({"type": "start", "format": {**PCM, "rate": 10**400}}, r"format\.rate must"),
        ('{"type": "start", "format": {"rate": 1' + "0" * 5000 + "}}", r"`\$\.format\.rate`"),
        (
            {"type": "start", "format": {**PCM, "channels": 0}},
            r"format\.channels must be from 1 to 32",
        ),
        ({"type": "start", "format": {**PCM, "channels": 33}}, r"format\.channels must"),
        ({**START, "options": {"endpoint_ms": 99}}, "`int` >= 100 - at `\\$.options.endpoint_ms`"),
        ({**START, "options": {"endpoint_ms": 10001}}, "`int` <= 10000"),
        ({**START, "options": {"max_utterance_ms": 999}}, "`int` >= 1000"),
        ({**START, "options": {"max_utterance_ms": 30001}}, "`int` <= 30000"),
        ({**START, "options": {"interims": "yes"}}, "`\\$.options.interims`"),
        ({**START, "options": {"title": "x" * 501}}, "length <= 500 - at `\\$.options.title`"),
        ({**RESUME, "after": -1}, "`int` >= 0 - at `\\$.after`"),
        ({**RESUME, "epoch": -1}, "`int` >= 0 - at `\\$.epoch`"),
        ({**RESUME, "session": ""}, "length >= 1 - at `\\$.session`"),
        ({"type": "flush"}, "A flush came before start or resume"),
        ({"type": "finish"}, "A finish came before start or resume"),
        ('{"x": ' + "[" * 100_000, "nested too deep"),
        ('{"type": "\ud800"}', "surrogates not allowed"),
        (b"", "0 bytes came, but a frame begins with its number in 8 bytes"),
        (bytes(7), "7 bytes came"),
        (bytes(8), "A frame came before start or resume"),
    ],
)
def test_rubbish_is_named_in_one_sentence(message: Any, sentence: str) -> None:
    wire = json.dumps(message) if isinstance(message, dict) else message
    with pytest.raises(BadMessage, match=sentence) as error:
        NativeDialect().receive(wire)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("wire", [bytes(MAX_MESSAGE + 1), " " * (MAX_MESSAGE + 1)])
def test_too_large_a_message_is_refused(wire: str | bytes) -> None:
    with pytest.raises(TooLarge, match=str(MAX_MESSAGE + 1)):
        opened().receive(wire)


def test_the_largest_frame_is_taken() -> None:
    (frame,) = opened().receive(bytes(MAX_MESSAGE))
    assert frame == Audio(0, bytes(MAX_MESSAGE - 8))


@pytest.mark.parametrize("second", [START, RESUME])
def test_a_connection_opens_one_session(second: dict[str, Any]) -> None:
    dialect = NativeDialect()
    receive(dialect, **START)
    with pytest.raises(BadMessage, match="second opening message"):
        receive(dialect, **second)


def test_a_refused_start_may_be_said_again_rightly() -> None:
    dialect = NativeDialect()
    with pytest.raises(BadMessage):
        receive(dialect, type="start", format={**PCM, "rate": 1})
    assert isinstance(receive(dialect, **START), Start)


def test_what_the_server_says() -> None:
    assert said(Ready("s", "t", 2, 9, {"grace": 120})) == {
        "type": "ready",
        "session": "s",
        "token": "t",
        "epoch": 2,
        "next_frame": 9,
        "limits": {"grace": 120},
    }
    assert said(Ack(8)) == {"type": "ack", "frame": 8}
    assert said(Numbered(3, 1, Ended(reason="finished", duration=5))) == {
        "type": "event",
        "n": 3,
        "epoch": 1,
        "event": {"type": "ended", "reason": "finished", "duration": 5},
    }
    assert said(Interim(id="u1", start=0, end=9, stable="a", tail=" b")) == {
        "type": "interim",
        "id": "u1",
        "start": 0,
        "end": 9,
        "stable": "a",
        "tail": " b",
        "track": 0,
    }
    assert said(Bye("finished")) == {"type": "bye", "reason": "finished"}


def test_errors_are_said_with_their_code_and_a_gap_with_what_is_expected() -> None:
    assert said(Failed(Held("Another client holds it."))) == {
        "type": "error",
        "code": "held",
        "message": "Another client holds it.",
        "retryable": True,
    }
    assert said(Failed(FrameGap(expected=4, got=6))) == {
        "type": "error",
        "code": "gap",
        "message": "Frame 6 came, but frame 4 was due.",
        "retryable": True,
        "expected": 4,
    }


frames = st.builds(Audio, frame=st.integers(0, 2**64 - 1), payload=st.binary(max_size=200))


@given(frames)
def test_frames_come_back_as_they_were(frame: Audio) -> None:
    assert unpack_frame(pack_frame(frame)) == frame


@given(st.lists(frames, max_size=8))
def test_batches_come_back_as_they_were(batch: list[Audio]) -> None:
    assert list(unpack_batch(pack_batch(batch))) == batch


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_a_batch_that_breaks_off_is_refused(batch: list[Audio], data: st.DataObject) -> None:
    body = pack_batch(batch)
    whole = {len(pack_batch(batch[:count])) for count in range(len(batch) + 1)}
    cut = data.draw(st.integers(1, len(body) - 1).filter(lambda at: at not in whole))
    with pytest.raises(BadMessage, match=f"of {cut} begins no whole one"):
        list(unpack_batch(body[:cut]))


finals = st.builds(
    Final,
    id=st.text(min_size=1, max_size=8),
    start=st.integers(0, 2**40),
    end=st.integers(0, 2**40),
    text=st.text(),
    engine=st.just("e"),
    model=st.just("m"),
    words=st.lists(
        st.builds(Word, text=st.text(), start=st.integers(0, 9), end=st.integers(0, 9))
    ).map(tuple),
)


@given(finals, st.integers(1, 2**40), st.integers(1, 99))
def test_events_come_back_as_they_were(final: Final, n: int, epoch: int) -> None:
    (wire,) = NativeDialect().send(Numbered(n, epoch, final))
    assert decode_from_server(str(wire)) == EventMessage(n=n, epoch=epoch, event=final)


def test_a_client_passes_over_what_a_later_server_adds() -> None:
    assert decode_from_server('{"type": "ack", "frame": 3, "later": true}') == decode_from_server(
        '{"type": "ack", "frame": 3}'
    )


@given(st.text() | st.binary())
def test_no_message_at_all_does_more_than_be_refused(wire: str | bytes) -> None:
    with pytest.raises(BadMessage):
        NativeDialect().receive(wire)


def test_defaults_are_not_said() -> None:
    start = receive(NativeDialect(), **START)
    assert start.options == Options(translations_follow=True)
    assert json.loads(encode(StartMessage(format=AudioFormat()))) == {
        "type": "start",
        "format": PCM,
    }


class TestContract(DialectContract):
    conversation = (
        encode(StartMessage(format=AudioFormat())),
        pack_frame(Audio(0, bytes(3200))),
        '{"type": "mark", "label": "here"}',
        pack_frame(Audio(1, bytes(3200))),
        '{"type": "flush"}',
        '{"type": "finish"}',
    )

    def dialect(self) -> NativeDialect:
        return NativeDialect()
