"""The audio that is measured with: clips joined into readings, with the times of their words."""

import asyncio
import csv
import json
import math
import subprocess
import wave
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.live import quiet
from benchmarks.live.environments import CACHE, environment
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Part
from vivavoce.bench.words import bare, spelled
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm

ALIGNER = Path(__file__).with_name("aligner.py")
PAUSE = 2.0
"""Seconds of silence after a reading, so that its last words end as all others do."""

SENTENCE = 8.0
"""Seconds of speech in a clip of the chorus."""

SPREAD = 4.0
"""Seconds over which the streams of a trial begin."""


@dataclass(frozen=True)
class Clip:
    """One file of the manifest."""

    name: str
    said: str
    pcm: Pcm
    words: tuple[Spoken, ...]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_RATE


@dataclass(frozen=True)
class Reading:
    """Clips joined without a pause, as a file that any system can be played."""

    name: str
    wav: Path
    clips: tuple[Clip, ...]
    words: tuple[Spoken, ...]
    seconds: float  # with the silence at its end

    @property
    def said(self) -> str:
        return " ".join(clip.said for clip in self.clips)

    def part(self, **plan: Any) -> Part:
        """As a stream of a trial."""
        return Part(Stream(str(self.wav), **plan), self.words, self.seconds)

    @property
    def ends(self) -> list[float]:
        """Where each clip ends."""
        return [float(end) for end in np.cumsum([clip.seconds for clip in self.clips])]


def rows(speech: Path, prefix: str) -> list[dict[str, str]]:
    """The manifest's rows whose path begins so."""
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        return [r for r in csv.DictReader(file, delimiter="\t") if r["path"].startswith(prefix)]


def clips(speech: Path, prefix: str, *, placed: bool = True) -> list[Clip]:
    """Those recordings, each with its words placed by the aligner if asked for."""
    found = rows(speech, prefix)
    pcms = [_read(speech / row["path"]) for row in found]
    texts = [row["transcript"] for row in found]
    if placed:
        spans = _placed([row["path"] for row in found], texts, pcms)
    else:
        spans = [[None] * len(bare(text)) for text in texts]
    return [
        Clip(row["path"], row["transcript"], pcm, tuple(_spoken(row["transcript"], times)))
        for row, pcm, times in zip(found, pcms, spans, strict=True)
    ]


def _read(path: Path) -> Pcm:
    """From the cache, if it was decoded before: that takes a process for each file."""
    kept = CACHE / "clips" / path.parent.name / f"{path.stem}.wav"
    if not kept.is_file():
        write(kept, asyncio.run(_decoded(path)))
    with wave.open(str(kept)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return np.asarray(samples, np.float32) / np.float32(32768)


async def _decoded(path: Path) -> Pcm:
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])


Spans = list[list[float] | None]


def _placed(names: list[str], texts: list[str], pcms: list[Pcm]) -> list[Spans]:
    """The times of the words of each text: from the cache, else from the aligner."""
    cache = CACHE / "words.json"
    known: dict[str, Spans] = json.loads(cache.read_text()) if cache.is_file() else {}
    missing = [i for i, name in enumerate(names) if name not in known]
    if missing:
        wavs = [write(CACHE / "asked" / f"{i}.wav", pcms[i]) for i in missing]
        said = [spelled(texts[i]) for i in missing]
        asked = [{"wav": str(w), "words": s} for w, s in zip(wavs, said, strict=True)]
        answer = subprocess.run(
            [environment("align").python, ALIGNER],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        known |= dict(zip([names[i] for i in missing], json.loads(answer), strict=True))
        cache.write_text(json.dumps(known))
    return [known[name] for name in names]


def _spoken(text: str, times: Spans) -> list[Spoken]:
    """A word that was not placed has no times: NaN."""
    spans = [span or [math.nan, math.nan] for span in times]
    return [Spoken(word, start, end) for word, (start, end) in zip(bare(text), spans, strict=True)]


def join(name: str, parts: list[Clip], gap: float = 0.0) -> Reading:
    """One after the other, `gap` seconds apart, and a pause at the end."""
    between = np.zeros(round(gap * SAMPLE_RATE), np.float32)
    pcm, words = np.zeros(0, np.float32), list[Spoken]()
    for clip in parts:
        at = len(pcm) / SAMPLE_RATE
        words += [Spoken(word.text, at + word.start, at + word.end) for word in clip.words]
        pcm = np.concatenate([pcm, clip.pcm, between])
    pcm = np.concatenate([pcm, np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)])
    wav = write(CACHE / "audio" / f"{name}.wav", pcm)
    return Reading(name, wav, tuple(parts), tuple(words), len(pcm) / SAMPLE_RATE)


