"""Whole appends or none."""

from pathlib import Path

import pytest

from vivavoce.core.errors import DiskError
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.disk import DiskFile


def test_an_append_that_cannot_be_cut_back_is_cut_before_the_next(tmp_path: Path) -> None:
    class StuckFile(DiskFile):
        stuck = False

        def write(self, at: int, data: memoryview) -> int:
            taken = super().write(at, data[:2] if self.stuck else data)
            return 0 if self.stuck and len(data) < 4 else taken

        def truncate(self, size: int) -> None:
            if self.stuck:
                raise OSError("stuck")
            super().truncate(size)

    path = tmp_path / "file"
    raw = StuckFile(path, create=True)
    file = AppendFile(raw)
    file.append(b"head")
    raw.stuck = True
    for _ in range(2):
        with pytest.raises(DiskError):
            file.append(b"long tail")
    assert (file.size, file.read(0, 99)) == (4, b"head")
    raw.stuck = False
    file.append(b"!")
    file.close()
    assert path.read_bytes() == b"head!"
