"""Requests to a Wyoming service, by the protocol's own library, which the engine `wyoming`
imports when it is loaded and not before."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm
from vivavoce.engines.wyoming.engine import LOOK

CHUNK = SAMPLE_RATE // 10
"""Samples of one message."""

FAREWELL = 1.0
"""Seconds for what was not sent yet, where the service reads no more."""


class Client:
    """Of the service at `uri`. Raises `EngineError` for what it says of itself, and what its
    library and the network raise as it is."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    async def languages(self) -> frozenset[str]:
        """Those that it names."""
        async with self._connection() as client:
            await client.write_event(Describe().event())
            while not Info.is_type((event := await self._event(client)).type):
                pass
        models = [model for program in Info.from_event(event).asr for model in program.models]
        if not models:
            raise EngineError(f"The Wyoming service {self._uri} has no speech recognition.")
        return frozenset(language for model in models for language in model.languages)

    async def transcript(
        self, pcm: Pcm, language: str | None, hot_words: Sequence[str]
    ) -> tuple[str, str | None]:
        """The text, and its language if the service tells it."""
        async with self._connection() as client:
            request = Transcribe(language=language, transcript_terms=list(hot_words) or None)
            await client.write_event(request.event())
            await _send(client, pcm)
            while not Transcript.is_type((event := await self._event(client)).type):
                pass  # `transcript-start` and `-chunk` are parts of what comes
        transcript = Transcript.from_event(event)
        return transcript.text, transcript.language

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
