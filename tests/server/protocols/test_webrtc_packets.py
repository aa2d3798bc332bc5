"""No codec runs in this process: what aiortc has for that is put out of the way.

This is about the inside of aiortc, so a new version may break it, and then nothing is safe.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import aiortc.rtcrtpreceiver
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs import CODECS as OFFERED
from aiortc.codecs import get_decoder
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import AudioStreamTrack
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from vivavoce.audio.track_decoder import CODECS
from vivavoce.core.errors import OurError
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.webrtc_packets import _QUEUE, divert
from vivavoce.server.protocols.webrtc_peer import APIECE, UNHEARD, Peer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[RTCPeerConnection]:
    """One that has a microphone, which is silent, and has made its offer."""
    client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    client.createDataChannel("events")
    client.addTrack(AudioStreamTrack())
    await client.setLocalDescription(await client.createOffer())
    yield client
    await client.close()


@pytest.fixture
async def peer(client: RTCPeerConnection) -> AsyncIterator[Peer]:
    """Ours, which has answered and is connected: aiortc does not take a close before that well."""
    peer = Peer()
    answer = await peer.answer(client.localDescription.sdp)
    await client.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    async with asyncio.timeout(240):
        await asyncio.gather(connected(client), connected(peer._pc))
    yield peer
    await peer.end()


async def connected(pc: RTCPeerConnection) -> None:
    changed = asyncio.Event()
    pc.on("connectionstatechange", changed.set)
    while pc.connectionState != "connected":
        await changed.wait()
        changed.clear()


async def test_a_track_is_not_decoded_here(
    client: RTCPeerConnection, peer: Peer, monkeypatch: pytest.MonkeyPatch, started: list[Process]
) -> None:
    decoders: list[str] = []

    def noted(codec: RTCRtpCodecParameters) -> Decoder:
        decoders.append(codec.name)
        return get_decoder(codec)

    monkeypatch.setattr(aiortc.rtcrtpreceiver, "get_decoder", noted)
    async with asyncio.timeout(240):
        for _ in range(10):
            sound = await peer.hear()
            assert (len(sound), decoders) == (2 * 960, [])
        await client.getSenders()[0].stop()
        while isinstance(last := await peer.hear(), bytes):
            pass
    assert last == '{"type":"finish"}'
    assert len(started) == 1


def test_every_codec_of_an_answer_is_known_to_our_decoder() -> None:
    assert {codec.name.lower() for codec in OFFERED["audio"]} == set(CODECS)


def test_another_aiortc_is_not_taken() -> None:
    with pytest.raises(OurError, match="would decode sound in the server's own process"):
        divert(object(), [].append)  # type: ignore[arg-type]


async def test_what_waits_to_be_decoded_is_bounded(peer: Peer) -> None:
    """aiortc's own queue has no bound; ours has, and before it are 16 packets to put in order."""
    (receiver,) = peer._pc.getReceivers()
    assert vars(receiver)["_RTCRtpReceiver__jitter_buffer"].capacity == 16
    queue = vars(receiver)[_QUEUE]
    for _ in range(2 * UNHEARD // 1000):
        queue.put((OFFERED["audio"][0], JitterFrame(bytes(1000), 0)))
    assert queue.qsize() == 0
    assert peer._heard.qsize() <= UNHEARD // (1000 + APIECE) + 1
    with pytest.raises(LineLost):
        await peer.say("anybody there?")
