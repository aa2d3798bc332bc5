"""What a model wrote, with its citations looked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.insight.talks import MEETING, passages
from vivavoce.insight.answer import Answer
from vivavoce.insight.citations import SOURCES, Cleaner, clean, read

SAID = passages(*MEETING)


def cited(answer: Answer) -> list[list[str]]:
    return [[source.utterance for source in s.sources] for s in answer.sentences]


@pytest.mark.parametrize(
    ("written", "texts", "sources"),
    [
        ("It rains. [1]", ["It rains."], [["u1"]]),
        ("It rains [1].", ["It rains."], [["u1"]]),
        ("It rains.[1][2]", ["It rains."], [["u1", "u2"]]),
        ("It rains [1, 3; 5].", ["It rains."], [["u1", "u3", "u5"]]),
        ("It rains [1\u20133].", ["It rains."], [["u1", "u2", "u3"]]),
        ("It rains \u30104\u3011.", ["It rains."], [["u4"]]),
        ("It rains [#4 and #5].", ["It rains."], [["u4", "u5"]]),
        ("It rains [2] [2].", ["It rains."], [["u2"]]),
        ("It rains [0] [13] [99999].", ["It rains."], [[]]),
        ("It rains [2-1].", ["It rains."], [["u2"]]),
        ("[1] It rains. It pours. [2]", ["It rains.", "It pours."], [["u1"], ["u2"]]),
        ("It [sic] rains [x1].", ["It [sic] rains [x1]."], [[]]),
        ("Dr. Who came at 5 p.m. on Friday [4].", ["Dr. Who came at 5 p.m. on Friday."], [["u4"]]),
        ("**Yes** [1]", ["Yes"], [["u1"]]),
        (
            "1. One [1]\n2) Two [2]\n\u2022 Three [3]",
            ["One", "Two", "Three"],
            [["u1"], ["u2"], ["u3"]],
        ),
    ],
)
def test_citations_are_taken_out_and_looked_up(
    written: str, texts: list[str], sources: list[list[str]]
) -> None:
    answer = read(written, SAID)
    assert [s.text for s in answer.sentences] == texts
    assert cited(answer) == sources


def test_a_range_is_not_endless() -> None:
    (sources,) = cited(read("All of it [1-9999999].", SAID))
    assert sources == [p.utterance for p in SAID[:SOURCES]]


def test_what_cites_nothing_gets_the_passage_with_its_words_or_none() -> None:
    answer = read("The crane costs two million pounds. Nobody likes bananas.", SAID)
    assert cited(answer) == [["u3"], []]
    assert [s.cited for s in answer.sentences] == [False, False]


def test_headings_become_sections_that_know_where_they_begin() -> None:
    written = (
        "Hello. [1]\n\n\n## The crane [2]\n- It is leased [5].\n**Ferry** \nIt is late [8]. Yes."
    )
    answer = read(written, SAID)
    assert answer.text == "Hello.\n\n## The crane\n- It is leased.\n## Ferry\nIt is late. Yes."
    told = [(s.title, s.first, s.count, [x.utterance for x in s.sources]) for s in answer.sections]
    assert told == [("The crane", 1, 1, ["u2"]), ("Ferry", 2, 2, [])]


def test_it_is_text_whatever_is_written() -> None:
    answer = read("<script>alert(1)</script>\x00\x1b[31m\u0085 [1]", SAID)
    assert answer.sentences[0].text == "<script>alert(1)</script>[31m"


@pytest.mark.parametrize("written", ["", "   \n ", "[1]", "## ", "**"])
def test_nothing_is_nothing(written: str) -> None:
    assert read(written, SAID).sentences == ()


@given(
    st.text(st.sampled_from("ab [],-12*.#\u2013\n\u3010\u3011"), max_size=60),
    st.lists(st.integers(1, 5), max_size=30),
)
def test_in_pieces_it_reads_as_it_does_at_once(text: str, sizes: list[int]) -> None:
    cleaner, shown, at = Cleaner(), "", 0
    for size in sizes:
        shown += cleaner.feed(text[at : at + size])
        at += size
    shown += cleaner.feed(text[at:]) + cleaner.finish()
    assert shown == clean(text)


@pytest.mark.parametrize(
    "endless", [" ", ".", "[", "[1", "*", "[ ", "a. ", "1,", "\n", "# ", "[1] "]
)
def test_nonsense_without_end_is_read_in_no_time(endless: str) -> None:
    written = endless * (20_000 // len(endless))
    assert read(written, SAID).text is not None
    cleaner = Cleaner()
    assert len("".join(cleaner.feed(c) for c in written) + cleaner.finish()) <= len(written)


@given(st.text(max_size=200))
def test_nothing_that_is_written_is_an_error(text: str) -> None:
    answer = read(text, SAID)
    assert all(0 <= s.first <= s.first + s.count <= len(answer.sentences) for s in answer.sections)
