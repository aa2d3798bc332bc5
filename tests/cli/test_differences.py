"""How two readings are shown."""

import io

from rich.console import Console

from vivavoce.bench.compare import Match, Told, matches
from vivavoce.cli.differences import clock, marked, show_differences, show_in_context
from vivavoce.core.types import SAMPLE_RATE


def told(text: str, utterance: int = 0, second: int = 0) -> list[Told]:
    return [Told(w, w, second * SAMPLE_RATE, utterance) for w in text.split()]


def shown(show: object, found: list[Match], *more: int) -> list[str]:
    out = io.StringIO()
    show(Console(file=out, width=200), found, *more)  # type: ignore[operator]
    return [line.strip() for line in out.getvalue().splitlines()]


def test_times_are_read_by_people() -> None:
    assert clock(int(7.39 * SAMPLE_RATE)) == "0:07.3"
    assert clock(3727 * SAMPLE_RATE) == "1:02:07.0"


def test_differences_in_a_row_stand_together() -> None:
    found = matches(told("one two three four"), told("one zwei drei four five"))
    assert marked(found, bare=True).plain == "one [-two three-] {+zwei drei+} four {+five+}"
    coloured = marked(found, bare=False)
    assert coloured.plain == "one two three zwei drei four five"
    assert {str(span.style) for span in coloured.spans} == {"red strike", "green"}


def test_what_is_the_same_is_counted_and_not_shown() -> None:
    first = told("a b") + told("c", 1) + told("d", 2, 61) + told("e", 3)
    found = matches(first, told("a b c x e"))
    assert shown(show_differences, found) == [
        "(2 utterances the same)",
        "1:01.0  [-d-] {+x+}",
        "(1 utterance the same)",
    ]


def test_a_difference_is_shown_among_the_words_around_it() -> None:
    found = matches(told("a b c d e f g h i j k"), told("a b X d e f g h i j"))
    assert shown(show_in_context, found, 2) == [
        "0:00.0  a b [-c-] {+X+} d e",
        "0:00.0  i j [-k-]",
    ]
    assert shown(show_in_context, found[:2], 2) == []


def test_differences_that_are_near_are_shown_once() -> None:
    found = matches(told("a b c d e"), told("a X c Y e"))
    assert shown(show_in_context, found, 2) == ["0:00.0  a [-b-] {+X+} c [-d-] {+Y+} e"]
