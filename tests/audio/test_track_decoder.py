"""The process that decodes a track: which sound it makes of packets, and of what is none."""

import io
import struct
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from av import AudioFrame, CodecContext
from av.audio.codeccontext import AudioCodecContext

from vivavoce.audio.confined import Fault
from vivavoce.audio.packet import MOST, Packet
from vivavoce.audio.track_decoder import AHEAD, CODECS, DAMAGED, decode

RATE = 48_000
FRAME = RATE // 50  # samples in 20 ms
BROKEN = b"\xff\xff" + bytes(40)  # said to be of 63 frames, and 48 are the most


def spoken(codec: str, seconds: float = 1.0) -> list[Packet]:
    """A tone of 440 Hz, as an encoder's packets of 20 ms."""
    name, layout, rate, per_tick = CODECS[codec]
    context = CodecContext.create(name, "w")
    assert isinstance(context, AudioCodecContext)
    context.format, context.layout, context.sample_rate = "s16", layout, rate
    context.time_base = Fraction(1, rate)
    times = np.arange(int(seconds * rate)) / rate
    tone = (np.sin(2 * np.pi * 440 * times) * 8000).astype("<i2")
    found, size = [], rate // 50
    for start in range(0, len(tone), size):
        piece = np.repeat(tone[start : start + size], 2 if layout == "stereo" else 1)
        frame = AudioFrame.from_ndarray(piece[None], "s16", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        found += [bytes(packet) for packet in context.encode(frame)]
    return [Packet(codec, i * size // per_tick, payload) for i, payload in enumerate(found)]


def answers(*packets: Packet) -> list[npt.NDArray[np.int16]]:
    """The samples of each packet's answer."""
    out = io.BytesIO()
    decode(io.BytesIO(b"".join(packet.packed() for packet in packets)), out)
    found, rest = [], out.getvalue()
    while rest:
        (size,) = struct.unpack_from("<I", rest)
        found.append(np.frombuffer(rest[4 : 4 + size], "<i2"))
        rest = rest[4 + size :]
    return found


def loud(samples: npt.NDArray[np.int16]) -> bool:
    return bool(np.abs(samples).max() > 4000)


@pytest.mark.parametrize("codec", CODECS)
def test_a_tone_of_every_codec(codec: str) -> None:
    packets = spoken(codec)
    sound = np.concatenate(answers(*packets))
    assert len(packets) * FRAME - 100 <= len(sound) <= len(packets) * FRAME  # filters hold back
    spectrum = np.abs(np.fft.rfft(sound))
    assert spectrum.argmax() * RATE / len(sound) == pytest.approx(440, abs=2)
    assert loud(sound)


@pytest.mark.parametrize("codec", CODECS)
def test_what_was_lost_is_silence_in_its_place(codec: str) -> None:
    packets = spoken(codec)
    found = answers(*packets[:10], *packets[35:])
    hole = found[10]
    assert abs(len(hole) - 26 * FRAME) < 100
    assert not hole[: 25 * FRAME - 100].any()
    assert abs(sum(map(len, found)) - len(packets) * FRAME) < 100


def test_the_codec_may_change() -> None:
    sound = np.concatenate(answers(*spoken("opus", 0.5), *spoken("pcmu", 0.5)))
    assert abs(len(sound) - RATE) < 4 * FRAME


def test_what_is_damaged_is_silence() -> None:
    packets = spoken("opus")
    packets[20] = Packet("opus", packets[20].timestamp, BROKEN)
    packets[30] = Packet("opus", packets[30].timestamp, b"")
    found = answers(*packets)
    assert [len(samples) // FRAME for samples in found[19:22]] == [1, 0, 2]
    assert [len(samples) // FRAME for samples in found[29:32]] == [1, 0, 2]
    assert sum(map(len, found)) == len(packets) * FRAME


def test_nothing_but_damage_is_no_sound() -> None:
    damage = [Packet("opus", FRAME * i, BROKEN) for i in range(DAMAGED)]
    first = spoken("opus")[0]
    answers(*damage[1:], first, *damage[1:])
    with pytest.raises(Fault, match="holds no sound that can be decoded"):
        answers(first, *damage)


def test_a_track_lasts_no_longer_than_time_goes_by() -> None:
    """Each packet claims that a second was lost before it."""
    payload = spoken("opus")[0].payload
    holes = [Packet("opus", (RATE + FRAME) * i, payload) for i in range(int(AHEAD) + 60)]
    answers(*holes[: int(AHEAD) - 10])
    with pytest.raises(Fault, match="more sound than time goes by"):
        answers(*holes)


def test_a_packet_is_bounded() -> None:
    with pytest.raises(Fault, match="more sound than time goes by"):
        answers(Packet("pcma", 0, bytes(MOST // 12 + 100)))


def test_a_codec_that_is_not_known() -> None:
    with pytest.raises(Fault, match="is coded as lyra, which is not known here"):
        answers(Packet("lyra", 0, b"x"))


def test_a_packet_that_breaks_off_is_the_end() -> None:
    out = io.BytesIO()
    decode(io.BytesIO(spoken("pcmu")[0].packed()[:10]), out)
    assert out.getvalue() == b""
