"""Amazon Transcribe's streaming by AWS's own client (`amazon-transcribe`), over HTTP/2.

Credentials come from the usual chain: variables, `~/.aws`, a container's or an instance's role.
What speaks to the service is in `turn.py`, because AWS's client takes long to import.
"""

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineRefused
from vivavoce.engines.base import Capabilities, StreamOptions, Turn

MODEL = "amazon-transcribe"


class Aws:
    """The engine `aws`."""

    capabilities = Capabilities(
        name="aws",
        kind="service",
        model=MODEL,
        languages=("*",),
        word_times=True,
        confidence=True,
        diarization=True,
        licence="a service",
    )

    def __init__(self) -> None:
        settings = load_settings()
        self._region = settings.aws_region
        self._endpoint = settings.aws_endpoint
        self._vocabulary = settings.aws_vocabulary

    def missing(self) -> str:
        return "" if self._region else "Amazon Transcribe has no region: set AWS_REGION."

    def load(self) -> None:
        if not self._region:
            raise EngineRefused(self.missing())
        from vivavoce.engines.aws import turn

        turn.check_credentials()
        self._service = turn.Transcribe(self._region, self._endpoint, self._vocabulary)

    async def open(self, options: StreamOptions) -> Turn:
        return await self._service.open(options)
