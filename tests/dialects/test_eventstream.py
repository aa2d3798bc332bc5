"""AWS's event stream encoding, also against the code of its own Python SDK."""

import struct
import zlib
from contextlib import suppress
from typing import Any

import pytest
from amazon_transcribe.eventstream import (
    EventStreamBuffer,
    EventStreamMessageSerializer,
    Int64HeaderValue,
)
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.errors import BadMessage, PeerError, TooLarge
from vivavoce.dialects.eventstream import MAX_MESSAGE, Frames, Message, pack, unpack

NAMES = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=40)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.binary(max_size=300),
    st.text(max_size=100),
)
MESSAGES = st.builds(Message, st.dictionaries(NAMES, VALUES, max_size=6), st.binary(max_size=2000))
HELLO = pack(Message({":event-type": "AudioEvent"}, b"hello"))


def sealed(prelude: bytes, rest: bytes) -> bytes:
    """A message whose checksums are right, whatever it says."""
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + rest
    return body + struct.pack(">I", zlib.crc32(body))


def with_headers(headers: bytes) -> bytes:
    return sealed(struct.pack(">II", 16 + len(headers), len(headers)), headers)


@given(MESSAGES)
def test_what_is_packed_is_unpacked(message: Message) -> None:
    assert unpack(pack(message)) == message


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_a_stream_may_be_cut_anywhere(messages: list[Message], data: st.DataObject) -> None:
    stream = b"".join(map(pack, messages))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    frames, found = Frames(), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        frames.feed(stream[start:end])
        while (message := frames.next()) is not None:
            found.append(message)
    assert found == messages
    assert frames.waiting == 0


@given(MESSAGES)
def test_their_sdk_reads_what_we_write(message: Message) -> None:
    theirs: Any = EventStreamBuffer()  # type: ignore[no-untyped-call]
    theirs.add_data(pack(message))
    read = theirs.next()
    assert (dict(read.headers), read.payload) == (dict(message.headers), message.payload)


@given(MESSAGES)
def test_we_read_what_their_sdk_writes(message: Message) -> None:
    headers: dict[str, Any] = {
        name: Int64HeaderValue(value) if type(value) is int else value
        for name, value in message.headers.items()
    }
    assert unpack(EventStreamMessageSerializer().serialize(headers, message.payload)) == message


@given(MESSAGES, st.data())
def test_damage_is_noticed(message: Message, data: st.DataObject) -> None:
    packed = bytearray(pack(message))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PeerError):
        unpack(bytes(packed))


@given(st.binary(max_size=300))
def test_headers_that_are_rubbish_are_refused_or_read(headers: bytes) -> None:
    with suppress(BadMessage):
        unpack(with_headers(headers))


def test_every_type_of_header_is_read() -> None:
    values = [
        (0, b"", True),
        (1, b"", False),
        (2, b"\xff", -1),
        (3, b"\1\0", 256),
        (4, b"\0\1\0\0", 65_536),
        (5, b"\xff" * 8, -1),
        (6, b"\0\2ab", b"ab"),
        (7, b"\0\2\xc3\xa9", "é"),
        (8, struct.pack(">q", 1_700_000_000_000), 1_700_000_000_000),
        (9, bytes(range(16)), bytes(range(16))),
    ]
    headers = b"".join(b"\1%c%c%s" % (97 + kind, kind, value) for kind, value, _ in values)
    read = unpack(with_headers(headers)).headers
    assert read == {chr(97 + kind): value for kind, _, value in values}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"GET / HTTP/1.1\r\n", "no event stream"),
        (HELLO[:-1] + b"\0", "does not fit its checksum"),
        (HELLO[:-1], "cut off"),
        (HELLO + b"\0", "more bytes follow"),
        (sealed(struct.pack(">II", 17, 2), b"\0"), "cannot have 2 bytes of headers"),
        (sealed(struct.pack(">II", 3, 0), b""), "cannot have 0 bytes"),
        (with_headers(b"\1a\x0a"), "type 10, which there is not"),
        (with_headers(b"\1a\7\0\5ab"), "headers are cut off"),
        (with_headers(b"\1a\4\0"), "headers are damaged"),
        (with_headers(b"\5a"), "headers are damaged"),
        (with_headers(b"\1\xff\0"), "headers are damaged"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, sentence: str) -> None:
    with pytest.raises(BadMessage, match=sentence):
        unpack(data)


def test_a_message_that_is_too_long_is_refused_when_it_begins() -> None:
    frames = Frames()
    frames.feed(sealed(struct.pack(">II", MAX_MESSAGE + 1, 0), b"")[:12])
    with pytest.raises(TooLarge, match="1048577 bytes began; 1048576 is the most"):
        frames.next()
