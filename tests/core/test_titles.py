"""What a recording may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.titles import LONGEST, title_from


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (" A  talk ", "A talk"),
        ("a\x00b\nc\u202ed", "a b c d"),
        ("x" * 500, "x" * LONGEST),
        ("\u2066\u200b\n", None),
        (None, None),
    ],
)
def test_a_title_has_only_what_can_be_read(text: str | None, title: str | None) -> None:
    assert title_from(text) == title


@given(st.text())
def test_a_title_is_one_bounded_line(text: str) -> None:
    title = title_from(text)
    if title is not None:
        assert 1 <= len(title) <= LONGEST
        assert title == title.strip()
        assert title.isprintable()
