"""A recording read as a whole: in the longest windows that models are made for, cut at silence.

What live transcription cannot do: every window has what comes before and after its words. The
stretches are found anew, and with less suspicion of silence than a live session's, so that
speech which the session did not notice is read as well.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.audio.vad import WINDOW
from vivavoce.core.errors import BadMessage
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm, Urgency, Window
from vivavoce.live.hosts import Hosts
from vivavoce.live.recorded import Recorded
from vivavoce.live.streams import VADS

SECOND = SAMPLE_RATE / WINDOW  # windows of the VAD
LONGEST = int(30 * SECOND)
"""What speech models are trained on at the most."""
APART = int(2 * SECOND)
"""Silence across which words do not help each other."""
AROUND = int(0.5 * SECOND)  # kept before and after what is heard
HEARD = 0.2
"""Probability of speech above which something is worth reading: a session wants 0.8 of it."""

Stretch = tuple[int, Pcm]
"""A position, and the samples from there on."""


class Judge(Protocol):
    """Speech probabilities, one per window."""

    def feed(self, pcm: Pcm) -> npt.NDArray[np.float32]: ...


async def whole(recorded: Recorded, hosts: Hosts) -> Transcript:
    """All that is said in a recording, a stretch an utterance.

    Raises `BadAudio`, `EngineError`, and `BadMessage` for an engine that streams by itself.
    """
    known = hosts.capabilities
    if known.kind != "windowed":
        raise BadMessage(f"{known.name} streams by itself, so it reads nothing as a whole.")
    utterances: list[Utterance] = []
    with TemporaryDirectory(prefix="vivavoce-audit-") as folder:
        path = Path(folder, "audio")
        await _copy(recorded, path)
        blocks = read_audio(path, recorded.format, CompleteFile(path), name=recorded.title)
        async with aclosing(stretches(blocks, VADS[known.vad]().open())) as found:
            async for start, pcm in found:
                window = Window(
                    samples=pcm.astype("<f4").tobytes(), language=recorded.options.language
                )
                reading = await hosts.decode(window, Urgency.BATCH)
                utterances.append(
                    Utterance(
                        id=f"w{len(utterances) + 1}",
                        start=start,
                        end=start + len(pcm),
                        text=reading.text,
                        engine=known.name,
                        model=reading.model or known.model,
                    )
                )
    return Transcript(utterances=tuple(u for u in utterances if u.text))


async def stretches(
    blocks: AsyncGenerator[Pcm, None], judge: Judge
) -> AsyncGenerator[Stretch, None]:
    """What to read, in order; it holds no more than the longest window and a block."""
    start, pcm = 0, np.zeros(0, np.float32)
    heard: list[float] = []  # of each window from `start` on
    async with aclosing(blocks):
        async for block in blocks:
            pcm = np.concatenate([pcm, block])
            heard += judge.feed(block).tolist()
            while (cut := next_cut(heard)) is not None:
                first, last, after = cut
                if first < last:
                    yield start + first * WINDOW, pcm[first * WINDOW : last * WINDOW]
                start, pcm, heard = start + after * WINDOW, pcm[after * WINDOW :], heard[after:]
    if any(chance >= HEARD for chance in heard):
        first = max(0, _first(heard) - AROUND)
        yield start + first * WINDOW, pcm[first * WINDOW :]


def next_cut(heard: Sequence[float]) -> tuple[int, int, int] | None:
    """Where the next stretch begins and ends, and what is done with; None: not known yet."""
    first = _first(heard)
    if len(heard) - first <= 0:
        done = len(heard) - AROUND
        return (0, 0, done) if done >= LONGEST else None
    first = max(0, first - AROUND)
    silence = _first(heard[::-1])
    if silence >= APART:
        end = len(heard) - silence + AROUND
        return first, end, end
    if len(heard) - first < LONGEST:
        return None
    middle = first + LONGEST // 2
    end = middle + _quietest(heard[middle : first + LONGEST])
    return first, end, end


def _first(heard: Sequence[float]) -> int:
    """The first window in which something is heard; their number when none is."""
    return next((i for i, chance in enumerate(heard) if chance >= HEARD), len(heard))


def _quietest(heard: Sequence[float]) -> int:
    """The middle of the longest silence, or the window that is least likely speech."""
    best, run = (0, 0), 0
    for i, chance in enumerate(heard):
        run = 0 if chance >= HEARD else run + 1
        best = max(best, (run, i), key=lambda found: found[0])
    length, last = best
    return last - length // 2 if length else min(range(len(heard)), key=heard.__getitem__)


async def _copy(recorded: Recorded, path: Path) -> None:
    with path.open("wb") as file:
        async for block in recorded.audio():
            file.write(block)
