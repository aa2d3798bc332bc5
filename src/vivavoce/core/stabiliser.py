"""What of a changing hypothesis may be shown as settled, and what not at all yet.

A word is stable when hypotheses in a row agree on it and on all before it, and it is not the
last one heard (its end may still be to come): two, where the engine was sure of it, else
three. "Local agreement" (Liu et al., 2020; Macháček et al., 2023). Stable words never change
until the final replaces the whole utterance; when later hypotheses read one of them
differently, what follows it goes on.

A hypothesis that ends in mid-speech ends in a word cut short, more often than not, and in a
full stop that nobody said: an unsure last word is held back, and the full stop is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SURE = 0.8
"""Probability of a word that two hypotheses are enough for."""

DOUBT = 0.7
"""Probability below which the last word of a hypothesis cut short is not shown."""


@dataclass(frozen=True, slots=True)
class Split:
    """A hypothesis as shown: the text is `stable + tail`."""

    stable: str
    tail: str


class Stabiliser:
    """One open utterance."""

    def __init__(self) -> None:
        self._stable: list[str] = []
        self._before: list[list[str]] = [[], []]  # the last two hypotheses, newest first

    def add(self, text: str, chances: Sequence[float] = (), *, cut: bool = False) -> Split:
        """The next hypothesis about the utterance from its start.

        `chances`: the probability of each word; empty: the engine does not say, and is taken
        for sure. `cut`: the speaker goes on.
        """
        words = text.split()
        agreed = self._agreed(words, chances)
        follows = _follows(words, self._stable)
        self._stable += words[follows:agreed]
        self._before = [words, self._before[0]]
        doubtful = cut and len(chances) == len(words) > 0 and chances[-1] < DOUBT
        tail = words[max(follows, agreed) : len(words) - int(doubtful)]
        if cut and tail:
            tail[-1] = tail[-1].rstrip(".?!…") or tail[-1]
        stable = " ".join(self._stable)
        return Split(stable, " ".join(["", *tail] if stable and tail else tail))

    def _agreed(self, words: list[str], chances: Sequence[float]) -> int:
        """How many leading words are settled."""
        twice = min(_agreement(words, self._before[0]), len(words) - 1)
        settled = min(twice, _agreement(words, self._before[1]))
        known = len(chances) == len(words)
        while settled < twice and (not known or chances[settled] >= SURE):
            settled += 1
        return settled


def _agreement(words: Sequence[str], before: Sequence[str]) -> int:
    """How many leading words agree."""
    pairs = enumerate(zip(words, before, strict=False))
    return next((i for i, (a, b) in pairs if bare(a) != bare(b)), min(len(words), len(before)))


def _follows(words: Sequence[str], stable: Sequence[str]) -> int:
    """Where in `words` that which follows the stable words begins.

    They agree, mostly. Where they do not, it is the end of the beginning of `words` with the
    least edit distance to the stable words, the longest of equals.
    """
    same = _agreement(words, stable)
    if same == len(stable):
        return same
    theirs = [bare(word) for word in words[same:]]
    row = list(range(len(theirs) + 1))
    for mine in map(bare, stable[same:]):
        above, row = row, [row[0] + 1]
        for i, other in enumerate(theirs):
            row.append(min(above[i] + (mine != other), above[i + 1] + 1, row[i] + 1))
    best = min(row)
    return same + max(i for i, distance in enumerate(row) if distance == best)


def bare(word: str) -> str:
    """A word without what comes and goes between hypotheses: case and punctuation."""
    return "".join(c for c in word.lower() if c.isalnum()) or word
