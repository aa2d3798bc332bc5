"""A sound track that comes in packets, some of them lost, as an unbroken stream of samples."""

from av import AudioResampler
from av.audio.frame import AudioFrame

RATE = 48_000
LONGEST = 1
"""Seconds: a longer hole is not packets that were lost, but a speaker who was away."""


class Track:
    """Frames of any rate, layout and sample format in; 48 kHz mono PCM out."""

    def __init__(self) -> None:
        self._kind: tuple[str, str, int] | None = None
        self._resampler = AudioResampler("s16", "mono", RATE)
        self._due: int | None = None  # where the next frame begins, in its own samples

    def feed(self, frame: AudioFrame) -> bytes:
        """What is new, 16-bit little-endian: silence where frames are missing, then this one."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            self._kind, self._due = kind, None
            self._resampler = AudioResampler("s16", "mono", RATE)
        missing = self._missing(frame)
        frame.pts = None  # the hole is filled here
        sound = [piece.to_ndarray().astype("<i2") for piece in self._resampler.resample(frame)]
        return bytes(2 * missing) + b"".join(piece.tobytes() for piece in sound)

    def _missing(self, frame: AudioFrame) -> int:
        """Samples of the output that should have come before this frame."""
        if frame.pts is None:
            return 0
        hole = 0 if self._due is None else frame.pts - self._due
        self._due = frame.pts + frame.samples
        return hole * RATE // frame.sample_rate if 0 < hole <= LONGEST * frame.sample_rate else 0
