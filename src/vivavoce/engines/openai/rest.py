"""OpenAI's `/v1/audio/transcriptions`, and the many servers that have only that, by OpenAI's
own client.

An engine of windows: each utterance that our own VAD finds is one request. There are no
interims, since each would be a request too, and on most servers would be paid for.
"""

import io
import wave
from typing import Any

import numpy as np

from vivavoce.audio.pcm import pcm16
from vivavoce.config import load_settings
from vivavoce.core.results import Reading
from vivavoce.core.types import SAMPLE_RATE, Translation, Word
from vivavoce.engines.base import Capabilities, Pcm, Window
from vivavoce.engines.openai.client import NO_KEY, Account, hints, language_code, mean_chance

LEAST = SAMPLE_RATE // 10
"""Samples of the shortest audio that the service takes."""

OWN = 0.75
"""Of the deadline: an answer that is missed here costs no process, which would be asked again."""

VERBOSE = "whisper"
"""Models of this name give word times; the others answer only in plain JSON."""


class OpenAIRest:
    """The engine `openai-rest`."""

    def __init__(self) -> None:
        settings = load_settings()
        self._account = Account.of(settings)
        self._deadline = OWN * settings.engine_deadline_s
        model = settings.openai_model
        self.capabilities = Capabilities(
            name="openai-rest",
            kind="windowed",
            model=model,
            languages=("*",),
            word_times=VERBOSE in model,
            confidence=True,
            hot_words=True,
            prompt=True,
            translations=("en",) if VERBOSE in model else (),
            interims=False,
            licence="a service",
        )

    def missing(self) -> str:
        return self._account.missing()

    def load(self) -> None:
        self._account.check()
        import openai

        self._client = openai.OpenAI(
            api_key=self._account.key or NO_KEY,
            base_url=self._account.url,
            max_retries=0,  # a chain knows better, and the audio waits in the journal
            timeout=self._deadline,
        )

    def decode(self, window: Window) -> Reading:
        pcm = window.pcm
        if len(pcm) < LEAST or not np.any(pcm):
            return Reading(text="")
        answer = self._ask(self._client.audio.transcriptions, window, self._asked(window))
        text = " ".join(str(answer.text).split())
        return Reading(
            text=text,
            words=_words(answer, len(pcm)),
            language=window.language,
            confidence=mean_chance(getattr(answer, "logprobs", None)),
            translations=self._translations(window) if text else (),
        )

    def _asked(self, window: Window) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        if (language := language_code(window.language)) is not None:
            asked["language"] = language
        if self.capabilities.word_times:
            asked |= {"response_format": "verbose_json", "timestamp_granularities": ["word"]}
        else:
            asked |= {"response_format": "json", "include": ["logprobs"]}
        return asked

    def _translations(self, window: Window) -> tuple[Translation, ...]:
        if not window.brief.translate_to:
            return ()
        answer = self._ask(self._client.audio.translations, window, {})
        return tuple(Translation(to, str(answer.text).strip()) for to in window.brief.translate_to)

    def _ask(self, resource: Any, window: Window, asked: dict[str, Any]) -> Any:
        if prompt := hints(window.brief.prompt, window.brief.hot_words):
            asked["prompt"] = prompt
        file = ("speech.wav", _wav(window.pcm), "audio/wav")
        try:
            return resource.create(model=self.capabilities.model, file=file, **asked)
        except Exception as error:
            raise self._account.failed(error) from None


def _wav(pcm: Pcm) -> bytes:
    """A file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(pcm16(pcm))
    return file.getvalue()


def _words(answer: Any, most: int) -> tuple[Word, ...]:
    words = []
    at = 0
    for word in getattr(answer, "words", None) or ():
        start = min(max(at, round(word.start * SAMPLE_RATE)), most)
        at = min(max(start, round(word.end * SAMPLE_RATE)), most)
        if text := word.word.strip():
            words.append(Word(text, start, at))
    return tuple(words)
