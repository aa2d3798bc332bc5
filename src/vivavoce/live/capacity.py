"""How many people this machine can listen to at once, measured and not assumed.

Every host decodes windows of real speech, all at the same time, as they will have to: one as
long as an interim's, and one as a final's, which is heard together with what was said before.
What a stream of continuous speech needs in a second follows from that: its interims, its finals,
and what the server does beside them. The rest of the machine's time is left for its other
work and for several people pausing at once.
"""

import asyncio
import math
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

INTERIM = 3 * SAMPLE_RATE  # samples that an interim sees on the average
FINAL = 6 * SAMPLE_RATE  # and a final, with what is heard again (`core/past.py`)
ROUNDS = 6  # the best counts: something else may have been busy during the others
APART = 0.3  # seconds
TIMES = 10
SPEAKING = 0.9  # of the intervals bring speech, and so an interim
FINALS = 0.34  # asked for in a second of speech, those included that were asked for early
BESIDE = 0.7  # interims' worth of VAD, journal, sockets and word times in a second of audio
LOAD = 0.75  # of the cores' time that may be spent
AGAIN = 60.0  # seconds between two measurements, while nobody is listened to


async def live_streams(hosts: Pool, count: int, interim_every: int) -> int | None:
    """How many live streams `count` hosts can serve; None where there is no telling.

    Where finals may be by a dearer model they are counted as by the one that is used when there
    is no room. Takes about two seconds, of which it works a few tenths. Raises `EngineError`, and
    what reading the bundled clip may.
    """
    if not isinstance(hosts, Hosts) or hosts.capabilities.kind != "windowed":
        return None  # its streams do as they like
    speech = await _speech()
    urgency = Urgency.FINAL if hosts.dear else Urgency.INTERIM
    interim = final = math.inf
    for number in range(ROUNDS):
        await asyncio.sleep(APART if number else 0)
        interim = min(interim, await _round(hosts, count, speech[:INTERIM], Urgency.INTERIM))
        final = min(final, await _round(hosts, count, speech[:FINAL], urgency))
    interims = SAMPLE_RATE / interim_every * SPEAKING
    second = interim * (interims + BESIDE) + final * FINALS
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


async def _round(hosts: Hosts, count: int, pcm: Pcm, urgency: Urgency) -> float:
    """Seconds until every host has decoded one window of that."""
    window = Window(samples=pcm.astype("<f4").tobytes(), interim=len(pcm) == INTERIM)
    start = time.perf_counter()
    await asyncio.gather(*(hosts.decode(window, urgency) for _ in range(count)))
    return time.perf_counter() - start


async def _speech() -> Pcm:
    blocks: list[Pcm] = []
    reading = read_audio(CLIP, AudioFormat("container"), CompleteFile(CLIP))
    async with aclosing(reading):
        async for block in reading:
            blocks.append(block)  # it stops in the middle
            if sum(map(len, blocks)) >= FINAL:
                break
    return np.concatenate(blocks)[:FINAL]
