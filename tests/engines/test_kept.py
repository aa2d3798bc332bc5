"""The newest samples of a stream, held against an array of all of them."""

import numpy as np

from vivavoce.engines.base import Pcm
from vivavoce.engines.kept import ROOM, Kept

START = 1000


def since(every: Pcm, start: int, end: int) -> Pcm:
    return every[start - START : end - START]


def test_what_was_added_and_not_forgotten_is_there() -> None:
    every = np.arange(20 * ROOM, dtype=np.float32)
    kept = Kept(START)
    random = np.random.default_rng(1)
    while kept.end < START + len(every):
        at = kept.end - START
        kept.add(every[at : at + random.integers(1, ROOM)])
        found = kept.between(kept.start, kept.end)
        assert (found == since(every, kept.start, kept.end)).all()
        if random.random() < 0.3:
            kept.forget(int(random.integers(kept.start, kept.end + 1)))
            middle = (kept.start + kept.end) // 2
            assert (kept.between(middle, kept.end) == since(every, middle, kept.end)).all()


def test_room_that_a_long_utterance_took_is_given_back() -> None:
    kept = Kept(0)
    kept.add(np.zeros(7 * ROOM, np.float32))
    assert kept._room.nbytes == 28 * ROOM
    kept.forget(6 * ROOM + 1)
    assert kept._room.nbytes == 4 * ROOM
    assert (kept.start, kept.end) == (6 * ROOM + 1, 7 * ROOM)


def test_all_may_be_forgotten() -> None:
    kept = Kept(0)
    kept.add(np.ones(5 * ROOM, np.float32))
    kept.forget(5 * ROOM)
    kept.add(np.full(3, 2, np.float32))
    assert kept.between(5 * ROOM, kept.end).tolist() == [2, 2, 2]
