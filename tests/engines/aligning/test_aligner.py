"""Aligners: where they place words, and that they never fail."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.aligning import aligner as module
from vivavoce.engines.aligning.aligner import FRAME, PocketSphinx, drawn_in, spread
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


def tone(*parts: tuple[float, float]) -> Pcm:
    """Seconds and peak level of each part, one after the other."""
    levels = np.concatenate([np.full(round(s * SAMPLE_RATE), level) for s, level in parts])
    wave = np.sin(np.arange(len(levels)) * 2 * np.pi * 500 / SAMPLE_RATE)
    return (levels * wave).astype(np.float32)


def test_words_do_not_begin_or_end_in_silence() -> None:
    pcm = tone((0.5, 0), (0.5, 0.5), (0.3, 0), (0.2, 0.02), (0.5, 0))
    spans = [(1600, 20000), (20000, 32000)]
    assert drawn_in(spans, pcm) == [(8000, 16000), (20800, 24000)]


def test_silence_may_be_a_quiet_room() -> None:
    pcm = tone((0.5, 0.001), (0.5, 0.5), (0.5, 0.001))
    assert drawn_in([(1600, 20000)], pcm) == [(8000, 16000)]


def test_silence_within_a_word_stays() -> None:
    pcm = tone((0.2, 0), (0.5, 0.5), (0.3, 0), (0.5, 0.5), (0.2, 0))
    assert drawn_in([(0, len(pcm))], pcm) == [(3200, 24000)]


def test_edges_stay_where_noise_may_cover_what_is_soft() -> None:
    noise = np.random.default_rng(1).normal(0, 0.02, 24000).astype(np.float32)
    pcm = tone((0.5, 0), (0.5, 0.5), (0.5, 0)) + noise
    assert drawn_in([(1600, 20000)], pcm) == [(1600, 20000)]


@pytest.mark.parametrize("level", [0, 0.5])
def test_what_is_not_heard_at_all_stays(level: float) -> None:
    pcm = tone((1, level), (0.5, 0))
    assert drawn_in([(17600, 20000)], pcm) == [(17600, 20000)]


@given(placed(), st.integers(0, 9))
def test_drawing_in_keeps_words_in_order(
    case: tuple[list[str], list[Span | None], int], seed: int
) -> None:
    words, known, end = case
    spans = spread(words, known, end)
    levels = np.random.default_rng(seed).choice([0, 0, 0.001, 0.5], end // FRAME + 1)
    pcm = tone(*((FRAME / SAMPLE_RATE, level) for level in levels))[:end]
    drawn = drawn_in(spans, pcm)
    check_spans(drawn, words, end)
    assert all(a <= c and d <= b for (a, b), (c, d) in zip(spans, drawn, strict=True))


@pytest.mark.parametrize("pause", [0.3, 1.0])
def test_words_around_silence_lie_at_their_samples(clip: Pcm, pause: float) -> None:
    """The clip is cut to its speech; the same cut in perfect silence, and a model's edges in it."""
    pytest.importorskip("pocketsphinx")
    aligner = PocketSphinx()
    aligner.load()
    loud = np.flatnonzero(np.abs(clip) > 0.03 * np.abs(clip).max())
    speech = clip[loud[0] : loud[-1] + 1]
    silence = np.zeros(round(pause * SAMPLE_RATE), np.float32)
    spans = aligner.align(np.concatenate([silence, speech, silence, speech, silence]), SAID * 2)
    near = 3 * FRAME
    begins = [len(silence), 2 * len(silence) + len(speech)]
    for first, begin in zip((0, len(SAID)), begins, strict=True):
        assert abs(spans[first][0] - begin) <= near
        assert abs(spans[first + len(SAID) - 1][1] - begin - len(speech)) <= near
