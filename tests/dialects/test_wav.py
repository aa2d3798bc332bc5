"""WAV headers of every kind that clients write."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.wav import read_wav

PCM = struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
SAMPLES = bytes(range(200))


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return (
        name
        + struct.pack("<I", len(body) if size is None else size)
        + body
        + b"\0" * (len(body) % 2)
    )


def wav(*chunks: bytes) -> bytes:
    body = b"".join(chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def test_the_plain_header_of_44_bytes() -> None:
    file = wav(chunk(b"fmt ", PCM), chunk(b"data", SAMPLES))
    assert len(file) == 44 + len(SAMPLES)
    assert read_wav(file) == (AudioFormat(), SAMPLES)


@pytest.mark.parametrize(
    "format",
    [
        AudioFormat(),
        AudioFormat("pcm_s16le", 48_000, 2),
        AudioFormat("pcm_f32le", 44_100, 1),
        AudioFormat("mulaw", 8000, 1),
        AudioFormat("alaw", 8000, 1),
    ],
)
def test_every_format_that_we_write(format: AudioFormat) -> None:
    assert read_wav(wav_header(format, len(SAMPLES)) + SAMPLES) == (format, SAMPLES)


def test_an_extensible_header_and_chunks_between() -> None:
    guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    extension = struct.pack("<HHI", 22, 16, 4) + guid
    extensible = struct.pack("<HHIIHH", 0xFFFE, 1, 16_000, 32_000, 2, 16) + extension
    odd = chunk(b"LIST", b"INFOx")  # of an odd size, so padded
    file = wav(chunk(b"JUNK", bytes(28)), chunk(b"fmt ", extensible), odd, chunk(b"data", SAMPLES))
    assert read_wav(file) == (AudioFormat(), SAMPLES)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 1000])
def test_a_size_that_was_not_known_goes_to_the_end(size: int) -> None:
    assert read_wav(wav(chunk(b"fmt ", PCM), chunk(b"data", SAMPLES, size)))[1] == SAMPLES


def test_what_follows_the_samples_is_none() -> None:
    assert read_wav(wav(chunk(b"fmt ", PCM), chunk(b"data", SAMPLES), chunk(b"id3 ", b"xx")))[
        1
    ] == (SAMPLES)


def test_half_a_sample_is_no_sample() -> None:
    assert read_wav(wav(chunk(b"fmt ", PCM), chunk(b"data", b"abc")))[1] == b"ab"
    assert read_wav(wav(chunk(b"fmt ", PCM), chunk(b"data", b"")))[1] == b""


def changed(at: int, kind: str, value: int) -> bytes:
    body = bytearray(PCM)
    struct.pack_into(kind, body, at, value)
    return wav(chunk(b"fmt ", bytes(body)), chunk(b"data", SAMPLES))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", "not a WAV file"),
        (b"RIFF\0\0\0\0WAV", "not a WAV file"),
        (b"RIFF\0\0\0\0AVI xxxx", "not a WAV file"),
        (b"\x1aE\xdf\xa3 a webm", "not a WAV file"),
        (wav(), "no samples"),
        (wav(chunk(b"fmt ", PCM)), "no samples"),
        (wav(chunk(b"data", SAMPLES)), "no format before"),
        (wav(chunk(b"fmt ", PCM[:15]), chunk(b"data", SAMPLES)), "has 15 bytes"),
        (changed(14, "<H", 24), "24 bits in the format 1"),
        (changed(0, "<H", 85), "16 bits in the format 85"),
        (changed(0, "<H", 0xFFFE), "the format 65534"),
        (changed(4, "<I", 4000), "at 4000 Hz"),
        (changed(4, "<I", 0xFFFFFFFF), "at 4294967295 Hz"),
        (changed(2, "<H", 0), "0 channels"),
        (changed(2, "<H", 33), "33 channels"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_sentence(file: bytes, sentence: str) -> None:
    with pytest.raises(BadAudio, match=sentence) as error:
        read_wav(file)
    assert str(error.value).endswith(".")


@given(st.integers(0, 60), st.binary(max_size=8))
def test_a_damaged_file_is_read_or_refused(at: int, damage: bytes) -> None:
    file = wav(chunk(b"fmt ", PCM), chunk(b"LIST", b"INFO"), chunk(b"data", SAMPLES))
    try:
        _, samples = read_wav(file[:at] + damage + file[at + len(damage) :])
    except BadAudio:
        return
    assert len(samples) <= len(file)
