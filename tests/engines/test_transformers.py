"""The engine of the Hugging Face hub's models, with small ones that have learnt nothing.

It needs PyTorch, so `test_transformers_apart.py` runs this file in an environment that has it.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from tests.engines.tiny_models import save_ctc, save_whisper
from vivavoce.config import Settings
from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE, Brief
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import silence
from vivavoce.engines.transformers import FEWEST, PER_SECOND, Transformers, _words
from vivavoce.plugins import available
from vivavoce.testing.engines import WindowedContract, window

# A single token has no deviation, of which PyTorch warns.
pytestmark = pytest.mark.filterwarnings("ignore:std:UserWarning")


def loaded(folder: Path) -> Transformers:
    engine = Transformers(Settings(transformers_model=str(folder), transformers_device="cpu"))
    engine.load()
    return engine


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_whisper(folder / "whisper")
    save_whisper(folder / "whisper.en", multilingual=False)
    save_ctc(folder / "ctc")
    return folder


@pytest.fixture(scope="module")
def whisper(models: Path) -> Transformers:
    return loaded(models / "whisper")


@pytest.fixture(scope="module")
def ctc(models: Path) -> Transformers:
    return loaded(models / "ctc")


class TestCtc(WindowedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, ctc: Transformers) -> Transformers:
        return ctc

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> Pcm:
        return np.concatenate([silence(0.5), clip, silence(1)])


class TestWhisper(TestCtc):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, whisper: Transformers) -> Transformers:
        return whisper


def test_what_it_can_do_is_read_from_the_model(models: Path, whisper: Transformers) -> None:
    able = whisper.capabilities
    assert (able.model, able.languages, able.translations) == ("whisper", ("*",), ("en",))
    assert able.word_times
    english = Transformers(Settings(transformers_model=str(models / "whisper.en"))).capabilities
    assert (english.languages, english.translations) == (("en",), ())
    ctc = Transformers(Settings(transformers_model=str(models / "ctc"))).capabilities
    assert (ctc.languages, ctc.translations, ctc.word_times) == (("*",), (), True)


@pytest.fixture
def told(whisper: Transformers, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the pipeline is told at each call."""
    calls: list[dict[str, Any]] = []
    real = whisper._pipeline

    def watched(given: Any, **kwargs: Any) -> Any:
        generating = kwargs.get("generate_kwargs", {})
        if "no_repeat_ngram_size" not in generating:  # else it is asked the same once more
            calls.append({**kwargs, **generating})
        return real(given, **kwargs)

    watched.model = real.model  # type: ignore[attr-defined]
    monkeypatch.setattr(whisper, "_pipeline", watched)
    return calls


def test_the_language_is_whispers(
    whisper: Transformers, clip: Pcm, told: list[dict[str, Any]]
) -> None:
    german = whisper.decode(replace(window(clip), language="de-AT"))
    whisper.decode(replace(window(clip), language="en"))
    assert [call["language"] for call in told] == ["de", "en"]
    assert german.language == "de"

    whisper.decode(replace(window(clip), language="tlh"))
    whisper.decode(replace(window(clip), brief=Brief(languages=("de",))))
    whisper.decode(replace(window(clip), brief=Brief(languages=("de", "en"))))
    assert [call["language"] for call in told[2:]] == [None, "de", None]


def test_a_final_is_translated_where_that_is_asked_for(
    whisper: Transformers, clip: Pcm, told: list[dict[str, Any]]
) -> None:
    asked = replace(window(clip), language="de", brief=Brief(translate_to=("en-GB",)))
    reading = whisper.decode(asked)
    assert [call["task"] for call in told] == ["transcribe", "translate"]
    (translation,) = reading.translations
    assert translation.language == "en-GB"
    assert translation.text != reading.text
    # English as English is what it is.
    reading = whisper.decode(replace(asked, language="en"))
    assert reading.translations[0].text == reading.text
    assert len(told) == 3


