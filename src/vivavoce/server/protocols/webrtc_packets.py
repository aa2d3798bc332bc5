"""The packets of a WebRTC track as they came: aiortc would decode them in this process."""

import queue
from collections.abc import Callable
from typing import Any, Final

from aiortc import RTCRtpReceiver

from vivavoce.audio.packet import Packet
from vivavoce.core.errors import OurError

_QUEUE: Final = "_RTCRtpReceiver__decoder_queue"
"""Where aiortc keeps what the thread is to decode that it starts for a receiver. It has no public
way to the packets; `tests/server/protocols/test_webrtc_packets.py` says when this one is gone."""


class _Diverted(queue.Queue[None]):
    """In its place. The thread hears of the end alone, and that ends the track."""

    def __init__(self, take: Callable[[Packet], None]) -> None:
        super().__init__()
        self._take = take

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is None:
            super().put(item, block, timeout)
        else:
            codec, frame = item
            self._take(Packet(codec.name.lower(), frame.timestamp, frame.data))


def divert(receiver: RTCRtpReceiver, take: Callable[[Packet], None]) -> None:
    """Have each packet taken when it comes, in order, by the event loop; nothing is decoded.

    To be called before the receiver begins. Raises `OurError` if aiortc is not what it was.
    """
    if not isinstance(getattr(receiver, _QUEUE, None), queue.Queue):
        raise OurError("This version of aiortc would decode sound in the server's own process.")
    setattr(receiver, _QUEUE, _Diverted(take))
