"""The decoder's process: when samples come, how it ends, and that nothing of it is left."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from tests.conftest import gone
from vivavoce.audio.pcm import Mono
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import OurError
from vivavoce.core.types import AudioFormat

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Mono]]

CONTAINER = AudioFormat("container")
STREAMED = [
    "plain.mp3",
    "index_first.m4a",
    "fragmented.mp4",
    "opus.ogg",
    "opus_stereo.webm",
    "adts.aac",
    "8k.amr",
]


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """The server runs on uvloop where there is one, and its processes are not asyncio's."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return ("asyncio", {"use_uvloop": request.param == "uvloop"})


class Stalled:
    """Most of a file is there; the rest comes when `go` is set."""

    def __init__(self, path: Path, now: int) -> None:
        self.size, self.complete, self.go = now, False, asyncio.Event()
        self._whole = path.stat().st_size

    async def changed(self) -> None:
        await self.go.wait()
        self.size, self.complete = self._whole, True


def stalled(path: Path) -> Stalled:
    return Stalled(path, path.stat().st_size * 4 // 5)


async def give_the_rest_after_a_block(path: Path) -> Mono:
    growth = stalled(path)
    with anyio.fail_after(60):  # without a block before the end, this would wait for ever
        async with aclosing(read_audio(path, CONTAINER, growth)) as stream:
            early = await anext(stream)
            growth.go.set()
            return np.concatenate([early, *[block async for block in stream]])


@pytest.mark.parametrize("name", STREAMED)
async def test_samples_come_before_the_file_is_complete(name: str, data: Path, read: Read) -> None:
    samples = await give_the_rest_after_a_block(data / name)
    assert samples.tobytes() == (await read(data / name, CONTAINER)).tobytes()


async def test_a_piped_wav_is_read_as_it_comes(clip: Mono, tmp_path: Path) -> None:
    path, samples = tmp_path / "pipe.wav", (np.tile(clip, 3) * 32767).astype("<i2")
    path.write_bytes(wav_header(AudioFormat(), 0xFFFFFFFF) + samples.tobytes())
    given = await give_the_rest_after_a_block(path)
    assert np.array_equal(given, samples / np.float32(32768))


@pytest.fixture
def processes(started: list[Process]) -> Iterator[list[Process]]:
    """Those that were started; afterwards they are gone."""
    yield started
    gone(started)


async def test_a_reader_that_stops_early_leaves_no_process(
    data: Path, processes: list[Process]
) -> None:
    path = data / "plain.mp3"
    async with aclosing(read_audio(path, CONTAINER, stalled(path))) as stream:
        await anext(stream)
    assert processes[0].returncode == -signal.SIGKILL


async def test_a_reader_that_is_cancelled_leaves_no_process(
    data: Path, processes: list[Process]
) -> None:
    path, waiting = data / "plain.mp3", asyncio.Event()

    async def read_all() -> None:
        async with aclosing(read_audio(path, CONTAINER, stalled(path))) as stream:
            async for _ in stream:
                waiting.set()

    reader = asyncio.create_task(read_all())
    await waiting.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert processes[0].returncode == -signal.SIGKILL


async def test_a_decoder_killed_in_the_middle_is_our_fault(
    data: Path, processes: list[Process]
) -> None:
    path = data / "plain.mp3"
    async with aclosing(read_audio(path, CONTAINER, stalled(path), name="talk.mp3")) as stream:
        await anext(stream)
        processes[0].kill()
        with pytest.raises(OurError, match=r"stopped in the middle of talk\.mp3 \(status -9\)"):
            async for _ in stream:
                pass


async def test_what_breaks_the_growth_comes_through(data: Path, processes: list[Process]) -> None:
    path = data / "plain.mp3"

    class Breaks(Stalled):
        async def changed(self) -> None:
            raise OurError("The journal is gone.")

    with pytest.raises(OurError, match="The journal is gone"):
        async for _ in read_audio(path, CONTAINER, Breaks(path, 5_000)):
            pass
    assert len(processes) == 1


async def test_a_slow_reader_holds_the_decoder_back(
    tmp_path: Path, processes: list[Process]
) -> None:
    """Nothing piles up: the decoder has not ended while an hour of it is not read yet."""
    path, silence = tmp_path / "hour.wav", bytes(8_000 * 3_600)
    path.write_bytes(wav_header(AudioFormat("mulaw", 8_000), len(silence)) + silence)
    async with aclosing(read_audio(path, CONTAINER, CompleteFile(path))) as stream:
        for _ in range(10):
            await anext(stream)
            await asyncio.sleep(0)
        assert processes[0].returncode is None
