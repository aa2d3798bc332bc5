"""A client's hold on a session: its commands in, the answers out."""

from collections.abc import AsyncIterator, Iterator

from vivavoce.core.commands import Audio, Cancel, Command, Configure, Finish, Flush, Mark
from vivavoce.core.errors import BadMessage, Held
from vivavoce.core.events import Interim
from vivavoce.dialects.base import Ack, Answer, Bye, Failed, Flushed, Ready
from vivavoce.dialects.native_messages import MAX_MESSAGE
from vivavoce.live.session import LiveSession


class Seat:
    """One caller of `send`, one reader of `answers`. Say `leave` when the line is gone."""

    def __init__(
        self,
        session: LiveSession,
        token: str,
        *,
        epoch: int = 0,
        after: int = 0,
        turn: int = 0,
        keeps: float = 0,
    ) -> None:
        """`epoch` and `after`: the last event the client has seen. `turn`: rises from client to
        client. `keeps`: seconds of audio that it does well to keep although they are
        acknowledged."""
        self._session = session
        self._lost: Bye | None = None
        self._after = session.broadcast.since(epoch, after)
        self._acked = -1
        self._flushed = 0
        self._shown: Interim | None = None
        limits = {"max_frame": MAX_MESSAGE, "grace": session.grace}
        if kept := int(keeps * session.header.format.second):
            limits["keep"] = kept
        self.ready = Ready(
            session=session.id,
            token=token,
            epoch=session.broadcast.epoch,
            next_frame=session.journal.next_frame,
            limits=limits,
        )
        session.hold(self, turn)

    @property
    def owner(self) -> str:
        """Whose the session is."""
        return self._session.header.owner

    @property
    def lost(self) -> bool:
        """Whether the hold is over."""
        return self._lost is not None

    @property
    def over(self) -> bool:
        """Whether nothing more is taken here: `answers` says why, and ends."""
        return self.lost or self._session.broadcast.ended

    @property
    def acknowledged(self) -> int:
        """The last frame that is durable; -1: none."""
        return self._session.journal.acknowledged

    async def durable(self, frame: int) -> None:
        """Return when this frame is, or is not wanted any more. Raises `DiskError`."""
        if not self._session.stopped:
            await self._session.journal.durable(frame)

    async def send(self, command: Command) -> None:
        """Carry out a command; audio is in the journal when this returns.

        Raises `FrameGap`, `BadMessage`, `TooLarge`, `Gone`, `Held`, `DiskError`; the session
        goes on.
        """
        if self._lost is not None:
            raise Held("Another client has taken this session.")
        match command:
            case Audio() | Configure() | Flush() | Mark() | Finish() if self._session.stopped:
                pass  # it was on its way when somebody said that this is to end
            case Audio():
                self._append(command)
            case Configure():
                await self._session.configure(command)
            case Flush() | Mark() | Finish():
                self._session.journal.control(command)
            case Cancel():
                await self._session.cancel()
            case _:
                raise BadMessage(f"{type(command).__name__} is not for a running session.")

    def heed_no_stop(self) -> None:
        """Nobody ends this session by saying so: it is played again."""
        self._session.heed_no_stop()

    def lose(self, bye: Bye) -> None:
        self._lost = self._lost or bye
        self._session.broadcast.changed.ring()

    def leave(self) -> None:
        """The line is gone. The session waits for a resume."""
        self.lose(Bye("left"))
        self._session.unhold(self)

    async def answers(self) -> AsyncIterator[Answer]:
        """Acknowledgements, events and interims as they come; the last is `Bye`."""
        session = self._session
        while True:
            changed = session.broadcast.changed.next()
            # Looked at first: whatever was said before the end is then still to be read.
            bye = self._lost or session.bye
            if session.journal.acknowledged > self._acked:
                self._acked = session.journal.acknowledged
                yield Ack(self._acked)
            async for numbered in session.missed(self._after):
                for flushed in self._flushes():
                    yield flushed
                yield numbered
                self._after = numbered.n
            for flushed in self._flushes():
                yield flushed
            if session.broadcast.interim is not self._shown:
                self._shown = session.broadcast.interim
                if self._shown is not None:
                    yield self._shown
            if bye is None and session.trouble is not None:
                yield Failed(session.trouble)
                bye = Bye(session.trouble.code, session.trouble.close)
            if bye is not None:
                yield bye
                return
            await changed.wait()

    def _flushes(self) -> Iterator[Flushed]:
        """Those that were done where this client is in the events."""
        for count in self._session.broadcast.flushed(self._flushed, self._after):
            self._flushed = count
            yield Flushed(count)

    def _append(self, audio: Audio) -> None:
        journal = self._session.journal
        if audio.frame > journal.next_frame and (skipped := journal.skip(audio.frame)):
            self._session.skipped(*skipped)
        if journal.append(audio.frame, audio.payload):
            self._session.tallied.arrived(journal.size)
            return
        # Held already, and the client does not know it: say again what is durable.
        self._acked = min(self._acked, audio.frame - 1)
        self._session.broadcast.changed.ring()
