"""The audio of a turn of Azure Speech: its header, its samples, how long it is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.azure_speech_sound import FRAME, Sound

WAV = "audio/x-wav"


def header(tag: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16) -> bytes:
    """As the SDKs write it: 44 bytes, whose sizes are not known yet."""
    step = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * step, step, bits)
    return b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + form + b"data\0\0\0\0"


def heard(sound: Sound, *bodies: bytes) -> bytes:
    return b"".join([*sound.first(), *(frame for body in bodies for frame in sound.frames(body))])


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (header(), AudioFormat()),
        (header(rate=8000, channels=2), AudioFormat(rate=8000, channels=2)),
        (header(rate=48_000, bits=24), AudioFormat(rate=48_000)),
        (header(bits=8), AudioFormat()),
        (header(bits=32), AudioFormat()),
        (header(3, bits=32), AudioFormat("pcm_f32le")),
        (header(6, rate=8000, bits=8), AudioFormat("alaw", 8000)),
        (header(7, rate=8000, bits=8), AudioFormat("mulaw", 8000)),
    ],
)
def test_the_header_says_the_format(head: bytes, format: AudioFormat) -> None:
    sound = Sound(WAV, head)
    assert sound.format == format
    assert heard(sound) == b""
    assert sound.milliseconds == 0


def test_samples_may_follow_the_header_at_once() -> None:
    assert heard(Sound(WAV, header() + b"\1\2"), b"\3", b"\4\5") == bytes([1, 2, 3, 4, 5])


@given(st.sampled_from([8, 24, 32]), st.lists(st.binary(max_size=40), max_size=8))
def test_samples_of_other_widths_become_two_bytes_wherever_they_are_cut(
    bits: int, bodies: list[bytes]
) -> None:
    width = bits // 8
    whole = b"".join(bodies)
    samples = [whole[at : at + width] for at in range(0, len(whole) - width + 1, width)]
    two = [bytes([0, s[0] ^ 0x80]) if width == 1 else s[-2:] for s in samples]
    assert heard(Sound(WAV, header(bits=bits)), *bodies) == b"".join(two)


@pytest.mark.parametrize(("bytes_", "milliseconds"), [(0, 0), (32, 1), (33, 2), (31_988, 1000)])
def test_a_part_of_a_millisecond_counts_as_one(bytes_: int, milliseconds: int) -> None:
    sound = Sound(WAV, header())
    heard(sound, bytes(bytes_))
    assert sound.milliseconds == milliseconds


@pytest.mark.parametrize("head", [header(channels=2, bits=24), header(7, channels=6, bits=8)])
def test_the_length_is_that_of_the_client_and_not_ours(head: bytes) -> None:
    sound = Sound(WAV, head)
    heard(sound, bytes(16_000 * 6))
    assert sound.milliseconds == 1000


def test_long_messages_are_several_frames() -> None:
    frames = [*Sound(WAV, header() + bytes(2 * FRAME + 10)).first()]
    assert [len(frame) for frame in frames] == [FRAME, FRAME, 10]


def test_without_a_wav_header_it_is_a_container() -> None:
    sound = Sound("audio/ogg", b"OggS...")
    assert sound.format == AudioFormat("container")
    assert heard(sound, b"more") == b"OggS...more"
    assert sound.milliseconds is None


@pytest.mark.parametrize(
    ("media", "body", "sentence"),
    [
        (WAV, bytes(3200), "The first audio, which is said to be audio/x-wav, has no WAV header."),
        (WAV, b"RIFF", "This is not a WAV file: it does not begin with RIFF and WAVE."),
        (WAV, header()[:40], "The WAV file has no samples."),
        (WAV, header(rate=4000), "The WAV file has 1 channels at 4000 Hz; 1 to 32 at 8000 to"),
        (WAV, header(2, bits=4), "The WAV file has samples of 4 bits in the format 2;"),
    ],
)
def test_what_cannot_be_read_is_refused(media: str, body: bytes, sentence: str) -> None:
    with pytest.raises(BadAudio) as refused:
        Sound(media, body)
    assert refused.value.message.startswith(sentence)
