"""The clients of the load: who speaks, and who is only connected; a process of their own.

    python -m benchmarks.load.clients URL < plan.json

It is told a `Plan` in one line, connects everybody, and prints an empty line. At the next line
all speakers begin; when they have spoken it prints an empty line again. Then all finish, and it
prints what they were told (`Told`), as JSON.
"""

import asyncio
import sys
import wave
from pathlib import Path

import msgspec

from benchmarks.load.idle import crowd
from benchmarks.load.speaking import Speaker, Spoke
from vivavoce.bench.generator import FRAME, STEP
from vivavoce.core.types import SAMPLE_RATE


class Plan(msgspec.Struct, frozen=True):
    wavs: tuple[str, ...]  # of 16 kHz, 16 bit, mono; speakers take them in turns
    idle: int
    speaking: int
    seconds: float


class Told(msgspec.Struct, frozen=True):
    spoke: tuple[Spoke, ...]
    idle: int  # of those who only were connected, that were served to the end


def speakers(plan: Plan) -> list[Speaker]:
    """Each says another file, or begins it elsewhere, and no two in the same moment."""
    rounds = -(-plan.speaking // len(plan.wavs))
    files = [samples(wav) for wav in plan.wavs]
    found = []
    for number in range(plan.speaking):
        pcm = files[number % len(files)]
        at = len(pcm) // STEP * (number // len(files)) // rounds * STEP
        found.append(Speaker(pcm[at:] + pcm[:at], number / plan.speaking * FRAME, plan.seconds))
    return found


def samples(path: str | Path) -> bytes:
    with wave.open(str(path)) as file:
        assert file.getparams()[:3] == (1, 2, SAMPLE_RATE), f"{path} is not 16 kHz mono"
        pcm: bytes = file.readframes(file.getnframes())
        return pcm


async def play(url: str, plan: Plan) -> Told:
    waiting = await crowd(url, plan.idle)
    speaking = speakers(plan)
    await asyncio.gather(*(speaker.connected(url) for speaker in speaking))
    print(flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*(speaker.speak() for speaker in speaking))
    print(flush=True)
    spoke = await asyncio.gather(*(speaker.over() for speaker in speaking))
    served = await asyncio.gather(*(over() for over in waiting))
    return Told(tuple(spoke), sum(served))


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    told = asyncio.run(play(sys.argv[1], plan))
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()
