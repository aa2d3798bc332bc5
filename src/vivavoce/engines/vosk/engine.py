"""Vosk: streams by itself, on the CPU, with any of its models for some thirty languages.

A model is a folder, or the name of one that was pulled: the setting `vosk_model`. Vosk finds
the ends of utterances by itself, by its model's own rules (half a second of silence, mostly;
the setting `endpoint_ms` is for gaps in the audio), and says when each word was. What it says
is in lower case, numbers are words, and there is no punctuation. Its only means to prefer
words is a grammar that allows no others, so hot words are passed over.
"""

import ctypes
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.results import Decided, Heard, Result, SpeechEnded, SpeechStarted
from vivavoce.core.stabiliser import Stabiliser
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.core.types import samples as in_samples
from vivavoce.engines.base import Capabilities, Pcm, StreamOptions
from vivavoce.engines.vosk import files

GRAIN = SAMPLE_RATE // 10
"""Vosk looks for the end of an utterance once in each call, so all of its calls are alike."""

_NAME = re.compile(r"(?:vosk|model|vosk-model)-(?:small-)?([a-z]{2})(?![a-z])")
_OURS = {"cn": "zh", "kz": "kk", "ua": "uk", "vn": "vi"}
"""BCP-47 for the names of countries that some models have."""


def language_of(model: str) -> str | None:
    """The language that the name of a model's folder tells: `vosk-model-small-en-us-0.15`."""
    found = _NAME.match(model.lower())
    return _OURS.get(found[1], found[1]) if found else None


class Vosk:
    """A native engine."""

    def __init__(self) -> None:
        self._name = load_settings().vosk_model
        self._folder = files.local(self._name) if self._name else None
        self._model: Any = None
        name = (self._folder or Path(self._name or "")).name
        self.language = language_of(name)
        self.capabilities = Capabilities(
            name="vosk",
            kind="native",
            model=name,
            languages=(self.language or "*",),
            word_times=True,
            confidence=True,
            size_mb=_size_mb(self._folder),
        )

    fetch = staticmethod(files.fetch)

    def missing(self) -> str:
        if self._folder is not None:
            return ""
        if self._name is None:
            return (
                "Vosk needs a model: `vivavoce models pull vosk:small-en-us-0.15` gets one, and "
                "VIVAVOCE_VOSK_MODEL is to be its name, or the folder of any other."
            )
        if Path(self._name).name != self._name:
            return (
                f"vosk_model is {self._name}, which is not the folder of a Vosk model: "
                "there is no final.mdl in it."
            )
        return (
            f"The Vosk model {self._name} is not here; "
            f"`vivavoce models pull vosk:{self._name}` gets it."
        )

    def load(self) -> None:
        if self._model is not None:
            return
        if self._folder is None:
            raise EngineError(self.missing())
        import vosk

        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(self._folder))
        except Exception as error:  # all it raises, without a reason
            raise EngineError(f"Vosk cannot read the model in {self._folder}.") from error

    def open(self, options: StreamOptions) -> "VoskStream":
        import vosk

        recogniser = vosk.KaldiRecognizer(self._model, float(SAMPLE_RATE))
        recogniser.SetWords(True)
        recogniser.SetPartialWords(True)
        return VoskStream(
            recogniser, self.capabilities.model, self.language or options.language, options
        )


