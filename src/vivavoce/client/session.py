"""A live session with a Vivavoce: what it can be asked beyond sending and reading."""

from websockets.asyncio.client import ClientConnection

from vivavoce.client.address import live_url
from vivavoce.client.conversation import Conversation
from vivavoce.client.line import open_line
from vivavoce.client.protocol import ClientProtocol
from vivavoce.dialects.native_messages import (
    ConfigureMessage,
    Control,
    FinishMessage,
    FlushMessage,
    MarkMessage,
    StartMessage,
)


class Session(Conversation[ClientProtocol]):
    """Send audio, read events. Use `connect` to get one.

    A lost connection is no error: what was sent is kept and sent again. Events end after
    `Ended`, once all of it is kept. Should the server have been killed, events may come again
    in another reading: a `Final` replaces an earlier one of the same id.
    """

    def __init__(
        self, url: str, start: StartMessage, *, bound: int, key: str | None = None
    ) -> None:
        super().__init__(live_url(url), ClientProtocol(start, bound=bound))
        self._key = key

    @property
    def id(self) -> str:
        """The session's id, which is its recording's as well."""
        return self._protocol.ready.session if self._protocol.ready else ""

    @property
    def unacknowledged(self) -> int:
        """Bytes of audio that the server has not said are safe."""
        return self._protocol.outbox.held

    @property
    def acknowledged(self) -> int:
        """Frames that the server has said are safe. `send` makes one of each piece, unless it
        is larger than the protocol's frames."""
        return self._protocol.outbox.oldest_frame

    async def flush(self) -> None:
        """Ask for what was said so far to be made final now."""
        self._say(FlushMessage())

    async def mark(self, label: str = "", *, at: int | None = None) -> None:
        """Note this moment in the transcript, or that of an earlier sample of the one clock."""
        self._say(MarkMessage(label=label, at=at))

    async def configure(
        self,
        *,
        language: str | None = None,
        endpoint_ms: int | None = None,
        max_utterance_ms: int | None = None,
        title: str | None = None,
        voice_commands: bool | None = None,
    ) -> None:
        """Change what may change in mid-session. It holds at once, for the open utterance too;
        the title is the recording's."""
        self._say(
            ConfigureMessage(
                language=language,
                endpoint_ms=endpoint_ms,
                max_utterance_ms=max_utterance_ms,
                title=title,
                voice_commands=voice_commands,
            )
        )

    async def _open_line(self) -> ClientConnection:
        return await open_line(self._url, key=self._key)

    def _say_finish(self) -> None:
        self._protocol.control(FinishMessage())

    def _say(self, message: Control) -> None:
        self._require_open()
        self._protocol.control(message)
        self._changed.set()
