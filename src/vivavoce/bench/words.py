"""Words without case and punctuation, and which of two texts' words are the same. Pure."""

import re
from collections.abc import Sequence

SAME = {"mister": "mr", "missus": "mrs"}

Pair = tuple[int | None, int | None]
"""The places of one word in two texts; None where a text lacks it."""


def bare(text: str) -> list[str]:
    """Lower case, no punctuation, hyphens as spaces, one spelling of titles."""
    return [SAME.get(word, word).replace("'", "") for word in spelled(text)]


def spelled(text: str) -> list[str]:
    """The same words as a dictionary has them, with their apostrophes."""
    text = re.sub(r"[-\u2010-\u2015]", " ", text.lower().replace("\u2019", "'"))
    return [word for word in re.sub(r"[^\w\s']", "", text).split() if word.strip("'")]


def align(a: Sequence[str], b: Sequence[str], *, part: bool = False) -> list[Pair]:
    """The cheapest way to make `b` of `a`, a change, a loss and an addition costing 1 each.

    With `part`, `a` is what was known of `b` at some moment: what `b` has after it is free,
    and left out.
    """
    same = 0
    while same < len(a) and same < len(b) and a[same] == b[same]:
        same += 1  # a common beginning is always part of a cheapest way
    begun: list[Pair] = [(i, i) for i in range(same)]
    if part:
        b = b[: len(a) + (len(a) - same) + SLACK]
    return begun + [
        (None if i is None else i + same, None if j is None else j + same)
        for i, j in _align(a[same:], b[same:], part)
    ]


SLACK = 8
"""Words of the whole that a part may have missed and still be found in it."""


def _align(a: Sequence[str], b: Sequence[str], part: bool) -> list[Pair]:
    cost = [list(range(len(b) + 1))]
    for i, word in enumerate(a, start=1):
        above, row = cost[-1], [i]
        for j, other in enumerate(b, start=1):
            row.append(min(above[j - 1] + (word != other), above[j] + 1, row[j - 1] + 1))
        cost.append(row)
    i, j = len(a), len(b)
    if part:
        j = min(range(len(b) + 1), key=lambda end: (cost[i][end], end))
    pairs: list[Pair] = []
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


CELLS = 1_000_000
"""Pairs of words that `align` may look at; longer texts are taken apart first."""
RUN = 5
"""Words in a row that are found once in each of two texts, and so at the same place."""


def align_long(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """As `align`, of two readings of the same hours: its work and memory are bounded.

    Taken apart where both say the same rare words, nearest the middle; where they never do,
    at their halves.
    """
    if len(a) * len(b) <= CELLS:
        return align(a, b)
    i, j = _apart(a, b)
    return align_long(a[:i], b[:j]) + [
        (None if x is None else x + i, None if y is None else y + j)
        for x, y in align_long(a[i:], b[j:])
    ]


def _apart(a: Sequence[str], b: Sequence[str]) -> tuple[int, int]:
    """Two places, not both at an end, that are the same."""
    once, other = _once(a), _once(b)
    common = [(i, other[run]) for run, i in once.items() if run in other and i and other[run]]
    middle = len(a) // 2
    return min(common, key=lambda pair: abs(pair[0] - middle), default=(middle, len(b) // 2))


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Where each run is that occurs once."""
    places: dict[tuple[str, ...], list[int]] = {}
    for i in range(len(words) - RUN + 1):
        places.setdefault(tuple(words[i : i + RUN]), []).append(i)
    return {run: at[0] for run, at in places.items() if len(at) == 1}


def matched(a: Sequence[str], b: Sequence[str], *, part: bool = False) -> dict[int, int]:
    """Where the words of `a` are in `b`, of those that are there."""
    return {
        i: j for i, j in align(a, b, part=part) if i is not None and j is not None and a[i] == b[j]
    }
