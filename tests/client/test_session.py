"""The SDK against the real server: live words, and lines that break."""

import asyncio
import math
import wave
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from vivavoce.client import Session, Unreachable, connect
from vivavoce.core.commands import Endpointing
from vivavoce.core.errors import BadMessage, DiskError, Gone, PeerError
from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Marker, Started
from vivavoce.core.types import AudioFormat, samples
from vivavoce.dialects.native_messages import SUBPROTOCOL, ErrorMessage, ReadyMessage, encode
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

pytestmark = pytest.mark.anyio

FORMAT = AudioFormat(rate=22050)
PIECE = 4410  # bytes: a tenth of a second


@pytest.fixture(scope="module")
def pcm(clip: Path) -> bytes:
    with wave.open(str(clip)) as file:
        assert file.getframerate() == FORMAT.rate
        return bytes(file.readframes(file.getnframes()))


def text(events: list[AnyEvent]) -> str:
    return " ".join({e.id: e.text for e in events if isinstance(e, Final)}.values())


async def send(session: Session, audio: bytes) -> None:
    for at in range(0, len(audio), PIECE):
        await session.send(audio[at : at + PIECE])


async def rest(session: Session) -> list[AnyEvent]:
    await session.finish()
    return [event async for event in session]


async def kept(server: ServerProcess, session: Session) -> bytes:
    """The audio as the server has it, a WAV file."""
    async with httpx2.AsyncClient(base_url=server.url) as http:
        answer = await http.get(f"/api/v1/recordings/{session.id}/audio")
    return answer.raise_for_status().content


async def test_a_session_gives_events_from_started_to_ended(
    server: ServerProcess, pcm: bytes
) -> None:
    async with connect(server.url, FORMAT, title="A clip") as session:
        await send(session, pcm)
        await session.mark("the end")
        await session.mark("before", at=8000)
        events = await rest(session)
        assert len(session.id) == 26
    assert isinstance(events[0], Started)
    assert events[0].title == "A clip"
    markers = [event for event in events if isinstance(event, Marker)]
    assert [marker.label for marker in markers] == ["the end", "before"]
    assert markers[1].at == 8000 < markers[0].at
    assert text(events)
    assert events[-1] == Ended(reason="finished", duration=samples(len(pcm) / 2 / FORMAT.rate))


async def test_without_interims_there_are_none(server: ServerProcess, pcm: bytes) -> None:
    async with connect(server.url, FORMAT, interims=False) as session:
        await send(session, pcm)
        assert not [event for event in await rest(session) if isinstance(event, Interim)]


async def test_flush_makes_what_was_said_final(server: ServerProcess, pcm: bytes) -> None:
    async with connect(server.url, FORMAT) as session:
        await send(session, pcm)
        await session.flush()
        async for event in session:
            if isinstance(event, Final):
                break
        assert session.connected


