"""Range headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.server.rest.ranges import wanted


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=3-5", (3, 6)),
        ("bytes=3-99", (3, 10)),
        ("bytes=9-", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes= 3 - 5 ", (3, 6)),
    ],
)
def test_one_range_is_cut_to_what_there_is(header: str, span: tuple[int, int]) -> None:
    assert wanted(header, 10) == span


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=5-3", "bytes=1-2,4-5", "seconds=1-2", "bytes=a-b"],
)
def test_what_may_be_ignored_gives_everything(header: str | None) -> None:
    assert wanted(header, 10) is None


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_what_begins_after_the_end_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="of 10"):
        wanted(header, 10)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d*-\d*", fullmatch=True), st.integers(0, 1000))
def test_a_range_is_never_empty_nor_outside(header: str, size: int) -> None:
    try:
        span = wanted(header, size)
    except ValueError:
        return
    if span is not None:
        start, end = span
        assert 0 <= start < end <= size
