"""Raw interleaved samples, of any encoding but `container`, as mono float32.

Everything here is done sample by sample with operations whose result does not depend on
how many samples are in the array, so the split into chunks cannot be heard.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat

Mono = npt.NDArray[np.float32]
"""Mono samples of any rate, -1 ... 1, shape (n,)."""

RATES = range(8_000, 192_001)
CHANNELS = range(1, 33)


def _mulaw_table() -> Mono:
    """ITU-T G.711 mu-law: the value of each of the 256 codes."""
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = ((((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return (np.where(code & 0x80, -magnitude, magnitude) / 32768).astype(np.float32)


def _alaw_table() -> Mono:
    """ITU-T G.711 A-law: the value of each of the 256 codes."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    segment = ((code & 0x70) >> 4).astype(np.int32)
    step = ((code & 0x0F).astype(np.int32) << 4) + 8
    magnitude = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) / 32768).astype(np.float32)


_MULAW, _ALAW = _mulaw_table(), _alaw_table()


def check_format(format: AudioFormat, name: str) -> None:
    """Raise `BadAudio` where raw samples of this rate or channel count are not taken."""
    if format.rate not in RATES:
        raise BadAudio(
            f"{name} is said to have {format.rate} samples per second; "
            f"from {RATES[0]} to {RATES[-1]} can be read."
        )
    if format.channels not in CHANNELS:
        raise BadAudio(
            f"{name} is said to have {format.channels} channels; "
            f"from {CHANNELS[0]} to {CHANNELS[-1]} can be read."
        )


def mix_down(samples: npt.NDArray[Any]) -> Mono:
    """The mean of the channels of `samples`, shape (n, channels), which must be -1 ... 1."""
    if samples.shape[1] == 1:
        return samples[:, 0].astype(np.float32, copy=False)
    # Added up channel by channel: numpy's own sum chooses its order by the array's shape.
    total = samples[:, 0].astype(np.float32)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    return total / np.float32(samples.shape[1])


def bounded(samples: npt.NDArray[np.floating[Any]]) -> Mono:
    """Floats as they may come from anywhere: NaN and infinities become 0, the rest is clipped."""
    clean = np.where(np.isfinite(samples), samples, 0)
    return np.clip(clean, -1.0, 1.0).astype(np.float32)


def pcm16(samples: Mono) -> bytes:
    """As signed 16 bits, little-endian; what is louder than -1 ... 1 is cut off there."""
    whole: bytes = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return whole


def _values(data: bytes, encoding: str) -> Mono:
    match encoding:
        case "pcm_s16le":
            return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
        case "pcm_f32le":
            return bounded(np.frombuffer(data, "<f4"))
        case "mulaw":
            return _MULAW[np.frombuffer(data, np.uint8)]
        case "alaw":
            return _ALAW[np.frombuffer(data, np.uint8)]
    raise ValueError(f"{encoding} is not raw samples")


class PcmReader:
    """Turns chunks of bytes, cut anywhere, into mono samples at the format's own rate."""

    def __init__(self, format: AudioFormat) -> None:
        self._format = format
        self._rest = b""  # less than one sample of every channel

    def feed(self, data: bytes) -> Mono:
        """The samples that are whole now. What is cut waits for the next call."""
        data = self._rest + data
        whole = len(data) - len(data) % self._format.frame_bytes
        self._rest = data[whole:]
        values = _values(data[:whole], self._format.encoding)
        return mix_down(values.reshape(-1, self._format.channels))