async def test_a_session_chooses_its_patience(server: ServerProcess, pcm: bytes) -> None:
    thoughtful = pcm + bytes(2 * FORMAT.rate * 6 // 10) + pcm  # 0.6 s of silence
    finals = {}
    patiences: tuple[Endpointing, ...] = ("dictation", "conversation")
    for patience in patiences:
        async with connect(server.url, FORMAT, endpointing=patience, interims=False) as session:
            await send(session, thoughtful)
            finals[patience] = [e for e in await rest(session) if isinstance(e, Final)]
    assert len(finals["dictation"]) > len(finals["conversation"])


async def test_leaving_the_block_finishes_and_waits(server: ServerProcess, pcm: bytes) -> None:
    async with connect(server.url, FORMAT) as session:
        await send(session, pcm)
    assert session.over
    with pytest.raises(Gone, match="finished"):
        await session.send(b"\0\0")
    assert [event async for event in session] == []


async def test_a_container_may_be_streamed(server: ServerProcess, file: bytes) -> None:
    async with connect(server.url, AudioFormat("container")) as session:
        await send(session, file)
        assert text(await rest(session))
        assert await kept(server, session) == file


async def test_a_line_that_breaks_again_and_again_loses_nothing(
    server: ServerProcess, relay: Relay, pcm: bytes
) -> None:
    async with connect(relay.url, FORMAT) as session:
        third = len(pcm) // 3 // PIECE * PIECE
        for part in (pcm[:third], pcm[third : 2 * third]):
            await send(session, part)
            relay.cut()
            relay.mend()
        await send(session, pcm[2 * third :])
        assert text(await rest(session))
        assert session.unacknowledged == 0
        assert session.acknowledged == math.ceil(len(pcm) / PIECE)
        assert (await kept(server, session)).endswith(pcm)


async def test_a_server_killed_and_started_again_loses_nothing(tmp_path: Path, pcm: bytes) -> None:
    process = ServerProcess(tmp_path, finals="tiny")
    await asyncio.to_thread(process.start)
    try:
        async with connect(process.url, FORMAT) as session:
            await send(session, pcm[: PIECE * 10])
            process.kill()
            await send(session, pcm[PIECE * 10 :])
            await asyncio.to_thread(process.start)
            events = await rest(session)
            assert (await kept(process, session)).endswith(pcm)
    finally:
        process.stop()
    assert text(events)
    assert events[-1] == Ended(reason="finished", duration=samples(len(pcm) / 2 / FORMAT.rate))


async def test_send_waits_while_too_much_is_not_acknowledged(
    server: ServerProcess, relay: Relay, pcm: bytes
) -> None:
    async with connect(relay.url, FORMAT, buffer=PIECE) as session:
        relay.cut()
        sending = asyncio.create_task(send(session, pcm))
        await session.until_lost()
        assert not sending.done()
        assert session.unacknowledged <= 2 * PIECE
        relay.mend()
        await session.until_connected()
        assert session.connected
        await sending
        await rest(session)
        assert (await kept(server, session)).endswith(pcm)


async def test_a_server_that_opens_and_takes_nothing_is_not_tried_for_ever() -> None:
    lines = 0

    async def full(line: ServerConnection) -> None:
        nonlocal lines
        lines += 1
        await line.recv()
        limits = {"grace": 0.5}
        ready = ReadyMessage(session="s", token="t", epoch=1, next_frame=0, limits=limits)
        await line.send(encode(ready))
        await line.recv()
        told = ErrorMessage(code="disk", message="The disk is full.", retryable=True)
        await line.send(encode(told))
        await line.close(1013)

    async with serve(full, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with asyncio.timeout(120), connect(f"http://127.0.0.1:{port}") as session:
            await session.send(bytes(PIECE))
            with pytest.raises(DiskError, match="The disk is full"):
                await session.drained()
    assert lines > 1


async def test_where_there_is_no_server(unused_port: int) -> None:
    with pytest.raises(
        Unreachable, match=f"No server can be reached at ws://127.0.0.1:{unused_port}"
    ):
        async with connect(f"http://127.0.0.1:{unused_port}"):
            pass


async def test_where_there_is_another_server(server: ServerProcess) -> None:
    with pytest.raises(PeerError, match="HTTP status 40"):
        async with connect(server.url + "elsewhere"):
            pass


async def test_a_refusal_is_raised(server: ServerProcess) -> None:
    with pytest.raises(BadMessage, match="xx"):
        async with connect(server.url, FORMAT, language="xx"):
            pass


@pytest.mark.parametrize("url", ["ftp://host", "http://", ""])
async def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(BadMessage, match="is not a server's address"):
        async with connect(url):
            pass


async def test_an_impossible_format_is_refused_before_it_is_sent(unused_port: int) -> None:
    with pytest.raises(BadMessage, match=r"start\.format\.rate"):
        async with connect(f"http://127.0.0.1:{unused_port}", AudioFormat(rate=1)):
            pass
