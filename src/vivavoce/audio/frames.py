"""What a container's decoder gives, frame by frame, as 16 kHz mono."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

import av
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from vivavoce.audio.confined import Fault
from vivavoce.audio.pcm import Mono, bounded, mix_down
from vivavoce.audio.resample import Resampler
from vivavoce.core.types import SAMPLE_RATE

_RATES = range(2_000, 768_001)
_CHANNELS = range(1, 65)
_CHANGES = 1000  # of the rate, in one file

LONG: Final = 24 * 3600 * SAMPLE_RATE
"""Samples that any file may have. A longer one needs `THIN` bytes for each second: a few
megabytes of well packed silence would be months."""

THIN: Final = 250
"""Fewer than any codec needs for speech."""


def frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame | None]:
    """The stream's frames in order; None stands for a damaged place."""
    if stream.codec_context is None:
        raise Fault("has a sound track whose coding is not known here")
    stream.codec_context.thread_count = 1
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:  # the container breaks off here
            yield None
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:  # of this packet only
            yield None


def mono(frame: AudioFrame) -> Mono:
    """The mean of a frame's channels as float32, whatever its sample format."""
    samples: npt.NDArray[Any] = frame.to_ndarray()
    channels = frame.layout.nb_channels
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype.kind == "f":
        return mix_down(bounded(samples))
    full_scale = 1 << (8 * samples.dtype.itemsize - 1)
    centre = full_scale if samples.dtype.kind == "u" else 0
    return mix_down((samples.astype("f8") - centre) / full_scale)


class Output:
    """Brings frames to 16 kHz mono and writes them out, in the machine's byte order.

    `read` says how many bytes of the file they were made of, at most.
    """

    def __init__(self, out: BinaryIO, read: Callable[[], int]) -> None:
        self._out = out
        self._read = read
        self._written = 0  # samples
        self._changes = 0
        self._rate = 0
        self._resampler: Resampler | None = None
        self.frames = 0

    def take(self, frame: AudioFrame) -> None:
        """Write a frame's samples. Rate and channels may change from frame to frame.

        Raises `Fault` for what no recording is.
        """
        channels = frame.layout.nb_channels
        if channels not in _CHANNELS:
            raise Fault(f"has {channels} channels, which cannot be right")
        if self._resampler is None or frame.sample_rate != self._rate:
            self.flush()
            self._rate = frame.sample_rate
            if self._rate not in _RATES:
                raise Fault(f"has {self._rate} samples per second, which cannot be right")
            self._changes += 1
            if self._changes > _CHANGES:
                raise Fault("changes its rate again and again, which cannot be right")
            self._resampler = Resampler(self._rate)
        self.frames += 1
        self._write(self._resampler.feed(mono(frame)))

    def flush(self) -> None:
        """Write what the resampler still holds: the rate changes, or this is the end."""
        if self._resampler is not None:
            self._write(self._resampler.flush())

    def _write(self, samples: Mono) -> None:
        self._written += len(samples)
        if self._written > LONG and self._written // SAMPLE_RATE > self._read() // THIN:
            hours = self._written // SAMPLE_RATE // 3600
            raise Fault(f"holds more than {hours} hours in {self._read()} bytes, which no sound is")
        self._out.write(samples.data)
