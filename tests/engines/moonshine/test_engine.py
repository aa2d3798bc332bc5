"""The embedded engine on real speech."""

import csv
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Pcm, Window
from vivavoce.engines.moonshine import engine as module
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.engines.moonshine.model import TOKENS_PER_SECOND
from vivavoce.plugins import available
from vivavoce.testing.engines import window
from vivavoce.testing.words import word_error_rate

CLIP = "In being comparatively modern."


def better_window(pcm: Pcm) -> Window:
    return replace(window(pcm), model="moonshine-base-en")


def test_it_reads_what_was_said(moonshine: Moonshine, clip: Pcm) -> None:
    reading = moonshine.decode(window(clip))
    assert reading.text == CLIP
    assert reading.language == "en"
    assert reading.confidence is not None
    assert reading.confidence > 0.9


def test_extending_a_hypothesis_reads_what_a_fresh_decoding_does(
    moonshine: Moonshine, clip: Pcm
) -> None:
    tokens: tuple[int, ...] = ()
    for end in range(8000, len(clip) + 8000, 8000):
        heard = clip[:end]
        extended, fresh = moonshine.decode(window(heard, tokens)), moonshine.decode(window(heard))
        assert SequenceMatcher(None, extended.text, fresh.text).ratio() > 0.9
        tokens = extended.tokens
    assert extended.text == CLIP


def test_what_a_window_is_said_to_begin_with_is_not_read_again(
    moonshine: Moonshine, clip: Pcm
) -> None:
    told = replace(window(clip), said="In being")
    assert moonshine.decode(told).text == "comparatively modern."
    assert moonshine.decode(replace(told, said="In being.")).text == "comparatively modern."
    assert moonshine.decode(replace(told, said=CLIP)).text == ""
    assert moonshine.decode(replace(told, said="In being " * 200)).text == ""


@pytest.mark.parametrize("read", [window, better_window])
def test_a_lead_is_not_read_again(
    both: Moonshine, clip: Pcm, read: Callable[[Pcm], Window]
) -> None:
    twice = replace(read(np.concatenate([clip, clip])), lead=len(clip))
    assert both.decode(twice).text.lower() == both.decode(read(clip)).text.lower()
    after_nothing = np.concatenate([np.zeros(16_000, np.float32), clip])
    assert both.decode(replace(read(after_nothing), lead=16_000)) == both.decode(read(clip))


def test_silence_has_no_words(moonshine: Moonshine) -> None:
    assert moonshine.decode(window(np.zeros(160_000, np.float32))).text == ""


@pytest.mark.parametrize("level", [0.001, 0.02, 0.3])
def test_noise_brings_no_flood_of_words(moonshine: Moonshine, level: float) -> None:
    noise = np.random.default_rng(7).normal(0, level, 80_000).astype(np.float32)
    reading = moonshine.decode(window(noise))
    assert len(reading.tokens) <= 6.5 * 5.3 + 1
    assert len(reading.text.split()) <= 3


def test_no_window_brings_more_words_than_anybody_can_say(moonshine: Moonshine) -> None:
    chance = np.random.default_rng(3)
    for samples in (1, 400, 8_000, 48_000):
        odd = np.sign(chance.normal(0, 1, samples)).astype(np.float32)
        seconds = max(samples + 4800, 8000) / 16_000
        assert len(moonshine.decode(window(odd)).tokens) <= TOKENS_PER_SECOND * seconds + 1


def test_samples_out_of_range_are_decoded_all_the_same(moonshine: Moonshine, clip: Pcm) -> None:
    assert moonshine.decode(window(clip * 8)).text


def test_missing_weights_are_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "weights", lambda: None)
    with pytest.raises(EngineError, match=r"install moonshine-voice==0\.1\.0"):
        Moonshine().load()


def test_windows_that_ask_for_the_better_model_are_read_by_it(both: Moonshine, clip: Pcm) -> None:
    better = both.decode(better_window(clip))
    assert (better.text, better.model) == (CLIP, "moonshine-base-en")
    assert better.confidence is not None
    assert better.confidence > 0.9
    own = both.decode(window(clip))
    assert (own.text, own.model) == (CLIP, "moonshine-tiny-en")


def test_until_it_is_loaded_the_first_model_does_for_them(moonshine: Moonshine, clip: Pcm) -> None:
    assert moonshine.decode(better_window(clip)).model == "moonshine-tiny-en"


def test_the_better_model_says_nothing_in_silence_and_little_in_noise(both: Moonshine) -> None:
    assert both.decode(better_window(np.zeros(160_000, np.float32))).text == ""
    noise = np.random.default_rng(7).normal(0, 0.02, 80_000).astype(np.float32)
    assert len(both.decode(better_window(noise)).text.split()) <= 3


@pytest.mark.speech
def test_the_better_model_makes_fewer_mistakes(
    both: Moonshine, speech: Path, read: Callable[[Path], Pcm]
) -> None:
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if "test-other/1688" in r["path"]]
    said = [row["transcript"] for row in rows]
    clips = [read(speech / row["path"]) for row in rows]
    own = word_error_rate(said, [both.decode(window(pcm)).text for pcm in clips])
    better = word_error_rate(said, [both.decode(better_window(pcm)).text for pcm in clips])
    assert better < own


def test_it_is_found_where_it_is_installed() -> None:
    (found,) = (each for each in available() if each.name == "moonshine")
    assert found.installed
    assert found.capabilities == Moonshine.capabilities


@pytest.mark.speech
def test_a_prefix_is_mostly_confirmed_on_other_speech(
    moonshine: Moonshine, speech: Path, read: Callable[[Path], Pcm]
) -> None:
    """Half a clip's hypothesis, extended to the whole, reads as the whole does."""
    alike = []
    for name in ("1688-142285-0002", "1688-142285-0003"):
        pcm = read(speech / "librispeech_test-other" / f"{name}.flac")
        half = moonshine.decode(window(pcm[: len(pcm) // 2]))
        extended, fresh = moonshine.decode(window(pcm, half.tokens)), moonshine.decode(window(pcm))
        alike.append(SequenceMatcher(None, extended.text, fresh.text).ratio())
    assert np.mean(alike) > 0.9
