"""The nouns every part shares. Positions are counts of 16 kHz samples."""

from typing import Literal

import msgspec

SAMPLE_RATE = 16_000
"""Samples per second of the one clock. A position counts these since the session began."""

Encoding = Literal["pcm_s16le", "pcm_f32le", "mulaw", "alaw", "container"]

BYTES_PER_SAMPLE: dict[str, int] = {"pcm_s16le": 2, "pcm_f32le": 4, "mulaw": 1, "alaw": 1}
"""Bytes of one sample of one channel; `container` has no fixed size."""


class AudioFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the bytes of a session's frames are to be read.

    For `container` (any audio or video file, or a webm, ogg or mp3 stream) the rate and
    channels are read from the stream itself and the two fields here are ignored.
    """

    encoding: Encoding = "pcm_s16le"
    rate: int = SAMPLE_RATE  # frames per second, 8000 ... 192000
    channels: int = 1  # interleaved, 1 ... 32

    @property
    def second(self) -> int:
        """Bytes of a second; 0 for a container, in which no second can be found."""
        return 0 if self.encoding == "container" else self.frame_bytes * self.rate

    def position(self, size: int) -> int:
        """Samples, of 16 kHz, that so many bytes hold. Not for a container."""
        return size // self.frame_bytes * SAMPLE_RATE // self.rate

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel; 1 for a container."""
        return BYTES_PER_SAMPLE.get(self.encoding, 1) * (
            1 if self.encoding == "container" else self.channels
        )


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """One word of a final, as the engine (or later the aligner) placed it."""

    text: str
    start: int  # samples
    end: int  # samples
    confidence: float | None = None  # 0 ... 1
    speaker: str | None = None

    def within(self, start: int, end: int) -> "Word":
        """The same, not beyond [start, end]: engines round, and a word stays in its utterance."""
        first = min(max(self.start, start), end)
        last = min(max(self.end, first), end)
        return Word(self.text, first, last, self.confidence, self.speaker)


class Use(msgspec.Struct, frozen=True):
    """How much one model of an engine was sent."""

    engine: str
    model: str
    samples: int


class Brief(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an engine is told of the speech before it hears it, and is asked beside its words.

    Languages are BCP-47 tags. What an engine cannot use it passes over, but for `translate_to`.
    """

    languages: tuple[str, ...] = ()  # it is in one of these; empty: nobody knows
    hot_words: tuple[str, ...] = ()  # words and phrases that are likely
    prompt: str = ""  # text in the manner of what is said, or from before it
    translate_to: tuple[str, ...] = ()
    diarization: bool = False  # say who said which words
    speakers: int = 0  # how many there are; 0: nobody knows


class Translation(msgspec.Struct, frozen=True):
    """What an utterance says in another language."""

    language: str  # as it was asked for
    text: str


def seconds(samples: int) -> float:
    """Samples of the one clock as seconds."""
    return samples / SAMPLE_RATE


def samples(seconds: float) -> int:
    """Seconds as samples of the one clock, to the nearest."""
    return round(seconds * SAMPLE_RATE)
