"""The streaming policy for engines that decode windows: what to decode, and when.

Windows of speech probability go in; work for the engine and results for the session come
out. It is pure: it holds positions, not samples, and knows no time but theirs.

Finals depend on the samples alone. Live ones are asked for as soon as the speaker pauses (the
answer waits until the end is sure, or is shown as an interim when the speaker goes on), and
all come out in order. Half a sentence alone is easily misread, so an engine that can be told
what was said just before reads the two together (`core/past.py`). Interims are asked for one
at a time and only when somebody spoke since the last, so a slow engine makes them rarer and
nothing else; they look at the last seconds of a long utterance only (`core/hypothesis.py`).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vivavoce.core.hypothesis import KEPT, SIGHT, Hypothesis
from vivavoce.core.past import Earlier, Past
from vivavoce.core.results import Decided, Heard, Reading, Result, SpeechEnded, SpeechStarted
from vivavoce.core.segmenter import (
    OFFSET,
    WINDOW,
    Closed,
    Cut,
    Limits,
    Opened,
    Paused,
    Segmenter,
)
from vivavoce.core.stabiliser import Stabiliser


@dataclass(frozen=True, slots=True)
class Decode:
    """Work: decode the samples [start, end). The reading goes back to `Utterances.read`."""

    start: int
    end: int
    final: bool
    prefix: tuple[int, ...] = ()  # tokens to verify and extend, for interims
    before: Earlier | None = None  # what was said just before, to be heard again: for finals

    @property
    def first(self) -> int:
        """Where the window begins."""
        return self.start if self.before is None else self.before.start


Step = Decode | Result


@dataclass(slots=True)
class _Open:
    """The utterance being spoken."""

    start: int
    asked: int  # where the last hypothesis asked for ends
    hypothesis: Hypothesis
    stabiliser: Stabiliser = field(default_factory=Stabiliser)
    waiting: bool = False  # an interim is on its way
    voiced: int = 0  # samples of speech since the last was asked for
    guess: tuple[int, Reading | None] | None = None  # a final asked for early: its end, its answer


@dataclass(slots=True)
class _Closed:
    """An utterance whose final is not out yet."""

    start: int
    end: int
    reading: Reading | None = None
    asked: bool = True  # not while what it is read with is undecided


class Utterances:
    """One track of one session."""

    def __init__(
        self,
        limits: Limits,
        *,
        interim_every: int | None,
        model: str,
        position: int = 0,
        free: int = 0,
        going_on: bool = False,
        continues: bool = False,
        earlier: Iterable[Earlier] = (),
    ) -> None:
        """`interim_every` is in samples; None: finals only, each asked for once, when its end is
        sure, and read alone, so that several are at a time. `continues`: the engine can be told
        what was said before; `earlier` are the last finals of a session taken up. The rest is
        the `Segmenter`'s."""
        self._segmenter = Segmenter(limits, position, free, going_on=going_on)
        self._every = interim_every
        self._model = model
        self._open: _Open | None = None
        if self._segmenter.start is not None:
            self._open = _Open(free, free, Hypothesis(free))
        self._closed: deque[_Closed] = deque()
        self._past = Past(earlier) if continues and interim_every is not None else None
        self._idle = 0

    @property
    def needed(self) -> int:
        """Samples before this may be forgotten."""
        return self._next if self._past is None else self._past.needed(self._next)

    @property
    def _next(self) -> int:
        """No utterance that is not decided starts before this."""
        return self._closed[0].start if self._closed else self._segmenter.needed

    @property
    def undecided(self) -> int:
        """How many utterances are closed and not decided."""
        return len(self._closed)

    def limit(self, limits: Limits) -> None:
        """New limits, from now on."""
        self._segmenter.limits = limits

    def window(self, probability: float, level: float) -> list[Step]:
        """One window of the VAD's grid: its speech probability and its level (RMS)."""
        self._idle = 0
        steps = self._cut(self._segmenter.feed(probability, level))
        return steps + self._interim(self._segmenter.position, probability)

    def flush(self, position: int) -> list[Step]:
        """All samples up to `position` were fed: decide what is open."""
        return self._cut(self._segmenter.flush(position))

    def tick(self, elapsed: int, position: int) -> list[Step]:
        """No audio came for `elapsed` more samples; a pause long enough ends the utterance."""
        self._idle += elapsed
        if self._open is None or self._idle < self._segmenter.limits.endpoint:
            return []
        return self._cut(self._segmenter.stall(position))

    def read(self, decode: Decode, reading: Reading) -> list[Step]:
        """The engine's answer to a `Decode`."""
        if decode.before is not None and not reading.text:
            # A word cut in two may have been read as the end of a sentence, after which the
            # engine hears nothing: alone, the rest has its words.
            return [replace(decode, before=None)]
        if decode.final:
            for closed in self._closed:
                if (closed.start, closed.end) == (decode.start, decode.end):
                    closed.reading = reading
                    return self._decided() + self._due()
        opened = self._open
        if opened is None or decode.start < opened.start:
            return []
        if not decode.final:
            opened.waiting = False
        elif opened.guess is not None and opened.guess[0] == decode.end:
            opened.guess = (decode.end, reading)
        return self._heard(opened, decode, reading)

    def missed(self, decode: Decode) -> bool:
        """The engine cannot answer a `Decode`; whether the utterance can do without it.

        It can without an interim, and without a guess: the final is asked for at its end.
        """
        if any((c.start, c.end) == (decode.start, decode.end) for c in self._closed):
            return False
        opened = self._open
        if opened is not None and not decode.final:
            opened.waiting = False
        elif opened is not None and opened.guess is not None and opened.guess[0] == decode.end:
            opened.guess = None
        return True

    def _cut(self, cuts: Iterable[Cut]) -> list[Step]:
        steps: list[Step] = []
        for cut in cuts:
            match cut:
                case Opened():
                    steps += self._opened(cut)
                case Paused():
                    steps += self._paused(cut.end)
                case Closed():
                    steps += self._close(cut)
        return steps

    def _opened(self, cut: Opened) -> list[Step]:
        going_on = self._open is not None
        self._open = _Open(cut.start, cut.start, Hypothesis(cut.start))
        return [] if going_on else [SpeechStarted(at=cut.start)]

    def _paused(self, end: int) -> list[Step]:
        """The utterance may end here: ask for its final now, unless nobody waits for it.

        Most pauses are within an utterance, so in a file the guesses would be most of the work.
        """
        opened = self._open
        assert opened is not None
        if self._every is None:
            return []
        decode = self._final(opened.start, end)
        if decode is None:
            return []
        opened.guess = (end, None)
        opened.asked, opened.voiced = end, 0
        return [decode]

    def _final(self, start: int, end: int) -> Decode | None:
        """None: not yet. What it is to be read with is not decided."""
        if self._past is None:
            return Decode(start, end, final=True)
        undecided = [(c.start, c.end) for c in self._closed if c.end <= start]
        if not self._past.ready(undecided, start, end):
            return None
        return Decode(start, end, final=True, before=self._past.before(start, end))

    def _close(self, cut: Closed) -> list[Step]:
        opened = self._open
        assert opened is not None
        closed = _Closed(cut.start, cut.end)
        self._closed.append(closed)
        steps: list[Step] = []
        if cut.ended:
            self._open = None
            steps.append(SpeechEnded(at=cut.end))
        if opened.guess is not None and opened.guess[0] == cut.end:
            closed.reading = opened.guess[1]
        else:
            closed.asked = False
        return steps + self._decided() + self._due()

    def _due(self) -> list[Step]:
        """Ask for the finals that can be."""
        steps: list[Step] = []
        for closed in self._closed:
            decode = None if closed.asked else self._final(closed.start, closed.end)
            if decode is not None:
                closed.asked = True
                steps.append(decode)
        return steps

    def _interim(self, position: int, probability: float) -> list[Step]:
        """Ask for the next hypothesis when it is due.

        Half an interval of speech is enough to ask for one; after two intervals any is.
        """
        opened = self._open
        if opened is None or self._every is None:
            return []
        opened.voiced += WINDOW * (probability >= OFFSET)
        since = position - opened.asked
        enough = self._every // 2 if since < 2 * self._every else 1
        if opened.waiting or since < self._every or opened.voiced < enough:
            return []
        opened.waiting, opened.voiced, opened.asked = True, 0, position
        view = opened.hypothesis
        if position - view.anchor > SIGHT:
            view.move(self._segmenter.quietest(view.anchor, position - KEPT))
        return [Decode(view.anchor, position, final=False, prefix=view.tokens)]

    def _heard(self, opened: _Open, decode: Decode, reading: Reading) -> list[Step]:
        """Show a hypothesis, once everything before it is decided."""
        believed = opened.hypothesis.read(decode.start, reading)
        if self._every is None or self._closed or believed is None:
            return []
        cut = not decode.final
        split = opened.stabiliser.add(believed.text, believed.chances, cut=cut)
        return [Heard(start=opened.start, end=decode.end, stable=split.stable, tail=split.tail)]

    def _decided(self) -> list[Step]:
        steps: list[Step] = []
        while self._closed and (reading := self._closed[0].reading) is not None:
            closed = self._closed.popleft()
            if self._past is not None:
                self._past.add(Earlier(closed.start, closed.end, reading.text))
            steps.append(_decide(closed, reading, self._model))
        return steps


def _decide(closed: _Closed, reading: Reading, model: str) -> Decided:
    return Decided(
        start=closed.start,
        end=closed.end,
        text=reading.text,
        model=reading.model or model,
        language=reading.language,
        words=reading.words,
        confidence=reading.confidence,
        chances=reading.chances,
        translations=reading.translations,
    )
