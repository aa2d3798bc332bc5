"""Models of the Hugging Face hub, by way of Transformers and PyTorch.

Whatever its pipeline for speech recognition can run: Whisper in all its sizes, models that
align letters with sound (CTC: wav2vec 2.0, HuBERT, MMS, Parakeet), and others. The settings
`transformers_model` and `transformers_device` say which and where. Nothing is downloaded unasked.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE, Translation, Word
from vivavoce.core.types import samples as in_samples
from vivavoce.engines import hub
from vivavoce.engines.base import Capabilities, Pcm, Reading, Report, Window
from vivavoce.engines.whisper.guards import COMPRESSION, compression

INAUDIBLE: Final = 0.001  # a peak of -60 dB
SHORTEST: Final = SAMPLE_RATE // 2  # samples that any model can take; silence is added to fewer

FEWEST: Final = 12  # tokens that any window may have, and
PER_SECOND: Final = 25  # for each second, which nobody can say more of in any script
BEAM: Final = 5  # as the pipeline's and OpenAI's own
BEFORE: Final = 8  # tokens at most that a decoder is given, and that count with its own

NO_SPEECH: Final = {"no_speech_threshold": 0.6, "logprob_threshold": -1.0, "temperature": (0.0,)}
"""As Whisper's own: what is improbable, and probably no speech, is nothing."""

MULTILINGUAL: Final = 51_865
"""Entries of the vocabulary of a Whisper model that knows more than English."""

WEIGHTS: Final = (
    r"model\.safetensors",
    r"model-\d+-of-\d+\.safetensors",
    r"pytorch_model\.bin",
    r"pytorch_model-\d+-of-\d+\.bin",
)
"""Names of files, the preferred first."""

DESCRIPTIONS: Final = r"[\w.-]+\.(json|txt|model)"

KNOWN: Final = (
    *(f"openai/whisper-{size}" for size in ("tiny", "base", "small", "medium", "large-v2")),
    *(f"openai/whisper-{size}" for size in ("tiny.en", "base.en", "small.en", "medium.en")),
    *("openai/whisper-large-v3", "openai/whisper-large-v3-turbo", "facebook/wav2vec2-base-960h"),
    "distil-whisper/distil-large-v3.5",
)
"""What may have been meant by a name that nobody has."""

Task = Literal["transcribe", "translate"]


class Transformers:
    """A windowed engine."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()
        self._name = self._settings.transformers_model
        self._folder = local(self._name)
        config = _read(self._folder, "config.json")
        generation = _read(self._folder, "generation_config.json")
        self._whisper = config.get("model_type", "whisper") == "whisper"
        many = config.get("vocab_size", MULTILINGUAL) >= MULTILINGUAL
        english = self._whisper and not generation.get("is_multilingual", many)
        self.capabilities = Capabilities(
            name="transformers",
            kind="windowed",
            model=Path(self._name).name,
            languages=("en",) if english else ("*",),
            translations=("en",) if self._whisper and not english else (),
            word_times=self._folder is None or _tells_times(config, generation),
            size_mb=_size_mb(self._folder),
        )
        self._pipeline: Any = None

    @staticmethod
    def fetch(model: str, report: Report) -> Path:
        return hub.fetch(model, _chosen, report, setting="VIVAVOCE_TRANSFORMERS_MODEL", known=KNOWN)

    def missing(self) -> str:
        if self._folder is not None:
            return ""
        return (
            f"The model {self._name} is not here; "
            f"`vivavoce models pull transformers:{self._name}` gets it."
        )

    def load(self) -> None:
        if self._pipeline is not None:
            return
        if self._folder is None:
            raise EngineError(self.missing())
        # The folder has all of it; what it has not must not be asked for elsewhere.
        os.environ["HF_HUB_OFFLINE"] = "1"
        import torch
        from transformers import pipeline
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        device = _device(self._settings.transformers_device)
        torch.set_num_threads(self._settings.host_threads)
        try:
            self._pipeline = pipeline(
                "automatic-speech-recognition",
                model=str(self._folder),
                device=device,
                dtype=torch.float16 if device.startswith("cuda") else torch.float32,
            )
        except Exception as error:  # of any library that reads a model's files
            why = " ".join(str(error).split()).rstrip(".")
            raise EngineError(
                f"The model {self._name} cannot be loaded on {device}: {why}."
            ) from error

    def decode(self, window: Window) -> Reading:
        pcm = window.pcm
        if np.abs(pcm).max(initial=0) < INAUDIBLE:
            return Reading(text="", language=window.language)
        language = self._language(window)
        answer = self._answer(pcm, language, final=not window.interim)
        text = _plain(answer["text"])
        wanted = () if window.interim or not text else window.brief.translate_to
        able = self.capabilities.translations
        translated = [tag for tag in wanted if _primary(tag) in able]
        english = self._english(pcm, language, text) if translated else ""
        return Reading(
            text=text,
            words=_words(answer.get("chunks", ()), len(pcm)) if text else (),
            language=language or window.language,
            translations=tuple(Translation(tag, english) for tag in translated if english),
        )

    def _english(self, pcm: Pcm, language: str | None, text: str) -> str:
        if language == "en":
            return text
        return _plain(self._answer(pcm, language, "translate")["text"])

    def _answer(
        self, pcm: Pcm, language: str | None, task: Task = "transcribe", *, final: bool = True
    ) -> Mapping[str, Any]:
        """What the pipeline says, and not in circles."""
        times = final and task == "transcribe" and self.capabilities.word_times
        told = self._told(pcm, language, task, BEAM if final else 1)
        answer = self._run(pcm, told, times=times)
        if self._whisper and compression(answer["text"]) > COMPRESSION:
            answer = self._run(pcm, {**told, "no_repeat_ngram_size": 3}, times=times)
        return answer

    def _run(self, pcm: Pcm, told: Mapping[str, Any], *, times: bool) -> Mapping[str, Any]:
        padded = np.pad(pcm, (0, max(0, SHORTEST - len(pcm))))
        result: Mapping[str, Any] = self._pipeline(
            {"raw": padded, "sampling_rate": SAMPLE_RATE},
            **({"return_timestamps": "word"} if times else {}),
            **({"generate_kwargs": dict(told)} if told else {}),
        )
        return result

    def _told(self, pcm: Pcm, language: str | None, task: Task, beams: int) -> dict[str, Any]:
        """Whisper's decoder is told what to do, and how much it may say."""
        if not self._whisper:
            return {}
        config = self._pipeline.model.config
        most = FEWEST + PER_SECOND * len(pcm) // SAMPLE_RATE
        told = {
            **NO_SPEECH,
            "num_beams": beams,
            "max_new_tokens": min(most, config.max_target_positions - BEFORE),
        }
        if not self.capabilities.translations:  # it knows neither languages nor tasks
            return told
        return {**told, "task": task, "language": language}

    def _language(self, window: Window) -> str | None:
        """As Whisper calls it; None: it is to find out."""
        if not self._whisper:
            return None
        if not self.capabilities.translations:
            return "en"
        known = self._pipeline.model.generation_config.lang_to_id
        told = [window.language] if window.language else []
        if not told and len(window.brief.languages) == 1:
            told = list(window.brief.languages)
        return next((_primary(tag) for tag in told if f"<|{_primary(tag)}|>" in known), None)


