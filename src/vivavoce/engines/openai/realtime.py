"""OpenAI's Realtime transcription, and servers compatible with it, by OpenAI's own client.

What speaks to the service is in `turn.py`, because the client takes long to import.
"""

from vivavoce.config import load_settings
from vivavoce.engines.base import Capabilities, StreamOptions, Turn
from vivavoce.engines.openai.client import Account


class OpenAIRealtime:
    """The engine `openai`."""

    def __init__(self) -> None:
        settings = load_settings()
        self._account = Account.of(settings)
        self.capabilities = Capabilities(
            name="openai",
            kind="service",
            model=settings.openai_model,
            languages=("*",),
            confidence=True,
            hot_words=True,
            prompt=True,
            licence="a service",
        )

    def missing(self) -> str:
        return self._account.missing()

    def load(self) -> None:
        self._account.check()
        from vivavoce.engines.openai.turn import connect

        self._connect = connect

    async def open(self, options: StreamOptions) -> Turn:
        return await self._connect(self._account, self.capabilities.model, options)
