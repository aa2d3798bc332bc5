"""Wyoming's port: when it cannot be had, when sessions break off, and when the server stops."""

import socket
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.info import Describe
from wyoming.ping import Ping

from vivavoce.config import Settings
from vivavoce.core.errors import Draining, SettingError
from vivavoce.dialects.base import Bye
from vivavoce.engines.fake import say
from vivavoce.server.protocols.wyoming import as_far_as_may_be, listening
from vivavoce.server.services import Services
from vivavoce.testing.process import free_port

pytestmark = pytest.mark.anyio

FORMAT = {"rate": 16_000, "width": 2, "channels": 1}


def serving(parts: Services, folder: Path, **settings: Any) -> Any:
    """The port, in front of the parts of a running application."""
    chosen = Settings(data_dir=folder, **settings)
    return listening(replace(parts, settings=chosen))


async def begun(client: AsyncTcpClient) -> None:
    """In mid-utterance: what it says is answered only when the session is there."""
    audio = (say("alfa") * 32767).astype("<i2").tobytes()
    await client.write_event(AudioStart(**FORMAT).event())
    await client.write_event(AudioChunk(**FORMAT, audio=audio).event())
    await client.write_event(Ping().event())
    event = await client.read_event()
    assert event is not None
    assert event.type == "pong"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"wyoming_announce": True}, "wyoming_announce needs a wyoming_port"),
        ({"wyoming_port": 0, "workers": 2}, "cannot be 0 with several workers"),
    ],
)
async def test_what_cannot_be_is_said(
    parts: Services, tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingError, match=sentence):
        async with serving(parts, tmp_path, **settings):
            pass


async def test_a_port_that_is_taken_is_named(parts: Services, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingError, match=rf"Wyoming on 127.0.0.1 port {port} \(address.+in use\)"
        ):
            async with serving(parts, tmp_path, wyoming_port=port):
                pass


async def test_a_system_that_shares_no_port_serves_one_worker(
    parts: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
    with pytest.raises(SettingError, match="workers to be 1 here"):
        async with serving(parts, tmp_path, wyoming_port=free_port(), workers=2):
            pass


async def test_it_stops_with_clients_on_the_line(parts: Services, tmp_path: Path) -> None:
    port = free_port()
    async with AsyncExitStack() as stack:
        async with serving(parts, tmp_path, wyoming_port=port):
            idle, speaking = [
                await stack.enter_async_context(AsyncTcpClient("127.0.0.1", port)) for _ in "12"
            ]
            await idle.write_event(Describe().event())
            assert await idle.read_event() is not None
            await begun(speaking)
            assert parts.hub.sessions == 1
        for client in (idle, speaking):
            with suppress(ConnectionResetError):
                assert await client.read_event() is None
    for session in list(parts.hub._sessions.values()):  # what was said is transcribed to its end
        await parts.hub.sealed(session.id)
    assert parts.hub.sessions == 0


async def test_a_session_that_moves_away_ends_the_line(parts: Services, tmp_path: Path) -> None:
    """Clients wait for a transcript or for the end of the connection."""
    port = free_port()
    async with (
        serving(parts, tmp_path, wyoming_port=port),
        AsyncTcpClient("127.0.0.1", port) as client,
    ):
        await begun(client)
        (session,) = parts.hub._sessions.values()
        await session.release(Bye(Draining.code, Draining.close))
        event = await client.read_event()
        assert event is not None
        assert Error.from_event(event).code == "draining"
        assert await client.read_event() is None


@pytest.mark.parametrize(
    ("asked", "host"),
    [
        ({}, "127.0.0.1"),
        ({"open_to_all": True}, "0.0.0.0"),
        ({"auth": "keys"}, "127.0.0.1"),
        ({"auth": "keys", "open_to_all": True}, "127.0.0.1"),
        ({"auth": "keys", "wyoming_open": True}, "0.0.0.0"),
    ],
)
def test_other_machines_are_served_only_where_that_was_asked_for(
    tmp_path: Path, asked: dict[str, Any], host: str
) -> None:
    """Its protocol has no keys."""
    settings = Settings(data_dir=tmp_path, host="0.0.0.0", wyoming_port=0, **asked)
    assert as_far_as_may_be(settings).host == host
    here = settings.model_copy(update={"host": "localhost"})
    assert as_far_as_may_be(here) == here
