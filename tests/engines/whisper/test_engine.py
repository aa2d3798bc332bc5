"""Whisper with real weights: English, and other languages."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE, Brief, Translation
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import silence
from vivavoce.engines.whisper import engine as module
from vivavoce.engines.whisper.engine import Whisper
from vivavoce.plugins import create
from vivavoce.testing.engines import WindowedContract, window

CLIP = "in being comparatively modern."


def whisper(folder: Path) -> Whisper:
    engine = Whisper(load_settings(whisper_model=str(folder), whisper_device="cpu"))
    engine.load()
    return engine


@pytest.fixture(scope="session")
def english(whisper_tiny_en: Path) -> Whisper:
    return whisper(whisper_tiny_en)


@pytest.fixture(scope="session")
def multilingual(whisper_base: Path) -> Whisper:
    return whisper(whisper_base)


@pytest.fixture(scope="session")
def german(speech: Path, read: Callable[[Path], Pcm]) -> Pcm:
    """7 s: "Für die besten Aussichten auf Hongkong ...", one reader."""
    return read(speech / "fleurs" / "fleurs-de-000.ogg")


class TestWhisperInEnglish(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, english: Whisper) -> Whisper:
        return english

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> Pcm:
        return np.concatenate([silence(0.5), clip, silence(1)])


class TestWhisper(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, multilingual: Whisper) -> Whisper:
        return multilingual

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> Pcm:
        return np.concatenate([silence(0.5), clip, silence(1)])


def test_what_a_model_can_follows_from_its_files(english: Whisper, multilingual: Whisper) -> None:
    able = multilingual.capabilities
    assert (able.model, able.languages, able.translations) == ("whisper-base", ("*",), ("en",))
    assert able.size_mb == 145
    able = english.capabilities
    assert (able.model, able.languages, able.translations) == ("whisper-tiny.en", ("en",), ())


def test_a_model_that_is_not_here_is_said_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("VIVAVOCE_WHISPER_MODEL", "tiny.en")
    engine = create("whisper")
    assert engine.capabilities.languages == ("en",)
    with pytest.raises(EngineError, match=r"`vivavoce models pull whisper:tiny\.en` gets it"):
        engine.load()


def test_files_that_are_no_model_are_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"nothing of the kind")
    engine = Whisper(load_settings(whisper_model=str(tmp_path), whisper_device="cpu"))
    with pytest.raises(EngineError, match=r"has no tokenizer\.json"):
        engine.load()
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EngineError, match="cannot be loaded on cpu"):
        engine.load()


def test_a_graphics_card_that_fails_is_done_without_unless_it_is_demanded(
    monkeypatch: pytest.MonkeyPatch, whisper_tiny_en: Path, clip: Pcm
) -> None:
    """Here there is none, which is as bad a failure as any."""
    monkeypatch.setattr(module, "has_cuda", lambda: True)
    engine = Whisper(load_settings(whisper_model=str(whisper_tiny_en)))
    engine.load()
    assert engine.decode(window(clip)).text == CLIP
    engine = Whisper(load_settings(whisper_model=str(whisper_tiny_en), whisper_device="cuda"))
    with pytest.raises(EngineError, match="cannot be loaded on cuda"):
        engine.load()


def test_the_words_have_times_and_chances(english: Whisper, clip: Pcm) -> None:
    reading = english.decode(window(clip))
    assert reading.text == CLIP == " ".join(word.text for word in reading.words)
    assert len(reading.chances) == 4
    assert reading.confidence is not None
    assert reading.confidence > 0.8
    assert reading.words[-1].end > 1.2 * SAMPLE_RATE


def test_an_interim_has_the_text_alone(multilingual: Whisper, clip: Pcm) -> None:
    brief = Brief(translate_to=("en",))
    reading = multilingual.decode(replace(window(clip), interim=True, brief=brief))
    assert reading.text == CLIP
    assert not reading.words
    assert not reading.translations


@pytest.mark.speech
def test_the_language_is_found_among_those_that_it_may_be(
    multilingual: Whisper, german: Pcm
) -> None:
    def language(**asked: object) -> str | None:
        return multilingual.decode(replace(window(german), interim=True, **asked)).language

    assert language() == "de"
    assert language(brief=Brief(languages=("fr-FR", "de-DE"))) == "de"
    assert language(brief=Brief(languages=("fr", "nl"))) in ("fr", "nl")
    assert language(brief=Brief(languages=("nl-NL",))) == "nl"
    assert language(language="nl-NL") == "nl"
    assert language(language="x-klingon") == "de", "one that it does not know is found out"


@pytest.mark.speech
def test_a_final_is_translated_to_english(multilingual: Whisper, german: Pcm) -> None:
    asked = replace(window(german), brief=Brief(translate_to=("en-GB", "fr")))
    (translation,) = multilingual.decode(asked).translations
    assert translation.language == "en-GB"
    assert "Hong Kong" in translation.text


def test_english_is_its_own_translation(multilingual: Whisper, clip: Pcm) -> None:
    asked = replace(window(clip), language="en", brief=Brief(translate_to=("en",)))
    assert multilingual.decode(asked).translations == (Translation("en", CLIP),)


@pytest.mark.speech
@pytest.mark.parametrize("told", [Brief(hot_words=("eunuch",)), Brief(prompt="About a eunuch.")])
def test_words_that_it_is_told_are_heard(
    english: Whisper, speech: Path, read: Callable[[Path], Pcm], told: Brief
) -> None:
    pcm = read(speech / "librispeech_test-other" / "2033-164914-0003.flac")
    assert "eunuch" not in english.decode(window(pcm)).text
    for interim in (True, False):
        asked = replace(window(pcm), brief=told, interim=interim)
        assert "eunuch" in english.decode(asked).text


def test_any_amount_may_be_told(english: Whisper, clip: Pcm) -> None:
    told = Brief(hot_words=("comparatively",) * 500, prompt="There is more of this. " * 500)
    assert "modern" in english.decode(replace(window(clip), brief=told)).text


def noises() -> dict[str, Pcm]:
    chance = np.random.default_rng(7)
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    chord = np.sum([np.sin(2 * np.pi * pitch * time) for pitch in (262, 330, 392)], axis=0)
    made = {
        "faint": chance.normal(0, 0.01, 80_000),
        "loud": chance.normal(0, 0.2, 80_000),
        "short": chance.normal(0, 0.05, 16_000),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * time),
        "chord": 0.1 * chord,
        "plucked": 0.3 * chord * np.exp(-4 * (time % 0.5)),
        "clicks": (chance.random(80_000) > 0.9995) * 1.0,
    }
    return {name: np.asarray(pcm, np.float32) for name, pcm in made.items()}


@pytest.mark.parametrize("noise", sorted(noises()))
def test_nothing_is_said_where_there_is_only_noise(
    multilingual: Whisper, english: Whisper, noise: str
) -> None:
    """Also when it is given words to invent."""
    pcm, told = noises()[noise], Brief(prompt="We met Hilary at the station.")
    for engine, brief in ((multilingual, told), (english, Brief()), (english, told)):
        for interim in (True, False):
            asked = replace(window(pcm), interim=interim, brief=brief)
            assert engine.decode(asked).text == ""


@pytest.mark.speech
def test_nothing_is_said_in_a_street_either(
    multilingual: Whisper, english: Whisper, speech: Path, read: Callable[[Path], Pcm]
) -> None:
    for path in sorted((speech / "noise").iterdir()):
        pcm = read(path)[: 10 * SAMPLE_RATE]
        assert multilingual.decode(window(pcm)).text == ""
        assert english.decode(window(pcm)).text == ""