class VoskStream:
    """One session's. `recogniser` is a `vosk.KaldiRecognizer`."""

    def __init__(
        self, recogniser: Any, model: str, language: str | None, options: StreamOptions
    ) -> None:
        self._recogniser = recogniser
        self._model = model
        self._language = language
        self._rest = np.zeros(0, np.float32)
        self._position = 0  # samples that the recogniser has
        self._every = options.interim_every if options.interims else 0
        self._looked = 0  # where the last hypothesis ended
        self._decided = 0  # where the last utterance ended
        self._start: int | None = None  # of the open one
        self._stabiliser = Stabiliser()

    def feed(self, pcm: Pcm) -> Sequence[Result]:
        pcm = np.concatenate([self._rest, pcm])
        whole = len(pcm) // GRAIN * GRAIN
        self._rest = pcm[whole:]
        results: list[Result] = []
        for at in range(0, whole, GRAIN):
            results += self._grain(pcm[at : at + GRAIN])
        return results

    def flush(self) -> Sequence[Result]:
        results: list[Result] = []
        if len(self._rest):
            if self._accept(self._rest):
                results += self._decide(self._recogniser.Result())
            self._rest = np.zeros(0, np.float32)
        if self._position:  # it will not be asked about nothing
            _settle_noise(self._position)
            results += self._decide(self._recogniser.FinalResult())
        return results

    def close(self) -> None:
        self._recogniser = None

    def _grain(self, grain: Pcm) -> list[Result]:
        if self._accept(grain):
            return self._decide(self._recogniser.Result())
        return self._hear() if 0 < self._every <= self._position - self._looked else []

    def _accept(self, pcm: Pcm) -> bool:
        """Whether an utterance has ended."""
        self._position += len(pcm)
        _settle_noise(self._position)
        whole = np.round(np.clip(pcm, -1, 1) * 32767).astype("<i2")
        return bool(self._recogniser.AcceptWaveform(whole.tobytes()))

    def _hear(self) -> list[Result]:
        self._looked = self._position
        words = self._words(json.loads(self._recogniser.PartialResult()).get("partial_result", []))
        if not words:
            return []
        results: list[Result] = []
        if self._start is None:
            self._start = words[0].start
            results.append(SpeechStarted(at=self._start))
        split = self._stabiliser.add(" ".join(w.text for w in words), _chances(words))
        heard = Heard(start=self._start, end=self._position, stable=split.stable, tail=split.tail)
        return [*results, heard]

    def _decide(self, answer: str) -> list[Result]:
        """What a result of Vosk's says; one without words says nothing, unless some were shown."""
        words = self._words(json.loads(answer).get("result", []))
        shown, self._start, self._stabiliser = self._start, None, Stabiliser()
        if not words and shown is None:
            return []
        # They may turn out to have been a breath.
        start = words[0].start if words else shown
        assert start is not None
        end = max(start + 1, words[-1].end if words else self._position)
        self._decided = end
        chances = _chances(words)
        decided = Decided(
            start=start,
            end=end,
            text=" ".join(word.text for word in words),
            model=self._model,
            language=self._language,
            words=words,
            confidence=float(np.mean(chances)) if chances else None,
            chances=chances,
        )
        begun: list[Result] = [SpeechStarted(at=start)] if shown is None else []
        return [*begun, SpeechEnded(at=end), decided]

    def _words(self, found: Sequence[Mapping[str, Any]]) -> tuple[Word, ...]:
        """Vosk's words, in seconds, as ours. It rounds; none lies in what is decided already."""
        words: list[Word] = []
        first = self._decided
        for word in found:
            start = min(max(in_samples(word["start"]), first), self._position - 1)
            end = min(max(in_samples(word["end"]), start), self._position)
            words.append(Word(word["word"], start, end, min(1.0, max(0.0, word["conf"]))))
            first = start
        return tuple(words)


def _settle_noise(position: int) -> None:
    """Vosk dithers: it adds faint noise, drawn from the C library's `rand`, to the samples. The
    same audio must have the same words every time, so it is the same at the same position."""
    ctypes.CDLL("msvcrt" if sys.platform == "win32" else None).srand(position & 0xFFFFFFFF)


def _chances(words: Sequence[Word]) -> tuple[float, ...]:
    return tuple(word.confidence or 0.0 for word in words)


def _size_mb(folder: Path | None) -> int:
    files = folder.rglob("*") if folder else ()
    return round(sum(file.stat().st_size for file in files if file.is_file()) / 1e6)
