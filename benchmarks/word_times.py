"""How far word times are from the truth: single words put at known samples, then aligned.

    python benchmarks/word_times.py [--speech FOLDER] [--readings 40]

Clips of one word each are joined with known pauses, in random order. The truth is the stretch of
a clip around its loudest that is within 30 dB of it; errors are of starts and ends together. Each
row is one way of joining them. In the first rows the aligner is given the right words; in the
last one everything goes the way of a file, and the words count that the engine reads right.
"""

import argparse
import asyncio
import csv
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from vivavoce.api import Transcriber
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.audio.wav import wav_header
from vivavoce.config import Settings
from vivavoce.core.events import Revised
from vivavoce.core.types import SAMPLE_RATE, AudioFormat, Word
from vivavoce.engines.aligning.aligner import PocketSphinx
from vivavoce.engines.base import Pcm, Span

SETS = ("fsdd", "mfa")
WORDS = 8  # in a reading
GRAIN = SAMPLE_RATE // 200  # samples over which a level is taken
QUIET = -30  # dB
HOLE = 30  # grains of quiet that a word may have inside, before a plosive


@dataclass(frozen=True)
class Clip:
    word: str
    pcm: Pcm

    @property
    def extent(self) -> Span:
        """Where it is loud: the stretch around the loudest; a click before a word is not it."""
        count = len(self.pcm) // GRAIN
        power = np.square(self.pcm[: count * GRAIN]).reshape(count, GRAIN).mean(axis=1)
        power = np.convolve(power, np.ones(3) / 3, "same")
        loud = np.flatnonzero(power > power.max() * 10 ** (QUIET / 10))
        stretches = np.split(loud, np.flatnonzero(np.diff(loud) > HOLE) + 1)
        word = next(stretch for stretch in stretches if power.argmax() in stretch)
        return int(word[0]) * GRAIN, int(word[-1] + 1) * GRAIN


@dataclass(frozen=True)
class Way:
    """How clips are joined: the pauses in seconds, and the level of noise beneath (RMS)."""

    name: str
    pauses: tuple[float, float]
    noise: float = 0.0


WAYS = (
    Way("pauses of 0.1 to 0.5 s", (0.1, 0.5)),
    Way("pauses of 0.3 to 1 s", (0.3, 1.0)),
    Way("no pauses", (0.0, 0.0)),
    Way("pauses of 0.1 to 0.5 s, noise at -50 dB", (0.1, 0.5), 0.003),
    Way("no pauses, noise at -50 dB", (0.0, 0.0), 0.003),
)
FILE = Way("pauses of 0.1 to 1 s, as a file", (0.1, 1.0))


@dataclass(frozen=True)
class Reading:
    pcm: Pcm
    words: tuple[Word, ...]


async def load(speech: Path) -> list[Clip]:
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Clip(row["transcript"], await read(speech / row["path"]))
        for row in rows
        if row["path"].startswith(SETS)
        and row["language"] == "en"
        and len(row["transcript"].split()) == 1
    ]


async def read(path: Path) -> Pcm:
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


def joined(clips: Sequence[Clip], way: Way, chance: np.random.Generator) -> Reading:
    parts, words = [np.zeros(SAMPLE_RATE * 3 // 10, np.float32)], []
    at = len(parts[0])
    for index in chance.integers(len(clips), size=WORDS):
        clip, pause = clips[index], round(chance.uniform(*way.pauses) * SAMPLE_RATE)
        start, end = clip.extent
        words.append(Word(clip.word, at + start, at + end))
        parts += [clip.pcm, np.zeros(pause, np.float32)]
        at += len(clip.pcm) + pause
    pcm = np.concatenate(parts)
    noise = chance.normal(0, way.noise, len(pcm)).astype(np.float32)
    return Reading(pcm + noise, tuple(words))


def errors(truth: Sequence[Word], found: Sequence[Word]) -> list[float]:
    """In milliseconds, of the words that were read right."""
    said, heard = [[_bare(word.text) for word in words] for words in (truth, found)]
    blocks = SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
    pairs = [(truth[b.a + i], found[b.b + i]) for b in blocks for i in range(b.size)]
    off = [(abs(a.start - b.start), abs(a.end - b.end)) for a, b in pairs]
    return [samples * 1000 / SAMPLE_RATE for pair in off for samples in pair]


def _bare(word: str) -> str:
    digits = dict(enumerate(("zero", "one", "two", "three", "four", "five", "six")))
    bare = word.lower().strip(".,!?")
    return digits.get(int(bare), bare) if bare.isdecimal() else bare


def aligned(readings: Iterable[Reading]) -> tuple[list[float], float]:
    """The errors, and the processor's seconds for each of audio."""
    aligner = PocketSphinx()
    aligner.load()
    off, samples, begun = list[float](), 0, time.process_time()
    for reading in readings:
        texts = [word.text for word in reading.words]
        spans = aligner.align(reading.pcm, texts)
        found = [Word(text, *span) for text, span in zip(texts, spans, strict=True)]
        off += errors(reading.words, found)
        samples += len(reading.pcm)
    return off, (time.process_time() - begun) * SAMPLE_RATE / samples


async def as_files(readings: Iterable[Reading]) -> list[float]:
    off = list[float]()
    async with Transcriber(Settings()) as transcriber:
        for reading in readings:
            samples = (np.clip(reading.pcm, -1, 1) * 32767).astype("<i2").tobytes()
            file = wav_header(AudioFormat(), len(samples)) + samples
            events = [event async for event in transcriber.transcribe(file)]
            found = [word for e in events if isinstance(e, Revised) for word in e.words]
            off += errors(reading.words, found)
    return off


def row(name: str, off: Sequence[float], cost: str) -> str:
    spread = " | ".join(f"{ms:.0f} ms" for ms in np.percentile(off, (50, 90, 95, 100)))
    return f"| {name} | {len(off) // 2} | {spread} | {cost} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("../shared/speech"))
    parser.add_argument("--readings", type=int, default=40)
    args = parser.parse_args()
    if not args.speech.is_dir():
        print(f"{args.speech} is not here; it holds the recordings that this measures with.")
        return
    clips = asyncio.run(load(args.speech))
    print(f"{len(clips)} clips: {', '.join(clip.word for clip in clips)}\n")
    print("| words joined with | words | median error | P90 | P95 | most | CPU s per audio s |")
    print("|---|---|---|---|---|---|---|")
    for way in (*WAYS, FILE):
        chance = np.random.default_rng(1)
        readings = [joined(clips, way, chance) for _ in range(args.readings)]
        if way is FILE:
            print(row(way.name, asyncio.run(as_files(readings)), "-"))
        else:
            off, cost = aligned(readings)
            print(row(way.name, off, f"{cost:.4f}"), flush=True)


if __name__ == "__main__":
    main()
