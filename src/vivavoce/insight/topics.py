"""Where a talk changes its subject, by the words alone: TextTiling (Hearst, 1997).

At every place between two utterances the words before it are held against the words after it.
Where they have least in common, and on both sides more, one subject ends and another begins.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vivavoce.insight.passages import Passage
from vivavoce.insight.words import content, plain

WINDOW: Final = 80
"""Words that say something, held against each other on either side."""
SHORTEST: Final = 60.0
"""Seconds of the shortest chapter."""
MOST: Final = 24
"""Chapters."""
DEPTH: Final = 0.5
"""Standard deviations above the mean by which a valley must be deep."""
REACH: Final = 100
"""Utterances to either side in which the heights beside a valley are looked for."""
NAMING: Final = 3
"""Words of a title."""


class Chapter(NamedTuple):
    """`title`: the words that this part has and the others have not."""

    title: str
    passages: list[Passage]


def chapters(passages: Sequence[Passage]) -> list[Chapter]:
    """In order; all passages are in one of them."""
    words = [content(passage.text) for passage in passages]
    starts = [0, *_valleys(passages, words)]
    ends = [*starts[1:], len(passages)]
    pieces = [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
    counts = [Counter(w for ws in words[start:end] for w in ws) for start, end in pieces]
    return [
        Chapter(_title(at, counts, passages[start:end]), list(passages[start:end]))
        for at, (start, end) in enumerate(pieces)
    ]


def _valleys(passages: Sequence[Passage], words: Sequence[Sequence[str]]) -> list[int]:
    """The passages with which another subject begins."""
    if len(passages) < 2:
        return []
    likeness = np.array([_likeness(words, at) for at in range(1, len(passages))])
    depths = _depths(likeness)
    enough = float(depths.mean() + DEPTH * depths.std())
    chosen: list[int] = []
    last = passages[-1].end
    for gap in np.argsort(-depths, kind="stable"):
        at = int(gap) + 1
        if len(chosen) + 1 >= MOST or depths[gap] <= max(enough, 1e-9):
            break
        bounds = [passages[0].start, last, *(passages[other].start for other in chosen)]
        if all(abs(passages[at].start - bound) >= SHORTEST for bound in bounds):
            chosen.append(at)
    return sorted(chosen)


def _likeness(words: Sequence[Sequence[str]], at: int) -> float:
    """Cosine of what is said before and after a place."""
    before, after = _around(words, range(at - 1, -1, -1)), _around(words, range(at, len(words)))
    shared = sum(n * after[word] for word, n in before.items())
    sizes = sum(n * n for n in before.values()) * sum(n * n for n in after.values())
    return float(shared / np.sqrt(sizes)) if sizes else 0.0


def _around(words: Sequence[Sequence[str]], places: range) -> Counter[str]:
    found: Counter[str] = Counter()
    size = 0
    for at in places:
        found.update(words[at])
        size += len(words[at])
        if size >= WINDOW:
            break
    return found


def _depths(likeness: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far each place lies below the heights to its left and right."""
    depths = np.zeros(len(likeness))
    for at, here in enumerate(likeness):
        left = right = here
        for value in likeness[max(0, at - REACH) : at + 1][::-1]:
            if value < left:
                break
            left = value
        for value in likeness[at : at + REACH]:
            if value < right:
                break
            right = value
        depths[at] = left + right - 2 * here
    return depths


def _title(at: int, counts: Sequence[Counter[str]], passages: Sequence[Passage]) -> str:
    """Words that are frequent here and rare elsewhere, as they were said."""
    here = counts[at]
    everywhere = sum(counts, Counter[str]())
    best = sorted(here, key=lambda w: (-here[w] * here[w] / everywhere[w], w))[:NAMING]
    spelt = _spellings(passages)
    title = ", ".join(spelt.get(word, word) for word in best)
    return title[:1].upper() + title[1:]


def _spellings(passages: Sequence[Passage]) -> dict[str, str]:
    """Each compared word as it is mostly written."""
    seen: dict[str, Counter[str]] = {}
    for passage in passages:
        for token in passage.text.split():
            bare = token.strip(".,;:!?…\"'“”\u2018\u2019()[]«»-")
            if bare:
                seen.setdefault(plain(bare), Counter())[bare] += 1
    return {word: spellings.most_common(1)[0][0] for word, spellings in seen.items()}
