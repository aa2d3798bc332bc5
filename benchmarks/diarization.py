"""Who speaks when: our path against the embedded pipeline run on the whole file.

    python benchmarks/diarization.py [--files diar_pyannote/sample.wav ...] [--hasty]

*Ours* is what recordings get: a host process fed in pieces, which puts voices together as it
goes (`live/diarizer_host.py`). *Whole* is the library's own call on all samples at once, as its
makers have it. Files that hold no sound are named and not counted.
"""

import argparse
import asyncio
import csv
import os
import platform
import resource
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np

from vivavoce import __version__
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.bench.diarized import DiarizationErrors, Spoken, errors, read_rttm
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.types import AudioFormat, seconds
from vivavoce.engines.base import Pcm
from vivavoce.engines.diarizer import assets
from vivavoce.live.diarizer_host import DiarizerHost

COLLARS = (0.0, 0.25)  # seconds
NONE = DiarizationErrors(0, 0, 0, 0)


async def sound(path: Path) -> Pcm:
    reading = read_audio(path, AudioFormat("container"), CompleteFile(path), name=path.name)
    async with aclosing(reading):
        return np.concatenate([block async for block in reading])


async def ours(pcm: Pcm, *, hasty: bool) -> list[Spoken]:
    host = DiarizerHost()
    async with host.open(hasty=hasty) as voices:
        await voices.feed(pcm)
        return _spoken(await voices.turns(last=True))


def whole(pcm: Pcm) -> list[Spoken]:
    from moonshine_voice import ModelArch, Transcriber

    options = {"identify_speakers": "true", "return_audio_data": "false"}
    transcriber = Transcriber(str(assets()), ModelArch.TINY, options=options)
    try:
        lines = transcriber.transcribe_without_streaming(pcm.tolist()).lines
        spans = [span for line in lines for span in line.speaker_spans or ()]
        return [(s.start_time, s.start_time + s.duration, str(s.speaker_index)) for s in spans]
    finally:
        transcriber.close()


def _spoken(turns: Sequence[SpeakerTurn]) -> list[Spoken]:
    return [(seconds(turn.start), seconds(turn.end), str(turn.speaker)) for turn in turns]


def listed(speech: Path) -> list[str]:
    with (speech / "manifest.tsv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["path"] for row in rows if ".rttm" in (row["speakers_or_rttm"] or "")]


def used() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--files", nargs="*", help="default: all with an RTTM")
    parser.add_argument("--hasty", action="store_true", help="as live sessions are heard")
    chosen = parser.parse_args()
    print(f"Vivavoce {__version__}, {os.cpu_count()} cores, {platform.platform()}")
    print(
        "| file | s | way | speakers | DER | missed | invented | confused | DER, 0.25 s | CPU/s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    totals = {(way, collar): NONE for way in ("ours", "whole") for collar in COLLARS}
    for name in chosen.files or listed(chosen.speech):
        path = chosen.speech / name
        pcm = await sound(path)
        if np.abs(pcm).max() < 1e-3:
            print(f"| {name} | {len(pcm) / 16_000:.0f} | holds no sound | | | | | | | |")
            continue
        said = read_rttm(path.with_suffix(".rttm").read_text().splitlines())
        for way in ("ours", "whole"):
            before = used()
            found = await ours(pcm, hasty=chosen.hasty) if way == "ours" else whole(pcm)
            spent = (used() - before) / seconds(len(pcm))
            exact, near = (errors(said, found, collar) for collar in COLLARS)
            for collar, wrong in zip(COLLARS, (exact, near), strict=True):
                totals[way, collar] += wrong
            count = f"{len({who for *_, who in found})} of {len({who for *_, who in said})}"
            _row(name, f"{seconds(len(pcm)):.0f}", way, count, exact, near, f"{spent:.2f}")
    for way in ("ours", "whole"):
        exact, near = (totals[way, collar] for collar in COLLARS)
        _row("all", "", way, "", exact, near, "")


def _row(
    name: str,
    length: str,
    way: str,
    count: str,
    exact: DiarizationErrors,
    near: DiarizationErrors,
    spent: str,
) -> None:
    parts = (exact.missed, exact.invented, exact.confused)
    shares = " | ".join(f"{100 * part / max(exact.spoken, 1e-9):.1f}" for part in parts)
    print(
        f"| {name} | {length} | {way} | {count} | {100 * exact.rate:.1f} | {shares} "
        f"| {100 * near.rate:.1f} | {spent} |",
        flush=True,
    )


if __name__ == "__main__":
    started = time.monotonic()
    asyncio.run(main())
    print(f"{time.monotonic() - started:.0f} s")
