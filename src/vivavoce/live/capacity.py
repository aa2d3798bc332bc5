"""How many people this machine can listen to at once, measured and not assumed.

Every host decodes a window of real speech, all at the same time, as they will have to. What
a stream of continuous speech needs in a second follows from that: its interims, its final,
and what the server does beside them. The rest of the machine's time is left for its other
work and for several people pausing at once.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from importlib.resources import files
from pathlib import Path

import numpy as np

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm, Urgency, Window
from vivavoce.live.hosts import Hosts
from vivavoce.live.streams import Pool

Idle = Callable[[], bool]

CLIP = Path(str(files("vivavoce") / "data" / "demo.flac"))
"""LJ001-0005 of LJSpeech, public domain: 8 s of one voice."""

LENGTH = 3 * SAMPLE_RATE  # of the window: what an interim sees on the average
ROUNDS = 6  # the best counts: something else may have been busy during the others
APART = 0.3  # seconds
TIMES = 10
SPEAKING = 0.85  # of the intervals bring speech, and so an interim
FINAL = 0.45  # windows' worth of final decoding in a second of speech
SERVER = 0.012  # seconds for a second of audio: VAD, journal, socket (`make bench` shows it)
LOAD = 0.75  # of the cores' time that may be spent
AGAIN = 60.0  # seconds between two measurements, while nobody is listened to


async def live_streams(hosts: Pool, count: int, interim_every: int) -> int | None:
    """How many live streams `count` hosts can serve; None where there is no telling.

    Takes about two seconds, of which it works a few tenths. Raises `EngineError`, and what
    reading the bundled clip may.
    """
    if not isinstance(hosts, Hosts) or hosts.capabilities.kind != "windowed":
        return None  # its streams do as they like
    window = Window(samples=(await _speech()).astype("<f4").tobytes())
    took = await _round(hosts, count, window)
    for _ in range(ROUNDS - 1):
        await asyncio.sleep(APART)
        took = min(took, await _round(hosts, count, window))
    second = took * (SAMPLE_RATE / interim_every * SPEAKING + FINAL) + SERVER
    return max(1, int(count * LOAD / second))


async def keep_measuring(
    hosts: Pool, count: int, interim_every: int, tell: Callable[[int], None], idle: Idle
) -> None:
    """Tell the most that was ever measured: a machine is often busy when it starts.

    It measures again, a few times, while nobody is listened to. Raises as `live_streams`.
    """
    most = 0
    for _ in range(TIMES):
        streams = await live_streams(hosts, count, interim_every) if idle() else most
        if streams is None:
            return
        if streams > most:
            most = streams
            tell(most)
        await asyncio.sleep(AGAIN)


async def _round(hosts: Hosts, count: int, window: Window) -> float:
    """Seconds until every host has decoded one window."""
    start = time.perf_counter()
    await asyncio.gather(*(hosts.decode(window, Urgency.INTERIM) for _ in range(count)))
    return time.perf_counter() - start


async def _speech() -> Pcm:
    blocks: list[Pcm] = []
    reading = read_audio(CLIP, AudioFormat("container"), CompleteFile(CLIP))
    async with aclosing(reading):
        async for block in reading:
            blocks.append(block)  # it stops in the middle
            if sum(map(len, blocks)) >= LENGTH:
                break
    return np.concatenate(blocks)[:LENGTH]
