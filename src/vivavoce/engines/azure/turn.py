"""Recognizers of Azure Speech, by Microsoft's SDK, which the engine `azure` imports when it is
loaded and not before.

Which of the SDK's recognizers it is depends on what a session asks for: one who wants
translations gets the `TranslationRecognizer`, one who wants speakers the
`ConversationTranscriber`, others the `SpeechRecognizer`. The SDK is a native library with
threads of its own, which call back: here everything happens in the event loop.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import azure.cognitiveservices.speech as sdk

from vivavoce.audio.pcm import pcm16
from vivavoce.core.errors import EngineError, EngineRefused
from vivavoce.core.results import Decided, Heard, Result
from vivavoce.core.types import SAMPLE_RATE, Translation, Word
from vivavoce.engines.azure.engine import MODEL
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.hosted.pipe import Pipe
from vivavoce.engines.locales import locale

TICKS = 10_000_000 // SAMPLE_RATE
"""The SDK's 100 ns in a sample."""

AHEAD = 10 * SAMPLE_RATE * 2
"""Bytes that wait for the SDK, which takes files at twice their speed."""

NO_KEY = "none"
"""What a server of the same protocol without authentication is sent."""

DEFAULT = "en-US"
SILENCES = range(100, 5001)  # milliseconds that can be asked for as the end of a phrase

THREADS = ThreadPoolExecutor(256, "azure")
"""What blocks: the SDK takes ten seconds to leave a service that has fallen silent, in which
others begin and end. As many as one process has sessions, and only those that are needed."""

LOOK = "see AZURE_SERVICE_REGION or SPEECH_ENDPOINT, and the network"
KEY = "see AZURE_SPEECH_KEY and AZURE_SERVICE_REGION"

REFUSED = {
    "AuthenticationFailure": f"does not take the key (AuthenticationFailure): {KEY}",
    "Forbidden": f"does not take the key (Forbidden): {KEY}",
    "TooManyRequests": "has had too many requests: wait, or have its quota raised",
    "BadRequest": f"does not take what it is asked (BadRequest): {KEY}",
}
"""Errors that another attempt meets again."""

FAILED = {
    "ConnectionFailure": f"cannot be reached, or hung up (ConnectionFailure): {LOOK}",
    "ServiceTimeout": f"did not answer in time: {LOOK}",
}


class Speech:
    """The service in a region, or at the address `endpoint`."""

    def __init__(self, key: str | None, region: str | None, endpoint: str | None) -> None:
        self._key = key
        self._region = region
        self._endpoint = endpoint

    async def open(self, options: StreamOptions) -> "AzureTurn":
        turn = AzureTurn()
        try:
            await turn.blocking(turn.start, self._config(options), options)
        except RuntimeError as error:  # what the SDK raises of its settings
            await turn.close()
            code = str(error).partition("\n")[0].removeprefix("Exception with error code: ").strip()
            raise EngineError(f"Azure's SDK cannot start ({code[:80]}).") from None
        return turn

    def _config(self, options: StreamOptions) -> Any:
        where = {"endpoint": self._endpoint} if self._endpoint else {"region": self._region}
        given = {"subscription": self._key or NO_KEY, **where}
        if to := options.brief.translate_to:
            config = sdk.translation.SpeechTranslationConfig(**given)
            for language in to:
                config.add_target_language(language)
        else:
            config = sdk.SpeechConfig(**given)
        config.speech_recognition_language = locale(options.language or DEFAULT)
        config.output_format = sdk.OutputFormat.Detailed
        config.request_word_level_timestamps()
        silence = options.endpoint * 1000 // SAMPLE_RATE
        if silence in SILENCES:
            config.set_property(sdk.PropertyId.Speech_SegmentationSilenceTimeoutMs, str(silence))
        return config


