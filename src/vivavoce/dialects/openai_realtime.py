"""OpenAI's Realtime transcription, the server's side, with the names of either generation.

The session of ours begins with the first audio: until then every setting may still change.
Whatever a client says wrong is answered with an `error`, and its connection stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from vivavoce.core.commands import Audio, Configure, Flush, Start
from vivavoce.core.errors import OurError, VivavoceError
from vivavoce.core.events import Interim, Numbered
from vivavoce.dialects.base import Answer, Failed, Flushed, Manners, Request, Say, Wire
from vivavoce.dialects.openai_realtime_items import Items, Said
from vivavoce.dialects.openai_realtime_messages import (
    MAX_CONTROL,
    MAX_MESSAGE,
    Append,
    Changes,
    Fields,
    Head,
    Refused,
    Update,
    changes,
    decode,
)
from vivavoce.dialects.openai_realtime_session import Session

SUBPROTOCOL = "realtime"

FRAME = 128 * 1024
"""Bytes of one of our frames at most; an append may be a hundred times as long."""

UPDATES = {
    "session.update": "session.updated",
    "transcription_session.update": "transcription_session.updated",
    "transcription.update": "session.updated",  # with `audio` beside it, not in a `session`
}
APPEND, COMMIT, CLEAR = (f"input_audio_buffer.{name}" for name in ("append", "commit", "clear"))
KNOWN = (*UPDATES, APPEND, COMMIT, CLEAR)

BETA_NAMES = {"conversation.item.added": "conversation.item.created"}
"""Of events that had another in the beta."""

NOT_IN_BETA = "conversation.item.done"


def any_language(_engine: str | None, _language: str | None) -> None:
    """Where nobody knows better."""


class OpenAIRealtimeDialect:
    """One connection's translator.

    `seed` makes ids unique beyond the connection. `check` raises `VivavoceError` for an engine
    (None: the server's own) and a language that do not go together; `engines` are the names
    that a client may give as its model, and any other runs the server's own.
    """

    manners = Manners(MAX_MESSAGE, SUBPROTOCOL, opening=3600.0)  # as long as theirs

    def __init__(
        self,
        seed: str,
        session: Session | None = None,
        *,
        beta: bool = False,
        engines: Sequence[str] = (),
        check: Callable[[str | None, str | None], object] = any_language,
    ) -> None:
        self._seed = seed
        self._session = session or Session()
        self._beta = beta
        self._engines = engines
        self._check = check
        self._events = 0
        self._frames = 0
        self._bytes = 0
        self._items = Items(self._item)
        self._named = 0
        self._arrange()

    def greet(self) -> Sequence[Wire]:
        """The session as it begins."""
        return self._wires([{"type": "session.created", "session": self._said()}])

    def receive(self, message: Wire) -> Sequence[Request]:
        """The requests in one message; what is wrong in it is told, and nothing raised."""
        event: str | None = None
        try:
            if isinstance(message, bytes):
                raise Refused("A binary message came; audio is base64 text in an append.")
            head = decode(message, Head)
            event = head.event_id
            return [*self._requests(head.type, message)]
        except Refused as error:
            return [*self._say([_error(error, event)])]

    def send(self, answer: Answer) -> Sequence[Wire]:
        match answer:
            case Numbered():
                return self._wires(self._items.hear(answer.event))
            case Interim() | Flushed():
                return self._wires(self._items.hear(answer))
            case Failed(error):
                failed = self._items.fail(error.code, error.message)
                return self._wires([*failed, _error(error)])
        return ()

    def _requests(self, type: str, message: str) -> Iterator[Request]:
        """An answer comes before the command: what that leads to must not overtake it."""
        if type != APPEND and len(message) > MAX_CONTROL:
            raise Refused(f"A message without audio may have {MAX_CONTROL} characters at most.")
        if type == APPEND:
            yield from self._append(decode(message, Append).audio)
        elif type == COMMIT:
            yield from self._say(self._items.commit())
            yield Flush()
        elif type == CLEAR:
            flush = self._items.clear()
            yield from self._say([{"type": "input_audio_buffer.cleared"}])
            if flush:
                yield Flush()
        elif type in UPDATES:
            yield from self._update(type, message)
        else:
            known = ", ".join(KNOWN)
            raise Refused(f"'{type[:64]}' cannot be asked for here; {known} can.", param="type")

    def _append(self, audio: bytes) -> Iterator[Request]:
        format = self._session.audio
        if audio and not self._bytes:
            yield Start(format, self._session.options(self._engine(self._session)))
        for at in range(0, len(audio), FRAME):
            yield Audio(self._frames, audio[at : at + FRAME])
            self._frames += 1
        self._bytes += len(audio)
        self._items.sent = format.position(self._bytes)

    def _update(self, type: str, message: str) -> Iterator[Request]:
        if type == "transcription.update":
            asked = changes(decode(message, Fields))
        else:
            asked = changes(decode(message, Update).session)
        old, new = self._session, self._session.changed(asked)
        self._admit(asked, new)
        self._session = new
        self._beta = self._beta or type.startswith("transcription_session.")
        self._arrange()
        yield from self._say([{"type": UPDATES[type], "session": self._said()}])
        if self._bytes and (change := _configure(old, new)) != Configure():
            yield change

    def _admit(self, asked: Changes, new: Session) -> None:
        """Raises `Refused` for what this session, or this server, cannot do."""
        if self._bytes and new.format != self._session.format:
            place = "session.audio.input.format"
            raise Refused("The audio format cannot change once audio was sent.", param=place)
        if "transcription" in asked:
            try:
                self._check(self._engine(new), new.language)
            except VivavoceError as error:
                place = "session.audio.input.transcription"
                raise Refused(error.message, param=place) from None

    def _engine(self, session: Session) -> str | None:
        return session.model if session.model in self._engines else None

    def _arrange(self) -> None:
        self._items.manual, self._items.logprobs = self._session.manual, self._session.logprobs

    def _item(self) -> str:
        self._named += 1
        return f"item_{self._seed}{self._named:05}"

    def _said(self) -> dict[str, Any]:
        id = f"sess_{self._seed}"
        return self._session.said_in_beta(id) if self._beta else self._session.said(id)

    def _say(self, said: Iterable[Said]) -> Iterator[Say]:
        return map(Say, self._wires(said))

    def _wires(self, said: Iterable[Said]) -> list[Wire]:
        return [
            self._wire(each) for each in said if not (self._beta and each["type"] == NOT_IN_BETA)
        ]

    def _wire(self, said: Said) -> str:
        self._events += 1
        type = BETA_NAMES.get(said["type"], said["type"]) if self._beta else said["type"]
        event = {**said, "type": type, "event_id": f"event_{self._seed}{self._events:06}"}
        return msgspec.json.encode(event).decode()


def _configure(old: Session, new: Session) -> Configure:
    """What a running session is told; a language can be changed, and not taken back."""
    return Configure(
        language=new.language if new.language != old.language else None,
        endpoint_ms=new.endpoint_ms if new.endpoint_ms != old.endpoint_ms else None,
    )


def _error(error: VivavoceError, event: str | None = None) -> Said:
    """`event`: the client's own id of the message that was wrong."""
    wrong = {
        "type": "server_error" if isinstance(error, OurError) else "invalid_request_error",
        "code": error.kind if isinstance(error, Refused) else error.code,
        "message": error.message,
        "param": error.param if isinstance(error, Refused) else None,
        "event_id": event,
    }
    return {"type": "error", "error": wrong}
