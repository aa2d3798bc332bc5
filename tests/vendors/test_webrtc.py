"""aiortc as a client: sound on a track, words on a data channel."""

import asyncio
import json
import os
import signal
import wave
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx2
import jiwer
import numpy as np
import pytest
import soxr
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import Packet
from av.audio.frame import AudioFrame

import vivavoce
from vivavoce.core.events import Final
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import say, silence
from vivavoce.testing.family import children
from vivavoce.testing.process import ServerProcess, running

pytestmark = pytest.mark.anyio

TALK = np.concatenate([say("alfa", "bravo"), silence(0.5)])
DECODER = "vivavoce.audio.track_decoder"
LOCAL = RTCConfiguration(iceServers=[])


class Microphone(AudioStreamTrack):
    """Silent until it has something to play, and after that. The base class keeps time."""

    def __init__(self) -> None:
        super().__init__()
        self.left = np.zeros(0, "<i2")
        self.played = asyncio.Event()

    async def recv(self) -> AudioFrame:
        silent = await super().recv()
        assert isinstance(silent, AudioFrame)
        assert silent.pts is not None
        size = 2 * silent.samples
        piece, self.left = self.left[:size], self.left[size:]
        frame = AudioFrame.from_ndarray(np.pad(piece, (0, size - len(piece)))[None], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, 2 * silent.pts, Fraction(1, 16_000)
        if len(piece) and not len(self.left):
            self.played.set()
        return frame


class Client:
    """A peer, and what it was told."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(LOCAL)
        self.channel = self.pc.createDataChannel("events")
        self.channel.on("message", lambda text: self.told.put_nowait(json.loads(text)))
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.microphone = Microphone()
        self.pc.addTrack(self.microphone)

    async def play(self, samples: Pcm) -> None:
        self.microphone.left = (samples * 32767).astype("<i2")
        await self.microphone.played.wait()

    def finish(self) -> None:
        self.channel.send('{"type": "finish"}')

    async def connect(self, server: ServerProcess, **more: Any) -> None:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await offer(server, {"sdp": self.pc.localDescription.sdp, **more})
        assert answer.status_code == 200, answer.text
        described = answer.json()
        assert described["type"] == "answer"
        await self.pc.setRemoteDescription(RTCSessionDescription(**described))

    async def until(self, type: str) -> list[dict[str, Any]]:
        """What is said up to the message of this type; events without their numbers."""
        told: list[dict[str, Any]] = []
        while not told or told[-1]["type"] != type:
            message = await self.told.get()
            told.append(message["event"] if message["type"] == "event" else message)
        return told


@pytest.fixture
async def peer() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.pc.close()


another = peer


async def offer(
    server: ServerProcess, body: Any, type: str = "application/json"
) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False, timeout=120) as http:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{server.url}webrtc/offer"
        return await http.post(url, content=content, headers={"Content-Type": type})


async def recording(server: ServerProcess, id: str) -> Any:
    """As it is when its events have ended."""
    async with httpx2.AsyncClient(trust_env=False, timeout=120) as http:
        await http.get(f"{server.url}api/v1/recordings/{id}/events")
        return (await http.get(f"{server.url}api/v1/recordings/{id}")).json()


def said(told: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in told if message["type"] == "final"]


async def test_sound_in_and_events_out(scripted: ServerProcess, peer: Client) -> None:
    await peer.connect(scripted, language="en", options={"title": "Over WebRTC"})
    told = await peer.until("ready")
    await peer.play(TALK)
    peer.finish()
    told += await peer.until("bye")
    names = [message["type"] for message in told]
    assert "ack" not in names
    assert [name for name in names if name not in ("interim", "revised")] == [
        "ready",
        "started",
        "speech",
        "speech",
        "final",
        "ended",
        "bye",
    ]
    assert said(told) == ["alfa bravo"]
    kept = await recording(scripted, told[0]["session"])
    assert (kept["title"], kept["state"]) == ("Over WebRTC", "done")
    assert kept["preview"] == "alfa bravo"


async def test_a_peer_that_goes_finishes_its_session(scripted: ServerProcess, peer: Client) -> None:
    await peer.connect(scripted)
    (ready,) = await peer.until("ready")
    playing = asyncio.create_task(peer.play(TALK))
    await peer.until("speech")
    await playing
    await peer.pc.close()
    kept = await recording(scripted, ready["session"])
    assert (kept["state"], kept["reason"]) == ("done", "finished")


@pytest.mark.parametrize("message", ['{"type": "start", "format": {}}', b"sound", "{"])
async def test_a_message_that_cannot_be_ends_the_session(
    scripted: ServerProcess, peer: Client, message: str | bytes
) -> None:
    await peer.connect(scripted)
    await peer.until("ready")
    peer.channel.send(message)
    error = (await peer.until("error"))[-1]
    assert (error["code"], error["retryable"]) == ("bad_message", False)


async def test_a_server_that_stops_says_so(tmp_path: Path, peer: Client) -> None:
    server = ServerProcess(tmp_path, engines="scripted", hosts=1)
    with running(server):
        await peer.connect(server)
        await peer.until("ready")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert (await peer.until("bye"))[-1]["reason"] == "draining"
        await peer.pc.close()
        await stopping


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"{", 400, "The offer cannot be read"),
        ({}, 400, "missing required field `sdp`"),
        ({"sdp": "v=0", "type": "answer"}, 400, "`$.type`"),
        ({"sdp": "m=audio\r\n"}, 400, "The offer's SDP cannot be read"),
        ({"sdp": "hello"}, 400, "The offer must have one audio track"),
        ({"sdp": "v=0", "engine": "nobody"}, 400, "There is no engine 'nobody'"),
        ({"sdp": "v" * 70_000}, 413, "65536 bytes at most"),
    ],
)
async def test_an_offer_that_cannot_be_is_refused(
    scripted: ServerProcess, body: Any, status: int, sentence: str
) -> None:
    answer = await offer(scripted, body)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text


async def test_only_json_is_taken(scripted: ServerProcess) -> None:
    """A page of another site may post anything but that."""
    answer = await offer(scripted, {"sdp": "v=0"}, type="text/plain")
    assert answer.status_code == 422
    assert "application/json" in answer.text


@pytest.mark.parametrize("kind", ["no channel", "no sound", "a picture"])
async def test_an_offer_without_what_is_needed_is_refused(
    scripted: ServerProcess, kind: str
) -> None:
    pc = RTCPeerConnection(LOCAL)
    if kind != "no channel":
        pc.createDataChannel("events")
    if kind != "no sound":
        pc.addTrack(AudioStreamTrack())
    if kind == "a picture":
        pc.addTrack(VideoStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    answer = await offer(scripted, {"sdp": pc.localDescription.sdp})
    await pc.close()
    assert answer.status_code == 400
    assert "one audio track" in answer.json()["error"]["message"]


async def test_no_candidate_is_asked_for_elsewhere(scripted: ServerProcess) -> None:
    """Its addresses are those of this machine: no server outside has told it others."""
    pc = RTCPeerConnection(LOCAL)
    pc.createDataChannel("events")
    pc.addTrack(AudioStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    answer = await offer(scripted, {"sdp": pc.localDescription.sdp})
    await pc.close()
    candidates = [line for line in answer.json()["sdp"].splitlines() if "candidate:" in line]
    assert candidates
    assert all("typ host" in line for line in candidates)


@pytest.mark.parametrize("codec", ["audio/G722", "audio/PCMU", "audio/PCMA"])
async def test_who_has_no_opus(scripted: ServerProcess, peer: Client, codec: str) -> None:
    (transceiver,) = peer.pc.getTransceivers()
    known = RTCRtpSender.getCapabilities("audio").codecs
    transceiver.setCodecPreferences([each for each in known if each.mimeType == codec])
    await peer.connect(scripted)
    told = await peer.until("ready")
    await peer.play(TALK)
    peer.finish()
    told += await peer.until("bye")
    assert said(told) == ["alfa bravo"]


class Broken(AudioStreamTrack):
    """Packets that say they are Opus, as fast as they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0

    async def recv(self) -> Any:
        await asyncio.sleep(0)  # no wait: others have a turn
        packet = Packet(b"\xff\xff" + bytes(40))
        packet.pts, packet.time_base = 960 * self._sent, Fraction(1, 48_000)
        self._sent += 1
        return packet


async def test_sound_that_is_none_costs_nobody_else(
    scripted: ServerProcess, peer: Client, another: Client
) -> None:
    another.pc.getSenders()[0].replaceTrack(Broken())
    await peer.connect(scripted)
    told = await peer.until("ready")
    playing = asyncio.create_task(peer.play(TALK))
    await another.connect(scripted)
    error = (await another.until("error"))[-1]
    assert error["code"] == "bad_audio"
    assert error["message"] == "The track holds no sound that can be decoded."
    await playing
    peer.finish()
    told += await peer.until("bye")
    assert said(told) == ["alfa bravo"]


async def test_a_decoder_that_crashes_costs_its_own_session(
    tmp_path: Path, peer: Client, another: Client
) -> None:
    """What was said before is kept."""
    with running(ServerProcess(tmp_path, engines="scripted", hosts=1)) as server:
        await peer.connect(server)
        (ready,) = await peer.until("ready")
        (decoder,) = children(server.pid, DECODER)
        await peer.play(TALK)
        await peer.until("final")
        await another.connect(server)
        told = await another.until("ready")
        os.kill(decoder, signal.SIGSEGV)
        error = (await peer.until("error"))[-1]
        assert error["code"] == "internal"
        assert "decoder stopped in the middle of The track (status -11)" in error["message"]
        kept = await recording(server, ready["session"])
        assert (kept["state"], kept["preview"]) == ("done", "alfa bravo")
        await another.play(TALK)
        another.finish()
        told += await another.until("bye")
        assert said(told) == ["alfa bravo"]
        await asyncio.gather(peer.pc.close(), another.pc.close())
        async with asyncio.timeout(240):
            while await asyncio.to_thread(children, server.pid, DECODER):
                pass


async def test_what_is_lost_on_the_way_moves_no_word(scripted: ServerProcess, peer: Client) -> None:
    """Six tenths of a second between two sentences: the second is where it was said."""
    await peer.connect(scripted)
    told = await peer.until("ready")
    transport = peer.pc.getSenders()[0].transport
    send, lost, begins, ends = transport._send_rtp, 0, len(TALK) + 32_000, len(TALK) + 22_400

    async def lose(data: bytes) -> None:
        nonlocal lost
        if ends < len(peer.microphone.left) <= begins:
            lost += 1
        else:
            await send(data)

    transport._send_rtp = lose  # type: ignore[method-assign]
    await peer.play(np.concatenate([TALK, silence(3.0), TALK]))
    peer.finish()
    told += await peer.until("bye")
    assert lost >= 30
    first, second = [message for message in told if message["type"] == "final"]
    assert said(told) == ["alfa bravo", "alfa bravo"]
    assert (
        abs(second["start"] - first["start"] - len(TALK) - 3 * 16_000) < 3200
    )  # where speech begins, to a fifth of a second


async def test_words_of_a_voice(embedded: ServerProcess, peer: Client, data: Path) -> None:
    """After Opus they are nearly those of `vivavoce transcribe`."""
    clip = data / "ljspeech_short.wav"
    finals = [e.text async for e in vivavoce.transcribe(clip) if isinstance(e, Final)]
    with wave.open(str(clip)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    samples = soxr.resample(samples / 32768, file.getframerate(), 16_000)
    await peer.connect(embedded)
    await peer.until("ready")
    await peer.play(np.concatenate([samples, silence(0.5)]))
    peer.finish()
    told = await peer.until("bye")
    assert any(message["type"] == "interim" for message in told)
    assert jiwer.wer(" ".join(finals), " ".join(said(told))) < 0.2
