"""What was said just before an utterance, as far as its final is read together with it.

A pause of half a second is often one within a sentence. What follows it is misread more often
alone than together with what came before, whose words are known by then. Of what is too long to
be heard again, the last seconds are; which of its words those are is not known, so they are
read once more. How far back a final looks depends on where utterances lie and on nothing else,
so the same audio has the same finals.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vivavoce.core.types import SAMPLE_RATE

SIGHT = 8 * SAMPLE_RATE
"""The longest window of a final that looks back: one more second costs 5 ms."""

LEAD = SAMPLE_RATE * 7 // 2
"""What is heard again of an utterance that is too long for all of it to be, at the most."""

LEAST = 2 * SAMPLE_RATE
"""And at the least: it begins where it is quiet, since half a word leads astray."""

NEAR = SAMPLE_RATE
"""The longest gap between utterances that are read together."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The samples [start, end) and what they read as. No text: that is not known yet, and a
    quiet place in their first part will do as their start."""

    start: int
    end: int
    text: str


class Past:
    """The last decided utterances of a track."""

    def __init__(self, earlier: Iterable[Earlier] = ()) -> None:
        self._said: deque[Earlier] = deque()
        for one in earlier:
            self.add(one)

    def add(self, one: Earlier) -> None:
        """The next utterance is decided. One without words is as if nobody had spoken."""
        if one.text:
            self._said.append(one)

    def needed(self, start: int) -> int:
        """Samples before this are not heard again by utterances that start at `start` or later.

        What they would not hear is forgotten.
        """
        said = self._said
        if said and start - said[-1].end > NEAR:
            said.clear()
        while len(said) > 1 and start - said[0].start >= SIGHT:
            said.popleft()
        if not said:
            return start
        return said[0].start if start - said[0].start < SIGHT else start - LEAD

    def ready(self, undecided: Sequence[tuple[int, int]], start: int, end: int) -> bool:
        """Whether the utterance [start, end) is read without any of the undecided before it."""
        if not undecided:
            return True
        last = undecided[-1]
        return not (_together(last, start, end) or _follows(last, start, end))

    def before(self, start: int, end: int) -> Earlier | None:
        """What the utterance [start, end) is read together with."""
        texts: list[str] = []
        first = start
        for one in reversed(self._said):
            if not _together((one.start, one.end), first, end):
                break
            first = one.start
            texts.append(one.text)
        if texts:
            return Earlier(first, start, " ".join(reversed(texts)))
        if self._said and _follows((self._said[-1].start, self._said[-1].end), start, end):
            return Earlier(max(start - LEAD, end - SIGHT), start, "")
        return None


def _together(before: tuple[int, int], start: int, end: int) -> bool:
    """Whether [start, end), which may begin with others already, is read with that one, too."""
    return start - before[1] <= NEAR and end - before[0] <= SIGHT


def _follows(before: tuple[int, int], start: int, end: int) -> bool:
    """Whether [start, end) is short enough to be read with the last seconds of that one."""
    return start - before[1] <= NEAR and end - start <= SIGHT - LEAST
