"""The page, of figures made up here."""

import xml.etree.ElementTree as ET
from pathlib import Path

from benchmarks.live import report
from benchmarks.live.aims import Column
from tests.benchmarks.made_up import BEYOND, COSTS, DEARER, LONG, OURS, SETS, THEIRS

MACHINE = report.Machine([0, 1], False, "python -m benchmarks.live", 33.0)
RESULTS = report.Results(
    [Column(OURS, SETS, LONG), Column(DEARER, SETS)], THEIRS, BEYOND, [COSTS], LONG
)


def row(page: str, title: str, nth: int = 0) -> list[str]:
    found = [line for line in page.splitlines() if line.startswith(f"| {title} |")]
    return [cell.strip() for cell in found[nth].strip("|").split("|")][1:]


def test_every_figure_is_on_the_page() -> None:
    page = report.page(RESULTS, MACHINE)
    assert row(page, "words on 10 minutes without speech, finals")[0] == "none"
    assert row(page, "test-other")[:4] == [
        "100",
        "7.0% (6.0% to 8.0%)",
        "8.5% (8.0% to 9.0%)",
        "+1.5",
    ]
    assert row(page, "processor, one stream") == [
        "0.050",
        "0.250 (5.0)",
        "0.060 (1.2)",
        "0.950 (19.0)",
        "-",
    ]
    assert row(page, "final delay, median / 95 %")[-2:] == ["-", "-"]
    assert row(page, "streams held", 1) == ["16", "4", "18", "0", "-"]
    assert row(page, "`audio/vad.py`") == ["0.0060"]
    assert "whisper-live could not be measured: it did not listen within 180 s" in page
    assert "32 streams:  40.0% late, finals  3000 ms,  97% of the words, processor 0.050" in page
    assert "24 streams and served 20. Each of the 4 refused was told why (*It is full.*)" in page
    assert "after 4.0 h 210 MB" in page


def test_a_page_of_one_stream_says_what_was_not_asked() -> None:
    page = report.page(report.Results([Column(DEARER, {})]), MACHINE)
    assert row(page, "streams held") == ["20 or more", "-"]
    assert "not asked" in page
    assert "Side by side" not in page


def test_every_row_of_a_table_has_as_many_cells() -> None:
    page = report.page(RESULTS, MACHINE)
    for table in page.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count(" | ") for line in table.splitlines()}) == 1


def test_the_pictures_show_everybody_that_was_measured(tmp_path: Path) -> None:
    report.draw(tmp_path, RESULTS)
    for picture in tmp_path.iterdir():
        text = {one.text for one in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")}
        assert {"Vivavoce", "moonshine", "whisperlivekit"} <= text
        assert "whisper-live" not in text
