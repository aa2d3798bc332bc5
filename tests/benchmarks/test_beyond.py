"""What became of more streams than a server serves."""

from typing import Any

from benchmarks.live.beyond import told
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Heard, Part, Trial

PART = Part(Stream("reading.wav"), (Spoken("yes", 0.0, 0.5),), 2.0)
YES: dict[str, Any] = {"t": 1.1, "utterance": "u1", "text": "Yes.", "stable": "Yes."}
SERVED = [{**YES, "final": True, "model": "m"}, {"behind": 0.0}]


def refused(*lines: dict[str, Any]) -> Any:
    return told(Trial([Heard(PART, SERVED), *(Heard(PART, [line]) for line in lines)], 1, 1, []))


def test_the_refused_are_counted_with_what_they_were_told() -> None:
    full = {"refused": "Full; try later.", "again": True}
    found = refused(full, full)
    assert (found.asked, found.served.streams, found.refused) == (3, 1, 2)
    assert (found.reasons, found.again) == (("Full; try later.",), True)
    assert found.served.lost == 0


def test_who_is_not_told_to_try_again_shows() -> None:
    assert not refused({"refused": "1006"}).again
