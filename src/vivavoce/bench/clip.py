"""The bundled clip, over and over: what a machine without our recordings is measured with."""

import json
import wave
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.bench.generator import Stream
from vivavoce.bench.measures import Spoken
from vivavoce.bench.trial import Part
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm

DATA = Path(str(files("vivavoce") / "data"))
PAUSE = 0.7  # seconds between two readings: the utterance ends there
LAST = 2.0  # seconds of silence at the end


@contextmanager
def speakers(pcm: Pcm, seconds: float) -> Iterator["Speakers"]:
    """Readers of the clip for about so long, as parts of a trial while the `with` lasts."""
    spoken = [Spoken(*word) for word in json.loads((DATA / "demo.words.json").read_text())]
    turn = np.concatenate([pcm, np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)])
    length = len(turn) / SAMPLE_RATE
    turns = max(1, round(seconds / length))
    words = tuple(
        Spoken(word.text, word.start + n * length, word.end + n * length)
        for n in range(turns)
        for word in spoken
    )
    audio = np.concatenate([*[turn] * turns, np.zeros(round(LAST * SAMPLE_RATE), np.float32)])
    with TemporaryDirectory(prefix="vivavoce-bench-") as folder:
        wav = Path(folder) / "clip.wav"
        with wave.open(str(wav), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(np.clip(audio * 32768, -32768, 32767).astype("<i2").tobytes())
        yield Speakers(wav, words, len(audio) / SAMPLE_RATE, length)


class Speakers:
    def __init__(self, wav: Path, words: tuple[Spoken, ...], seconds: float, period: float) -> None:
        self._wav = str(wav)
        self._words = words
        self._seconds = seconds
        self._period = period

    def parts(self, count: int) -> list[Part]:
        """So many, their pauses spread over the clip's length."""
        begins = [self._period * number / count for number in range(count)]
        return [
            Part(Stream(self._wav, begin=begin), self._words, self._seconds) for begin in begins
        ]


async def clip() -> Pcm:
    """The clip's samples."""
    path = DATA / "demo.flac"
    async with aclosing(read_audio(path, AudioFormat("container"), CompleteFile(path))) as blocks:
        return np.concatenate([block async for block in blocks])
