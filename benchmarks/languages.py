"""Languages found and words wrong live, held against faster-whisper on the whole clip.

    python benchmarks/languages.py [--model .cache/weights/whisper-base]
                                   [--languages de es fr pt en] [--clips 10]

Live is the stream that sessions have, in this process and as fast as it goes: nobody says what
the language is, and finals depend on the samples alone. Whole is faster-whisper's own
`transcribe` with its defaults. The clips are those of FLEURS in the shared recordings.
"""

import argparse
import asyncio
import csv
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.config import load_settings
from vivavoce.core.results import Decided
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.whisper.engine import Whisper
from vivavoce.testing.local import hear, open_local
from vivavoce.testing.words import word_error_rate

ROOT = Path(__file__).parents[1]
SPEECH = ROOT.parent / "shared" / "speech"
PIECE = SAMPLE_RATE // 10
PAUSE = np.zeros(2 * SAMPLE_RATE, np.float32)
NEVER = 1 << 40  # samples between interims, which change no final


@dataclass(frozen=True)
class Clip:
    language: str
    said: str
    pcm: Pcm


@dataclass(frozen=True)
class Heard:
    """`seconds` of processor time that it took."""

    language: str | None
    text: str
    seconds: float


def clips(speech: Path, language: str, most: int) -> list[Clip]:
    """Those that one language has, in the order of their names."""
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    paths = sorted(
        (row["path"], row["transcript"])
        for row in rows
        if row["path"].startswith("fleurs/") and row["language"] == language
    )
    return [Clip(language, said, asyncio.run(_read(speech / path))) for path, said in paths[:most]]


def live(engine: Whisper, clip: Clip) -> Heard:
    """The finals of a stream; the language that most of their words are in."""
    start = time.process_time()
    pcm = np.concatenate([clip.pcm, PAUSE])
    pieces = [pcm[at : at + PIECE] for at in range(0, len(pcm), PIECE)]
    stream = open_local(engine, StreamOptions(interim_every=NEVER))
    finals = [each for each in asyncio.run(hear(stream, pieces)) if isinstance(each, Decided)]
    longest = max(finals, key=lambda final: len(final.text.split()), default=None)
    text = " ".join(final.text for final in finals)
    language = longest.language if longest else None
    return Heard(language, text, time.process_time() - start)


def whole(model: WhisperModel, clip: Clip) -> Heard:
    start = time.process_time()
    segments, info = model.transcribe(clip.pcm)
    text = " ".join(segment.text for segment in segments)
    return Heard(info.language, text, time.process_time() - start)


async def _read(path: Path) -> Pcm:
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


def row(name: str, of: Sequence[Clip], ours: Sequence[Heard], theirs: Sequence[Heard]) -> str:
    """A line of the table."""
    said = [clip.said for clip in of]
    length = sum(len(clip.pcm) for clip in of) / SAMPLE_RATE
    cells = [name, f"{len(of)}"]
    for heard in (ours, theirs):
        right = sum(clip.language == each.language for clip, each in zip(of, heard, strict=True))
        wrong = word_error_rate(said, [each.text for each in heard])
        cost = sum(each.seconds for each in heard) / length
        cells += [f"{right}", f"{100 * wrong:.1f} %", f"{cost:.2f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default=str(ROOT / ".cache" / "weights" / "whisper-base"))
    parser.add_argument("--languages", nargs="+", default=["de", "es", "fr", "pt", "en"])
    parser.add_argument("--clips", type=int, default=10, help="of each language, at most")
    parser.add_argument("--speech", type=Path, default=SPEECH)
    asked = parser.parse_args()
    engine = Whisper(load_settings(whisper_model=asked.model, whisper_device="cpu"))
    engine.load()
    model = WhisperModel(asked.model, device="cpu", compute_type="int8", cpu_threads=1)
    print("| | clips | language right, live | wrong words, live | CPU s for each s, live ", end="")
    print("| language right, whole | wrong words, whole | CPU s for each s, whole |")
    print("|---" * 8 + "|")
    every: list[tuple[Clip, Heard, Heard]] = []
    for language in asked.languages:
        of = [
            (c, live(engine, c), whole(model, c))
            for c in clips(asked.speech, language, asked.clips)
        ]
        if of:
            print(row(language, *zip(*of, strict=True)), flush=True)
        every += of
    print(row("all", *zip(*every, strict=True)))


if __name__ == "__main__":
    main()
