"""What was said just before an utterance, as far as its final is read together with it.

A pause of half a second is often one within a sentence. What follows it is misread more often
alone than together with what came before, whose words are known by then. How far back a final
looks depends on where utterances lie and on nothing else, so the same audio has the same finals.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vivavoce.core.types import SAMPLE_RATE

SIGHT = 8 * SAMPLE_RATE
"""The longest window of a final that looks back: one more second costs 5 ms."""

NEAR = SAMPLE_RATE
"""The longest gap between utterances that are read together."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The samples [start, end) and what they read as."""

    start: int
    end: int
    text: str


class Past:
    """The last decided utterances of a track."""

    def __init__(self, earlier: Iterable[Earlier] = ()) -> None:
        self._said = deque(earlier)

    def add(self, one: Earlier) -> None:
        """The next utterance is decided. One without words is as if nobody had spoken."""
        if one.text:
            self._said.append(one)

    def needed(self, start: int) -> int:
        """Samples before this are not heard again by utterances that start at `start` or later.

        What they would not hear is forgotten.
        """
        said = self._said
        while said and (start - said[0].start >= SIGHT or start - said[-1].end > NEAR):
            said.popleft()
        return said[0].start if said else start

    def ready(self, undecided: Sequence[tuple[int, int]], start: int, end: int) -> bool:
        """Whether the utterance [start, end) is read without any of the undecided before it."""
        return not undecided or not _together(undecided[-1], start, end)

    def before(self, start: int, end: int) -> Earlier | None:
        """What the utterance [start, end) is read together with."""
        texts: list[str] = []
        first = start
        for one in reversed(self._said):
            if not _together((one.start, one.end), first, end):
                break
            first = one.start
            texts.append(one.text)
        return Earlier(first, start, " ".join(reversed(texts))) if texts else None


def _together(before: tuple[int, int], start: int, end: int) -> bool:
    """Whether [start, end), which may begin with others already, is read with that one, too."""
    return start - before[1] <= NEAR and end - before[0] <= SIGHT
