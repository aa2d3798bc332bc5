"""Raw samples from a file, finished or growing."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.pcm import Mono
from vivavoce.audio.source import CompleteFile, Growth, read_audio
from vivavoce.core.errors import BadAudio, DiskError
from vivavoce.core.types import AudioFormat, Encoding

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Mono]]
Grow = Callable[[Path, Iterable[bytes]], Growth]


def raw(clip: Mono, rate: int, channels: int) -> bytes:
    """The clip as s16 at another rate, the channels differing but for their mean."""
    at = np.arange(round(len(clip) * rate / 16_000)) * 16_000 / rate
    samples = np.interp(at, np.arange(len(clip)), clip)
    spread = np.linspace(0.5, 1.5, channels) if channels > 1 else np.ones(1)
    frames = np.outer(samples, spread) * 0.6 * 32767
    return frames.astype("<i2").tobytes()


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 8])
async def test_every_rate_and_channel_count_gives_the_clip(
    rate: int,
    channels: int,
    clip: Mono,
    read: Read,
    alike: Callable[[Mono, Mono], float],
    tmp_path: Path,
) -> None:
    path = tmp_path / "raw"
    path.write_bytes(raw(clip, rate, channels))
    samples = await read(path, AudioFormat("pcm_s16le", rate, channels))
    assert abs(len(samples) - len(clip)) <= 1
    assert alike(samples, clip) > (0.9 if rate == 8_000 else 0.99)
    assert np.abs(samples).max() == pytest.approx(0.6 * np.abs(clip).max(), rel=0.1)


@settings(max_examples=25)
@given(
    encoding=st.sampled_from(["pcm_s16le", "pcm_f32le", "mulaw", "alaw"]),
    rate=st.sampled_from([8_000, 16_000, 48_000]),
    channels=st.sampled_from([1, 2]),
    size=st.integers(0, 60_000),
    cuts=st.lists(st.integers(0, 60_000), max_size=20),
)
async def test_however_a_file_grows_the_bits_are_the_same(
    encoding: Encoding,
    rate: int,
    channels: int,
    size: int,
    cuts: list[int],
    read: Read,
    growing: Grow,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path, format = tmp_path_factory.mktemp("grow") / "raw", AudioFormat(encoding, rate, channels)
    data = np.random.default_rng(size).bytes(size)
    path.write_bytes(data)
    whole = await read(path, format)
    edges = [0, *sorted(min(cut, size) for cut in cuts), size]
    grown = await read(path, format, growing(path, [data[a:b] for a, b in pairwise(edges)]))
    assert grown.tobytes() == whole.tobytes()
    assert abs(len(whole) - size // format.frame_bytes * 16_000 / rate) <= 0.5


async def test_samples_come_before_the_file_is_complete(tmp_path: Path, growing: Grow) -> None:
    path = tmp_path / "raw"
    growth = growing(path, [bytes(640), bytes(640)])
    async with aclosing(read_audio(path, AudioFormat(), growth)) as stream:
        assert len(await anext(stream)) == 320
        assert (growth.size, growth.complete) == (640, False)


async def test_skipped_samples_are_decoded_but_not_given(
    clip: Mono, read: Read, tmp_path: Path
) -> None:
    path, format = tmp_path / "raw", AudioFormat("pcm_s16le", 44_100, 1)
    path.write_bytes(raw(clip, 44_100, 1))
    whole = await read(path, format)
    for skip in (1, 16_000, 20_001, len(whole), len(whole) + 5):
        assert (await read(path, format, skip=skip)).tobytes() == whole[skip:].tobytes()


async def test_no_samples_are_no_error(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(b"")
    assert len(await read(path, AudioFormat())) == 0
    assert len(await read(path, AudioFormat("pcm_s16le", 48_000, 2))) == 0


async def test_an_impossible_rate_is_refused_by_name(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "raw.pcm"
    path.write_bytes(bytes(100))
    with pytest.raises(BadAudio, match=r"raw\.pcm is said to have 5 samples per second"):
        await read(path, AudioFormat("pcm_s16le", 5, 1))


@pytest.mark.parametrize("encoding", ["pcm_s16le", "container"])
async def test_a_file_that_is_gone_is_said(encoding: Encoding, read: Read, tmp_path: Path) -> None:
    path = tmp_path / "gone.wav"
    path.write_bytes(bytes(100))
    growth = CompleteFile(path)
    path.unlink()
    with pytest.raises(DiskError, match=r"gone\.wav cannot be read: No such file"):
        await read(path, AudioFormat(encoding), growth)


async def test_a_file_shorter_than_its_growth_is_said(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(bytes(100))
    growth = CompleteFile(path)
    path.write_bytes(bytes(60))
    with pytest.raises(DiskError, match=r"short\.wav ends at byte 60 of 100"):
        await read(path, AudioFormat(), growth)
