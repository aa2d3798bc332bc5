"""Whisper, by way of faster-whisper: 99 languages, and translation to English.

Any model that CTranslate2 has converted: a folder, or a name that is in the cache of the
Hugging Face hub already. Nothing is downloaded unasked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import structlog
from msgspec.structs import replace

from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.types import Brief, Translation, Word
from vivavoce.engines.base import Capabilities, Reading, Window
from vivavoce.engines.whisper import files
from vivavoce.engines.whisper.guards import Written, best, echoes, grounded
from vivavoce.engines.whisper.model import BEAM, TAGS, Encoded, Model, has_cuda

log = structlog.get_logger()

INAUDIBLE = 0.001  # a peak of -60 dB


class Whisper:
    """A windowed engine. It is what the settings `whisper_model` and `whisper_device` say."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Raises `EngineError` where the model's name is nobody's."""
        self._settings = settings or load_settings()
        self._name = self._settings.whisper_model
        self._folder = files.local(self._name)
        english = files.knows_english_only(self._name, self._folder)
        self.capabilities = Capabilities(
            name="whisper",
            kind="windowed",
            model=files.name_of(self._name),
            languages=("en",) if english else ("*",),
            translations=() if english else ("en",),
            word_times=True,
            confidence=True,
            hot_words=True,
            prompt=True,
            licence="MIT",
            size_mb=files.size_mb(self._folder),
        )

    fetch = staticmethod(files.fetch)

    def missing(self) -> str:
        if self._folder is not None:
            return ""
        return (
            f"The Whisper model {self._name} is not here; "
            f"`vivavoce models pull whisper:{self._name}` gets it."
        )

    def load(self) -> None:
        if self._folder is None:
            raise EngineError(self.missing())
        self._model = _loaded(self._folder, self._settings)

    def decode(self, window: Window) -> Reading:
        if np.abs(window.pcm).max(initial=0) < INAUDIBLE:
            return Reading(text="")
        encoded = self._model.encode(window.pcm)
        language = self._language(window, encoded)
        if window.interim:
            written = self._hypothesis(encoded, language, window.brief)
            return _reading(written, language) if written.believed else Reading(text="")
        return self._final(encoded, language, window.brief)

    def _hypothesis(self, encoded: Encoded, language: str, brief: Brief) -> Written:
        """Written as cheaply as can be."""
        told = self._model.tokens(brief.hot_words, brief.prompt)
        written = self._model.write(encoded, language, told)
        if told and echoes(written.text, brief):
            untold = self._model.write(encoded, language)
            return written if untold.believed else untold
        return written

    def _final(self, encoded: Encoded, language: str, brief: Brief) -> Reading:
        encoded, written = self._written(encoded, language, brief)
        if written.believed and echoes(written.text, brief):
            _, untold = self._written(encoded, language, Brief())
            written = written if untold.believed else untold
        if not written.believed:
            return Reading(text="")
        heard = self._model.words(encoded, language, written)
        words = grounded(heard)
        if len(words) < len(heard):
            written = replace(written, text=" ".join(word.text for word in words))
        wanted = [tag for tag in brief.translate_to if self._translates(tag)] if words else []
        english = self._english(encoded, language, written.text) if wanted else ""
        return replace(
            _reading(written, language),
            words=tuple(words),
            chances=_chances(written.text, words),
            translations=tuple(Translation(tag, english) for tag in wanted if english),
        )

    def _written(
        self,
        encoded: Encoded,
        language: str,
        brief: Brief,
        task: Literal["transcribe", "translate"] = "transcribe",
    ) -> tuple[Encoded, Written]:
        """What is written, and of what: the window as it is, unless that goes wrong."""
        told = self._model.tokens(brief.hot_words, brief.prompt)
        tries = [self._model.write(encoded, language, told, task=task, beam=BEAM)]
        if not tries[-1].good and not encoded.whole:
            encoded = self._model.encode(encoded.pcm, whole=True)
            tries.append(self._model.write(encoded, language, told, task=task, beam=BEAM))
        if tries[-1].repetitive:
            tries.append(
                self._model.write(encoded, language, told, task=task, beam=BEAM, varied=True)
            )
        return encoded, tries[-1] if tries[-1].good else best(tries)

    def _english(self, encoded: Encoded, language: str, text: str) -> str:
        if language == "en":
            return text
        return self._written(encoded, language, Brief(), "translate")[1].text

    def _translates(self, tag: str) -> bool:
        return not self._model.english_only and tag.lower().partition("-")[0] == "en"

    def _language(self, window: Window, encoded: Encoded) -> str:
        """As Whisper calls it. One that it does not know it finds out as if none were said."""
        if window.language and (code := self._model.code(window.language)):
            return code
        among = [code for tag in window.brief.languages if (code := self._model.code(tag))]
        return among[0] if len(among) == 1 else self._model.language(encoded, among)


def _reading(written: Written, language: str) -> Reading:
    return Reading(
        text=written.text,
        tokens=written.tokens,
        language=TAGS.get(language, language),
        confidence=written.confidence,
    )


def _chances(text: str, words: Sequence[Word]) -> tuple[float, ...]:
    """Of each word of the text, where the two agree on what a word is."""
    known = tuple(word.confidence or 0.0 for word in words)
    return known if [word.text for word in words] == text.split() else ()


def _loaded(folder: Path, settings: Settings) -> Model:
    """On the device that is asked for. Raises `EngineError`.

    Where none is, a graphics card that is there but fails, for want of its libraries most
    often, is no reason not to go on without it.
    """
    threads = settings.host_threads
    if settings.whisper_device == "cuda" or (settings.whisper_device == "auto" and has_cuda()):
        try:
            return Model(folder, "cuda", threads)
        except EngineError as error:
            if settings.whisper_device == "cuda":
                raise
            log.warning("whisper goes on without the graphics card", reason=error.message)
    return Model(folder, "cpu", threads)
