"""What of a changing hypothesis may be shown as settled.

A word is stable when two hypotheses in a row agree on it and on all before it, and it is
not the last one heard (its end may still be to come). Stable words never change until the
final replaces the whole utterance; see "local agreement" (Liu et al., 2020; Macháček et
al., 2023).
"""

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
        if agreed > len(self._stable) and _agreement(words, self._stable) == len(self._stable):
            self._stable += words[len(self._stable) : agreed]
        self._last = words
        tail = words[len(self._stable) :]
        stable = " ".join(self._stable)
        return Split(stable, " ".join(["", *tail] if stable and tail else tail))


def _agreement(words: list[str], before: list[str]) -> int:
    """How many leading words agree."""
    pairs = enumerate(zip(words, before, strict=False))
    return next((i for i, (a, b) in pairs if _bare(a) != _bare(b)), min(len(words), len(before)))


def _bare(word: str) -> str:
    """A word without what comes and goes between hypotheses: case and punctuation."""
    return "".join(c for c in word.lower() if c.isalnum()) or word
