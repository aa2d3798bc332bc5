"""Word error rates on the shared recordings: decoded whole, transcribed as files, and live.

    python benchmarks/accuracy.py [--streams 6] [--finals tiny base] [--write docs/accuracy.md]

Live means: over the WebSocket of a real server, at the pace of speech, in frames of 100 ms,
so many streams side by side. The references are those of `manifest.tsv`.
"""

import argparse
import asyncio
import csv
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from vivavoce import __version__
from vivavoce.api import Transcriber
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.client import Session, connect
from vivavoce.config import Settings
from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.types import AudioFormat
from vivavoce.engines.base import Pcm, Window
from vivavoce.engines.moonshine import Moonshine
from vivavoce.live.better import Finals
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_error_rate

SETS = ("librispeech_test-other", "ljspeech")
FRAME = 0.1  # seconds of audio
RATE = 16_000


@dataclass(frozen=True)
class Clip:
    path: Path
    said: str
    pcm: Pcm


Way = Callable[[list[Clip]], Awaitable[list[str]]]


async def load(speech: Path, name: str) -> list[Clip]:
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    chosen = [row for row in rows if row["path"].startswith(f"{name}/")]
    return [
        Clip(speech / row["path"], row["transcript"], await read(speech / row["path"]))
        for row in chosen
    ]


async def read(path: Path) -> Pcm:
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


def whole(finals: Finals) -> Way:
    """The engine alone: each clip as one window."""

    async def run(clips: list[Clip]) -> list[str]:
        engine = Moonshine()
        engine.load()
        model = ""
        if finals == "base":
            engine.load_better()
            model = engine.capabilities.better
        windows = (Window(samples=clip.pcm.tobytes(), model=model) for clip in clips)
        return [engine.decode(window).text for window in windows]

    return run


def as_files(finals: Finals) -> Way:
    """As `vivavoce transcribe` does it, in this process."""

    async def run(clips: list[Clip]) -> list[str]:
        async with Transcriber(Settings(finals=finals)) as transcriber:
            return [
                text([event async for event in transcriber.transcribe(clip.path)]) for clip in clips
            ]

    return run


def live(streams: int, finals: Finals) -> Way:
    """As people speak, so many at once."""

    async def run(clips: list[Clip]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            # A session still counts until it is sealed, and the next clip does not wait for that.
            server = ServerProcess(Path(folder), max_sessions=2 * streams, finals=finals)
            await asyncio.to_thread(server.start)
            try:
                turns = asyncio.Semaphore(streams)
                return await asyncio.gather(*(speak(server, clip, turns) for clip in clips))
            finally:
                await asyncio.to_thread(server.stop)

    return run


async def speak(server: ServerProcess, clip: Clip, turns: asyncio.Semaphore) -> str:
    samples = (np.clip(clip.pcm, -1, 1) * 32767).astype("<i2").tobytes()
    step = round(FRAME * RATE) * 2
    clock = asyncio.get_running_loop().time
    async with turns, connect(server.url) as session:
        begun = clock()
        reading = asyncio.create_task(collect(session))
        for number, at in enumerate(range(0, len(samples), step), start=1):
            await session.send(samples[at : at + step])
            await asyncio.sleep(begun + number * FRAME - clock())
        await session.finish()
        return text(await reading)


async def collect(session: Session) -> list[AnyEvent]:
    return [event async for event in session]


def text(events: Iterable[AnyEvent]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Final))


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores of {model}, {system}"


def page(rows: list[str], streams: int, command: str) -> str:
    return "\n".join(
        [
            "# Accuracy",
            "",
            "Word error rates of the embedded engine (Moonshine) on public recordings:",
            "lower case, no punctuation, hyphens as spaces, *mister* as *mr*, *missus* as *mrs*.",
            "",
            "| recordings | finals by | clips | words | whole clip | as a file | live |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            "*Whole clip*: the engine alone, each clip decoded at once. *As a file*: "
            "`vivavoce transcribe`, which cuts utterances at pauses. *Live*: over the WebSocket "
            f"at the pace of speech, in frames of 100 ms, {streams} streams side by side.",
            "",
            "Finals by *tiny* are those of the default install; *base* comes with "
            "`vivavoce[better]`.",
            "",
            f"Vivavoce {__version__} on {machine()}. Made by",
            "",
            f"    {command}",
            "",
        ]
    )


async def measure(speech: Path, streams: int, models: list[Finals]) -> list[str]:
    rows = []
    for name, finals in product(SETS, models):
        clips = await load(speech, name)
        said = [clip.said for clip in clips]
        ways = (whole(finals), as_files(finals), live(streams, finals))
        rates = [word_error_rate(said, await way(clips)) for way in ways]
        words = sum(len(one.split()) for one in said)
        cells = " | ".join(f"{rate:.1%}" for rate in rates)
        rows.append(f"| {name} | {finals} | {len(clips)} | {words} | {cells} |")
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--streams", type=int, default=6)
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep the table here as well")
    parser.add_argument("--finals", nargs="+", choices=("tiny", "base"), default=["tiny"])
    args = parser.parse_args()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    rows = asyncio.run(measure(args.speech, args.streams, args.finals))
    chosen = " ".join(args.finals)
    command = f"python benchmarks/accuracy.py --streams {args.streams} --finals {chosen}"
    made = page(rows, args.streams, command)
    print(made)
    if args.write:
        args.write.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
