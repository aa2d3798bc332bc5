"""Wyoming, the voice protocol of Home Assistant, as a service that transcribes.

    client:  transcribe?  audio-start  audio-chunk*  audio-stop
    server:                     transcript-start  transcript-chunk*  transcript  transcript-stop

The chunks are what is stable, and only ever appended to; the transcript is what counts. The
client says where an utterance begins and ends, and may say several on one connection. An error
that leaves an utterance without its transcript ends the connection: clients wait for one of
the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from vivavoce.core.commands import Audio, Finish, Flush, Options, Start
from vivavoce.core.errors import BadMessage
from vivavoce.core.events import Ended, Final, Interim, Numbered
from vivavoce.core.types import AudioFormat
from vivavoce.dialects.base import (
    Answer,
    Bye,
    Failed,
    Flushed,
    Manners,
    Ready,
    Request,
    Say,
    Wire,
)
from vivavoce.dialects.wyoming_frames import Event, Frames, convert, pack

MAX_READ = 64 * 1024
"""Bytes of the stream that may come at a time."""

NONE_HERE = ("tts", "handle", "intent", "wake", "mic", "snd")
"""Services that the protocol knows, and that are not offered."""

SIGNED = bytes(value ^ 0x80 for value in range(256))
"""The signed byte for each unsigned one."""


@dataclass(frozen=True, slots=True)
class Model:
    """What can be asked for. `languages`: BCP-47 tags, every one of them."""

    name: str
    description: str
    languages: Sequence[str]


class Transcribe(msgspec.Struct, frozen=True):
    """What a client wants of its next utterance, as far as it can be had here."""

    name: str | None = None
    language: str | None = None


class Format(msgspec.Struct, frozen=True):
    """How a chunk's payload is to be read: as in a WAV file, so of one byte it is unsigned."""

    rate: Annotated[int, Meta(ge=8000, le=192_000)]
    width: Annotated[int, Meta(ge=1, le=4)]  # bytes of a sample
    channels: Annotated[int, Meta(ge=1, le=32)]

    def __str__(self) -> str:
        return f"{self.rate} Hz with {self.channels} channels"


class WyomingDialect:
    """One connection's translator. `version` is the server's; `kept`: as recordings."""

    def __init__(self, models: Sequence[Model], version: str, *, kept: bool = False) -> None:
        self.manners = Manners(MAX_READ, repeats=True, kept=kept)
        self._names = {model.name for model in models}
        self._info = _info(models, version)
        self._frames = Frames()
        self._asked = Transcribe()
        self._format: Format | None = None  # of the open utterance
        self._sent = 0  # frames of it
        self._cut = b""  # less than one sample
        self._transcript = Transcript()

    def greet(self) -> Sequence[Wire]:
        """Nothing: the client begins."""
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """What the bytes complete. Raises `BadMessage`, `TooLarge`."""
        if isinstance(message, str):
            raise BadMessage("Text came, but Wyoming is a stream of bytes.")
        events = self._frames.feed(message)
        return [request for event in events for request in self._requests(event)]

    def send(self, answer: Answer) -> Sequence[Wire]:
        match answer:
            case Ready():
                self._transcript = Transcript()
            case Interim():
                return [*self._transcript.hear(answer.stable)]
            case Numbered(event=Final() as final):
                return [*self._transcript.decide(final)]
            case Flushed() | Numbered(event=Ended(reason="finished")):
                return [*self._transcript.end()]
            case Failed(error):
                self._transcript.over = True
                return [pack("error", text=error.message, code=error.code)]
            case Bye(reason) if not self._transcript.over:
                said = "The session ended before this was transcribed."
                return [pack("error", text=said, code=reason)]
        return ()

    def _requests(self, event: Event) -> Iterator[Request]:
        """What nobody knows here is passed over, as the protocol wants it."""
        match event.type:
            case "describe":
                yield Say(self._info)
            case "ping":
                yield Say(pack("pong", text=event.data.get("text")))
            case "transcribe":
                self._asked = convert(event, Transcribe)
            case "audio-start":
                yield from self._open(convert(event, Format))
            case "audio-chunk":
                yield from self._chunk(convert(event, Format), event.payload)
            case "audio-stop":
                yield from self._stop()

    def _open(self, format: Format) -> Iterator[Request]:
        """A chunk without a start before it opens an utterance too."""
        old = self._format
        if old is None:
            self._format, self._sent, self._cut = format, 0, b""
            asked, self._asked = self._asked, Transcribe()
            engine = asked.name if asked.name in self._names else None
            options = Options(language=asked.language or None, engine=engine)
            yield Start(AudioFormat("pcm_s16le", format.rate, format.channels), options)
        elif (old.rate, old.channels) != (format.rate, format.channels):
            raise BadMessage(f"Audio of {format} came in an utterance of {old}.")

    def _chunk(self, format: Format, payload: bytes) -> Iterator[Request]:
        yield from self._open(format)
        data = self._cut + payload
        whole = len(data) - len(data) % format.width
        self._cut = data[whole:]
        if whole:
            yield Audio(self._sent, two_bytes(data[:whole], format.width))
            self._sent += 1

    def _stop(self) -> Iterator[Request]:
        if self._format is None:
            raise BadMessage("An audio-stop came, but no audio before it.")
        self._format = None
        yield Flush()  # its answer is there before the session is over
        yield Finish()


