"""Mono samples of any rate as 16 kHz, or another, in a stream."""

import numpy as np
import soxr

from vivavoce.audio.pcm import Mono
from vivavoce.core.types import SAMPLE_RATE


class Resampler:
    """Streaming conversion from `rate` to the rate `to`; the same passes through untouched.

    n samples in give round(n * to / rate) out, counted when `flush` has been called;
    until then the filter holds back at most 0.12 s. soxr computes on blocks of its own,
    so the samples are bit for bit the same however the input was cut (tested).
    """

    def __init__(self, rate: int, to: int = SAMPLE_RATE) -> None:
        self._stream = (
            None if rate == to else soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
        )

    def feed(self, samples: Mono) -> Mono:
        """Take samples at the source's rate and give what is ready, -1 ... 1."""
        return self._run(samples, last=False)

    def flush(self) -> Mono:
        """The end of the stream: give what the filter still held. Call it once."""
        return self._run(np.zeros(0, np.float32), last=True)

    def _run(self, samples: Mono, *, last: bool) -> Mono:
        if self._stream is None:
            return samples
        resampled: Mono = self._stream.resample_chunk(samples, last=last)
        return np.clip(resampled, -1.0, 1.0)  # a filter overshoots full scale
