"""Whom `listen` sends a microphone to: one class for each protocol."""

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from vivavoce.audio.pcm import Mono, PcmReader
from vivavoce.audio.resample import Resampler
from vivavoce.client import connect, connect_openai
from vivavoce.client.conversation import Conversation
from vivavoce.client.openai_session import FORMAT
from vivavoce.core.errors import BadCredentials
from vivavoce.core.types import AudioFormat

Blocks = AsyncIterator[bytes]
Opening = AbstractAsyncContextManager[Conversation[Any]]


@dataclass(frozen=True, slots=True)
class Service(ABC):
    """A server, and how it is spoken to. `language`: a BCP-47 tag, or the server's own."""

    url: str
    language: str | None

    @property
    @abstractmethod
    def described(self) -> str:
        """After "Listening through"."""

    @abstractmethod
    def take(self, format: AudioFormat, blocks: Blocks) -> tuple[Opening, Blocks]:
        """A session, still to be opened, and the blocks as it takes them."""

    def explained(self, error: BadCredentials) -> BadCredentials:
        """The same with what the person who ran the command can do about it."""
        return error


@dataclass(frozen=True, slots=True)
class Vivavoce(Service):
    voice_commands: bool = False

    @property
    def described(self) -> str:
        return f"{self.url}, which keeps the recording"

    def take(self, format: AudioFormat, blocks: Blocks) -> tuple[Opening, Blocks]:
        commands = self.voice_commands
        return connect(self.url, format, language=self.language, voice_commands=commands), blocks


@dataclass(frozen=True, slots=True)
class OpenAI(Service):
    """`key_env` names the variable that holds the key, if there is one."""

    model: str
    key_env: str

    @property
    def described(self) -> str:
        return f"{self.url} with OpenAI's protocol"

    def take(self, format: AudioFormat, blocks: Blocks) -> tuple[Opening, Blocks]:
        key = os.environ.get(self.key_env)
        opening = connect_openai(self.url, key=key, model=self.model, language=self.language)
        return opening, _converted(format, blocks)

    def explained(self, error: BadCredentials) -> BadCredentials:
        where = (
            f"The key is that in {self.key_env}."
            if os.environ.get(self.key_env)
            else f"None was sent: {self.key_env} is not set."
        )
        return BadCredentials(f"{error.message} {where}")


async def _converted(format: AudioFormat, blocks: Blocks) -> Blocks:
    reader, resampler = PcmReader(format), Resampler(format.rate, FORMAT.rate)
    async for block in blocks:
        yield _pcm16(resampler.feed(reader.feed(block)))
    yield _pcm16(resampler.flush())


def _pcm16(samples: Mono) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()
