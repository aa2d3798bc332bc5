"""What of a changing hypothesis may be shown as settled.

A word is stable when two hypotheses in a row agree on it and on all before it, and it is
not the last one heard (its end may still be to come): "local agreement" (Liu et al., 2020;
Macháček et al., 2023). Stable words never change until the final replaces the whole
utterance; when later hypotheses read one of them differently, what follows it goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Split:
    """A hypothesis as shown: the text is `stable + tail`."""

    stable: str
    tail: str


class Stabiliser:
    """One open utterance."""

    def __init__(self) -> None:
        self._stable: list[str] = []
        self._last: list[str] = []

    def add(self, text: str) -> Split:
        """The next hypothesis about the utterance from its start."""
        words = text.split()
        agreed = min(_agreement(words, self._last), len(words) - 1)
        follows = _follows(words, self._stable)
        self._stable += words[follows:agreed]
        tail = words[max(follows, agreed) :]
        self._last = words
        stable = " ".join(self._stable)
        return Split(stable, " ".join(["", *tail] if stable and tail else tail))


def _agreement(words: Sequence[str], before: Sequence[str]) -> int:
    """How many leading words agree."""
    pairs = enumerate(zip(words, before, strict=False))
    return next((i for i, (a, b) in pairs if _bare(a) != _bare(b)), min(len(words), len(before)))


def _follows(words: Sequence[str], stable: Sequence[str]) -> int:
    """Where in `words` that which follows the stable words begins.

    They agree, mostly. Where they do not, it is the end of the beginning of `words` with the
    least edit distance to the stable words, the longest of equals.
    """
    same = _agreement(words, stable)
    if same == len(stable):
        return same
    theirs = [_bare(word) for word in words[same:]]
    row = list(range(len(theirs) + 1))
    for mine in map(_bare, stable[same:]):
        above, row = row, [row[0] + 1]
        for i, other in enumerate(theirs):
            row.append(min(above[i] + (mine != other), above[i + 1] + 1, row[i] + 1))
    best = min(row)
    return same + max(i for i, distance in enumerate(row) if distance == best)


def _bare(word: str) -> str:
    """A word without what comes and goes between hypotheses: case and punctuation."""
    return "".join(c for c in word.lower() if c.isalnum()) or word
