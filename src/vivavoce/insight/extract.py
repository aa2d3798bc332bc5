"""A summary without a language model: sentences of the transcript, as they were said.

TextRank (Mihalcea and Tarau, 2004) over the words that sentences share, weighted by how rare
they are; then, one after the other, the sentence that matters most and repeats least of those
chosen before it (MMR). Nothing is written that was not said, but for headings.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vivavoce.insight.answer import Answer, Section, Sentence, Source
from vivavoce.insight.passages import Passage
from vivavoce.insight.sentences import split
from vivavoce.insight.templates import Form
from vivavoce.insight.topics import chapters
from vivavoce.insight.words import content, count

Floats = npt.NDArray[np.float64]

DAMPING: Final = 0.85
ROUNDS: Final = 40
REPEATING: Final = 0.6
"""How much it counts against a sentence to be like one that is chosen already."""

ALONE: Final = 1e-6
"""Likeness to all others together, below which a sentence has nothing to do with them."""

LEAST: Final = 4
"""Words of the shortest sentence that is chosen, where there are longer ones."""
FULL: Final = 12
"""Words from which on a sentence counts in full; a shorter one says less."""
LATE: Final = 0.15
"""What the last sentence loses against the first: talks begin with what they are about."""

POINTS: Final = (3, 8)
"""Sentences of a summary, at least and at most; one for each `EVERY` of the talk between."""
EVERY: Final = 12

HINTS: Final = re.compile(
    r"\b(?:decid\w+|agree\w*|approv\w+|resolved|conclusion|action items?|follow up|next steps?"
    r"|deadline|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|by (?:tomorrow|next week|the end of)"
    r"|(?:i|we|you|he|she|they)(?: wi|'|\u2019)ll (?!see|be (?:back|right))\w+|going to (?!be)\w+"
    r"|(?:need|have|has|ought) to \w+|must \w+|should \w+|let(?:'|\u2019)?s \w+|promise\w*"
    r"|assign\w+)",
    re.IGNORECASE,
)
"""What English says of decisions and of what is to be done."""

PERHAPS: Final = "What sounds like decisions and actions"


class _Said(NamedTuple):
    text: str
    passage: Passage


def extract(passages: Sequence[Passage], form: Form) -> Answer:
    """The answer in one of the forms; empty where there is nothing said."""
    said = [_Said(text, p) for p in passages for text in split(p.text)]
    if form == "chapters":
        return _chapters(passages, said)
    points = _chosen(said, range(len(said)), _few(len(said)))
    if form == "points":
        return _written([("", None, points)], said)
    seen = {said[at].text for at in points}
    hints = {one.text: at for at, one in reversed(list(enumerate(said))) if HINTS.search(one.text)}
    todo = _chosen(said, sorted(at for text, at in hints.items() if text not in seen), POINTS[1])
    return _written([("Key points", None, points), (PERHAPS, None, todo)], said)


def _chapters(passages: Sequence[Passage], said: Sequence[_Said]) -> Answer:
    parts: list[tuple[str, Passage | None, list[int]]] = []
    for chapter in chapters(passages):
        own = {p.number for p in chapter.passages}
        inside = [at for at, one in enumerate(said) if one.passage.number in own]
        parts.append((chapter.title, chapter.passages[0], _chosen(said, inside, 2)))
    return _written(parts, said)


def _few(sentences: int) -> int:
    least, most = POINTS
    return min(most, max(least, sentences // EVERY))


def _chosen(said: Sequence[_Said], among: Sequence[int], most: int) -> list[int]:
    """The places of the sentences that matter most among these, in the order of the talk."""
    long = [at for at in among if count(said[at].text) >= LEAST] or list(among)
    vectors = _vectors([content(said[at].text) for at in long])
    scores = vectors.rank() * _weights([said[at].text for at in long])
    chosen: list[int] = []
    like = np.zeros(len(long))
    for _ in range(min(most, len(long))):
        best = int(np.argmax(scores - like))
        chosen.append(best)
        like = np.maximum(like, REPEATING * scores.max() * vectors.like(best))
        like[best] = np.inf
    return sorted(long[at] for at in chosen)


def _weights(texts: Sequence[str]) -> Floats:
    full = np.minimum(1.0, np.array([count(text) for text in texts]) / FULL)
    early = 1.0 - LATE * np.arange(len(texts)) / max(1, len(texts) - 1)
    return np.asarray(full * early)


class _Vectors(NamedTuple):
    """Sentences as sparse unit vectors of their words: a value at each row and column."""

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    values: Floats
    sentences: int
    words: int

    def rank(self) -> Floats:
        """TextRank: how much a sentence is like those that matter, 0 ... 1. The matrix of all
        pairs is never made, so a day of speech is no more than its words."""
        ones = np.ones(self.sentences)
        degree = self._times(self._summed(ones)) - 1.0  # less what it is like itself
        alone = degree < ALONE
        rank = ones / max(1, self.sentences)
        for _ in range(ROUNDS):
            share = np.where(alone, 0.0, rank / np.where(alone, 1.0, degree))
            moved = self._times(self._summed(share)) - share
            rank = (1 - DAMPING) / max(1, self.sentences) + DAMPING * moved
        return np.asarray(rank / max(rank.max(initial=0.0), 1e-12))

    def like(self, sentence: int) -> Floats:
        """How like each is to this one, 0 ... 1."""
        one = np.zeros(self.sentences)
        one[sentence] = 1.0
        return self._times(self._summed(one))

    def _summed(self, weights: Floats) -> Floats:
        counted = np.bincount(self.columns, self.values * weights[self.rows], self.words)
        return counted.astype(np.float64)

    def _times(self, words: Floats) -> Floats:
        counted = np.bincount(self.rows, self.values * words[self.columns], self.sentences)
        return counted.astype(np.float64)


def _vectors(sentences: Sequence[Sequence[str]]) -> _Vectors:
    having = Counter(word for words in sentences for word in set(words))
    columns = {word: at for at, word in enumerate(having)}
    rows, places, values = [], [], []
    for row, words in enumerate(sentences):
        counts = Counter(words)
        weights = {w: n * np.log(1 + len(sentences) / having[w]) for w, n in counts.items()}
        length = float(np.sqrt(sum(v * v for v in weights.values()))) or 1.0
        for word, weight in weights.items():
            rows.append(row)
            places.append(columns[word])
            values.append(weight / length)
    return _Vectors(
        np.array(rows, np.intp),
        np.array(places, np.intp),
        np.array(values, np.float64),
        len(sentences),
        len(columns),
    )


def _written(
    parts: Sequence[tuple[str, Passage | None, list[int]]], said: Sequence[_Said]
) -> Answer:
    lines: list[str] = []
    sentences: list[Sentence] = []
    sections: list[Section] = []
    for title, begins, places in parts:
        if title and places:
            at = (Source.of(begins),) if begins else ()
            sections.append(Section(title, len(sentences), len(places), at))
            lines += ["", f"## {title}"]
        for place in places:
            text, passage = said[place]
            sentences.append(Sentence(text, (Source.of(passage),), cited=True))
            lines.append(f"- {text}")
    return Answer("\n".join(lines).strip(), tuple(sentences), tuple(sections))