def write(path: Path, pcm: Pcm) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(np.clip(pcm * 32768, -32768, 32767).astype("<i2").tobytes())
    return path


def readings(speech: Path) -> list[Reading]:
    """The 50 clips of test-other as five readings, one for each speaker."""
    every = clips(speech, "librispeech_test-other/")
    speakers = sorted({_speaker(clip) for clip in every})
    return [join(f"test-other-{s}", [c for c in every if _speaker(c) == s]) for s in speakers]


def _speaker(clip: Clip) -> str:
    return Path(clip.name).name.partition("-")[0]


def chorus(of: list[Reading]) -> list[Reading]:
    """One clip of each reading in a ring, begun at each in turn: the same audio, told apart.

    The clips are those nearest to `SENTENCE`.
    """
    ring = [min(one.clips, key=lambda clip: abs(clip.seconds - SENTENCE)) for one in of]
    return [join(f"chorus-{n}", [*ring[n:], *ring[:n]]) for n in range(len(ring))]


def choir(ring: list[Reading], count: int) -> list[Part]:
    """So many streams of the chorus. No two say the same at the same moment."""
    rounds = math.ceil(count / len(ring))
    begins = ((n // len(ring) + n % len(ring) / len(ring)) / rounds for n in range(count))
    return [ring[n % len(ring)].part(begin=SPREAD * begin) for n, begin in enumerate(begins)]


def nonstop(of: list[Reading], seconds: float) -> Reading:
    """The same clips over and over without their pauses: nobody gives the cutter a chance."""
    breathless = [_without_pauses(clip) for reading in of for clip in reading.clips]
    chosen, length = list[Clip](), 0.0
    while length < seconds:
        chosen.append(breathless[len(chosen) % len(breathless)])
        length += chosen[-1].seconds
    return join("nonstop", chosen)


def _without_pauses(clip: Clip, most: float = 0.1) -> Clip:
    """No more than `most` seconds between two words, nor at the ends."""
    pieces, words, at, before = list[Pcm](), list[Spoken](), 0.0, 0.0
    for word in clip.words:
        begin = max(before, word.start - most / 2)
        pieces.append(clip.pcm[round(begin * SAMPLE_RATE) : round(word.end * SAMPLE_RATE)])
        words.append(Spoken(word.text, at + word.start - begin, at + word.end - begin))
        at, before = at + len(pieces[-1]) / SAMPLE_RATE, word.end
    return Clip(clip.name, clip.said, np.concatenate(pieces), tuple(words))


def digits(speech: Path, rounds: int = 12) -> Reading:
    """Single words at known samples: a reference of word times that no aligner made.

    The recordings are cut to the word; the gaps between them are of 150 ms to 450 ms.
    """
    random = np.random.default_rng(1)
    spoken = []
    for row in rows(speech, "fsdd/"):
        pcm = _read(speech / row["path"])
        loud = np.flatnonzero(np.abs(pcm) > 0.03 * np.abs(pcm).max())
        word = Spoken(row["transcript"], loud[0] / SAMPLE_RATE, (loud[-1] + 1) / SAMPLE_RATE)
        spoken.append(Clip(row["path"], row["transcript"], pcm, (word,)))
    parts = []
    for _ in range(rounds):
        for i in random.permutation(len(spoken)):
            gap = np.zeros(round(random.uniform(0.15, 0.45) * SAMPLE_RATE), np.float32)
            clip = spoken[i]
            parts.append(Clip(clip.name, clip.said, np.concatenate([clip.pcm, gap]), clip.words))
    return join("digits", parts)


def quiets(speech: Path, seconds: float, each: float) -> list[Reading]:
    """Audio in which nobody speaks, about so long in all: see `quiet.py`. `each` is a stream's."""
    noise = {path.stem: _read(path) for path in (speech / "noise").glob("*.wav")}
    kinds = len(noise) + len(quiet.KINDS)
    whole, part = round(seconds / kinds * SAMPLE_RATE), round(each * SAMPLE_RATE)
    made = quiet.made(whole) | {name: np.resize(pcm, whole) for name, pcm in sorted(noise.items())}
    return [
        join(f"quiet-{name}-{at // part}", [Clip(name, "", pcm[at : at + part], ())])
        for name, pcm in made.items()
        for at in range(0, whole, part)
    ]
