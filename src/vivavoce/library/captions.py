"""Utterances as captions: two short lines at most, each cue at its own time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import SAMPLE_RATE, Word

LINE: Final = 42  # characters that a player surely shows in one line
LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on the screen between two moments, in milliseconds; `end` is after `start`."""

    start: int
    end: int
    lines: tuple[str, ...]
    speaker: str | None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, or as much of a long one as fits a line, between two samples."""

    text: str
    start: float
    end: float


def cues(transcript: Transcript) -> list[Cue]:
    """The transcript's cues in order of start. Those of several tracks may overlap."""
    unordered = [cue for utterance in transcript.utterances for cue in _cues(utterance)]
    return sorted(unordered, key=lambda cue: cue.start)


def placed(utterance: Utterance) -> list[Word]:
    """Every word of the text with a time: its own, or one as long as it is among its
    neighbours where nobody found that."""
    return [Word(word.text, round(word.start), round(word.end)) for word in _words(utterance)]


def _cues(utterance: Utterance) -> Iterator[Cue]:
    lines = list(_lines(_pieces(utterance)))
    earliest = _milliseconds(utterance.start)
    for first in range(0, len(lines), LINES):
        shown = lines[first : first + LINES]
        last = first + LINES >= len(lines)
        # The first cue comes with the voice and the last stays as long as it.
        begin = utterance.start if first == 0 else shown[0][0].start
        close = utterance.end if last else shown[-1][-1].end
        start = max(_milliseconds(begin), earliest)
        end = max(_milliseconds(close), start + 1)
        texts = tuple(" ".join(piece.text for piece in line) for line in shown)
        yield Cue(start, end, texts, utterance.speaker)
        earliest = end


def _lines(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    line: list[_Piece] = []
    width = 0
    for piece in pieces:
        if line and width + 1 + len(piece.text) > LINE:
            yield line
            line, width = [], 0
        width += len(piece.text) + (1 if line else 0)
        line.append(piece)
    if line:
        yield line


def _pieces(utterance: Utterance) -> list[_Piece]:
    return [piece for word in _words(utterance) for piece in _cut(word)]


def _words(utterance: Utterance) -> list[_Piece]:
    return _timed(utterance) or _spread(utterance)


def _timed(utterance: Utterance) -> list[_Piece]:
    """The words at their times; none when there are none, or of another reading."""
    if [word.text.strip() for word in utterance.words] != utterance.text.split():
        return []
    return [
        _Piece(word.text.strip(), _within(utterance, word.start), _within(utterance, word.end))
        for word in utterance.words
    ]


def _spread(utterance: Utterance) -> list[_Piece]:
    """The words as if every character took the same time."""
    words = utterance.text.split()
    each = (utterance.end - utterance.start) / max(1, len(" ".join(words)))
    pieces = []
    start = float(utterance.start)
    for word in words:
        pieces.append(_Piece(word, start, start + len(word) * each))
        start += (len(word) + 1) * each
    return pieces


def _cut(word: _Piece) -> Iterator[_Piece]:
    each = (word.end - word.start) / len(word.text)
    for i in range(0, len(word.text), LINE):
        part = word.text[i : i + LINE]
        yield _Piece(part, word.start + i * each, word.start + (i + len(part)) * each)


def _within(utterance: Utterance, position: int) -> float:
    return float(min(max(position, utterance.start), utterance.end))


def _milliseconds(position: float) -> int:
    return round(position * 1000 / SAMPLE_RATE)
