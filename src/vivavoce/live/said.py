"""What a session has said, as far as going on with it asks: after a crash and after a failure.

It is folded from the events, whether they are read from the log of an earlier process or were
said by this one a moment ago, so both go on in the same place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vivavoce.core.events import AnyEvent, Ended, EngineSwitched, Final, Marker, Speech, Started
from vivavoce.core.past import SIGHT, Earlier
from vivavoce.core.types import SAMPLE_RATE

BEFORE = 10 * SAMPLE_RATE
"""Samples before speech that was said to start which are heard again: some engines notice
speech long after it began."""

STARTS = 8
"""Undecided utterances whose start is remembered, more than a stream lets wait. Of more, the
first count: to go on earlier than need be costs a little time, later would cost words."""


@dataclass(frozen=True, slots=True)
class Said:
    """Positions in samples."""

    began: bool = False
    engine: str = ""  # by which the session is being decoded
    finals: int = 0
    end: int = 0  # of the last final
    marks: int = 0
    speaking: bool = False
    quiet: int = 0  # where speech last ended
    ended: bool = False
    starts: tuple[int, ...] = ()  # where speech started that no final covers yet
    earlier: tuple[Earlier, ...] = ()  # finals that later ones may be read together with

    @property
    def going_on(self) -> bool:
        """Whether the last final was cut from one who went on speaking."""
        return self.speaking and not self.starts

    @property
    def resume(self) -> int:
        """Where to go on: before it all is decided, or nobody spoke."""
        if not self.starts:
            return self.end
        return max(self.end, self.starts[0] - BEFORE)

    def after(self, event: AnyEvent) -> "Said":
        """What is said when this is said too."""
        match event:
            case Started():
                return replace(self, began=True, engine=event.engine)
            case EngineSwitched():
                return replace(self, engine=event.engine)
            case Final():
                starts = tuple(at for at in self.starts if at >= event.end)
                earlier = self.earlier
                if event.text:
                    near = (one for one in earlier if event.end - one.start < SIGHT)
                    earlier = (*near, Earlier(event.start, event.end, event.text))
                return replace(
                    self,
                    finals=self.finals + 1,
                    end=event.end,
                    starts=starts,
                    earlier=earlier,
                )
            case Marker(actor=None):  # of a command that the journal has; others are annotations
                return replace(self, marks=self.marks + 1)
            case Speech(state="started"):
                starts = (*self.starts, event.at)[:STARTS]
                return replace(self, speaking=True, starts=starts)
            case Speech():
                return replace(self, speaking=False, quiet=event.at)
            case Ended():
                return replace(self, ended=True)
        return self


def said(events: Iterable[AnyEvent]) -> Said:
    """What these say together."""
    so_far = Said()
    for event in events:
        so_far = so_far.after(event)
    return so_far
