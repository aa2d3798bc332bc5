"""Live against whole clips, on the sample clock: the sets of `benchmarks/accuracy.py`."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks import accuracy
from benchmarks.accuracy import Shifted
from vivavoce.config import Settings
from vivavoce.engines.base import StreamOptions
from vivavoce.live.streams import PER_MS

AIMED = ("librispeech_test-other", "ljspeech", "derived/long")
HARD = ("derived/phone8k", "derived/noisy10db", "derived/noisy5db")
SHIFTS = 2

Sets = dict[str, Shifted]


def measure(speech: Path, finals: Sequence[str], workers: int) -> dict[str, Sets]:
    """By the model of the finals: the sets, each read whole and live. Processes side by side."""
    asked: list[tuple[Path, str, Sequence[str]]] = [
        (speech, one, sets) for one in finals for sets in (AIMED[:1], AIMED[1:])
    ]
    asked += [(speech, one, HARD) for one in finals]
    found: dict[str, Sets] = {one: {} for one in finals}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        answers = pool.map(_measure, asked)
        for (_, one, _), sets in zip(asked, answers, strict=True):
            found[one] |= sets
    return found


def _measure(asked: tuple[Path, str, Sequence[str]]) -> Sets:
    speech, finals, sets = asked
    reader = accuracy.Reader(finals)
    options = StreamOptions(endpoint=Settings().endpoint_ms * PER_MS, interim_every=accuracy.NEVER)
    return {
        name.rpartition("/")[2].removeprefix("librispeech_"): accuracy.shifted(
            speech, name, reader, options, SHIFTS if name in AIMED else 1
        )
        for name in sets
    }
