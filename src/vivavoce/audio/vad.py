"""Where somebody speaks: Silero's voice activity detector, version 6.2.3.

The model sees windows of 512 new samples (32 ms) with the 64 before them, and keeps a
state of two times 128 floats from window to window.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from vivavoce.audio.pcm import Mono

WINDOW = 512
"""Samples that one probability stands for."""

_CONTEXT = 64
_STATE = (1, 1, 128)


@cache
def _session() -> ort.InferenceSession:
    """The graph, once per process: streams share it, and may run it from several threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # a window is 50 microseconds of work
    options.inter_op_num_threads = 1
    model = files("vivavoce.audio").joinpath("silero_vad.onnx").read_bytes()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class VadStream:
    """One stream's voice activity. Holds about 6 KB."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self._h: npt.NDArray[Any] = np.zeros(_STATE, np.float32)
        self._c: npt.NDArray[Any] = np.zeros(_STATE, np.float32)
        self._samples: Mono = np.zeros(_CONTEXT, np.float32)  # context, then what waits

    @property
    def pending(self) -> int:
        """Samples not yet judged, less than `WINDOW`."""
        return len(self._samples) - _CONTEXT

    def feed(self, pcm: Mono) -> npt.NDArray[np.float32]:
        """Take 16 kHz samples; the probability of speech in each window that is now full.

        The windows lie on one grid from the stream's first sample on, whatever the split.
        """
        self._samples = np.concatenate([self._samples, pcm])
        windows = self.pending // WINDOW
        speech = np.empty(windows, np.float32)
        for i in range(windows):
            speech[i] = self._judge(self._samples[i * WINDOW :][: _CONTEXT + WINDOW])
        self._samples = self._samples[windows * WINDOW :].copy()
        return speech

    def _judge(self, window: Mono) -> np.float32:
        # One window a call: the graph takes many, but a matrix product's last bits may
        # depend on its number of rows, and cuts must not depend on how audio came in.
        fed = {"input": window[np.newaxis], "h": self._h, "c": self._c}
        (probability,), self._h, self._c = self._session.run(None, fed)
        return np.float32(probability)


class Vad:
    """The detector. Loading it takes some 30 ms and happens once per process."""

    def __init__(self) -> None:
        self._session = _session()

    def open(self) -> VadStream:
        """A stream that begins at its sample 0."""
        return VadStream(self._session)
