"""What a container's decoder gives, frame by frame, as 16 kHz mono."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import av
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from vivavoce.audio.pcm import Mono, bounded, mix_down
from vivavoce.audio.resample import Resampler

_RATES = range(2_000, 768_001)


class Fault(Exception):
    """Why a file cannot be decoded, to be read after its name: "has no sound track"."""


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
    """Brings frames to 16 kHz mono and writes them out, in the machine's byte order."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._rate = 0
        self._resampler: Resampler | None = None
        self.frames = 0

    def take(self, frame: AudioFrame) -> None:
        """Write a frame's samples. Rate and channels may change from frame to frame."""
        if self._resampler is None or frame.sample_rate != self._rate:
            self.flush()
            self._rate = frame.sample_rate
            if self._rate not in _RATES:
                raise Fault(f"has {self._rate} samples per second, which cannot be right")
            self._resampler = Resampler(self._rate)
        self.frames += 1
        self._out.write(self._resampler.feed(mono(frame)).data)

    def flush(self) -> None:
        """Write what the resampler still holds: the rate changes, or this is the end."""
        if self._resampler is not None:
            self._out.write(self._resampler.flush().data)
