"""Two readings of the same audio, word by word. Pure; positions in samples.

The first is the one that is held against the second: what only the first has was *lost*, what
only the second has was *invented*.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vivavoce.bench.words import align_long, bare
from vivavoce.core.transcript import Transcript, Utterance

_HYPHENS = re.compile(r"(?<=[-\u2010-\u2015])")

Kind = Literal["same", "changed", "lost", "invented"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Told:
    """A word as it is written, and about where it is in the audio."""

    text: str
    bare: str
    at: int
    utterance: int  # its place in the transcript


@dataclass(frozen=True, slots=True)
class Match:
    """A word of the first reading and what the second has for it."""

    first: Told | None
    second: Told | None

    @property
    def kind(self) -> Kind:
        if self.first is None:
            return "invented"
        if self.second is None:
            return "lost"
        return "same" if self.first.bare == self.second.bare else "changed"


@dataclass(frozen=True, slots=True)
class Counts:
    """Words."""

    same: int = 0
    changed: int = 0
    lost: int = 0
    invented: int = 0

    @property
    def first(self) -> int:
        """Of the first reading."""
        return self.same + self.changed + self.lost

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.same + other.same,
            self.changed + other.changed,
            self.lost + other.lost,
            self.invented + other.invented,
        )


def told(transcript: Transcript) -> list[Told]:
    """The words of a transcript, hyphenated ones taken apart, punctuation left out."""
    return [word for n, u in enumerate(transcript.utterances) for word in _told(n, u)]


def matches(first: Sequence[Told], second: Sequence[Told]) -> list[Match]:
    """The two readings side by side, in order."""
    pairs = align_long([word.bare for word in first], [word.bare for word in second])
    return [
        Match(None if i is None else first[i], None if j is None else second[j]) for i, j in pairs
    ]


def counts(found: Iterable[Match]) -> Counts:
    total = {"same": 0, "changed": 0, "lost": 0, "invented": 0}
    for match in found:
        total[match.kind] += 1
    return Counts(**total)


def _told(number: int, utterance: Utterance) -> list[Told]:
    texts = utterance.text.split()
    words = []
    for text, at in zip(texts, _times(utterance, len(texts)), strict=True):
        words += [Told(shown, one, at, number) for shown, one in _pieces(text)]
    return words


def _times(utterance: Utterance, count: int) -> list[int]:
    """Where each word begins; spread evenly where nobody has looked."""
    if len(utterance.words) == count:
        return [word.start for word in utterance.words]
    length = utterance.end - utterance.start
    return [utterance.start + length * i // count for i in range(count)]


def _pieces(text: str) -> list[tuple[str, str]]:
    """The words of what stands between two spaces: as written, and bare."""
    written = [piece for piece in _HYPHENS.split(text) if bare(piece)]
    return [(piece, one) for piece in written for one in bare(piece)]


def by_utterance(found: Iterable[Match]) -> list[list[Match]]:
    """One list for each utterance of the first reading, invented words with those before."""
    groups: list[list[Match]] = []
    last = -1
    for match in found:
        other = match.first is not None and match.first.utterance != last
        if not groups or (other and last >= 0):
            groups.append([])
        groups[-1].append(match)
        last = match.first.utterance if match.first else last
    return groups


def moved(first: Iterable[Span], second: Iterable[Span]) -> tuple[int, list[Span]]:
    """How many cuts of the first reading are in the second, and those that are not."""
    there = set(second)
    spans = list(first)
    gone = [span for span in spans if span not in there]
    return len(spans) - len(gone), gone
