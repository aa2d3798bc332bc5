"""Who speaks in a live session, while it goes on and the cores have room.

It is a first guess at half the cost, revised as more is heard. When the session is over all of
it is heard once more, with more care (`live/diarization.py`), and a voice keeps its label.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Final

import structlog

from vivavoce.audio.source import read_audio
from vivavoce.core.errors import Held, NotFound, VivavoceError
from vivavoce.core.events import Speaker
from vivavoce.core.speakers import SpeakerTurn, assigned, fewer
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.journal.journal import Journal
from vivavoce.live.annotations import Annotations
from vivavoce.live.diarizer_host import DiarizerHost, Voices, pieces
from vivavoce.live.engines import Engines
from vivavoce.live.hub import Hub
from vivavoce.live.session import LiveSession

log = structlog.get_logger()

LOOK_EVERY: Final = 3.0
"""Seconds between two looks for what is to be done."""

TELL_EVERY: Final = 15 * SAMPLE_RATE  # samples


class Speaking:
    """Listens to one session at a time: the oldest that asks for it."""

    def __init__(
        self, hub: Hub, engines: Engines, annotations: Annotations, host: DiarizerHost
    ) -> None:
        self._hub = hub
        self._engines = engines
        self._annotations = annotations
        self._host = host

    async def watch(self) -> None:
        """For as long as the server runs."""
        while True:
            session = next(filter(self._wanted, self._hub.live_sessions()), None)
            if session is not None:
                try:
                    await self._follow(session)
                except VivavoceError as error:
                    log.warning("speakers come later", session=session.id, reason=error.message)
                    await session.done()
                except Exception:  # not foreseen: the next session is to have its speakers
                    log.exception("speakers come later", session=session.id)
                    await session.done()
            await asyncio.sleep(LOOK_EVERY)

    def _wanted(self, session: LiveSession) -> bool:
        options = session.header.options
        if session.journal.complete or not (session.header.kept and options.brief.diarization):
            return False
        return not tells(self._engines, options.engine or self._engines.names[0])

    async def _follow(self, session: LiveSession) -> None:
        journal, told, heard = session.journal, 0, 0
        reading = read_audio(journal.audio_path, journal.header.format, journal)
        async with (
            self._host.open(hasty=True) as voices,
            aclosing(reading) as sound,
            aclosing(pieces(sound)) as parts,
        ):
            async for part in parts:
                await self._room(journal)
                if journal.complete:
                    return  # what is left is heard when it is in the library
                await voices.feed(part)
                heard += len(part)
                if heard - told >= TELL_EVERY:
                    await self._tell(session, voices)
                    told = heard

    async def _room(self, journal: Journal) -> None:
        """Return when live words leave some; at the end at once."""
        while True:
            if journal.complete or self._engines.enough_room:
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _tell(self, session: LiveSession, voices: Voices) -> None:
        turns = at_most(await voices.turns(), session.header.options.brief.speakers)
        with suppress(NotFound, Held):  # it ends, and is somewhere in between
            await tell(self._annotations, session.header.owner, session.id, turns)


async def tell(
    annotations: Annotations, owner: str, recording: str, turns: Sequence[SpeakerTurn]
) -> None:
    """Say of a recording what the turns say that it does not say already. Raises as
    `Annotations.add`."""

    def make(transcript: Transcript) -> Sequence[Speaker]:
        return assigned(transcript, turns)

    await annotations.add(owner, recording, make)


def at_most(turns: Sequence[SpeakerTurn], speakers: int | None) -> Sequence[SpeakerTurn]:
    """Of so many speakers, if somebody knows how many there are."""
    return fewer(turns, speakers) if speakers else turns


def tells(engines: Engines, engine: str) -> bool:
    """Whether an engine tells speakers apart by itself."""
    with suppress(VivavoceError):
        return engines.capabilities(engine).diarization
    return False
