"""Azure Speech by Microsoft's own SDK: continuous recognition, speakers, translation.

What speaks to the service is in `turn.py`, because the SDK takes long to import.
"""

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineRefused
from vivavoce.engines.base import Capabilities, StreamOptions, Turn

MODEL = "azure-speech"


class Azure:
    """The engine `azure`."""

    capabilities = Capabilities(
        name="azure",
        kind="service",
        model=MODEL,
        languages=("*",),
        word_times=True,
        confidence=True,
        diarization=True,
        translations=("*",),
        hot_words=True,
        licence="a service",
    )

    def __init__(self) -> None:
        settings = load_settings()
        key = settings.azure_speech_key
        self._key = key.get_secret_value() if key is not None else None
        self._region = settings.azure_region
        self._endpoint = settings.azure_endpoint

    def missing(self) -> str:
        if self._endpoint is None and self._region is None:
            return "Azure Speech has no address: set AZURE_SERVICE_REGION, or SPEECH_ENDPOINT."
        if self._endpoint is None and self._key is None:
            return "Azure Speech wants a key: set AZURE_SPEECH_KEY."
        return ""

    def load(self) -> None:
        if missing := self.missing():
            raise EngineRefused(missing)
        from vivavoce.engines.azure.turn import Speech

        self._service = Speech(self._key, self._region, self._endpoint)

    async def open(self, options: StreamOptions) -> Turn:
        return await self._service.open(options)
