"""The protocol of the live transcription server: a WAV file in, its text out, one for one.

    server: {"type": "session_init", "session_id"}
    client: a complete WAV file as one binary message, every few seconds
    server: {"type": "transcription", "text", "timestamp", "audio_file"} for each of them
            {"type": "warning", "message"}

Its client counts: it leaves when it has as many transcriptions as it sent files. So each is
answered, in order, also one that cannot be read (with a warning and an empty text). Where its
own server dropped files in a backlog, ours keeps them all and only says that they wait.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from vivavoce.core.commands import Audio, Flush, Start
from vivavoce.core.errors import BadAudio, BadMessage, Full
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Numbered, Warning
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Answer, Bye, Failed, Flushed, Manners, Ready, Request, Say, Wire
from vivavoce.dialects.wav import read_wav

MAX_MESSAGE: Final = 8 << 20
"""Bytes: a minute of stereo at 48 kHz and more."""

FRAME: Final = 1 << 18
"""Bytes that a journal takes at a time."""

BACKLOG: Final = 10
"""Files that may wait before the client is told; once, until half of them are answered."""

MOST: Final = 1000
"""Files that may wait at all."""


class LiveServerDialect:
    """One connection's translator. `now` tells the time, in seconds since 1970."""

    manners = Manners(MAX_MESSAGE)

    def __init__(self, session_id: str, now: Callable[[], float]) -> None:
        self._session_id = session_id
        self._now = now
        self._format: AudioFormat | None = None  # of the first file, and so of the session
        self._frames = 0
        self._asked = 0  # files that the session was given
        self._answered = 0  # of them
        self._late = False  # the client was told so
        self._texts: list[str] = []  # final since the last answer
        self._audio_file = ""

    def greet(self) -> Sequence[Wire]:
        """The session's name, before anything is sent."""
        return (_said(type="session_init", session_id=self._session_id),)

    def receive(self, message: Wire) -> Sequence[Request]:
        """Raises `BadMessage` for text, and `Full` for a client that does not wait at all."""
        if isinstance(message, str):
            raise BadMessage("A text message came; audio is to be a WAV file in binary.")
        try:
            format, samples = read_wav(message)
            if format != (self._format or format):
                raise BadAudio(
                    f"The WAV file is {_words(format)}, but this session began with "
                    f"{_words(self._format)}."
                )
        except BadAudio as error:
            return (Say(_warning(error.message)), Say(self._transcription("")))
        if self._asked - self._answered >= MOST:
            raise Full(f"{MOST} WAV files wait for their text; wait for some of it.")
        return (*self._start(format), *self._audio(samples), *self._flush())

    def send(self, answer: Answer) -> Sequence[Wire]:
        """A text for each file, when all that is in it is final."""
        match answer:
            case Ready():
                self._audio_file = f"recordings/{answer.session}/audio"
            case Numbered(event=FinalEvent() as event) if event.text:
                self._texts.append(event.text)
            case Numbered(event=Warning() as event):
                return (_warning(event.message),)
            case Flushed():
                return self._answer(answer.count)
            case Failed():
                return (_warning(answer.error.message),)
            case Bye():
                return self._answer(self._asked)  # it ended before them: none is left to wait
            case _:
                pass
        return ()

    def _start(self, format: AudioFormat) -> Sequence[Request]:
        if self._format is not None:
            return ()
        self._format = format
        return (Start(format),)

    def _audio(self, samples: bytes) -> Sequence[Request]:
        pieces = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
        first = self._frames
        self._frames += len(pieces)
        return [Audio(number, piece) for number, piece in enumerate(pieces, first)]

    def _flush(self) -> Sequence[Request]:
        self._asked += 1
        waiting = self._asked - self._answered
        if waiting <= BACKLOG or self._late:
            return (Flush(),)
        self._late = True
        return (
            Flush(),
            Say(_warning(f"Processing backlog: {waiting} audio chunks wait, and none is dropped.")),
        )

    def _answer(self, count: int) -> Sequence[Wire]:
        """The texts of all files up to the `count`-th; what is not divided is the first's."""
        wires = []
        while self._answered < count:
            wires.append(self._transcription(" ".join(self._texts)))
            self._texts.clear()
            self._answered += 1
        if self._asked - self._answered <= BACKLOG // 2:
            self._late = False
        return wires

    def _transcription(self, text: str) -> str:
        return _said(
            type="transcription", text=text, timestamp=self._now(), audio_file=self._audio_file
        )


def _words(format: AudioFormat | None) -> str:
    assert format is not None
    return f"{format.encoding} at {format.rate} Hz with {format.channels} channel(s)"


def _warning(sentence: str) -> str:
    return _said(type="warning", message=sentence)


def _said(**message: Any) -> str:
    return msgspec.json.encode(message).decode()
