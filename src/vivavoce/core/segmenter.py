"""Where utterances begin and end, from samples and speech probabilities alone.

The grid is the VAD's: windows of 512 samples, counted from the start of the session. What
is decided does not depend on how the audio arrived or on how busy the machine is.

    silent --(3 windows of speech, one of them certain)--> speaking
    speaking --(10 windows of silence)--> pausing --(endpoint of silence)--> silent
    pausing --(speech)--> speaking
    speaking --(too long)--> speaking, cut where it is quietest

While it is pausing the utterance may be over: decoded then, its final is there when the end
is sure.
"""

from collections import deque
from dataclasses import dataclass

from vivavoce.core.types import SAMPLE_RATE

WINDOW = 512
ONSET, OFFSET = 0.5, 0.35  # Silero's own thresholds, with hysteresis
MIN_SPEECH = 3  # windows: shorter bursts are clicks
CERTAIN = 0.8  # one window of them must be this sure: real speech is, music and noise are not
ONSET_WINDOWS = 32  # how long before the certain one speech may have begun
PAUSE = 10  # windows of silence after which the utterance may be over
BEFORE = SAMPLE_RATE * 3 // 10  # kept before the first window of speech: soft onsets
AFTER = 8 * WINDOW  # kept after the last: decaying ends; all there when the pause begins
SMOOTH = 5  # windows over which quiet is measured


@dataclass(frozen=True, slots=True)
class Opened:
    """Speech began; the utterance starts at `start`, `at` is where it was noticed."""

    start: int
    at: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Perhaps over: if it is, the utterance ends at `end`."""

    end: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """It was not over."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The utterance is [start, end). Not `ended`: it was cut and the speaker goes on."""

    start: int
    end: int
    ended: bool = True


Cut = Opened | Paused | Resumed | Closed


@dataclass(frozen=True, slots=True)
class Limits:
    """In samples."""

    endpoint: int = SAMPLE_RATE // 2
    max_utterance: int = 20 * SAMPLE_RATE


class Segmenter:
    """Feed it one window's probability and level at a time."""

    def __init__(
        self, limits: Limits, position: int = 0, free: int = 0, *, going_on: bool = False
    ) -> None:
        """The first window is at `position`. `free`: where the last utterance ended, and, if
        the speaker is `going_on`, the next one starts."""
        self.limits = limits  # may be replaced; it holds from the next window on
        self.position = position  # samples judged
        self._free = max(position, free)  # where the next utterance may start
        self._run = 0  # windows of speech in a row while silent
        self._certain = False  # whether one of them is certain
        self._start = self._free if going_on else None  # of the open utterance
        self._voiced = self._free  # end of the last window of speech
        self._pausing = False
        self._levels: deque[float] = deque()  # of the open utterance's windows

    @property
    def start(self) -> int | None:
        """Where the open utterance starts, None when nobody speaks."""
        return self._start

    @property
    def needed(self) -> int:
        """Samples before this will not be asked for again."""
        if self._start is not None:
            return self._start
        return max(self._free, self.position - self._run * WINDOW - BEFORE)

    def quietest(self, first: int, last: int | None = None) -> int:
        """The quietest place of the open utterance in [first, last), None: to its end."""
        end = self.position
        levels = list(self._levels)[: len(self._levels) - (end - (last or end)) // WINDOW]
        before = (end - first) // WINDOW - (len(self._levels) - len(levels))
        low = max(0, len(levels) - before)
        at = min(
            range(low, len(levels) - SMOOTH + 1),
            key=lambda i: sum(levels[i : i + SMOOTH]),
            default=len(levels) - SMOOTH,
        )
        return end - (len(self._levels) - at) * WINDOW + SMOOTH * WINDOW // 2

    def feed(self, probability: float, level: float) -> list[Cut]:
        """One window: its speech probability (0 ... 1) and its level (RMS)."""
        self.position += WINDOW
        if self._start is None:
            return self._silent(probability, level)
        self._levels.append(level)
        return self._speaking(probability)

    def flush(self, position: int) -> list[Cut]:
        """Close what is open; `position` is the end of all samples fed."""
        self._run, self._certain = 0, False
        if self._start is None:
            self._free = max(self._free, position)
            return []
        return [self._close(self._ending() if self._pausing else max(position, self._start + 1))]

    def stall(self, position: int) -> list[Cut]:
        """As `flush`, because no more audio came. Where that was in the middle of speech, the
        rest of the word may still come, however short: one window of it opens an utterance."""
        speaking = self._start is not None and not self._pausing
        cuts = self.flush(position)
        if speaking:
            self._run, self._certain = MIN_SPEECH - 1, True
        return cuts

    def _silent(self, probability: float, level: float) -> list[Cut]:
        self._run = min(self._run + 1, ONSET_WINDOWS) if probability >= ONSET else 0
        self._certain = self._run > 0 and (self._certain or probability >= CERTAIN)
        if self._run < MIN_SPEECH or not self._certain:
            return []
        first = self.position - self._run * WINDOW
        self._start = max(self._free, first - BEFORE)
        self._run, self._certain = 0, False
        self._voiced = self.position
        self._pausing = False
        self._levels.append(level)
        return [Opened(self._start, self.position)]

    def _speaking(self, probability: float) -> list[Cut]:
        assert self._start is not None
        cuts: list[Cut] = []
        if probability >= (ONSET if self._pausing else OFFSET):
            self._voiced = self.position
            if self._pausing:
                self._pausing = False
                cuts.append(Resumed())
        silence = self.position - self._voiced
        if silence >= self.limits.endpoint:
            cuts.append(self._close(self._ending()))
        elif self.position - self._start >= self.limits.max_utterance:
            cuts += self._cut()
        elif silence >= self._pause and not self._pausing:
            self._pausing = True
            cuts.append(Paused(self._ending()))
        return cuts

    @property
    def _pause(self) -> int:
        """Silence after which the utterance may be over: early enough to decode it meanwhile."""
        return min(PAUSE * WINDOW, max(self.limits.endpoint - 4 * WINDOW, AFTER))

    def _ending(self) -> int:
        return min(self._voiced + AFTER, self.position)

    def _close(self, end: int, *, ended: bool = True) -> Closed:
        assert self._start is not None
        closed = Closed(self._start, end, ended)
        self._free = end
        self._start = None
        self._pausing = False
        self._levels.clear()
        return closed

    def _cut(self) -> list[Cut]:
        """Nobody paused for too long: cut where it is quietest in the later half."""
        assert self._start is not None
        at, end, voiced = (
            self.quietest((self._start + self.position) // 2),
            self.position,
            self._voiced,
        )
        levels = list(self._levels)[(at - end) // WINDOW :]
        closed = self._close(at, ended=False)
        self._levels.extend(levels)
        self._start, self._voiced = at, max(voiced, at)
        return [closed, Opened(at, end)]
