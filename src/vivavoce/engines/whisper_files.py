"""Where a Whisper model's files are: a folder, or faster-whisper's place in the cache of the
Hugging Face hub. Nothing here imports what is heavy, and nothing downloads."""

import json
from pathlib import Path
from typing import Final

from vivavoce.core.errors import EngineError

WEIGHTS: Final = "model.bin"

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

MULTILINGUAL: Final = 51_865
"""Entries of the vocabulary of a model that knows more than English; CTranslate2 counts too."""


def local(model: str) -> Path | None:
    """The folder of a model that is here; None where it is not. Raises `EngineError` for what
    can be neither a folder nor a model of the hub."""
    folder = Path(model).expanduser()
    if (folder / WEIGHTS).is_file():
        return folder.absolute()
    return _cached(repository(model))


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


def _cached(repository: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # comes with faster-whisper only

    try:
        found = try_to_load_from_cache(repository, WEIGHTS)
    except ValueError:  # no name that the hub could have
        return None
    return Path(found).parent if isinstance(found, str) else None
