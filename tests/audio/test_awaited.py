"""The file as the decoder reads it, while its parent tells how far it may."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.audio.awaited import AwaitedFile, index_first

CONTENT = bytes(range(256)) * 12


def told(content: bytes, lines: bytes, waits: list[int] | None = None) -> AwaitedFile:
    waits = [] if waits is None else waits
    return AwaitedFile(io.BytesIO(content), io.BytesIO(lines), lambda: waits.append(1))


@given(sizes=st.lists(st.integers(0, 3072), max_size=10))
def test_reads_are_the_same_however_the_file_grows(sizes: list[int]) -> None:
    lines = b"".join(b"%d\n" % size for size in sorted(sizes)) + b"3072 end\n"
    file = told(CONTENT, lines)
    reads = [file.read(size) for size in (100, 2000, 5000, 5000, 5000)]
    assert [len(read) for read in reads] == [100, 924, 1024, 1024, 0]
    assert b"".join(reads) == CONTENT


def test_it_waits_only_for_what_it_needs() -> None:
    waits: list[int] = []
    file = told(CONTENT, b"10\n1024\n3072 end\n", waits)
    assert len(file.read(512)) == 512
    assert len(waits) == 2
    assert len(file.read(512)) == 512
    assert len(waits) == 2


def test_bytes_beyond_what_was_told_are_not_read() -> None:
    file = told(CONTENT, b"1500 end\n")
    assert [len(file.read(4096)) for _ in range(3)] == [1024, 476, 0]


def test_seeking_from_the_end_waits_for_the_end() -> None:
    waits: list[int] = []
    file = told(CONTENT, b"10\n2000\n3072 end\n", waits)
    assert file.seek(-4, os.SEEK_END) == 3068
    assert len(waits) == 3
    assert file.read(100) == CONTENT[-4:]
    assert file.seek(-3072, os.SEEK_CUR) == file.tell() == 0


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("index_first.m4a", True),
        ("fragmented.mp4", True),
        ("index_at_the_end.m4a", False),
        ("video_with_sound.mp4", False),
    ],
)
def test_an_index_is_found_before_or_after_the_samples(name: str, first: bool, data: Path) -> None:
    content = (data / name).read_bytes()
    assert index_first(told(content, b"%d end\n" % len(content))) is first


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x08free" * 1000,
        b"\0\0\0\0moof" + bytes(20),
        b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\x18ftyp",
    ],
)
def test_a_search_for_an_index_ends(content: bytes) -> None:
    assert index_first(told(content, b"%d end\n" % len(content))) is False
