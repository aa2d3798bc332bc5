"""What a viewer saw, and what that says of a live transcriber. Pure; times in seconds.

A stream's time 0 is when its first sample was spoken, so that a word that ends at 2.0 in the
audio and is seen at 2.4 has a delay of 0.4. A **screen** is all the text that a viewer sees:
what is final, then the stable part of what is open, then its tail.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vivavoce.bench.words import align, bare, matched

LATE = 1.0
"""Seconds after its end by which a word should have been seen."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word of the reference and where it is in the audio."""

    text: str  # bare
    start: float  # NaN where it is not known
    end: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What a transcriber told of one utterance at `t`. `text` is all of it, `stable` its begin."""

    t: float
    utterance: str
    text: str
    stable: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """The words seen from `t` on; the first `stable` of them are said not to change."""

    t: float
    words: tuple[str, ...]
    stable: int
    final: bool = False  # whether it is a final that made it


def screens(shown: Iterable[Shown]) -> list[Screen]:
    """What a viewer saw, one screen for each telling: utterances in order of appearance."""
    latest: dict[str, tuple[list[str], int]] = {}
    seen = []
    for one in shown:
        words = bare(one.text)
        latest[one.utterance] = words, len(words) if one.final else len(bare(one.stable))
        seen.append(Screen(one.t, *_joined(latest.values()), one.final))
    return seen


def _joined(parts: Iterable[tuple[list[str], int]]) -> tuple[tuple[str, ...], int]:
    """All the words, and how many from the first on are stable."""
    words: list[str] = []
    stable, growing = 0, True
    for part, sure in parts:
        words += part
        stable += sure if growing else 0
        growing = growing and sure == len(part)
    return tuple(words), stable


@dataclass(frozen=True, slots=True)
class Flicker:
    """Words that changed before a viewer's eyes, followed from screen to screen by alignment."""

    shown: int  # words seen in a tail, each counted once for as long as it stays
    changed: int  # of those, changed or removed while in the tail
    stable: int  # words seen in a stable part
    stable_by_interim: int  # of those, changed or removed by a later interim
    stable_by_final: int  # or by a final

    def __add__(self, other: "Flicker") -> "Flicker":
        return Flicker(
            self.shown + other.shown,
            self.changed + other.changed,
            self.stable + other.stable,
            self.stable_by_interim + other.stable_by_interim,
            self.stable_by_final + other.stable_by_final,
        )


def flicker(seen: Sequence[Screen]) -> Flicker:
    """Compare each screen with the next. Words that a final brought are seen in no tail."""
    total = Flicker(0, 0, 0, 0, 0)
    before = Screen(0.0, (), 0)
    in_tail: list[bool] = []  # of each word now seen, whether it was ever in a tail
    for screen in seen:
        kept = matched(before.words, screen.words)
        gone = [i for i in range(len(before.words)) if i not in kept]
        came = {j: i for i, j in kept.items()}
        sure = [i for i in gone if i < before.stable]
        was = [j in came and in_tail[came[j]] for j in range(len(screen.words))]
        ever = [once or j >= screen.stable for j, once in enumerate(was)]
        total += Flicker(
            shown=sum(ever) - sum(was),
            changed=sum(in_tail[i] for i in gone if i >= before.stable),
            stable=sum(not (j in came and came[j] < before.stable) for j in range(screen.stable)),
            stable_by_interim=0 if screen.final else len(sure),
            stable_by_final=len(sure) if screen.final else 0,
        )
        before, in_tail = screen, ever
    return total


@dataclass(frozen=True, slots=True)
class Delays:
    """Of the words that were said and are on the last screen."""

    interim: list[float]  # a word's end to its first display
    stable: list[float]  # a word's end to its first display in the stable part
    final: list[float]  # the end of an utterance's last word to its final

    @property
    def late(self) -> float:
        """The share of words first seen more than `LATE` after their end."""
        return sum(delay > LATE for delay in self.interim) / max(1, len(self.interim))


def delays(seen: Sequence[Screen], spoken: Sequence[Spoken]) -> Delays:
    """When each word came. A word cannot have been shown before it began."""
    last = seen[-1].words if seen else ()
    places = matched(last, [word.text for word in spoken])
    said = {i: spoken[j] for i, j in places.items() if math.isfinite(spoken[j].end)}
    first: dict[int, float] = {}
    sure: dict[int, float] = {}
    finals = []
    before = 0
    for screen in seen:
        for i, place in matched(screen.words, last, part=True).items():
            if place in said and screen.t >= said[place].start:
                first.setdefault(place, screen.t)
                if i < screen.stable:
                    sure.setdefault(place, screen.t)
        if screen.final:
            ends = [said[i].end for i in range(before, min(screen.stable, len(last))) if i in said]
            finals += [screen.t - ends[-1]] if ends else []
            before = screen.stable
    return Delays(
        [t - said[place].end for place, t in sorted(first.items())],
        [t - said[place].end for place, t in sorted(sure.items())],
        finals,
    )


@dataclass(frozen=True, slots=True)
class Errors:
    """One text held against another, in words."""

    words: int  # of the text held against
    wrong: int
    lost: int
    invented: int

    @property
    def rate(self) -> float:
        return (self.wrong + self.lost + self.invented) / max(1, self.words)

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.words + other.words,
            self.wrong + other.wrong,
            self.lost + other.lost,
            self.invented + other.invented,
        )


def errors(said: str, heard: str) -> Errors:
    """How far what was heard is from what was said."""
    a, b = bare(said), bare(heard)
    pairs = align(a, b)
    return Errors(
        len(a),
        sum(i is not None and j is not None and a[i] != b[j] for i, j in pairs),
        sum(j is None for _, j in pairs),
        sum(i is None for i, _ in pairs),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan
