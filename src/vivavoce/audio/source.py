"""A file of audio, finished or still growing, as a stream of 16 kHz mono samples.

A live microphone, an upload and a session taken up after a crash are the same thing here:
a file, and a `Growth` that says how much of it may be read.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

from vivavoce.audio.container import decode
from vivavoce.audio.growth import CompleteFile, Growth, opened
from vivavoce.audio.pcm import Mono, PcmReader, check_format
from vivavoce.audio.resample import Resampler
from vivavoce.core.errors import DiskError
from vivavoce.core.types import SAMPLE_RATE, AudioFormat

__all__ = ["BLOCK", "CompleteFile", "Growth", "read_audio"]

BLOCK = SAMPLE_RATE
"""The most samples in one block: one second."""

_READ = 1 << 16  # bytes taken from a file of raw samples at a time


async def read_audio(
    path: Path,
    format: AudioFormat,
    growth: Growth,
    *,
    name: str = "the audio",
    skip: int = 0,
) -> AsyncGenerator[Mono, None]:
    """Yield the 16 kHz mono samples of a file in blocks as it grows, until it is complete.

    The samples depend on the bytes alone, never on how they arrived; where the blocks are
    cut may differ. The first `skip` samples are decoded but not yielded. `name` is what
    errors call the file. Close the generator (`contextlib.aclosing`) if you stop early.

    Raises `BadAudio` for bytes that are not such audio, `DiskError` if the file cannot be
    read, `OurError` if the decoder breaks. Raw samples cut off at the end of the file are
    dropped, and a file with no samples at all yields nothing; an empty container is bad.
    """
    if format.encoding == "container":
        samples = decode(path, growth, name)
    else:
        samples = _raw(path, format, growth, name)
    async with aclosing(samples) as chunks:
        async for chunk in chunks:
            kept = chunk[skip:]
            skip -= len(chunk) - len(kept)
            for block in _blocks(kept):
                yield block


def _blocks(samples: Mono) -> Iterator[Mono]:
    for start in range(0, len(samples), BLOCK):
        yield samples[start : start + BLOCK]


async def _raw(
    path: Path, format: AudioFormat, growth: Growth, name: str
) -> AsyncGenerator[Mono, None]:
    """Raw samples are decoded right here: it takes well under a millisecond per second."""
    check_format(format, name)
    reader, resampler = PcmReader(format), Resampler(format.rate)
    async with aclosing(_bytes(path, growth, name)) as pieces:
        async for piece in pieces:
            yield resampler.feed(reader.feed(piece))
    yield resampler.flush()


async def _bytes(path: Path, growth: Growth, name: str) -> AsyncGenerator[bytes, None]:
    """The file's bytes as they may be read.

    Read in the event loop: they were just written and are in the page cache, so a thread
    would cost more than the read.
    """
    with opened(path, name) as file:
        position = 0
        while True:
            if position < growth.size:
                piece = file.read(min(_READ, growth.size - position))
                if not piece:
                    raise DiskError(f"{name} ends at byte {position} of {growth.size}.")
                position += len(piece)
                yield piece
                if position < growth.size:  # a finished file never waits: let others have a turn
                    await asyncio.sleep(0)
            elif growth.complete:
                return
            else:
                await growth.changed()
