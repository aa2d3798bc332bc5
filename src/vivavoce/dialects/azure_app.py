"""The Azure sample web app's events: start, base64 audio, stop; interims, finals, remarks.

A message is the Socket.IO event as JSON text, `[name, data]`. The sample passes over what it
cannot use and keeps its socket, and so does this; its remarks are the sample's, word for word.
"""

import binascii
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Ended, Final, Interim, Numbered, Speech
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import Answer, Bye, Failed, Manners, Ready, Request, Say, Wire

MAX_MESSAGE = 1_000_000
"""Bytes of one packet: what the sample's own server takes."""

FRAME = 128 * 1024
"""Bytes of one of our frames at most."""

START, AUDIO, STOP = "start_transcription", "audio_data", "stop_transcription"
INTERIM, TEXT, DEBUG = "interim_transcription", "transcription", "debug"


class AzureAppDialect:
    """One connection's translator; its sessions follow one another."""

    # What came as binary is base64 in the message, and a third longer.
    manners = Manners(2 * MAX_MESSAGE, opening=None, repeats=True)  # a page connects when it opens

    def __init__(self) -> None:
        self._listening = False  # started, and neither stopped nor over
        self._frames = 0
        self._started = 0  # sessions
        self._over = 0

    def greet(self) -> Sequence[Wire]:
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """The requests in one message; what is none of the sample's leads to nothing."""
        name, data = _event(message)
        match name:
            case "start_transcription":
                return [*self._start()]
            case "audio_data":
                return [*self._audio(data)] if self._listening else []
            case "stop_transcription":
                return [*self._stop()]
        return []

    def send(self, answer: Answer) -> Sequence[Wire]:
        match answer:
            case Ready():
                return [_debug("Speech session started")]
            case Numbered(event=Speech(state="started")):
                return [_debug("Speech detected, listening...")]
            case Interim():
                return [wire(INTERIM, text=answer.stable + answer.tail)]
            case Numbered(event=Final(text=text)):
                return [wire(TEXT, text=text or "No speech could be recognized")]
            case Numbered(event=Ended()):
                return [_debug("Speech session stopped")]
            case Failed(error):
                return [_canceled(error)]
            case Bye():
                self._bye()
        return ()

    def _start(self) -> Iterator[Request]:
        """Who starts again without a stop has the first session ended, as in the sample."""
        if self._listening:
            yield Finish()
        self._listening, self._frames = True, 0
        self._started += 1
        yield Say(wire(TEXT, text="Transcription started. Speak now..."))
        yield Start(AudioFormat())

    def _audio(self, data: Any) -> Iterator[Request]:
        encoded = data.get("audio") if isinstance(data, dict) else None
        if not isinstance(encoded, str):
            return
        try:
            audio = binascii.a2b_base64(encoded)
        except ValueError as error:
            yield Say(wire(TEXT, text=f"Audio stream error: {error}", error=True))
            return
        for at in range(0, len(audio), FRAME):
            yield Audio(self._frames, audio[at : at + FRAME])
            self._frames += 1

    def _stop(self) -> Iterator[Request]:
        """Its last results come after this; the answer comes even where nothing ran."""
        yield Say(wire(TEXT, text="Transcription stopped."))
        if self._listening:
            self._listening = False
            yield Finish()

    def _bye(self) -> None:
        """The next session may have been asked for before the last one is over."""
        self._over += 1
        if self._over == self._started:
            self._listening = False


def wire(name: str, **data: str | bool) -> str:
    """An event as a message."""
    return msgspec.json.encode((name, data)).decode()


def _event(message: Wire) -> tuple[Any, Any]:
    """Its name and first argument; None: there is none."""
    try:
        said = msgspec.json.decode(message, type=list[Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None, None
    name, data, *_ = *said, None, None
    return name, data


def _debug(message: str) -> str:
    return wire(DEBUG, message=message)


def _canceled(error: VivavoceError) -> str:
    reason = "CancellationReason.Error"
    text = f"Recognition canceled: {reason}. Error details: {error.message}"
    return wire(TEXT, text=text, error=True)
