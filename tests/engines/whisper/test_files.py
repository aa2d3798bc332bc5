"""Names of Whisper models, and where their files are."""

import json
from pathlib import Path

import pytest
from faster_whisper.utils import _MODELS

from vivavoce.core.errors import EngineError
from vivavoce.engines.whisper.files import (
    MULTILINGUAL,
    REPOSITORIES,
    knows_english_only,
    local,
    name_of,
    repository,
    size_mb,
)


def test_the_names_are_those_of_faster_whisper() -> None:
    assert REPOSITORIES == _MODELS


def test_a_model_of_the_hub_has_its_own_name() -> None:
    assert repository("someone/whisper-of-theirs") == "someone/whisper-of-theirs"


@pytest.mark.parametrize("model", ["smal", "/models/not/there", "a/", "a/b/c", ""])
def test_what_is_no_model_is_said_with_what_could_be(model: str) -> None:
    with pytest.raises(EngineError, match=r"There is no Whisper model .* turbo\.$"):
        local(model)


def test_a_folder_with_weights_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(bytes(2_000_000))
    assert local(str(tmp_path)) == tmp_path
    assert size_mb(tmp_path) == 2


def test_the_hubs_cache_is_looked_into_and_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert local("tiny") is None
    assert local("someone/no..name") is None
    kept = tmp_path / "models--Systran--faster-whisper-tiny"
    snapshot = kept / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").write_bytes(b"")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("abc")
    assert local("tiny") == snapshot


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("small", "whisper-small"),
        ("Systran/faster-whisper-small", "faster-whisper-small"),
        ("/models/whisper-base/", "whisper-base"),
        ("/models/ours", "whisper-ours"),
    ],
)
def test_what_a_model_is_called(model: str, name: str) -> None:
    assert name_of(model) == name


def test_the_vocabulary_says_what_a_model_knows_and_until_it_is_here_its_name(
    tmp_path: Path,
) -> None:
    assert knows_english_only("small.en", None)
    assert not knows_english_only("small", None)
    assert knows_english_only("ours.en", tmp_path), "a folder without a vocabulary"
    (tmp_path / "vocabulary.txt").write_text("word\n" * (MULTILINGUAL - 1))
    assert knows_english_only("ours", tmp_path)
    (tmp_path / "vocabulary.json").write_text(json.dumps(["word"] * MULTILINGUAL))
    assert not knows_english_only("ours", tmp_path)
