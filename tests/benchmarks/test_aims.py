"""What is aimed at, held against figures made up here."""

import math
from dataclasses import replace

import pytest

from benchmarks.live import aims
from benchmarks.live.aims import MS, PERCENT, Aim, Column
from benchmarks.live.figures import spread
from tests.benchmarks.made_up import DEARER, LONG, OURS, SETS, THEIRS

COLUMNS = [Column(OURS, SETS, LONG), Column(DEARER, {})]


def judged() -> dict[str, tuple[str, ...]]:
    return {measure: (aim, *cells) for measure, aim, *cells in aims.rows(COLUMNS, THEIRS)}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "500 ms"),
        (0.52, "520 ms, **missed by 20 ms**"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "never, missed"),
    ],
)
def test_a_figure_says_by_how_much_it_misses(value: float | None, shown: str) -> None:
    assert Aim("", 0.5, MS).judged(value) == shown


def test_where_more_is_wanted_less_misses() -> None:
    aim = Aim("", 0.5, PERCENT, least=True)
    assert aim.text == "50.0 % or more"
    assert aim.judged(0.6) == "60.0 %"
    assert aim.judged(0.4) == "40.0 %, **missed by 10.0 %**"


def test_nothing_is_nothing() -> None:
    assert Aim("", 0, MS).text == "none"


def test_every_figure_has_its_row() -> None:
    rows = judged()
    one = "processor seconds for a second of audio, one stream"
    assert rows[one] == ("0.060 or less", "0.050", "0.090, **missed by 0.030**")
    assert rows["the same, times less than moonshine-voice's `Transcriber`"][1:] == (
        "5.0",
        "2.8, **missed by 1.2**",
    )
    assert rows["streams held"] == ("20 or more", "16, **missed by 4**", "-")
    assert rows["streams held, beside vosk's"][:2] == ("18 or more", "16, **missed by 2**")
    assert rows["words late, with so many streams"][1] == "2.0 %"
    assert rows["finals later than alone, 95 %, with so many streams"][1] == "100 ms"
    assert rows["memory for a further stream"][1:] == ("5.0 MB", "-")
    assert rows["test-other: live worse than whole clips, points"][1] == (
        "1.50, **missed by 1.00**"
    )
    assert rows["test-other: words lost live"][1] == "1.5 %, **missed by 0.5 %**"
    assert rows["ljspeech: words lost live"][1:] == ("-", "-")
    assert rows["words on 10 minutes without speech, finals"][:2] == (
        "none",
        "1, **missed by 1**",
    )
    fifth = "20 minutes without a pause: a fifth's cost off the mean"
    assert rows[fifth][1:] == ("29.6 %, **missed by 9.6 %**", "-")
    assert rows["a long session: memory gained in its second half"][1].startswith("10.0 MB")


def test_without_peers_nothing_is_held_against_them() -> None:
    measures = [row[0] for row in aims.rows(COLUMNS, [])]
    assert not any("moonshine" in measure or "vosk" in measure for measure in measures)


def test_word_times_that_never_came_are_missed() -> None:
    never = replace(OURS, revised=spread([0.2, math.inf]))
    rows = {row[0]: row for row in aims.rows([Column(never, SETS)], [])}
    assert rows["word times after their final, 95 %"][2] == "never, missed"
