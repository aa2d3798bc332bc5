"""The aligner that is installed by default: where it places words, and that it never fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines import aligner as module
from vivavoce.engines.aligner import PocketSphinx, spread
from vivavoce.engines.base import Pcm, Span

pytest.importorskip("pocketsphinx")

SAID = ["in", "being", "comparatively", "modern"]


@pytest.fixture(scope="module")
def aligner() -> PocketSphinx:
    aligner = PocketSphinx()
    aligner.load()
    return aligner


def check(spans: list[Span], words: list[str], samples: int) -> None:
    assert len(spans) == len(words)
    at = 0
    for start, end in spans:
        assert at <= start <= end <= samples
        at = start


def test_words_lie_where_they_are_said(aligner: PocketSphinx, clip: Pcm) -> None:
    """Moved by a second of silence, the words move by a second."""
    here = aligner.align(clip, SAID)
    check(here, SAID, len(clip))
    silence = np.zeros(SAMPLE_RATE, np.float32)
    there = aligner.align(np.concatenate([silence, clip, silence]), SAID)
    for (start, end), (later_start, later_end) in zip(here, there, strict=True):
        assert later_start - start == pytest.approx(SAMPLE_RATE, abs=1600)
        assert later_end - end == pytest.approx(SAMPLE_RATE, abs=1600)


def test_a_pause_belongs_to_no_word(aligner: PocketSphinx, clip: Pcm) -> None:
    """Two clips, a second apart: the last word of the first ends before the pause does."""
    silence = np.zeros(SAMPLE_RATE, np.float32)
    spans = aligner.align(np.concatenate([clip, silence, clip]), SAID * 2)
    assert spans[len(SAID) - 1][1] < len(clip) + 1600
    assert spans[len(SAID)][0] > len(clip) + SAMPLE_RATE - 1600


def test_it_keeps_nothing_between_calls(aligner: PocketSphinx, clip: Pcm) -> None:
    first = aligner.align(clip, SAID)
    aligner.align(clip[::-1].copy() * 0.1, ["something", "else"])
    assert aligner.align(clip, SAID) == first


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["—"],
        ["日本", "語"],
        ["In", "—", "being", "comparatively", "modern."],
        ["in", "beingzzle", "qwrtplk", "modern"],
        ["1455", "$5", "12th"],
        ["<sil>", "[NOISE]", "++UM++", "(x)", "a(2)", "\x00", "\ud800"],
        ["word"] * 200,
    ],
)
def test_whatever_the_words_are_they_get_a_place(
    aligner: PocketSphinx, clip: Pcm, words: list[str]
) -> None:
    check(aligner.align(clip, words), words, len(clip))


@pytest.mark.parametrize("samples", [0, 1, 100, 1599, 1600, 3000, 2 * SAMPLE_RATE])
def test_whatever_the_sound_is_words_get_a_place(aligner: PocketSphinx, samples: int) -> None:
    noise = np.random.default_rng(1).uniform(-2, 2, samples).astype(np.float32)
    for pcm in (noise, np.zeros(samples, np.float32)):
        check(aligner.align(pcm, SAID), SAID, samples)


def test_the_dictionary_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch, clip: Pcm) -> None:
    monkeypatch.setattr(module, "MOST_LEARNT", 2)
    aligner = PocketSphinx()
    aligner.load()
    words = ["qaa", "qbb", "qcc", "qdd", "qee"]
    check(aligner.align(clip, words), words, len(clip))
    check(aligner.align(clip, SAID), SAID, len(clip))


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
    check(spans, words, end)
    assert all(was in (None, now) for was, now in zip(known, spans, strict=True))


def test_unknown_words_share_the_time_by_their_characters() -> None:
    assert spread(["a", "bbb", "c"], [None, None, (400, 500)], 900) == [
        (0, 100),
        (100, 400),
        (400, 500),
    ]
