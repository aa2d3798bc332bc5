"""A service that speaks Wyoming, as Home Assistant's faster-whisper on port 10300.

An engine of windows: each is one request on a connection of its own, as the service's other
clients make them. What it can do is asked first (`describe`).
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.results import Reading
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Capabilities, Pcm, Window

CHUNK = SAMPLE_RATE // 10
"""Samples of one message."""

OWN = 0.75
"""Of the deadline: an answer that is missed here costs no process, which would be asked again."""

FAREWELL = 1.0
"""Seconds for what was not sent yet, where the service reads no more."""

LOOK = "see VIVAVOCE_WYOMING_SERVICE, and whether the service is up"

Answer = TypeVar("Answer")


class Wyoming:
    """The engine `wyoming`."""

    def __init__(self) -> None:
        settings = load_settings()
        self._uri = settings.wyoming_service
        self._deadline = OWN * settings.engine_deadline_s
        self._thread = ThreadPoolExecutor(1)  # whoever calls may have a loop of its own
        self._languages: frozenset[str] | None = None  # that it named; None: not asked yet
        self.capabilities = Capabilities(
            name="wyoming",
            kind="windowed",
            model=self._uri,
            languages=("*",),
            hot_words=True,
            licence="a service",
        )

    def load(self) -> None:
        """Ask who is there."""
        self._languages = self._within(self._describe())

    def decode(self, window: Window) -> Reading:
        if not np.any(window.pcm):
            return Reading(text="")
        transcript = self._within(self._transcribe(window))
        return Reading(
            text=" ".join(transcript.text.split()), language=transcript.language or window.language
        )

    def _within(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer, in time. Raises `EngineError`."""
        try:
            return self._thread.submit(asyncio.run, self._limited(answer)).result()
        except EngineError:
            raise
        except TimeoutError:
            raise EngineError(
                f"The Wyoming service {self._uri} did not answer within {self._deadline:g} s: "
                f"{LOOK}."
            ) from None
        except OSError as error:
            reason = type(error).__name__
            raise EngineError(
                f"The Wyoming service {self._uri} cannot be reached ({reason}): {LOOK}."
            ) from None
        except Exception as error:  # what its library raises of bytes that are not the protocol
            raise EngineError(
                f"The Wyoming service {self._uri} answered what cannot be understood "
                f"({type(error).__name__}): {LOOK}."
            ) from None

    async def _limited(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        async with asyncio.timeout(self._deadline):
            return await answer

    async def _describe(self) -> frozenset[str]:
        async with self._connection() as client:
            await client.write_event(Describe().event())
            while not Info.is_type((event := await self._event(client)).type):
                pass
        models = [model for program in Info.from_event(event).asr for model in program.models]
        if not models:
            raise EngineError(f"The Wyoming service {self._uri} has no speech recognition.")
        return frozenset(language for model in models for language in model.languages)

    async def _transcribe(self, window: Window) -> Transcript:
        terms = list(window.brief.hot_words) or None
        language = self._language(window.language)
        async with self._connection() as client:
            request = Transcribe(language=language, transcript_terms=terms)
            await client.write_event(request.event())
            await _send(client, window.pcm)
            while not Transcript.is_type((event := await self._event(client)).type):
                pass  # `transcript-start` and `-chunk` are parts of what comes
        return Transcript.from_event(event)

    def _language(self, tag: str | None) -> str | None:
        """As the service names it: with the region or without."""
        if tag is None:
            return None
        known = self._languages or frozenset()
        return tag if tag in known else tag.split("-")[0].lower()

    async def _event(self, client: AsyncClient) -> Event:
        event = await client.read_event()
        if event is None:
            raise EngineError(f"The Wyoming service {self._uri} hung up in the middle: {LOOK}.")
        if Error.is_type(event.type):
            raise EngineError(
                f"The Wyoming service {self._uri} failed: {Error.from_event(event).text}"
            )
        return event

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncClient]:
        client = self._client()
        try:
            await client.connect()
            yield client
        finally:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await client.disconnect()

    def _client(self) -> AsyncClient:
        try:
            return AsyncClient.from_uri(self._uri)
        except ValueError as error:
            raise EngineError(
                f"{self._uri} is not the address of a Wyoming service: {error}."
            ) from None


async def _send(client: AsyncClient, samples: Pcm) -> None:
    format = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
    await client.write_event(AudioStart(**format).event())
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    for at in range(0, len(pcm), CHUNK):
        await client.write_event(AudioChunk(audio=pcm[at : at + CHUNK].tobytes(), **format).event())
    await client.write_event(AudioStop().event())
