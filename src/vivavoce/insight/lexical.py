"""Which passages have the words of a question or of a sentence: BM25, in this process.

Okapi BM25 as Robertson and Zaragoza give it ("The Probabilistic Relevance Framework", 2009).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from vivavoce.insight.passages import Passage
from vivavoce.insight.words import content

K1: Final = 1.2
B: Final = 0.75

ENOUGH: Final = 0.5
"""Of a sentence's words, weighted by how rare they are, that a passage must have to be its
source."""

LEAST: Final = 2
"""Words that the two must share."""


class Index:
    """Passages by their words. Building it takes a second for a day of speech."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = list(passages)
        self._lengths: list[int] = []
        self._where: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, passage in enumerate(self._passages):
            counts = Counter(content(f"{passage.speaker} {passage.text}"))
            self._lengths.append(sum(counts.values()))
            for word, times in counts.items():
                self._where[word].append((at, times))
        self._mean = sum(self._lengths) / max(1, len(self._lengths)) or 1.0

    def rank(self, query: str, limit: int) -> list[Passage]:
        """Those with words of the query, the most relevant first."""
        scores: dict[int, float] = defaultdict(float)
        for word in dict.fromkeys(content(query)):
            weight = self._weight(word)
            for at, times in self._where.get(word, ()):
                length = 1 - B + B * self._lengths[at] / self._mean
                scores[at] += weight * times * (K1 + 1) / (times + K1 * length)
        best = sorted(scores, key=lambda at: (-scores[at], at))
        return [self._passages[at] for at in best[:limit]]

    def closest(self, sentence: str) -> Passage | None:
        """The passage that has enough of a sentence's words to be where it was said, or none."""
        asked = dict.fromkeys(content(sentence))
        shared: dict[int, float] = defaultdict(float)
        words: Counter[int] = Counter()
        for word in asked:
            for at, _ in self._where.get(word, ()):
                shared[at] += self._weight(word)
                words[at] += 1
        most = sum(map(self._weight, asked))
        fit = [at for at in shared if words[at] >= LEAST and shared[at] >= ENOUGH * most]
        if not fit:
            return None
        return self._passages[min(fit, key=lambda at: (-shared[at], self._lengths[at], at))]

    def _weight(self, word: str) -> float:
        """How rare a word is; one that nobody said is the rarest."""
        n, having = len(self._passages), len(self._where.get(word, ()))
        return math.log(1 + (n - having + 0.5) / (having + 0.5))


def around(best: Sequence[Passage], all_: Sequence[Passage], budget: int) -> list[Passage]:
    """The best passages, each with those beside it, as many as `budget` characters hold; in
    the order of the talk."""
    chosen: dict[int, Passage] = {}
    for passage in best:
        for number in (passage.number, passage.number - 1, passage.number + 1):
            if not 1 <= number <= len(all_) or number in chosen:
                continue
            size = len(all_[number - 1].line) + 1
            if size <= budget:
                budget -= size
                chosen[number] = all_[number - 1]
    return [chosen[number] for number in sorted(chosen)]
