"""Figures that nobody measured, for tests of what is made of figures."""

import math

from benchmarks.accuracy import Shifted
from benchmarks.live.accurate import Sets
from benchmarks.live.beyond import Beyond
from benchmarks.live.costs import Costs
from benchmarks.live.figures import Accuracy, Gave, Held, Speed, Spread, spread
from benchmarks.live.ours import BETTER, DEFAULT, Column, Ours
from benchmarks.live.peers import PEERS
from benchmarks.live.theirs import Theirs
from benchmarks.long import Long
from vivavoce.bench.held import Verdict
from vivavoce.bench.measures import Errors

UNSAID = Spread(math.nan, math.nan, ())
ACCURACY = Accuracy(Errors(100, 5, 2, 1), Errors(100, 5, 1, 1), Errors(100, 3, 1, 0))
SHIFTED = Shifted(
    (Errors(100, 5, 2, 1), Errors(100, 5, 0, 1)),
    (Errors(100, 6, 2, 1), Errors(100, 6, 1, 1)),
    (Errors(100, 3, 1, 0), Errors(100, 3, 0, 0)),
)
SETS: Sets = {"test-other": SHIFTED, "phone8k": SHIFTED}
LONG = Long(
    "1 May 2026", "1.0", "2 cores", 20, (0.05, 0.05, 0.05, 0.05, 0.07), 4, ((0, 2e8), (4, 21e7))
)
COSTS = Costs(1, {"server": 0.01, "hosts": 0.04}, {"audio/vad.py": 0.006, "all else": 0.004})
VERDICTS = (
    Verdict(1, 0.01, 0.6, 1.0, 0.06, 0.004, None, holds=True),
    Verdict(16, 0.02, 0.7, 1.0, 0.05, 0.003, None, holds=True),
    Verdict(32, 0.4, 3.0, 0.97, 0.05, 0.003, None, holds=False),
)
GAVE = tuple(Gave(v.streams, 1.5, 0.0, 1.0, 0.0, v.late, v.final, 0.01) for v in VERDICTS)
HELD = Held(16, VERDICTS, GAVE, spread([0.3]), 5e6)
BEYOND = Beyond(24, Gave(20, 1.4, 0.0, 1.0, 0.0, 0.02, 0.8, 0.01), 4, ("It is full.",), again=True)


def speed(cost: float, final: Spread) -> Speed:
    interim = spread([0.2, 0.4, 0.6])
    return Speed(cost, interim, interim, final, 0.01, 0.2, 0, 0.01, 0.005, 0.02)


def ours(column: Column = DEFAULT, held: Held | None = HELD, cost: float = 0.05) -> Ours:
    return Ours(
        column=column,
        speed=speed(cost, spread([0.6])),
        chorus=speed(cost, spread([0.6])),
        accuracy=ACCURACY,
        model=f"moonshine-{column.model}-en",
        flush=spread([0.1]),
        own_end=spread([0.55]),
        revised=spread([0.2]),
        quiet={"silence": (0, 0), "music": (3, 1)},
        times=spread([0.04]),
        held=held,
    )


OURS = ours()
DEARER = ours(BETTER, None, 0.09)
THEIRS = (
    Theirs(PEERS[0], speed(0.25, spread([0.9])), ACCURACY, Held(4, (), (), UNSAID, 9e6)),
    Theirs(PEERS[1], speed(0.06, spread([0.9])), ACCURACY, Held(18, (), (), UNSAID, 9e6)),
    Theirs(PEERS[2], speed(0.95, UNSAID), ACCURACY, Held(0, (), (), UNSAID, 0.0)),
    Theirs(PEERS[3], failed="it did not listen within 180 s"),
)
