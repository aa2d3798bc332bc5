"""The grammar of results, for engines that only say what they hear and what they decide.

A service over the network cuts for itself and says little of when speech began: its results
become those of a stream of ours. Speech starts before anything is heard of it and ends with
its decision, hypotheses have a stable part that only grows, and nothing overlaps, is without
length, or lies beyond what was fed. Words that were decided are never dropped.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from vivavoce.core.results import Decided, Heard, Result, SpeechEnded, SpeechStarted
from vivavoce.core.stabiliser import Stabiliser


class Narrator:
    """One stream's. Positions are the stream's, from `start` on."""

    def __init__(self, start: int) -> None:
        self._end = start  # of what is decided
        self._speaking = False
        self._stabiliser = Stabiliser()

    @property
    def speaking(self) -> bool:
        return self._speaking

    def tell(self, result: Result, fed: int) -> Iterator[Result]:
        """What this says to a session; `fed`: samples fed so far."""
        match result:
            case Heard():
                yield from self._heard(result, fed)
            case Decided():
                yield from self._decided(result, fed)
            case SpeechStarted():
                yield from self._started(result.at)
            case _:
                pass  # an end comes with its decision

    def close(self, fed: int) -> Iterator[Result]:
        """Nothing more comes: whoever was speaking has stopped."""
        if self._speaking:
            self._speaking = False
            yield SpeechEnded(at=max(self._end, fed))

    def _started(self, at: int) -> Iterator[Result]:
        if not self._speaking:
            self._speaking = True
            self._stabiliser = Stabiliser()
            yield SpeechStarted(at=max(at, self._end))

    def _heard(self, heard: Heard, fed: int) -> Iterator[Result]:
        start = max(heard.start, self._end)
        end = min(heard.end, fed)
        if start >= end:
            return  # a late word about what is decided, or a hypothesis of nothing
        yield from self._started(start)
        split = self._stabiliser.add(heard.stable + heard.tail)
        yield replace(heard, start=start, end=end, stable=split.stable, tail=split.tail)

    def _decided(self, decided: Decided, fed: int) -> Iterator[Result]:
        if not decided.text:
            return
        end = max(self._end + 1, min(decided.end, fed))
        start = min(max(decided.start, self._end), end - 1)
        yield from self._started(start)
        self._speaking = False
        self._end = end
        words = tuple(word.within(start, end) for word in decided.words)
        yield SpeechEnded(at=end)
        yield replace(decided, start=start, end=end, words=words)
