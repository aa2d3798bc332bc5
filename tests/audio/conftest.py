"""What the audio tests share: a file that grows by script, and how alike two sounds are."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path

import av
import numpy as np
import pytest

from vivavoce.audio.pcm import Mono
from vivavoce.audio.source import CompleteFile, Growth, read_audio
from vivavoce.core.types import AudioFormat


class Growing:
    """Writes the next piece to the file whenever its reader waits for a change."""

    def __init__(self, path: Path, pieces: Iterable[bytes]) -> None:
        path.write_bytes(b"")
        self._path, self._pieces = path, iter(pieces)
        self.size, self.complete = 0, False

    async def changed(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            self.complete = True
            return
        with self._path.open("ab") as file:
            file.write(piece)
        self.size += len(piece)


async def collect(path: Path, format: AudioFormat, growth: Growth | None, skip: int) -> Mono:
    growth = CompleteFile(path) if growth is None else growth
    async with aclosing(read_audio(path, format, growth, name=path.name, skip=skip)) as stream:
        blocks = [block async for block in stream]
    assert all(0 < len(block) <= 16_000 and block.dtype == np.float32 for block in blocks)
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def likeness(one: Mono, other: Mono) -> float:
    size = 1 << (len(one) + len(other)).bit_length()
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    near = np.concatenate([product[:2400], product[-2400:]])
    return float(near.max() / (np.linalg.norm(one) * np.linalg.norm(other)))


@pytest.fixture(scope="session")
def growing() -> Callable[[Path, Iterable[bytes]], Growth]:
    """A file, empty at first, that grows by these pieces and is complete after the last."""
    return Growing


@pytest.fixture(scope="session")
def read() -> Callable[..., Awaitable[Mono]]:
    """`await read(path, format, growth=None, skip=0)`: all samples of a file."""

    def read(
        path: Path, format: AudioFormat, growth: Growth | None = None, skip: int = 0
    ) -> Awaitable[Mono]:
        return collect(path, format, growth, skip)

    return read


@pytest.fixture(scope="session")
def alike() -> Callable[[Mono, Mono], float]:
    """The highest correlation, 0 ... 1, with one moved against the other by up to 0.15 s."""
    return likeness


@pytest.fixture(scope="session")
def clip(data: Path) -> Mono:
    """The clip that every file in tests/data holds, read without any code of ours."""
    resampler = av.AudioResampler("flt", "mono", 16_000)
    with av.open(str(data / "reference.flac")) as file:
        frames = [*file.decode(audio=0), None]
        pieces = [part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)]
    samples: Mono = np.concatenate(pieces)
    return samples
