"""What `vivavoce demo --chaos` counts as lost. The show itself is in `test_demo.py`."""

from dataclasses import replace

import pytest

from vivavoce.cli.chaos import Outcome, losses
from vivavoce.core.events import Final

PCM = b"12345678"
FINAL = Final(id="u1", start=0, end=4, text="alfa", engine="e", model="m")
WELL = Outcome(
    spoken=4,
    acknowledged=4,
    safe=2,
    on_disk=3,
    kept=PCM,
    finals={"u1": FINAL},
    undisturbed=((0, 4, "alfa"),),
)


def test_nothing_is_lost_where_all_is_there() -> None:
    assert losses(WELL, PCM) == []


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (replace(WELL, acknowledged=3), "1 samples were never acknowledged."),
        (replace(WELL, on_disk=1), "1 samples were acknowledged and not on the disk"),
        (replace(WELL, kept=PCM[:-1]), "not those that were spoken"),
        (replace(WELL, undisturbed=((0, 4, "alfa."),)), "not those of the undisturbed reading"),
        (replace(WELL, finals={}), "not those of the undisturbed reading"),
    ],
)
def test_each_loss_is_told(outcome: Outcome, sentence: str) -> None:
    (told,) = losses(outcome, PCM)
    assert sentence in told
