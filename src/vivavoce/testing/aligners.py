"""The aligner contract: what holds for every aligner behind the port.

A plug-in's test module says what its aligner is, and inherits the rest, as with the engines'.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Aligner, Capabilities, Pcm, Span

ODD: tuple[tuple[str, ...], ...] = (
    (),
    ("—",),
    ("日本", "語"),
    ("In", "—", "being", "comparatively", "modern."),
    ("in", "beingzzle", "qwrtplk", "modern"),
    ("1455", "$5", "12th", "3.14", "0"),
    ("<sil>", "[NOISE]", "++UM++", "(x)", "a(2)", "\x00"),
    ("word",) * 200,
)


def check_spans(spans: Sequence[Span], words: Sequence[str], samples: int) -> None:
    """One for each word, in order and within the samples."""
    assert len(spans) == len(words), f"{len(spans)} spans for {len(words)} words"
    at = 0
    for start, end in spans:
        assert at <= start <= end <= samples, f"{start}...{end} after {at}, of {samples}"
        at = start


class AlignerContract:
    """What holds for an `Aligner`."""

    @pytest.fixture(scope="class")
    @classmethod
    def aligner(cls) -> Aligner:
        """The aligner, loaded."""
        raise NotImplementedError("Say which aligner is to be tested.")

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> tuple[Pcm, tuple[str, ...]]:
        """Somebody speaking, and the words."""
        raise NotImplementedError("Give the aligner something to align.")

    def test_capabilities_are_sane_data(self, aligner: Aligner) -> None:
        capabilities = aligner.capabilities
        assert capabilities.kind == "aligner"
        assert capabilities.name
        assert capabilities.languages
        encoded = msgspec.json.encode(capabilities)
        assert msgspec.json.decode(encoded, type=Capabilities) == capabilities

    def test_loading_again_is_harmless(self, aligner: Aligner) -> None:
        aligner.load()

    def test_words_lie_where_they_are_said(
        self, aligner: Aligner, speech: tuple[Pcm, tuple[str, ...]]
    ) -> None:
        """Moved by a second of silence, the words move by a second."""
        pcm, words = speech
        silence = np.zeros(SAMPLE_RATE, np.float32)
        here = aligner.align(pcm, words)
        there = aligner.align(np.concatenate([silence, pcm, silence]), words)
        check_spans(here, words, len(pcm))
        for before, after in zip(np.ravel(here), np.ravel(there), strict=True):
            assert abs(after - before - SAMPLE_RATE) <= SAMPLE_RATE // 10

    def test_a_pause_belongs_to_no_word(
        self, aligner: Aligner, speech: tuple[Pcm, tuple[str, ...]]
    ) -> None:
        pcm, words = speech
        silence = np.zeros(SAMPLE_RATE, np.float32)
        spans = aligner.align(np.concatenate([pcm, silence, pcm]), words * 2)
        near = SAMPLE_RATE // 10
        assert spans[len(words) - 1][1] < len(pcm) + near
        assert spans[len(words)][0] > len(pcm) + SAMPLE_RATE - near

    def test_it_keeps_nothing_between_calls(
        self, aligner: Aligner, speech: tuple[Pcm, tuple[str, ...]]
    ) -> None:
        pcm, words = speech
        first = aligner.align(pcm, words)
        aligner.align(pcm[::-1].copy() * 0.1, ["something", "else"])
        assert aligner.align(pcm, words) == first

    @pytest.mark.parametrize("words", ODD)
    def test_whatever_the_words_are_they_get_a_place(
        self, aligner: Aligner, speech: tuple[Pcm, tuple[str, ...]], words: tuple[str, ...]
    ) -> None:
        check_spans(aligner.align(speech[0], words), words, len(speech[0]))

    @pytest.mark.parametrize("samples", [0, 1, 100, 1599, 1600, 3000, 2 * SAMPLE_RATE])
    def test_whatever_the_sound_is_words_get_a_place(self, aligner: Aligner, samples: int) -> None:
        noise = np.random.default_rng(1).uniform(-2, 2, samples).astype(np.float32)
        words = ["several", "known", "words"]
        for pcm in (noise, np.zeros(samples, np.float32)):
            check_spans(aligner.align(pcm, words), words, samples)
