"""What the server may still ask for again: frames not acknowledged, and the words among them."""

from collections import deque
from dataclasses import dataclass

from vivavoce.core.commands import Audio
from vivavoce.core.errors import BadMessage, Full
from vivavoce.dialects.base import Wire
from vivavoce.dialects.native_messages import MAX_PAYLOAD, Control, encode, pack_frame

MAX_CONTROLS = 256
"""Control messages that are kept; they are small, so they are counted and not weighed."""


@dataclass(frozen=True, slots=True)
class Item:
    """A message. A control message's place is that of the frame it precedes."""

    place: int
    wire: Wire


class Outbox:
    """Messages in order, those on the line already first. Holds `bound` bytes of audio."""

    def __init__(self, bound: int) -> None:
        self.next_frame = 0
        self.held = 0  # bytes
        self.keep = 0  # bytes of what is acknowledged; of several servers one may lack them
        self._kept: deque[Item] = deque()
        self._kept_bytes = 0
        self._bound = bound
        self._controls = 0
        self._sent: deque[Item] = deque()
        self._waiting: deque[Item] = deque()

    @property
    def room(self) -> bool:
        """Whether more audio may be put. One put may go over the bound, by its own size."""
        return self.held < self._bound

    @property
    def waiting(self) -> int:
        """Messages not on the line yet."""
        return len(self._waiting)

    @property
    def oldest_frame(self) -> int:
        """The first frame that is not acknowledged. Frames have no holes: their count gives it."""
        return self.next_frame - (len(self._sent) + len(self._waiting) - self._controls)

    def put_audio(self, payload: bytes) -> None:
        """Number the payload, in as many frames as it takes."""
        for at in range(0, len(payload), MAX_PAYLOAD):
            wire = pack_frame(Audio(self.next_frame, payload[at : at + MAX_PAYLOAD]))
            self._waiting.append(Item(self.next_frame, wire))
            self.held += len(wire)
            self.next_frame += 1

    def put_control(self, message: Control) -> None:
        """Say this after the audio so far. Raises `Full` when too much waits to be said."""
        if self._controls >= MAX_CONTROLS:
            self._forget_control()
        self._waiting.append(Item(self.next_frame, encode(message)))
        self._controls += 1

    def take(self) -> Wire | None:
        """The next message for the line, which is kept until it is acknowledged."""
        if not self._waiting:
            return None
        self._sent.append(self._waiting.popleft())
        return self._sent[-1].wire

    def acknowledge(self, frame: int) -> None:
        """The server has every frame up to this one, so what was said before it as well."""
        if frame >= self.next_frame:
            raise BadMessage(f"Frame {frame} was acknowledged, but never sent.")
        for queue in (self._sent, self._waiting):
            while queue and queue[0].place <= frame:
                item = queue.popleft()
                self._drop(item)
                self._keep(item)

    def take_back(self, frame: int) -> None:
        """Nothing from this frame on is acknowledged any more: another server lacks it. What is
        not kept cannot be had back."""
        while self._kept and self._kept[-1].place >= frame:
            item = self._kept.pop()
            self._kept_bytes -= len(item.wire)
            self._sent.appendleft(item)
            if isinstance(item.wire, bytes):
                self.held += len(item.wire)
            else:
                self._controls += 1

    def rewind(self, frame: int) -> None:
        """Send again from this frame on."""
        oldest = self.oldest_frame
        if not oldest <= frame <= self.next_frame:
            raise BadMessage(
                f"The server wants frame {frame}, but has acknowledged all before {oldest}."
                if frame < oldest
                else f"The server wants frame {frame}, but {self.next_frame} is the next."
            )
        while self._sent and self._sent[-1].place >= frame:
            self._waiting.appendleft(self._sent.pop())

    def _keep(self, item: Item) -> None:
        self._kept.append(item)
        self._kept_bytes += len(item.wire)
        while self._kept_bytes > self.keep:
            self._kept_bytes -= len(self._kept.popleft().wire)

    def _drop(self, item: Item) -> None:
        if isinstance(item.wire, bytes):
            self.held -= len(item.wire)
        else:
            self._controls -= 1

    def _forget_control(self) -> None:
        """Room for one more: the oldest on the line has long arrived, or the line is lost."""
        for item in self._sent:
            if isinstance(item.wire, str):
                self._sent.remove(item)
                self._drop(item)
                return
        raise Full(f"{MAX_CONTROLS} messages wait for the server already.")
