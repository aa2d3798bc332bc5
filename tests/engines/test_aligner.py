"""Aligners: where they place words, and that they never fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engines import aligner as module
from vivavoce.engines.aligner import PocketSphinx, spread
from vivavoce.engines.base import Pcm, Span
from vivavoce.engines.fake import ScriptedAligner, say
from vivavoce.testing.aligners import AlignerContract, check_spans

SAID = ("in", "being", "comparatively", "modern")


class TestScriptedAligner(AlignerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def aligner(cls) -> ScriptedAligner:
        return ScriptedAligner()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> tuple[Pcm, tuple[str, ...]]:
        return say("alfa", "bravo", "charlie"), ("alfa", "bravo", "charlie")


class TestPocketSphinx(AlignerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def aligner(cls) -> PocketSphinx:
        pytest.importorskip("pocketsphinx")
        aligner = PocketSphinx()
        aligner.load()
        return aligner

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> tuple[Pcm, tuple[str, ...]]:
        return clip, SAID


def test_the_dictionary_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch, clip: Pcm) -> None:
    pytest.importorskip("pocketsphinx")
    monkeypatch.setattr(module, "MOST_LEARNT", 2)
    aligner = PocketSphinx()
    aligner.load()
    words = ["qaa", "qbb", "qcc", "qdd", "qee"]
    check_spans(aligner.align(clip, words), words, len(clip))
    check_spans(aligner.align(clip, SAID), SAID, len(clip))


def test_what_a_narrow_search_does_not_find_is_searched_for_widely(
    monkeypatch: pytest.MonkeyPatch, clip: Pcm
) -> None:
    pytest.importorskip("pocketsphinx")
    aligner = PocketSphinx()
    aligner.load()
    *_, widest = module.BEAMS
    found = aligner.align(clip, SAID)
    for beams in ([widest], [0.9, widest]):
        monkeypatch.setattr(module, "BEAMS", beams)
        assert aligner.align(clip, SAID) == found
    monkeypatch.setattr(module, "BEAMS", [0.9])
    assert aligner.align(clip, SAID) != found


@st.composite
def placed(draw: st.DrawFn) -> tuple[list[str], list[Span | None], int]:
    words = draw(st.lists(st.text(min_size=1, max_size=5), max_size=12))
    edges = sorted(
        draw(st.lists(st.integers(0, 9999), min_size=2 * len(words), max_size=2 * len(words)))
    )
    spans = list(zip(edges[::2], edges[1::2], strict=True))
    known = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    return words, [span if sure else None for span, sure in zip(spans, known, strict=True)], 9999


@given(placed())
def test_spreading_keeps_what_is_known_and_the_order(
    case: tuple[list[str], list[Span | None], int],
) -> None:
    words, known, end = case
    spans = spread(words, known, end)
    check_spans(spans, words, end)
    assert all(was in (None, now) for was, now in zip(known, spans, strict=True))


def test_unknown_words_share_the_time_by_their_characters() -> None:
    assert spread(["a", "bbb", "c"], [None, None, (400, 500)], 900) == [
        (0, 100),
        (100, 400),
        (400, 500),
    ]
