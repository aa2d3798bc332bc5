"""One client's connection in any dialect: the glue between a line, a dialect and a seat."""

import asyncio
from collections import deque
from contextlib import suppress

import structlog

from vivavoce.core.commands import Audio, Finish, Start
from vivavoce.core.errors import (
    BadMessage,
    FrameGap,
    OurError,
    PeerError,
    TooLarge,
    VivavoceError,
)
from vivavoce.dialects.base import Answer, Bye, Dialect, Failed, Request, Resume, Say, Wire
from vivavoce.live.hub import Hub
from vivavoce.live.seat import Seat
from vivavoce.server.line import Line, LineLost
from vivavoce.telemetry.logs import bound

log = structlog.get_logger()


class Connection:
    """When the line is lost its session waits for a resume, or finishes where there is none."""

    def __init__(self, line: Line, dialect: Dialect, hub: Hub, owner: str) -> None:
        """`owner`: whose its sessions are."""
        self._line = line
        self._dialect = dialect
        self._hub = hub
        self._owner = owner
        self._sending = asyncio.Lock()
        self._heard: deque[Request] = deque()  # of the last message, not carried out yet
        self._gap: int | None = None  # the missing frame that the client was told of

    async def run(self) -> None:
        """Until the last session, or the line, ends."""
        tally, protocol = self._hub.tally, self._protocol
        tally.connections[protocol] += 1
        tally.connected[protocol] += 1
        try:
            for wire in self._dialect.greet():
                await self._say(wire)
            await self._session()
            while self._dialect.manners.repeats:
                await self._session()
        except VivavoceError as error:
            await self._refuse(error)
        except LineLost:
            pass
        finally:
            tally.connections[protocol] -= 1

    async def _session(self) -> None:
        seat = await self._open()
        try:
            with bound(session=seat.ready.session):
                await self._serve(seat)
        finally:
            if not self._dialect.manners.resumable and not seat.over:
                with suppress(VivavoceError):  # then it ends when its grace time does
                    await seat.send(Finish())
            seat.leave()

    async def _open(self) -> Seat:
        opening = self._dialect.manners.opening
        try:
            async with asyncio.timeout(opening):
                request = await self._next()
        except TimeoutError:
            raise BadMessage(f"No message came within {opening:.0f} s.") from None
        if isinstance(request, Bye):
            await self._line.close(request.close, request.reason)
            raise LineLost
        if isinstance(request, Resume):
            seat = await self._hub.resume(request, self._owner)
        elif isinstance(request, Start):
            seat = await self._hub.start(request, self._owner, kept=self._dialect.manners.kept)
        else:
            raise BadMessage("The first message must start or resume a session.")
        try:
            await self._send(seat.ready)
        except BaseException:
            seat.leave()
            raise
        return seat

    async def _next(self) -> Request:
        """The next request that is for us and not answered by the dialect itself."""
        while True:
            while self._heard and isinstance(request := self._heard[0], Say):
                await self._say(request.message)
                self._heard.popleft()  # not before it is said: this may be cancelled
            if self._heard:
                return self._heard.popleft()
            self._heard.extend(self._dialect.receive(await self._hear()))

    async def _serve(self, seat: Seat) -> None:
        reading = asyncio.create_task(self._read(seat))
        answering = asyncio.create_task(self._answer(seat))
        try:
            await asyncio.wait((reading, answering), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                answering.result()
                async with self._sending:  # nobody is cut off in the middle of a message
                    reading.cancel()
                await asyncio.wait((reading,))
            if not reading.cancelled():
                reading.result()
            await answering  # the next session begins when this one is over
        finally:
            for task in (reading, answering):
                task.cancel()
            await asyncio.gather(reading, answering, return_exceptions=True)

    async def _read(self, seat: Seat) -> None:
        """Until the client starts its next session."""
        while True:
            request = await self._next()
            if isinstance(request, Start) and self._dialect.manners.repeats:
                self._heard.appendleft(request)
                return
            if not seat.over:  # else it was on its way already when this ended
                await self._carry_out(seat, request)

    async def _carry_out(self, seat: Seat, request: Request) -> None:
        assert not isinstance(request, Say | Bye)
        if isinstance(request, Resume):
            raise BadMessage("This connection has a session already.")
        if self._gap is not None and not isinstance(request, Audio):
            return  # its place is after frames that are still to come, and it comes again
        try:
            await seat.send(request)
            if isinstance(request, Audio):
                self._taken(request.frame)
        except FrameGap as gap:
            # What was on its way when the first gap was told comes to the same gap.
            if self._gap != gap.expected:
                self._gap = gap.expected
                await self._send(Failed(gap))

    def _taken(self, frame: int) -> None:
        if frame == self._gap:
            self._gap = None
        if frame == 0:
            self._hub.heard.note(self._protocol)

    @property
    def _protocol(self) -> str:
        """By the name that its dialect's file has."""
        return type(self._dialect).__module__.rpartition(".")[2]

    async def _answer(self, seat: Seat) -> None:
        async for answer in seat.answers():
            await self._send(answer)
            if isinstance(answer, Bye) and self._last(answer):
                await self._line.close(answer.close, answer.reason)

    def _last(self, bye: Bye) -> bool:
        """Whether the line ends with the session."""
        return not self._dialect.manners.repeats or bye.reason != "finished"

    async def _hear(self) -> Wire:
        wire = await self._line.hear()
        most = self._dialect.manners.max_message
        if len(wire) > most:
            raise TooLarge(f"A message of {len(wire)} bytes came; {most} is the most.")
        return wire

    async def _send(self, answer: Answer) -> None:
        for wire in self._dialect.send(answer):
            await self._say(wire)

    async def _say(self, wire: Wire) -> None:
        async with self._sending:
            await self._line.say(wire)

    async def _refuse(self, error: VivavoceError) -> None:
        """Say what is wrong, then close as the error says. The session may be resumed."""
        self._hub.tally.refused[error.code] += 1
        if isinstance(error, OurError):
            log.warning("refused", code=error.code, reason=error.message)
        else:
            assert isinstance(error, PeerError)
            log.info("refused", code=error.code, reason=error.message)
        with suppress(LineLost):
            await self._send(Failed(error))
            await self._line.close(*self._farewell(error))

    def _farewell(self, error: VivavoceError) -> tuple[int, str]:
        """The code and the reason of a close."""
        return error.close, error.code
