"""Diarization error rate: how much of what was said is given to nobody, to nobody who spoke, or
to the wrong one, with speakers matched so that it is the least. Where two speak at once, two are
to be found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

Spoken = tuple[float, float, str]
"""Start and end in seconds, and who."""


@dataclass(frozen=True, slots=True)
class DiarizationErrors:
    """Seconds of speech, counted once for each who speaks."""

    spoken: float
    missed: float
    invented: float
    confused: float

    @property
    def rate(self) -> float:
        """Of what was said; 0 where nobody speaks."""
        wrong = self.missed + self.invented + self.confused
        return wrong / self.spoken if self.spoken else 0.0

    def __add__(self, other: "DiarizationErrors") -> "DiarizationErrors":
        return DiarizationErrors(
            self.spoken + other.spoken,
            self.missed + other.missed,
            self.invented + other.invented,
            self.confused + other.confused,
        )


def errors(
    said: Sequence[Spoken], found: Sequence[Spoken], collar: float = 0.0
) -> DiarizationErrors:
    """`collar`: seconds before and after each start and end in `said` that are not counted."""
    edges = {edge for start, end, _ in said for edge in (start, end)}
    around = {edge + way for edge in edges for way in (-collar, collar)}
    cuts = sorted(edges | around | {edge for start, end, _ in found for edge in (start, end)})
    spoken = missed = invented = shared = 0.0
    together: defaultdict[tuple[str, str], float] = defaultdict(float)
    for start, end in pairwise(cuts):
        middle, length = (start + end) / 2, end - start
        if collar and any(abs(middle - edge) < collar for edge in edges):
            continue
        true, ours = _speaking(said, middle), _speaking(found, middle)
        spoken += length * len(true)
        missed += length * max(0, len(true) - len(ours))
        invented += length * max(0, len(ours) - len(true))
        shared += length * min(len(true), len(ours))
        for pair in ((a, b) for a in true for b in ours):
            together[pair] += length
    return DiarizationErrors(spoken, missed, invented, max(0.0, shared - _matched(together)))


def read_rttm(lines: Iterable[str]) -> list[Spoken]:
    """The lines of an RTTM file."""
    fields = (line.split() for line in lines)
    return [
        (float(each[3]), float(each[3]) + float(each[4]), each[7])
        for each in fields
        if each and each[0] == "SPEAKER"
    ]


def _speaking(turns: Sequence[Spoken], at: float) -> set[str]:
    return {who for start, end, who in turns if start <= at < end}


def _matched(together: dict[tuple[str, str], float]) -> float:
    """The most seconds that a matching of speakers, one to one, has together."""
    theirs = sorted({a for a, _ in together})
    ours = sorted({b for _, b in together})

    @cache
    def best(at: int, taken: int) -> float:
        if at == len(theirs):
            return 0.0
        ways = [best(at + 1, taken)]
        for number, who in enumerate(ours):
            if not taken >> number & 1:
                own = together.get((theirs[at], who), 0.0)
                ways.append(own + best(at + 1, taken | 1 << number))
        return max(ways)

    return best(0, 0)
