"""The native protocol beside a sound track: its words on a data channel, the audio as it comes.

The session starts by itself, with the first sound or the first message. There is nothing to
resume: what the network lost is not sent again.
"""

from collections.abc import Sequence

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Ack, Answer, Manners, Request, Resume, Wire
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.native_messages import MAX_MESSAGE

FORMAT = AudioFormat("pcm_s16le", 48_000, 1)
"""Of the bytes that the line hears of the track."""


class WebRtcDialect(NativeDialect):
    """One peer's translator. `options` are what it asked for in its offer."""

    manners = Manners(MAX_MESSAGE, opening=30.0)

    def __init__(self, options: Options) -> None:
        super().__init__(opened=True)
        self._options = options
        self._started = False
        self._finished = False
        self._frames = 0

    def receive(self, message: Wire) -> Sequence[Request]:
        """Bytes are sound, text is a message. Raises `BadMessage`, or `TooLarge`."""
        if self._finished:
            return ()  # the track goes on until the peer is closed
        requests = self._sound(message) if isinstance(message, bytes) else self._control(message)
        if not self._started:
            self._started = True
            requests = (Start(FORMAT, self._options), *requests)
        return requests

    def send(self, answer: Answer) -> Sequence[Wire]:
        """As the native protocol says it; the client sends no frames that could be counted."""
        return () if isinstance(answer, Ack) else super().send(answer)

    def _sound(self, payload: bytes) -> Sequence[Request]:
        self._frames += 1
        return (Audio(self._frames - 1, payload),)

    def _control(self, message: str) -> Sequence[Request]:
        requests = super().receive(message)
        if any(isinstance(request, Start | Resume) for request in requests):
            raise BadMessage("A session over WebRTC starts by itself, and cannot be resumed.")
        self._finished = any(isinstance(request, Finish) for request in requests)
        return requests
