"""The port to the other processes that serve the same sessions.

Behind it is either the one data directory of several workers (`one_folder.py`), or what servers
on several machines share, a database and Redis (`shared.py`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from vivavoce.core.events import Interim, Numbered
from vivavoce.journal.folder import SessionHeader
from vivavoce.live.session import LiveSession

RELEASE_EVERY: Final = 0.25
"""Seconds between two attempts at a session that another process is asked for."""

PATIENCE: Final = 40
"""Attempts at opening it: longer than a lease outlives its holder."""

Item = Numbered | Interim

Ask = Callable[[bytes], Awaitable[bytes]]
"""A request, and what is answered to it."""


class Replicas(Protocol):
    """What this process knows of the others, and they of it. Every method may raise `DiskError`
    where it does not say otherwise."""

    keeps: float
    """Seconds of acknowledged audio that a client does well to keep, for a server that has
    another's journal not."""

    async def header(self, session: str) -> SessionHeader | None:
        """Of a session that is live in whatever process."""

    def fetched(self, session: str) -> AbstractAsyncContextManager[bool]:
        """Its journal is here meanwhile, to be opened; False: it is live nowhere.

        Raises `Held` while another process has it.
        """
        ...

    async def opened(self, session: LiveSession) -> None:
        """It runs here from now on. Raises `Held` where another was faster."""

    async def may_seal(self, session: str) -> None:
        """Return if it is still this process's to put away. Raises `Held`."""

    async def freed(self, session: LiveSession) -> None:
        """It was let go of, and is closed; another may have it. Raises nothing."""

    async def ended(self, session: str, *, forget: bool = False) -> None:
        """It is in the library, or deleted; `forget`: nobody may see any more what was said.
        Raises nothing."""

    async def watch(
        self, session: str, after: int, over: Callable[[], bool]
    ) -> AsyncIterator[Item] | None:
        """What a session of another process says above `after`, until it ends or this process is
        `over`; None: it is live nowhere."""
        ...

    async def said(self, session: str) -> list[Numbered] | None:
        """What it said so far; None: it is live nowhere."""
        ...

    def wanted(self, session: str) -> AbstractAsyncContextManager[AsyncIterator[int]]:
        """Ask for it: inside, attempts at opening it, until it is time to give up."""
        ...

    def asked(self, mine: Callable[[], Collection[str]]) -> AsyncIterator[str]:
        """Sessions of `mine` that other processes ask for, as long as this one runs."""
        ...

    async def astray(self) -> list[str]:
        """Sessions that nobody has and that should be taken up here, if nobody is faster."""
        ...

    async def reached(self) -> str | None:
        """Whether what carries live words to the others answers: `ok`, or what is wrong; None:
        there is nothing of the kind. Raises nothing."""
        ...

    async def way_to(self, session: str, /) -> Ask | None:
        """How to ask the server that has the session; None: none but this one can be asked. The
        way raises `Held` when that server does not answer."""

    def serve(self, answer: Ask) -> None:
        """How others are answered from now on."""

    async def live(self, recordings: Iterable[str]) -> set[str]:
        """Which of these are a session of some process, or were when it died."""
        ...
