"""One WebRTC peer: a sound track in, a data channel for everything that is said."""

import asyncio
import logging
from contextlib import suppress

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from vivavoce.audio.packet import Packet
from vivavoce.audio.tracks import DecodedTrack
from vivavoce.core.errors import BadMessage
from vivavoce.dialects.base import Wire
from vivavoce.dialects.native_messages import FinishMessage, encode
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.webrtc_packets import divert

logging.getLogger("aioice").setLevel(logging.WARNING)  # it tells every candidate it tries

UNHEARD = 1 << 20
"""Bytes of packets and messages that wait to be taken: a minute of sound, or two as browsers
encode it. Who sends more is given up."""

APIECE = 64
"""Bytes that each counts for beside its own."""

UNSENT = 256 * 1024
"""Bytes on their way to the peer, above which the next message waits."""

CONNECTED = 30.0
"""Seconds that a peer has to connect and to open its channel."""

LINGER = 5.0
"""Seconds that a peer has to take the last message and to close."""


class Peer:
    """The line to it. Call `answer` first, and `end` at the end."""

    def __init__(self) -> None:
        # No servers: what is on this network finds its way, and nobody outside is asked.
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._heard: asyncio.Queue[tuple[Wire | Packet | Exception, int]] = asyncio.Queue()
        self._unheard = 0  # bytes of it
        self._channel: asyncio.Future[RTCDataChannel] = asyncio.get_running_loop().create_future()
        self._room = asyncio.Event()
        self._lost = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._sound = DecodedTrack("The track")
        self._pc.on("track", self._met)
        self._pc.on("datachannel", self._opened)
        self._pc.on("connectionstatechange", self._changed)

    async def answer(self, sdp: str) -> str:
        """The answer to an offer. Raises `BadMessage`, or `OurError`."""
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        except Exception as error:  # its parser raises whatever comes up
            raise BadMessage(f"The offer's SDP cannot be read: {error!r}.") from None
        kinds = [transceiver.kind for transceiver in self._pc.getTransceivers()]
        if kinds != ["audio"] or self._pc.sctp is None:
            raise BadMessage(
                "The offer must have one audio track, a data channel made before it, and no video."
            )
        divert(self._pc.getReceivers()[0], lambda packet: self._take(packet, len(packet.payload)))
        try:
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except Exception as error:  # no codec in common, to give one
            raise BadMessage(f"The offer cannot be answered: {error!r}.") from None
        return str(self._pc.localDescription.sdp)

    async def hear(self) -> Wire:
        """A packet is decoded when its turn has come: so what is said keeps its place in what is
        heard, and nothing waits behind this queue, which has a bound."""
        await self._sound.start()  # it takes as long as connecting does
        while True:
            heard, size = await self._heard.get()
            self._unheard -= size
            if isinstance(heard, Exception):
                raise heard
            if not isinstance(heard, Packet):
                return heard
            if pcm := await self._sound.decode(heard):
                return pcm

    async def say(self, wire: Wire) -> None:
        channel = await self._open_channel()
        while channel.bufferedAmount > UNSENT and not self._lost.is_set():
            self._room.clear()
            await self._room.wait()
        try:
            channel.send(wire)
        except InvalidStateError as error:
            raise LineLost from error

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002
        """The peer closes when it has read the last message; it may not take for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await self._lost.wait()

    async def end(self) -> None:
        """Let go of everything."""
        self._lose()
        try:
            if self._listening is not None:
                self._listening.cancel()
                await asyncio.gather(self._listening, return_exceptions=True)
            await self._pc.close()
        finally:
            await self._sound.stop()

    async def _open_channel(self) -> RTCDataChannel:
        try:
            async with asyncio.timeout(CONNECTED):
                return await asyncio.shield(self._channel)
        except TimeoutError:
            raise LineLost from None

    def _met(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        """To the track's end, which is the end of what is said; nothing comes before it."""
        with suppress(MediaStreamError):
            await track.recv()
        self._take(encode(FinishMessage()))

    def _opened(self, channel: RTCDataChannel) -> None:
        """The first is the one; others stay silent."""
        if self._channel.done():
            return
        channel.bufferedAmountLowThreshold = UNSENT // 2
        channel.on("bufferedamountlow", self._room.set)
        channel.on("message", self._told)
        channel.on("close", self._lose)
        self._channel.set_result(channel)

    def _told(self, message: Wire) -> None:
        if isinstance(message, bytes):
            wrong = BadMessage("Bytes came on the data channel; it is for text.")
            self._take(wrong, len(message))
        else:
            self._take(message, len(message))

    def _take(self, heard: Wire | Packet | Exception, size: int = 0) -> None:
        size += APIECE
        if self._unheard + size > UNHEARD:
            self._lose()
        else:
            self._unheard += size
            self._heard.put_nowait((heard, size))

    def _changed(self) -> None:
        if self._pc.connectionState in ("failed", "closed"):
            self._lose()

    def _lose(self) -> None:
        if self._lost.is_set():
            return
        self._lost.set()
        self._room.set()
        self._heard.put_nowait((LineLost(), 0))
        if not self._channel.done():
            self._channel.set_exception(LineLost())
            self._channel.exception()  # nobody may be waiting for it