def test_an_interim_costs_less(
    whisper: Transformers, clip: Pcm, told: list[dict[str, Any]]
) -> None:
    asked = replace(window(clip), interim=True, brief=Brief(translate_to=("en",)))
    reading = whisper.decode(asked)
    assert reading.text
    assert (reading.words, reading.translations) == ((), ())
    (call,) = told
    assert call["num_beams"] == 1
    assert "return_timestamps" not in call


def test_no_window_brings_more_than_anybody_can_say(
    whisper: Transformers, clip: Pcm, told: list[dict[str, Any]]
) -> None:
    reading = whisper.decode(window(clip))
    most = FEWEST + PER_SECOND * len(clip) // SAMPLE_RATE
    assert told[0]["max_new_tokens"] == most
    assert len(reading.text) <= most


def test_what_goes_in_circles_is_read_once_more(
    whisper: Transformers, clip: Pcm, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([{"text": "and so on " * 30, "chunks": []}, {"text": "and so on", "chunks": []}])
    calls: list[dict[str, Any]] = []

    def circling(given: Any, **kwargs: Any) -> Any:
        calls.append(kwargs["generate_kwargs"])
        return next(answers)

    circling.model = whisper._pipeline.model  # type: ignore[attr-defined]
    monkeypatch.setattr(whisper, "_pipeline", circling)
    assert whisper.decode(window(clip)).text == "and so on"
    assert [call.get("no_repeat_ngram_size") for call in calls] == [None, 3]


def test_an_english_whisper_is_told_no_language(models: Path, clip: Pcm) -> None:
    engine = loaded(models / "whisper.en")
    reading = engine.decode(replace(window(clip), language="en-US"))
    assert reading.text
    assert reading.language == "en"


def test_times_are_in_order_and_within_the_window() -> None:
    chunks: list[dict[str, Any]] = [
        {"text": " one", "timestamp": (0.5, 0.2)},
        {"text": " ...", "timestamp": (0.5, 0.6)},
        {"text": " two ", "timestamp": (0.1, None)},
    ]
    words = _words(chunks, SAMPLE_RATE)
    assert [(w.text, w.start, w.end) for w in words] == [
        ("one", 8000, 8000),
        ("two", 8000, 16000),
    ]


def test_a_model_in_the_hubs_cache_is_found(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    at = tmp_path / "models--me--tiny"
    (at / "refs").mkdir(parents=True)
    (at / "refs" / "main").write_text("0" * 40)
    shutil.copytree(models / "ctc", at / "snapshots" / ("0" * 40))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    engine = Transformers(Settings(transformers_model="me/tiny"))
    engine.load()
    assert engine.capabilities.model == "tiny"


@pytest.mark.parametrize("name", ["openai/whisper-nobody-has", "/no/such/folder", "a b"])
def test_a_missing_model_is_said_in_one_sentence(name: str) -> None:
    engine = Transformers(Settings(transformers_model=name))
    with pytest.raises(EngineError, match=rf"^The model {name} is not here; `vivavoce models pull"):
        engine.load()


def test_a_broken_model_is_said_in_one_sentence(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "ctc", tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(EngineError, match=r"^The model .* cannot be loaded on cpu: [^\n]*\.$"):
        loaded(tmp_path)


def test_a_device_that_is_not_here_is_refused(models: Path) -> None:
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    settings = Settings(transformers_model=str(models / "ctc"), transformers_device=missing)
    with pytest.raises(EngineError, match=f"transformers_device is {missing}, and PyTorch finds"):
        Transformers(settings).load()


def test_it_takes_the_best_device_there_is(models: Path) -> None:
    engine = Transformers(Settings(transformers_model=str(models / "ctc")))
    engine.load()
    best = "cuda" if torch.cuda.is_available() else None
    best = best or ("mps" if torch.backends.mps.is_available() else "cpu")
    assert engine._pipeline.device.type == best


def test_it_is_found_where_it_is_installed() -> None:
    (found,) = (each for each in available() if each.name == "transformers")
    assert found.installed
