"""Where a Whisper model's files are: a folder, or faster-whisper's place in the cache of the
Hugging Face hub, which `fetch` downloads into. Nothing here imports what is heavy."""

import json
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from vivavoce.core.errors import EngineError
from vivavoce.engines import hub
from vivavoce.engines.base import Report

WEIGHTS: Final = "model.bin"
FILES: Final = (WEIGHTS, "*config.json", "tokenizer.json", "vocabulary.*")

REPOSITORIES: Final = {
    **{
        name: f"Systran/faster-whisper-{name}"
        for size in ("tiny", "base", "small", "medium")
        for name in (f"{size}.en", size)
    },
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""The names that faster-whisper has for models, and where on the hub it gets each."""

KNOWN: Final = tuple(dict.fromkeys(REPOSITORIES.values()))

MULTILINGUAL: Final = 51_865
"""Entries of the vocabulary of a model that knows more than English; CTranslate2 counts too."""


def local(model: str) -> Path | None:
    """The folder of a model that is here; None where it is not. Raises `EngineError` for what
    can be neither a folder nor a model of the hub."""
    folder = Path(model).expanduser()
    if (folder / WEIGHTS).is_file():
        return folder.absolute()
    return hub.cached(repository(model), WEIGHTS)


def fetch(model: str, report: Report) -> Path:
    """`Particular.fetch`."""
    return hub.fetch(
        repository(model), _chosen, report, setting="VIVAVOCE_WHISPER_MODEL", known=KNOWN
    )


def _chosen(files: Sequence[str]) -> list[str]:
    if WEIGHTS not in files:
        raise EngineError(
            f"This model is not in CTranslate2's format (it has no {WEIGHTS}); the engine "
            "transformers reads those of other formats."
        )
    return [file for file in files if any(fnmatch(file, pattern) for pattern in FILES)]


def repository(model: str) -> str:
    """Where on the hub a model is, by its short name or its own, `owner/name`.

    Raises `EngineError`.
    """
    if model in REPOSITORIES:
        return REPOSITORIES[model]
    if model.count("/") == 1 and all(model.split("/")):
        return model
    raise EngineError(
        f"There is no Whisper model {model!r}: whisper_model is to be a folder with {WEIGHTS} in "
        f"it, a model of the Hugging Face hub (owner/name), or one of {', '.join(REPOSITORIES)}."
    )


def name_of(model: str) -> str:
    """What a model is called here: `small` is whisper-small."""
    last = Path(model).name
    return last if "whisper" in last else f"whisper-{last}"


def knows_english_only(model: str, folder: Path | None) -> bool:
    """By its vocabulary, and by its name while it is not here."""
    count = None if folder is None else _entries(folder)
    return model.endswith(".en") if count is None else count < MULTILINGUAL


def size_mb(folder: Path | None) -> int:
    """Of the weights; 0 where they are not here."""
    return 0 if folder is None else round((folder / WEIGHTS).stat().st_size / 1e6)


def _entries(folder: Path) -> int | None:
    """Of the vocabulary, None where its file is missing or no vocabulary."""
    try:
        if (folder / "vocabulary.json").is_file():
            return len(json.loads((folder / "vocabulary.json").read_bytes()))
        return (folder / "vocabulary.txt").read_bytes().count(b"\n")
    except (OSError, ValueError, TypeError):
        return None
