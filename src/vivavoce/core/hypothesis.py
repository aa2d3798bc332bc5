"""What is believed of an open utterance, by windows that see only its last seconds.

A hypothesis costs what its window is long, so interims look at the whole utterance only while
it is short. Then their windows begin at an anchor, a quiet place, which moves on as the
speaker does; what was read before it is kept, and joined to what is read after it where the
two agree longest. Finals know nothing of this: they see every sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from vivavoce.core.results import Reading
from vivavoce.core.stabiliser import bare
from vivavoce.core.types import SAMPLE_RATE

SIGHT = 6 * SAMPLE_RATE
"""The longest window of an interim."""

KEPT = 3 * SAMPLE_RATE
"""The least that a window still sees when its anchor moves."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The whole utterance as it reads now; `chances` of each word, empty: not known."""

    text: str
    chances: tuple[float, ...]


class Hypothesis:
    """One open utterance. `tokens` are those of the last window from the same anchor."""

    def __init__(self, start: int) -> None:
        self.anchor = start
        self.tokens: tuple[int, ...] = ()
        self._start = start
        self._words: list[str] = []

    def move(self, anchor: int) -> None:
        """The next window begins here."""
        self.anchor = anchor
        self.tokens = ()

    def read(self, start: int, reading: Reading) -> Believed | None:
        """A window from `start` was read. None: the anchor has moved since it was asked for."""
        if start not in (self._start, self.anchor):
            return None
        if start == self.anchor:
            self.tokens = reading.tokens
        words = reading.text.split()
        kept = 0
        if start != self._start:
            kept, skipped = _joint(self._words, words)
            words = self._words[:kept] + words[skipped:]
        self._words = words
        return Believed(" ".join(words), _chances(reading.chances, len(words)))


def _joint(before: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """How many words to keep of those before, and to skip of the new ones.

    The first word of a window that begins in mid-speech is often half a word.
    """
    mine, theirs = [bare(w) for w in before], [bare(w) for w in words]
    match = SequenceMatcher(None, mine, theirs, autojunk=False).find_longest_match()
    return (match.a, match.b) if match.size else (len(before), min(1, len(words)))


def _chances(chances: Sequence[float], count: int) -> tuple[float, ...]:
    """As many as there are words: those kept from before were sure enough then."""
    missing = max(0, count - len(chances))
    return (*[1.0] * missing, *chances[len(chances) - (count - missing) :]) if chances else ()
