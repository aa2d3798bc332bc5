"""A track's decoder, as its parent has it: bounded, and gone when it is told."""

import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.audio.test_track_decoder import BROKEN, FRAME, spoken
from tests.conftest import gone
from vivavoce.audio import tracks
from vivavoce.audio.bounds import FILES, MEMORY
from vivavoce.audio.packet import MOST, Packet
from vivavoce.audio.track_decoder import DAMAGED
from vivavoce.audio.tracks import DecodedTrack
from vivavoce.core.errors import BadAudio, OurError

pytestmark = pytest.mark.anyio

PACKET = Packet("opus", 0, b"\xf8\xff\xfe")


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """The server runs on uvloop where there is one, and its processes are not asyncio's."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return ("asyncio", {"use_uvloop": request.param == "uvloop"})


@pytest.fixture
async def track(started: list[Process]) -> AsyncIterator[DecodedTrack]:
    """Of its process nothing is left."""
    track = DecodedTrack("The track")
    yield track
    await track.stop()
    gone(started)


def instead(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> None:
    """Have this shell command in place of the decoder."""
    path = folder / "decoder"
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


async def test_each_packet_is_answered(track: DecodedTrack) -> None:
    sizes = [len(await track.decode(packet)) for packet in spoken("opus")[:5]]
    assert sizes == [2 * FRAME] * 5
    assert await track.decode(Packet("opus", 5 * FRAME, BROKEN)) == b""


async def test_its_process_is_bounded(track: DecodedTrack, started: list[Process]) -> None:
    import resource

    await track.decode(PACKET)
    most = [resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE]
    limits = [resource.prlimit(started[0].pid, kind)[0] for kind in most]
    assert limits == [MEMORY, FILES, 0]
    assert resource.prlimit(started[0].pid, resource.RLIMIT_CPU)[0] > 0


async def test_what_no_sound_is(track: DecodedTrack) -> None:
    for i in range(DAMAGED - 1):
        assert await track.decode(Packet("opus", FRAME * i, BROKEN)) == b""
    with pytest.raises(BadAudio, match=r"^The track holds no sound that can be decoded\.$"):
        await track.decode(Packet("opus", FRAME * DAMAGED, BROKEN))


async def test_a_decoder_that_is_killed(track: DecodedTrack, started: list[Process]) -> None:
    await track.decode(PACKET)
    os.kill(started[0].pid, signal.SIGSEGV)
    for _ in range(2):
        with pytest.raises(OurError, match=r"stopped in the middle of The track \(status -11\)"):
            await track.decode(PACKET)


async def test_a_decoder_that_ran_out_of_its_time(
    track: DecodedTrack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instead(monkeypatch, tmp_path, "kill -XCPU $$")
    with pytest.raises(BadAudio, match="The track takes longer to decode than any sound does"):
        await track.decode(PACKET)


@pytest.mark.parametrize("does", ["exec sleep 1000", "exec >&-; exec sleep 1000"])
async def test_a_decoder_that_hangs(
    track: DecodedTrack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str
) -> None:
    monkeypatch.setattr(tracks, "PATIENCE", 0.05)
    instead(monkeypatch, tmp_path, does)
    with pytest.raises(BadAudio, match="The track takes longer to decode than any sound does"):
        await track.decode(PACKET)


async def test_a_decoder_that_says_too_much(
    track: DecodedTrack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever took it over cannot fill our memory."""
    instead(monkeypatch, tmp_path, "printf '\\377\\377\\377\\177'; exec cat /dev/zero")
    with pytest.raises(OurError, match="bytes for a packet of The track"):
        await track.decode(PACKET)
    assert MOST < 0x7FFFFFFF


async def test_one_that_was_never_needed() -> None:
    await DecodedTrack("The track").stop()
