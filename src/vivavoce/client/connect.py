"""The entrance: one call that opens a session and sees to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vivavoce.client.conversation import conversing
from vivavoce.client.keys import own_key
from vivavoce.client.session import Session
from vivavoce.core.commands import Endpointing
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.dialects.native_messages import StartMessage, StartOptions, check_format

BUFFER = 64 * 1024 * 1024
"""Bytes of audio kept until acknowledged: half an hour of 16 kHz in 16 bits."""


@asynccontextmanager
async def connect(
    url: str,
    format: AudioFormat | None = None,
    *,
    key: str | None = None,
    language: str | None = None,
    engine: str | None = None,
    interims: bool = True,
    title: str | None = None,
    endpointing: Endpointing | None = None,
    endpoint_ms: int | None = None,
    max_utterance_ms: int | None = None,
    voice_commands: bool = False,
    brief: Brief | None = None,
    buffer: int = BUFFER,
) -> AsyncIterator[Session]:
    """Open a live session on the server at `url`, e.g. `http://localhost:8000`.

    `key`: one that the server knows, if it asks for one; without it, that in `VIVAVOCE_KEY`.
    Without a `format`, 16 kHz mono in signed 16 bits. `endpoint_ms`, the silence that ends an
    utterance, beats `endpointing`. `voice_commands`: phrases such as "new paragraph" do what
    they say. `brief`: what the engine is told and asked beside.

    Leaving the block finishes the session and waits for its end; leaving it by an exception
    just hangs up.

    Raises `Unreachable`, or the error the server refused the session with: `BadCredentials`
    where it does not take the key.
    """
    format = format or AudioFormat()
    check_format(format)
    brief = brief or Brief()
    options = StartOptions(
        interims=interims,
        title=title,
        endpointing=endpointing,
        endpoint_ms=endpoint_ms,
        max_utterance_ms=max_utterance_ms,
        voice_commands=voice_commands,
        languages=brief.languages,
        hot_words=brief.hot_words,
        prompt=brief.prompt,
        translate_to=brief.translate_to,
        diarization=brief.diarization,
        speakers=brief.speakers,
    )
    start = StartMessage(format=format, language=language, engine=engine, options=options)
    async with conversing(Session(url, start, bound=buffer, key=own_key(key))) as session:
        yield session