def local(model: str) -> Path | None:
    """The folder of a model that is here: its own, or the hub's cache; None where it is not."""
    folder = Path(model).expanduser()
    if (folder / "config.json").is_file():
        return folder.absolute()
    return hub.cached(model, "config.json")


def _chosen(files: Sequence[str]) -> list[str]:
    """What is loaded: of weights one format, and those of no other library."""
    weights: list[str] = []
    for pattern in WEIGHTS:
        weights = weights or [file for file in files if re.fullmatch(pattern, file)]
    if not weights or "config.json" not in files:
        raise EngineError("This is no model that Transformers can load: it has no weights of it.")
    return [*weights, *(file for file in files if re.fullmatch(DESCRIPTIONS, file))]


def _read(folder: Path | None, file: str) -> dict[str, Any]:
    """A model's description, as far as it is here."""
    try:
        found = json.loads((folder / file).read_bytes()) if folder else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tells_times(config: Mapping[str, Any], generation: Mapping[str, Any]) -> bool:
    """Whisper does where it is known which of its heads look at the sound; CTC models do."""
    ctc = any("CTC" in name for name in config.get("architectures") or ())
    return bool(generation.get("alignment_heads")) or ctc


def _size_mb(folder: Path | None) -> int:
    """Of the weights, in the format that is loaded."""
    for pattern in ("*.safetensors", "*.bin"):
        if folder and (files := list(folder.glob(pattern))):
            return round(sum(file.stat().st_size for file in files) / 1e6)
    return 0


def _device(wanted: str) -> str:
    """As PyTorch calls it. Raises `EngineError` for one that is not here."""
    import torch

    cards, apple = torch.cuda.is_available(), torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if cards else "mps" if apple else "cpu"
    if not {"cpu": True, "mps": apple}.get(wanted, cards):
        raise EngineError(f"transformers_device is {wanted}, and PyTorch finds none here.")
    return wanted


def _primary(tag: str) -> str:
    return tag.lower().partition("-")[0]


def _plain(text: str) -> str:
    """On one line; nothing where there are neither letters nor digits."""
    return " ".join(text.split()) if any(map(str.isalnum, text)) else ""


def _words(chunks: Iterable[Mapping[str, Any]], end: int) -> tuple[Word, ...]:
    """The pipeline's, in seconds, as ours: in order, and within the window."""
    words: list[Word] = []
    at = 0
    for chunk in chunks:
        first, last = chunk["timestamp"]
        start = min(max(at, in_samples(first or 0.0)), end)
        stop = end if last is None else min(max(start, in_samples(last)), end)
        if text := _plain(chunk["text"]):
            words.append(Word(text, start, stop))
            at = start
    return tuple(words)
