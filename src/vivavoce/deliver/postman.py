"""Takes what is due from the outbox to where it is for, a few at a time, and tries again."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from vivavoce.core.errors import VivavoceError
from vivavoce.journal.bell import Bell
from vivavoce.library.outbox import Channel, Outbox, Parcel
from vivavoce.telemetry.traces import span

WAITS: Final = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000))
"""Between one attempt and the next: eight attempts within 18 hours."""

AT_ONCE: Final = 4
"""Addresses that are sent to at a time; each gets one thing after the other."""

LOOK: Final = 30.0
"""Seconds after which to look for what another process has left."""

KEPT: Final = timedelta(days=30)
"""How long it can be seen what became of things."""

PARTING: Final = 5.0
"""Seconds that those being sent get when the server stops."""

log = structlog.get_logger()


class Refused(Exception):
    """It is not taken, and never will be. The message is a sentence, without secrets."""


class NotNow(Exception):
    """It is not taken now. The message is a sentence, without secrets."""


class Carrier(Protocol):
    """Knows one way to send; an attempt must be over well within `outbox.LEASE`."""

    async def send(self, parcel: Parcel) -> None:
        """Return when it is taken. Raises `Refused`, `NotNow`."""


def now() -> datetime:
    return datetime.now(UTC)


class Postman:
    """`start` once, `wake` when something was added, `stop` at the end."""

    def __init__(
        self,
        outbox: Outbox,
        channel: Channel,
        carrier: Carrier,
        *,
        clock: Callable[[], datetime] = now,
        waits: Sequence[timedelta] = WAITS,
    ) -> None:
        self._outbox = outbox
        self._channel: Channel = channel
        self._carrier = carrier
        self._clock = clock
        self._waits = waits
        self._changed = Bell()
        self._round: asyncio.Task[None] | None = None
        self._busy: dict[str, asyncio.Task[None]] = {}  # by address
        self._tidied: datetime | None = None

    def start(self) -> None:
        self._round = asyncio.create_task(self._run(), name=f"postman {self._channel}")

    def wake(self) -> None:
        """Something may be due."""
        self._changed.ring()

    async def stop(self) -> None:
        """What cannot be finished now is sent by whoever looks next."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        sending = list(self._busy.values())
        if sending:
            _, late = await asyncio.wait(sending, timeout=PARTING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def tried(self, owner: str, parcel: str, limit: float) -> Parcel:
        """The parcel when it was tried once, or as it is after `limit` seconds.

        Raises `NotFound`, `DiskError`.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while True:
                    changed = self._changed.next()
                    found = await self._outbox.get(owner, parcel)
                    if found.state != "waiting" or found.message is not None:
                        return found
                    await changed.wait()
        return await self._outbox.get(owner, parcel)

    async def _run(self) -> None:
        while True:
            changed = self._changed.next()
            try:
                await self._tidy()
                wait = await self._hand_out()
            except VivavoceError as error:
                log.warning("cannot look what is to be sent", reason=error.message)
                wait = LOOK
            except Exception:  # not foreseen: what waits is to be sent all the same, later
                log.exception("cannot look what is to be sent", channel=self._channel)
                wait = LOOK
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await changed.wait()

    async def _hand_out(self) -> float:
        """Send all that is due; the seconds until something is."""
        while len(self._busy) < AT_ONCE:
            due = await self._outbox.due(self._channel, self._busy)
            if due is None:
                return LOOK
            if (wait := (due - self._clock()).total_seconds()) > 0:
                return min(wait, LOOK)
            parcel = await self._outbox.claim(self._channel, tuple(self._busy), self._clock())
            if parcel is not None:  # else another process was faster
                self._busy[parcel.address] = asyncio.create_task(self._send(parcel))
        return LOOK  # or when one of them is done

    async def _send(self, parcel: Parcel) -> None:
        try:
            await self._attempt(parcel)
        except VivavoceError as error:  # it is due again when its lease is over
            log.warning("cannot note what was sent", reason=error.message)
        except Exception:
            log.exception("cannot note what was sent", channel=self._channel)
        finally:
            del self._busy[parcel.address]
            self._changed.ring()

    async def _attempt(self, parcel: Parcel) -> None:
        try:
            with span(self._channel, "client", attempt=parcel.attempts, event=parcel.kind):
                await self._carrier.send(parcel)
        except Refused as error:
            await self._give_up(parcel, str(error))
        except NotNow as error:
            await self._later(parcel, str(error))
        except VivavoceError:
            raise
        except Exception:  # not foreseen: it must not keep the others from being sent
            log.exception("cannot send", channel=self._channel, id=parcel.id)
            await self._later(parcel, "Something went wrong in the server; its log says what.")
        else:
            await self._outbox.sent(parcel)

    async def _later(self, parcel: Parcel, why: str) -> None:
        if parcel.attempts > len(self._waits):
            await self._give_up(parcel, f"{why} Given up after {parcel.attempts} attempts.")
            return
        at = self._clock() + self._waits[parcel.attempts - 1]
        await self._outbox.again(parcel, why, at)

    async def _give_up(self, parcel: Parcel, why: str) -> None:
        log.warning("not sent", channel=self._channel, id=parcel.id, reason=why)
        await self._outbox.failed(parcel, why)

    async def _tidy(self) -> None:
        """Forget what was sent or given up long ago, once a day."""
        at = self._clock()
        if self._tidied is None or at - self._tidied > timedelta(days=1):
            await self._outbox.forget(at - KEPT)
            self._tidied = at
