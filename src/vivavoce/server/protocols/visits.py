"""Clients of the live protocol that have no line, only one request after another."""

import asyncio

from vivavoce.dialects.base import Resume
from vivavoce.live.hub import Hub
from vivavoce.live.seat import Seat

LINGER = 10.0
"""Seconds after a request during which the client still counts as there."""


class Visits:
    """Each client holds its seat from request to request, and a while after the last."""

    def __init__(self) -> None:
        self._seats: dict[str, tuple[Seat, asyncio.TimerHandle]] = {}

    def sit(self, seat: Seat) -> None:
        """A client came, or came again."""
        session = seat.ready.session
        if session in self._seats:
            self._seats[session][1].cancel()
        timer = asyncio.get_running_loop().call_later(LINGER, self._leave, session)
        self._seats[session] = (seat, timer)

    async def seat(self, hub: Hub, session: str, token: str, owner: str) -> Seat:
        """The client's seat, taken again if it was away. Raises `BadCredentials`, `Gone`."""
        seat, _ = self._seats.get(session, (None, None))
        if seat is None or seat.lost or seat.ready.token != token or seat.owner != owner:
            seat = await hub.resume(Resume(session, token, epoch=0, after=0), owner)
        self.sit(seat)
        return seat

    def _leave(self, session: str) -> None:
        self._seats.pop(session)[0].leave()
