"""What engines were sent, kept through death and full disks."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.types import Use
from vivavoce.journal.disk import Disk
from vivavoce.journal.uses import FILE, ROOM, Uses
from vivavoce.testing.disks import FrailDisk

COUNTS = st.tuples(
    st.sampled_from(["azure", "aws"]), st.sampled_from(["", "m\n"]), st.integers(0, 10**12)
)


@given(st.lists(st.lists(COUNTS)))
def test_every_count_survives_every_death(lives: list[list[tuple[str, str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        expected: Counter[tuple[str, str]] = Counter()
        for life in lives:
            uses = Uses(Path(folder), Disk())
            for engine, model, samples in life:
                uses.add(engine, model, samples)
                expected[engine, model] += samples
            if uses._file is not None:
                uses._file.close()  # and nothing is told that it ends
        found = Uses(Path(folder), Disk()).all
        assert {(use.engine, use.model): use.samples for use in found} == +expected
        assert [*found] == sorted(found, key=lambda use: (use.engine, use.model))


def test_the_file_does_not_grow(tmp_path: Path) -> None:
    uses = Uses(tmp_path, Disk())
    for _ in range(100):
        uses.add("azure", "m", 1600)
    uses.close()
    assert (tmp_path / FILE).stat().st_size == ROOM


def test_what_a_full_disk_does_not_take_is_in_the_next_count(tmp_path: Path) -> None:
    disk = FrailDisk(tmp_path / "live", tmp_path / "shadow")
    disk.room = 0
    uses = Uses(tmp_path / "live", disk)
    uses.add("azure", "m", 1)
    assert not (tmp_path / "live" / FILE).exists()
    disk.room = 100  # enough for a part of it
    uses.add("azure", "m", 2)
    assert Uses(tmp_path / "live", disk).all == ()
    disk.room = None
    uses.add("azure", "m", 4)
    disk.kill()
    assert Uses(tmp_path / "live", disk).all == (Use("azure", "m", 7),)


def test_what_is_counted_elsewhere_is_struck_out(tmp_path: Path) -> None:
    uses = Uses(tmp_path, Disk())
    uses.add("a" * ROOM, "m", 1)
    uses.clear()
    assert uses.all == Uses(tmp_path, Disk()).all == ()
    uses.close()
    uses.add("late", "m", 1)
    assert Uses(tmp_path, Disk()).all == ()


def test_a_damaged_file_is_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"00000000 [[1")
    assert Uses(tmp_path, Disk()).all == ()
