"""A file on its way from a request into a session, a frame at a time."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import (
    BadAudio,
    BadMessage,
    Draining,
    Gone,
    NotFound,
    OurError,
    QuotaSpent,
    TooLarge,
    VivavoceError,
)
from vivavoce.core.events import Numbered, Warning
from vivavoce.core.titles import title_from
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.dialects.base import Bye, Failed
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.live.seat import Seat
from vivavoce.server.bodies.multipart import Field, File, Item
from vivavoce.server.names import media_type, title_of_file
from vivavoce.server.services import Services

MIB: Final = 1 << 20

FIELDS: Final = (
    *("title", "language", "engine", "diarization", "speakers"),
    *("audio_days", "text_days"),
)
SWITCH: Final = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
MOST_SPEAKERS: Final = 20
MOST_DAYS: Final = 36_500

WHY: Final[dict[str, type[VivavoceError]]] = {
    BadAudio.code: BadAudio,
    QuotaSpent.code: QuotaSpent,
}
"""What a session may end of before its audio does, by the code of its last warning."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the client wants of its upload beside the audio."""

    title: str | None = None
    language: str | None = None
    engine: str | None = None
    diarization: bool = False
    speakers: int = 0  # how many there are; 0: nobody knows
    audio_days: int | None = None  # that its audio is kept at the most, and its text
    text_days: int | None = None

    def with_field(self, name: str, value: str) -> "Wishes":
        """With what a form's field says. Raises `BadMessage`; a name of none of ours is passed
        over."""
        match name:
            case "title":
                return replace(self, title=value)
            case "language":
                return replace(self, language=value)
            case "engine":
                return replace(self, engine=value)
            case "diarization":
                return replace(self, diarization=_switch(name, value))
            case "speakers":
                return replace(self, speakers=_count(name, value, 1, MOST_SPEAKERS))
            case "audio_days":
                return replace(self, audio_days=_count(name, value, 0, MOST_DAYS))
            case "text_days":
                return replace(self, text_days=_count(name, value, 0, MOST_DAYS))
        return self


class Intake:
    """One upload. The session begins with the first byte of audio, so that an empty or
    refused upload leaves nothing behind; `abandon` takes back what it began."""

    def __init__(self, parts: Services, owner: str, wishes: Wishes, limit: int) -> None:
        """`limit`: MiB of its file."""
        self._parts = parts
        self._owner = owner
        self._wishes = wishes
        self._limit = limit
        self._file: File | None = None
        self._seat: Seat | None = None
        self._buffer = bytearray()
        self._received = 0
        self._next = 0  # frame
        self._title: str | None = None  # that came after the file

    async def take(self, item: Item) -> None:
        """Take a piece of the upload; its audio is in the journal, but for less than a frame.

        Raises `TooLarge`, `BadMessage`, what `Hub.start` and `Seat.send` raise, and
        `BadAudio` where the first bytes show already that no audio will come.
        """
        match item:
            case Field():
                self._wish(item)
            case File():
                if self._file is not None:
                    raise BadMessage("Send one file at a time.")
                self._file = item
            case bytes():
                await self._take(item)

    async def finish(self) -> str:
        """The recording's id once all audio is durable. Raises `BadAudio`: there was none."""
        if self._seat is None:
            raise BadAudio("The upload is empty; it has not one byte of audio.")
        if self._buffer:
            await self._send(len(self._buffer))
        await self._tell(Finish())
        await self._seat.durable(self._next - 1)
        recording = self._seat.ready.session
        if self._title is not None:
            await self._parts.repository.rename(self._owner, recording, self._title)
        return recording

    async def ended(self) -> None:
        """Wait until the recording is transcribed and sealed. Raises `OurError`: it is not."""
        assert self._seat is not None
        async for answer in self._seat.answers():
            match answer:
                case Failed():
                    raise answer.error
                case Bye() if answer.close == Draining.close:
                    raise Draining("The server lets go of this upload; it goes on by itself later.")
                case Bye() if answer.close != 1000:
                    raise OurError("The session broke; it is taken up at the next start.")

    def leave(self) -> None:
        """Let the session go on by itself."""
        if self._seat is not None:
            self._seat.leave()

    async def abandon(self) -> None:
        """Leave no trace of the upload."""
        if self._seat is not None:
            with suppress(NotFound):  # somebody has deleted it
                await self._parts.forget(self._owner, self._seat.ready.session)

    def _wish(self, field: Field) -> None:
        value = field.value.strip()
        if field.name not in FIELDS or not value:
            return
        if self._file is None:
            self._wishes = self._wishes.with_field(field.name, value)
        elif field.name == "title":
            self._title = title_from(value)
        else:
            raise BadMessage(f"The field {field.name} must come before the file.")

    async def _take(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self._limit * MIB:
            raise TooLarge(f"The upload is larger than {self._limit} MiB.")
        if self._seat is None and data:
            self._seat = await self._start(self._file or File(None, None))
        self._buffer += data
        while len(self._buffer) >= MAX_RECORDED:
            await self._send(MAX_RECORDED)

    async def _start(self, file: File) -> Seat:
        options = Options(
            language=self._wishes.language,
            engine=self._wishes.engine,
            interims=False,
            title=title_from(self._wishes.title) or title_of_file(file.name),
            brief=Brief(
                diarization=self._wishes.diarization or bool(self._wishes.speakers),
                speakers=self._wishes.speakers,
            ),
            audio_days=self._wishes.audio_days,
            text_days=self._wishes.text_days,
        )
        media = media_type(file.media, file.name)
        start = Start(AudioFormat("container"), options)
        return await self._parts.hub.start(start, self._owner, media=media)

    async def _send(self, size: int) -> None:
        await self._tell(Audio(self._next, bytes(self._buffer[:size])))
        del self._buffer[:size]
        self._next += 1

    async def _tell(self, command: Audio | Finish) -> None:
        assert self._seat is not None
        try:
            await self._seat.send(command)
        except Gone as error:
            raise await self._why() or error from error

    async def _why(self) -> VivavoceError | None:
        """Why the session ended before its audio did, in the words of its last warning."""
        assert self._seat is not None
        why: VivavoceError | None = None
        async for answer in self._seat.answers():
            if isinstance(answer, Numbered) and isinstance(answer.event, Warning):
                why = WHY.get(answer.event.code, OurError)(answer.event.message)
        return why


def _switch(name: str, value: str) -> bool:
    if value.lower() not in SWITCH:
        raise BadMessage(f"The field {name} is to be true or false, not {value!r}.")
    return SWITCH[value.lower()]


def _count(name: str, value: str, least: int, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and least <= int(value[:9]) <= most):
        raise BadMessage(f"The field {name} is to be {least} to {most}, not {value!r}.")
    return int(value)
