"""Whom `listen` sends a microphone to: one class for each protocol."""

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from vivavoce.audio.pcm import Mono, PcmReader
from vivavoce.audio.resample import Resampler
from vivavoce.client import connect, connect_openai
from vivavoce.client.conversation import Conversation
from vivavoce.client.keys import VARIABLE
from vivavoce.client.openai_session import FORMAT
from vivavoce.core.errors import BadCredentials
from vivavoce.core.types import AudioFormat

Key = Annotated[
    str | None,
    typer.Option(metavar="KEY", help=f"For the server; in {VARIABLE} no list of processes has it."),
]
"""What commands that speak to a server take."""

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
    key: str | None = field(default=None, repr=False)

    @property
    def described(self) -> str:
        return f"{self.url}, which keeps the recording"

    def take(self, format: AudioFormat, blocks: Blocks) -> tuple[Opening, Blocks]:
        opening = connect(
            self.url,
            format,
            key=self.key,
            language=self.language,
            voice_commands=self.voice_commands,
        )
        return opening, blocks

    def explained(self, error: BadCredentials) -> BadCredentials:
        return explained(error, self.key)


@dataclass(frozen=True, slots=True)
class OpenAI(Service):
    """`key_env` names the variable that holds the key, if there is one and no `key` is given."""

    model: str
    key_env: str
    key: str | None = field(default=None, repr=False)

    @property
    def described(self) -> str:
        return f"{self.url} with OpenAI's protocol"

    def take(self, format: AudioFormat, blocks: Blocks) -> tuple[Opening, Blocks]:
        key = self.key or os.environ.get(self.key_env)
        opening = connect_openai(self.url, key=key, model=self.model, language=self.language)
        return opening, _converted(format, blocks)

    def explained(self, error: BadCredentials) -> BadCredentials:
        if self.key:
            return error
        where = (
            f"The key is that in {self.key_env}."
            if os.environ.get(self.key_env)
            else f"None was sent: {self.key_env} is not set."
        )
        return BadCredentials(f"{error.message} {where}")


def explained(error: BadCredentials, key: str | None) -> BadCredentials:
    """The same, to somebody who gave a Vivavoce this key, or none."""
    if key:
        return error
    return BadCredentials(f"{error.message} None was sent: --key or {VARIABLE} has one.")


async def _converted(format: AudioFormat, blocks: Blocks) -> Blocks:
    reader, resampler = PcmReader(format), Resampler(format.rate, FORMAT.rate)
    async for block in blocks:
        yield _pcm16(resampler.feed(reader.feed(block)))
    yield _pcm16(resampler.flush())


def _pcm16(samples: Mono) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()
