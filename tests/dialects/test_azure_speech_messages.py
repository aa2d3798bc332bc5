"""How Azure Speech's messages are framed."""

import json

import pytest

from vivavoce.core.errors import BadMessage
from vivavoce.dialects.azure_speech_messages import MAX_ID, MAX_TEXT, Message, compose, parse

HEAD = "Path:audio\r\nX-RequestId:0a1b\r\nContent-Type:audio/x-wav\r\n"


def binary(head: str, body: bytes = b"") -> bytes:
    return len(head).to_bytes(2, "big") + head.encode() + body


@pytest.mark.parametrize(
    "text",
    [
        "Path:speech.context\r\nX-RequestId:0a1b\r\nContent-Type:application/json\r\n\r\n{}",
        "path: Speech.Context\r\nx-requestid: 0a1b\r\ncontent-type: Application/JSON\r\n\r\n{}",
    ],
    ids=["native", "javascript"],
)
def test_the_sdks_write_headers_in_two_ways(text: str) -> None:
    assert parse(text) == Message("speech.context", "0a1b", "application/json", b"{}")


def test_audio_is_behind_headers_with_their_length() -> None:
    assert parse(binary(HEAD, b"\0\1")) == Message("audio", "0a1b", "audio/x-wav", b"\0\1")
    assert parse(binary(HEAD)).body == b""


def test_a_body_may_have_blank_lines_and_any_letters() -> None:
    assert parse("Path:a\r\n\r\nb\r\n\r\nç").body == "b\r\n\r\nç".encode()
    assert parse("Path:telemetry").body == b""


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        ("", "A message came without the header Path."),
        ("X-RequestId:1\r\n\r\n", "A message came without the header Path."),
        (b"", "A binary message is to begin with the length of its headers."),
        (b"\1", "A binary message is to begin with the length of its headers."),
        (b"\0\5Path", "A binary message of 6 bytes has headers up to byte 7."),
        (b"\0\2\xff\xfe", "A message came without the header Path."),
        ("Path:a\r\nX-RequestId:" + "1" * (MAX_ID + 1), "X-RequestId may have 128 characters"),
        ("Path:a\r\n\r\n" + " " * MAX_TEXT, "A text message may have 262144 characters at most."),
    ],
)
def test_other_framings_are_refused(wire: str | bytes, sentence: str) -> None:
    with pytest.raises(BadMessage) as refused:
        parse(wire)
    assert refused.value.message.startswith(sentence)


def test_what_is_said_can_be_read_again() -> None:
    said = parse(compose("turn.start", "0a1b", {"context": {"serviceTag": "ü"}}))
    assert (said.path, said.request) == ("turn.start", "0a1b")
    assert said.media == "application/json; charset=utf-8"
    assert json.loads(said.body) == {"context": {"serviceTag": "ü"}}
