"""What the server said and the application has not read yet."""

from collections import deque

from vivavoce.core.events import AnyEvent, Final, Interim, Numbered

BOUND = 10_000
"""Events that may wait; more are left with the server."""


class Inbox:
    """Every numbered event in order, and of the interims only the latest."""

    def __init__(self) -> None:
        self._events: deque[Numbered] = deque()
        self._interim: Interim | None = None

    @property
    def full(self) -> bool:
        return len(self._events) >= BOUND

    def __bool__(self) -> bool:
        return bool(self._events or self._interim)

    def put(self, said: Numbered | Interim) -> None:
        if isinstance(said, Interim):
            self._interim = said
            return
        self._events.append(said)
        if isinstance(said.event, Final) and self._interim and self._interim.id == said.event.id:
            self._interim = None

    def take(self) -> AnyEvent:
        """The next to be read. Raises `IndexError` where there is none."""
        if self._interim and not self._events:
            interim, self._interim = self._interim, None
            return interim
        return self._events.popleft().event
