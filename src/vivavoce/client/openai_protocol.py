"""The client's side of OpenAI's Realtime transcription, without a socket.

    lost --update--> open --finish: commit, clear--> all is told --> over
     ^ |              |                 |
     | +--new session-+                 |
     +---- line gone -------------------+   with nothing left to send: over

The protocol has no end of its own. After the last audio the client commits what is not in an
item yet, and clears: a server answers in order, so once `cleared` came every item is known, and
the last of their transcripts is the end. Of a server that knows neither, silence is the end.

Nor can a session be taken up again. What was heard is kept, the loss is told, and audio that
was not put on the lost line goes to a new session.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from vivavoce.client.openai_items import Heard, Items
from vivavoce.client.openai_messages import (
    CLEAR,
    COMMIT,
    RATE,
    SAMPLE,
    UPDATE,
    Fault,
    append,
    clear,
    commit,
    decode,
    update,
)
from vivavoce.client.talk import GRACE, State
from vivavoce.core.errors import BadCredentials, PeerError, VivavoceError
from vivavoce.core.events import Final, Interim, Numbered, Warning
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.dialects.base import Wire

PIECE = 128 * 1024
"""Bytes of audio in one message at most."""

USE = 10 * RATE * SAMPLE
"""Bytes of audio after which a line has been of use, though nobody spoke."""

OWED, QUIET = 60.0, 10.0
"""Seconds of silence after which no more is expected of a server that has committed what it has
not transcribed, and of one that has not."""

NORMAL = 1000
"""The close code of a server that believes that all is said."""

FOR_GOOD = frozenset({1003, 1007, 1008, 1009, 3000, 3003, 4001, 4003, 4401})
"""Close codes after which the same request would be refused again."""

NO_KEY = frozenset({"invalid_api_key", "bad_credentials"})
EMPTY = "input_audio_buffer_commit_empty"

LAST = (commit, clear)
"""What is asked for when all audio was sent."""

LOST = (
    "The line to the server broke, and with OpenAI's protocol a session cannot be taken up "
    "again: what was said and is not shown yet is lost."
)
UNSAID = "The server has not transcribed all that it took: the last words are missing."


class OpenAIProtocol:
    """Session after session, one for each line. `bound`: bytes of audio that wait for one."""

    def __init__(self, model: str, language: str | None = None, *, bound: int) -> None:
        self.state = State.LOST
        self.headway = 0
        self.begun = False
        self.grace = GRACE
        self._model = model
        self._language = language
        self._bound = bound
        self._waiting: deque[bytes] = deque()
        self._held = 0  # bytes waiting
        self._sent = 0  # bytes, on all lines
        self._finished = False
        self._number = 0  # of the last event
        self._begin()

    @property
    def room(self) -> bool:
        return self._held < self._bound

    @property
    def error(self) -> VivavoceError | None:
        return _refusal(self._fault) if self._fault else None

    @property
    def patience(self) -> float | None:
        """Seconds to wait for the server's next word; None: without end."""
        if self.state is not State.OPEN or self._asked < len(LAST):
            return None
        return OWED if self._items.owed else QUIET

    def connected(self) -> Wire:
        self._begin()
        self.state, self.begun = State.OPEN, True
        return update(self._model, self._language)

    def audio(self, payload: bytes) -> None:
        self._waiting += (payload[at : at + PIECE] for at in range(0, len(payload), PIECE))
        self._held += len(payload)

    def finish(self) -> None:
        """No more audio."""
        self._finished = True
        if self.state is State.LOST and not self._waiting:
            self.state = State.OVER

    def take(self) -> Wire | None:
        if self.state is not State.OPEN:
            return None
        if self._waiting:
            return append(self._put(self._waiting.popleft()))
        if not self._finished or self._asked == len(LAST):
            return None
        self._asked += 1
        return LAST[self._asked - 1]()

    def receive(self, wire: Wire) -> Sequence[Numbered | Interim]:
        """Raises `VivavoceError` where the server refuses the session."""
        told = decode(wire)
        self.headway += told.item_id is not None or told.transcript is not None
        if told.type == "error":
            said = self._numbered(self._wrong(told.fault))
        else:
            said = self._numbered(self._items.hear(told))
        self._cleared |= told.type == "input_audio_buffer.cleared"
        if self._cleared and not self._items.owed:
            self.state = State.OVER
        return said

    def disconnected(self, close: int) -> Sequence[Numbered | Interim]:
        if self.state is State.OVER:
            return ()
        self.state = State.LOST
        if close in FOR_GOOD:
            self.state = State.OVER
            raise self.error or PeerError(f"The server closed the session with {close}.")
        lost = self.headway > self._began  # one that was of no use lost nothing
        if self._finished and not self._waiting:
            self.state = State.OVER
            lost &= close != NORMAL or self._items.owed
        return self._kept([Warning(code="line_lost", message=LOST)] if lost else [])

    def give_up(self) -> Sequence[Numbered | Interim]:
        """The server was silent for longer than `patience`."""
        self.state = State.OVER
        owed = self._items.owed
        return self._kept([Warning(code="unsaid", message=UNSAID)] if owed else [])

    def _begin(self) -> None:
        """A new line, and with it a new session."""
        self._items = Items(self._model, self._sent // SAMPLE * SAMPLE_RATE // RATE)
        self._fault: Fault | None = None
        self._began = self.headway
        self._asked = 0  # of the last messages
        self._cleared = False  # the last of them was answered

    def _put(self, payload: bytes) -> bytes:
        """The payload, counted as on the line."""
        self.headway += self._sent // USE < (self._sent + len(payload)) // USE
        self._sent += len(payload)
        self._held -= len(payload)
        return payload

    def _wrong(self, fault: Fault) -> Iterator[Warning]:
        if fault.event_id == UPDATE or fault.code in NO_KEY:
            self.state = State.OVER
            raise _refusal(fault)
        if fault.event_id == CLEAR:
            self._cleared = True
        elif fault.event_id != COMMIT and fault.code != EMPTY and fault != self._fault:
            self._fault = fault
            yield Warning(code=fault.kind, message=fault.sentence)

    def _kept(self, warnings: Iterable[Warning]) -> list[Numbered | Interim]:
        """What was heard so far, as it stays."""
        return self._numbered((*self._items.kept(), *warnings))

    def _numbered(self, events: Iterable[Heard]) -> list[Numbered | Interim]:
        return [each if isinstance(each, Interim) else self._next(each) for each in events]

    def _next(self, event: Final | Warning) -> Numbered:
        self._number += 1
        return Numbered(self._number, 1, event)


def _refusal(fault: Fault) -> VivavoceError:
    if fault.code in NO_KEY:
        return BadCredentials(f'The server refused the key. It says: "{fault.sentence}"')
    return PeerError(f'The server refused this session. It says: "{fault.sentence}"')