class Transcript:
    """One utterance's, as the client gets it."""

    def __init__(self) -> None:
        self.over = False  # it was said, or why it is not
        self._begun = False
        self._texts: list[str] = []  # of finals
        self._language: str | None = None
        self._shown = ""  # of what is not final yet, in chunks

    def hear(self, stable: str) -> Iterator[Wire]:
        """More of what is being said. A chunk cannot be taken back: what is not the same with
        something at its end waits for the transcript."""
        if not stable.startswith(self._shown) or stable == self._shown:
            return
        lead = " " if self._texts and not self._shown else ""
        yield from self._begin()
        yield pack("transcript-chunk", text=lead + stable[len(self._shown) :])
        self._shown = stable

    def decide(self, final: Final) -> Iterator[Wire]:
        if final.text:
            yield from self.hear(final.text)
            self._texts.append(final.text)
        self._shown = ""
        self._language = final.language or self._language

    def end(self) -> Iterator[Wire]:
        if self.over:
            return
        self.over = True
        yield from self._begin()
        yield pack("transcript", text=" ".join(self._texts), language=self._language)
        yield pack("transcript-stop")

    def _begin(self) -> Iterator[Wire]:
        if not self._begun:
            self._begun = True
            yield pack("transcript-start")


def two_bytes(data: bytes, width: int) -> bytes:
    """Whole samples of `width` bytes as samples of two; what is finer is cut off."""
    if width == 2:
        return data
    samples = bytearray(len(data) // width * 2)
    if width == 1:
        samples[1::2] = data.translate(SIGNED)
    else:
        samples[0::2] = data[width - 2 :: width]
        samples[1::2] = data[width - 1 :: width]
    return bytes(samples)


def _info(models: Sequence[Model], version: str) -> bytes:
    about = {
        "attribution": {"name": "Vivavoce", "url": ""},
        "installed": True,
        "version": version,
    }
    program: dict[str, Any] = {
        "name": "vivavoce",
        "description": "Live transcription",
        **about,
        "models": [
            {
                "name": model.name,
                "description": model.description,
                "languages": list(model.languages),
                **about,
            }
            for model in models
        ],
        "supports_transcript_streaming": True,
        "requires_external_vad": True,  # the client says where an utterance ends
        "prefers_auto_gain_enabled": True,
        "prefers_noise_reduction_enabled": True,
    }
    return pack("info", asr=[program], **{name: [] for name in NONE_HERE})
