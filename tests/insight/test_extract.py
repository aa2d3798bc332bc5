"""Summaries without a model: what was said, and nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.insight.talks import MEETING, passages
from vivavoce.insight.extract import EVERY, PERHAPS, POINTS, extract
from vivavoce.insight.passages import Passage
from vivavoce.insight.templates import Form
from vivavoce.insight.topics import chapters

SUBJECTS = (
    ("budget", "money", "pounds", "invoice", "cost", "finance", "bank"),
    ("garden", "roses", "soil", "spade", "tree", "leaf", "flower"),
    ("rocket", "orbit", "launch", "engine", "fuel", "pad", "moon"),
)


@pytest.fixture
def talk() -> list[Passage]:
    """Three subjects, one after the other, four minutes of each."""
    chance = random.Random(7)
    return passages(
        *(
            f"We talked about the {' and the '.join(chance.sample(subject, 3))} again."
            for subject in SUBJECTS
            for _ in range(48)
        )
    )


@pytest.mark.parametrize("form", ["points", "minutes", "chapters"])
def test_every_sentence_is_copied_from_where_it_says(form: Form) -> None:
    said = passages(*MEETING, "Short. But this one has two sentences, e.g. this one. Yes.")
    answer = extract(said, form)
    by_id = {p.utterance: p for p in said}
    assert answer.sentences
    for sentence in answer.sentences:
        (source,) = sentence.sources
        passage = by_id[source.utterance]
        assert sentence.text in passage.text
        assert (source.start, source.end) == (passage.start, passage.end)
        assert sentence.cited
    assert len({s.text for s in answer.sentences}) == len(answer.sentences)


def test_points_are_few_and_in_the_order_of_the_talk(talk: list[Passage]) -> None:
    points = extract(talk, "points").sentences
    starts = [s.sources[0].start for s in points]
    assert POINTS[0] <= len(points) <= POINTS[1] <= len(talk) // EVERY
    assert starts == sorted(starts)
    assert {int(start // (48 * 5)) for start in starts} == {0, 1, 2}  # of every subject


def test_minutes_find_what_was_decided_and_is_to_be_done() -> None:
    answer = extract(passages(*MEETING), "minutes")
    points, todo = answer.sections
    assert (points.title, todo.title) == ("Key points", PERHAPS)
    found = {s.text for s in answer.sentences}
    assert {MEETING[4], MEETING[5], MEETING[9], MEETING[10]} <= found


def test_chapters_begin_where_the_subject_changes(talk: list[Passage]) -> None:
    answer = extract(talk, "chapters")
    assert [s.sources[0].start for s in answer.sections] == [0.0, 48 * 5.0, 96 * 5.0]
    for section, subject in zip(answer.sections, SUBJECTS, strict=True):
        assert set(section.title.lower().split(", ")) <= set(subject)
        assert section.count == 2


def test_a_talk_of_one_subject_is_one_chapter() -> None:
    (chapter,) = chapters(passages(*["We talked about the garden and the roses."] * 60))
    assert len(chapter.passages) == 60


@pytest.mark.parametrize("form", ["points", "minutes", "chapters"])
def test_a_day_of_speech_is_no_trouble(form: Form) -> None:
    chance = random.Random(1)
    words = [f"word{int(chance.paretovariate(0.5))}" for _ in range(90_000)]
    texts = [" ".join(words[at : at + 15]) + "." for at in range(0, len(words), 15)]
    answer = extract(passages(*texts), form)
    assert answer.sentences


@pytest.mark.parametrize("form", ["points", "minutes", "chapters"])
def test_nothing_comes_of_nothing(form: Form) -> None:
    assert extract([], form).sentences == ()


@given(
    st.lists(st.text(min_size=1, max_size=30), max_size=12),
    st.sampled_from(["points", "minutes", "chapters"]),
)
def test_whatever_is_said_is_copied(texts: list[str], form: Form) -> None:
    said = [p for p in passages(*(" ".join(text.split()) for text in texts)) if p.text]
    everything = " ".join(p.text for p in said)
    assert all(s.text in everything for s in extract(said, form).sentences)
