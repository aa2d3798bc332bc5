"""A live session with a server that speaks OpenAI's Realtime transcription."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection

from vivavoce.client.address import realtime_url
from vivavoce.client.conversation import Conversation, conversing
from vivavoce.client.line import open_line
from vivavoce.client.openai_messages import RATE
from vivavoce.client.openai_protocol import OpenAIProtocol
from vivavoce.core.types import AudioFormat

FORMAT = AudioFormat(rate=RATE)
"""Of the audio that is sent: OpenAI's protocol has no other that is worth having."""

MODEL = "gpt-4o-transcribe"

BUFFER = 32 * 1024 * 1024
"""Bytes of audio that wait for a line: eleven minutes."""


class OpenAISession(Conversation[OpenAIProtocol]):
    """Send audio, read events. Use `connect_openai` to get one."""

    def __init__(self, url: str, talk: OpenAIProtocol, key: str | None) -> None:
        super().__init__(realtime_url(url), talk)
        self._key = key

    async def _open_line(self) -> ClientConnection:
        return await open_line(self._url, None, key=self._key)

    def _say_finish(self) -> None:
        self._protocol.finish()

    async def _pause(self) -> bool:
        try:
            async with asyncio.timeout(self._protocol.patience):
                return await super()._pause()
        except TimeoutError:
            self._tell(self._protocol.give_up())
            return False


@asynccontextmanager
async def connect_openai(
    url: str,
    *,
    key: str | None = None,
    model: str = MODEL,
    language: str | None = None,
    buffer: int = BUFFER,
) -> AsyncIterator[OpenAISession]:
    """Open a session on any server that speaks OpenAI's Realtime transcription, of which `url`
    is the base URL, say `https://api.openai.com/v1`. Its audio is in `FORMAT`.

    It gives `Interim`, `Final` and `Warning`. A lost line loses what was sent and not answered:
    a `Warning` (`line_lost`) says so, and what is sent then goes to a new session. Leaving the
    block finishes; leaving it by an exception just hangs up.

    Raises `Unreachable`, or the error the server refused the session with.
    """
    talk = OpenAIProtocol(model, language, bound=buffer)
    async with conversing(OpenAISession(url, talk, key)) as session:
        yield session
