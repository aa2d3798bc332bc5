"""The process that decodes a sound track: packets in, 48 kHz mono PCM out.

    python -P -m vivavoce.audio.track_decoder

On stdin the parent sends `Packet`s; each is answered on stdout by the sound that it brings,
after the length of that in bytes, which may be 0. The rest is in `confined.py`.
"""

import sys
import time
from fractions import Fraction
from typing import BinaryIO, Final, NamedTuple

from av import CodecContext, FFmpegError, Packet
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from vivavoce.audio import packet as wire
from vivavoce.audio.bounds import Processor
from vivavoce.audio.confined import Fault, run
from vivavoce.audio.track import RATE, Track


class Codec(NamedTuple):
    """`name` is FFmpeg's; `per_tick` is the samples in a tick of the codec's clock in RTP."""

    name: str
    layout: str
    rate: int
    per_tick: int


CODECS: Final = {
    "opus": Codec("libopus", "stereo", 48_000, 1),
    "g722": Codec("g722", "mono", 16_000, 2),  # RFC 3551: its clock is wrong, and stays so
    "pcmu": Codec("pcm_mulaw", "mono", 8_000, 1),
    "pcma": Codec("pcm_alaw", "mono", 8_000, 1),
}
"""By their names in SDP."""

DAMAGED: Final = 250
"""Packets in a row of which nothing can be decoded, and then it is no sound: five seconds."""

AHEAD: Final = 120.0
"""Seconds that a track may hold more than have gone by: what waited comes at once, but each
packet may claim a hole of a second before it, which is filled."""


class Decoder:
    """A packet's codec may be another than the last one's."""

    def __init__(self) -> None:
        self._name = ""
        self._context: AudioCodecContext | None = None

    def decode(self, packet: wire.Packet) -> list[AudioFrame]:
        """Raises `FFmpegError`, or `Fault` for a codec that is not known here."""
        codec = CODECS.get(packet.codec)
        if codec is None:
            raise Fault(f"is coded as {packet.codec}, which is not known here")
        if self._context is None or packet.codec != self._name:
            self._name, self._context = packet.codec, _context(codec)
        encoded = Packet(packet.payload)
        encoded.pts = packet.timestamp * codec.per_tick
        encoded.time_base = Fraction(1, codec.rate)
        return self._context.decode(encoded)


def _context(codec: Codec) -> AudioCodecContext:
    context = CodecContext.create(codec.name, "r")
    assert isinstance(context, AudioCodecContext)
    context.format = "s16"
    context.layout = codec.layout
    context.sample_rate = codec.rate
    return context


def decode(packets: BinaryIO, out: BinaryIO) -> None:
    """Answer every packet. What is damaged is answered by nothing, and then the next one by
    silence in its place.

    Raises `Fault` for what no sound is.
    """
    decoder, track, processor = Decoder(), Track(), Processor()
    damaged, size, began = 0, 0, 0.0
    while (packet := wire.read(packets)) is not None:
        began = began or time.monotonic()
        pcm = b""
        try:
            if packet.payload:  # one of no bytes would mean the end
                pcm = b"".join(map(track.feed, decoder.decode(packet)))
        except FFmpegError:
            damaged += 1
            if damaged == DAMAGED:
                raise Fault("holds no sound that can be decoded") from None
        if pcm:
            damaged = 0
            size += len(pcm)
            processor.renew()
        if len(pcm) > wire.MOST or size / (2 * RATE) > time.monotonic() - began + AHEAD:
            raise Fault("holds more sound than time goes by, which no track does")
        out.write(wire.ANSWER.pack(len(pcm)) + pcm)
        out.flush()


def main() -> int:
    """Run the process; its exit status."""
    return run(lambda out: decode(sys.stdin.buffer, out))


if __name__ == "__main__":
    sys.exit(main())
