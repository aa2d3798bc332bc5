"""The page, of figures made up here."""

import math
import xml.etree.ElementTree as ET
from pathlib import Path

from benchmarks.live import report
from benchmarks.live.bench import Extent, Ours, Theirs
from benchmarks.live.figures import Accuracy, Held, Speed, Spread, spread
from benchmarks.live.peers import PEERS
from vivavoce.bench.held import Verdict
from vivavoce.bench.measures import Errors

ACCURACY = Accuracy(Errors(100, 5, 2, 1), Errors(100, 5, 1, 1), Errors(100, 3, 1, 0))
HELD = Held(
    16,
    (
        Verdict(16, 0.01, 0.7, 0.05, None, holds=True),
        Verdict(32, 0.4, 3.0, 0.05, None, holds=False),
    ),
)
MACHINE = report.Machine([0, 1], False, "python -m benchmarks.live")
EXTENT = Extent(readings=1, trial=40, nonstop=0, held=True)


def speed(cost: float, final: Spread) -> Speed:
    interim = spread([0.2, 0.4, 0.6])
    return Speed(cost, interim, interim, final, 0.01, 0.2, 0, 0.01, 0.005, 0.02)


OURS = Ours(
    speed=speed(0.05, spread([0.6])),
    alone=ACCURACY,
    accuracy={"test-other": ACCURACY},
    model="moonshine-tiny-en",
    flush=spread([0.1]),
    own_end=spread([0.55]),
    quiet={"silence": (0, 0), "music": (3, 1)},
    noisy={"phone8k": ACCURACY},
    times=spread([0.04]),
    course=[],
    held=HELD,
    memory=5e6,
)
UNSAID = Spread(math.nan, math.nan, ())
THEIRS = [
    Theirs(PEERS[0], speed(0.25, spread([0.9])), ACCURACY, Held(4, ()), 9e6),
    Theirs(PEERS[2], speed(0.95, UNSAID), ACCURACY, Held(0, ()), 0.0),
    Theirs(PEERS[3], failed="it did not listen within 180 s"),
]


def row(page: str, title: str, nth: int = 0) -> list[str]:
    found = [line for line in page.splitlines() if line.startswith(f"| {title} |")]
    return [cell.strip() for cell in found[nth].strip("|").split("|")][1:]


def test_every_figure_is_on_the_page() -> None:
    page = report.page(OURS, THEIRS, EXTENT, MACHINE)
    assert row(page, "words on 10 minutes of quiet, interims / finals") == ["3 / 1", "0 / 0"]
    assert row(page, "test-other")[:4] == ["100", "7.0%", "8.0%", "+1.0"]
    assert row(page, "processor, one stream", 1) == ["0.050", "0.250 (5.0)", "0.950 (19.0)", "-"]
    assert row(page, "final delay, median / 95 %", 1) == [
        "600 / 600 ms", "900 / 900 ms (1.5 / 1.5)", "-", "-",
    ]  # fmt: skip
    assert row(page, "streams held", 1) == ["16", "4", "0", "-"]
    assert "whisper-live could not be measured: it did not listen within 180 s" in page
    assert " 32 streams:  40.0% late, finals  3000 ms, processor 0.050, not held" in page


def test_every_row_of_a_table_has_as_many_cells() -> None:
    page = report.page(OURS, THEIRS, EXTENT, MACHINE)
    for table in page.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_the_pictures_show_everybody_that_was_measured(tmp_path: Path) -> None:
    report.draw(tmp_path, OURS, THEIRS)
    for picture in tmp_path.iterdir():
        text = {one.text for one in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")}
        assert {"Vivavoce", "moonshine", "whisperlivekit"} <= text
        assert "whisper-live" not in text