class _Samples(sdk.audio.PullAudioInputStreamCallback):  # type: ignore[misc]
    """What the SDK asks for audio."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def read(self, buffer: memoryview) -> int:
        found = self._pipe.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._pipe.abandon()


class AzureTurn:
    """A `Turn`: one recognizer. `start` is called once, from a thread: it blocks."""

    def __init__(self) -> None:
        self._pipe = Pipe(AHEAD)
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[Result | EngineError | None] = asyncio.Queue()
        self._recognizer: Any = None
        self._stop: Callable[[], Any] = _Nothing
        self._over = False

    def start(self, config: Any, options: StreamOptions) -> None:
        # The SDK calls into this object for as long as it runs, and does not keep it.
        self._stream = sdk.audio.PullAudioInputStream(_Samples(self._pipe))
        audio = sdk.audio.AudioConfig(stream=self._stream)
        recognizer = self._recognizer = _recognizer(config, audio, options)
        if options.brief.hot_words:
            phrases = sdk.PhraseListGrammar.from_recognizer(recognizer)
            for phrase in options.brief.hot_words:
                phrases.addPhrase(phrase)
        if isinstance(recognizer, sdk.transcription.ConversationTranscriber):
            recognizer.transcribing.connect(self._hearing)
            recognizer.transcribed.connect(self._heard)
            begin = recognizer.start_transcribing_async
            self._stop = recognizer.stop_transcribing_async
        else:
            recognizer.recognizing.connect(self._hearing)
            recognizer.recognized.connect(self._heard)
            begin = recognizer.start_continuous_recognition_async
            self._stop = recognizer.stop_continuous_recognition_async
        recognizer.canceled.connect(self._canceled)
        recognizer.session_stopped.connect(lambda _: self._tell(None))
        begin().get()

    async def feed(self, pcm: Pcm) -> None:
        await self._pipe.write(pcm16(pcm))

    async def finish(self) -> None:
        self._pipe.end()

    async def results(self) -> AsyncIterator[Result]:
        while (said := await self._said.get()) is not None:
            if isinstance(said, EngineError):
                raise said
            yield said

    async def close(self) -> None:
        """Waits until the SDK has stopped: what its threads use must outlive them."""
        self._pipe.abandon()
        if not self._over:
            self._over = True
            await self.blocking(lambda: self._stop().get())
            # It keeps its connection for as long as it is referred to, and it refers to us.
            self._recognizer, self._stop = None, _Nothing

    async def blocking(self, call: Callable[..., Any], *given: Any) -> None:
        await self._loop.run_in_executor(THREADS, call, *given)

    def _hearing(self, event: Any) -> None:
        result = event.result
        start, end = _span(result)
        if result.text:
            self._tell(Heard(start=start, end=end, stable="", tail=result.text))

    def _heard(self, event: Any) -> None:
        result = event.result
        if result.text and result.reason != sdk.ResultReason.NoMatch:
            self._tell(_decided(result))

    def _canceled(self, event: Any) -> None:
        details = event.cancellation_details
        if details.reason != sdk.CancellationReason.Error:
            return  # the end of the audio
        code = details.code.name  # the SDK's text may name the address, with what is in it
        if (why := REFUSED.get(code)) is not None:
            self._tell(EngineRefused(f"Azure Speech {why}."))
        else:
            why = FAILED.get(code, f"failed ({code}); it may be well again soon")
            self._tell(EngineError(f"Azure Speech {why}."))

    def _tell(self, said: Result | EngineError | None) -> None:
        """From a thread of the SDK."""
        if not self._over and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._said.put_nowait, said)


class _Nothing:
    """To stop what never started."""

    def get(self) -> None:
        """At once."""


def _recognizer(config: Any, audio: Any, options: StreamOptions) -> Any:
    brief = options.brief
    if options.language is None and len(brief.languages) > 1:
        languages = [locale(language) for language in brief.languages]
        mode = sdk.PropertyId.SpeechServiceConnection_LanguageIdMode
        config.set_property(mode, "Continuous")
        detect = sdk.languageconfig.AutoDetectSourceLanguageConfig(languages=languages)
        among = {"auto_detect_source_language_config": detect}
    else:
        among = {}
        if options.language is None and brief.languages:
            config.speech_recognition_language = locale(brief.languages[0])
    if brief.translate_to:
        return sdk.translation.TranslationRecognizer(
            translation_config=config, audio_config=audio, **among
        )
    kind = sdk.transcription.ConversationTranscriber if brief.diarization else sdk.SpeechRecognizer
    return kind(speech_config=config, audio_config=audio, **among)


def _span(result: Any) -> tuple[int, int]:
    start = result.offset // TICKS
    return start, start + result.duration // TICKS


def _decided(result: Any) -> Decided:
    start, end = _span(result)
    best: dict[str, Any] = next(iter(_details(result).get("NBest", ())), {})
    detected = result.properties.get(
        sdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult
    )
    speaker = getattr(result, "speaker_id", "") or None
    translations = dict(getattr(result, "translations", {}))
    return Decided(
        start=start,
        end=end,
        text=result.text,
        model=MODEL,
        language=detected or None,
        words=_words(result.text, best.get("Words", ()), speaker),
        confidence=best.get("Confidence"),
        translations=tuple(Translation(*each) for each in translations.items()),
        speaker=None if speaker == "Unknown" else speaker,
    )


def _details(result: Any) -> dict[str, Any]:
    try:
        details = json.loads(result.json)
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


def _words(text: str, found: Any, speaker: str | None) -> tuple[Word, ...]:
    """The times are of the words as spoken; as they are written they may be fewer."""
    written = text.split()
    texts = written if len(written) == len(found) else [word["Word"] for word in found]
    return tuple(
        Word(
            text,
            word["Offset"] // TICKS,
            (word["Offset"] + word["Duration"]) // TICKS,
            word.get("Confidence"),
            None if speaker == "Unknown" else speaker,
        )
        for text, word in zip(texts, found, strict=True)
    )
