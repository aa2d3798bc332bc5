"""A speech as audio: 16 kHz mono in signed 16 bits, in frames of 100 ms."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chaos.plan import Sentence
from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.audio.vad import WINDOW, Vad
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import LOUD, say, silence

FORMAT = AudioFormat("pcm_s16le")
ANY = AudioFormat("container")
WIDTH = 2  # bytes of a sample
FRAME = SAMPLE_RATE // 10
"""Samples in a frame."""

SURE = 0.9
"""The probability above which a window of real speech counts as speech."""

Mask = npt.NDArray[np.bool_]
"""One truth for each sample."""


@dataclass(frozen=True)
class Speech:
    pcm: bytes
    spoken: Mask  # where words are: these samples must be in a final

    @property
    def frames(self) -> list[bytes]:
        size = FRAME * WIDTH
        return [self.pcm[at : at + size] for at in range(0, len(self.pcm), size)]


def tones(sentences: Sequence[Sentence]) -> Speech:
    """Words for the scripted engines. Every sample of a tone counts as spoken."""
    parts: list[Pcm] = [silence(0.5)]
    for sentence in sentences:
        parts += [say(*sentence.words), silence(sentence.pause)]
    pcm = np.concatenate(parts)
    return Speech(_encoded(pcm), np.abs(pcm) > LOUD)


async def voice(clip: Path, readings: int, offset: float) -> Speech:
    """A clip read so many times, `offset` seconds late. What the detector is sure of counts as
    spoken, where it is so for a while."""
    read = [block async for block in read_audio(clip, ANY, CompleteFile(clip))]
    turn = np.concatenate([*read, silence(0.9)])
    pcm = np.concatenate([silence(offset), *[turn] * readings, silence(1)])
    return Speech(_encoded(pcm), _voiced(pcm))


def _voiced(pcm: Pcm) -> Mask:
    sure = Vad().open().feed(pcm) >= SURE
    # A lone window opens no utterance: that takes three in a row.
    lasting = sure & np.roll(sure, 1) & np.roll(sure, -1) & np.roll(sure, 2) & np.roll(sure, -2)
    mask = np.zeros(len(pcm), np.bool_)
    mask[: len(lasting) * WINDOW] = np.repeat(lasting, WINDOW)
    return mask


def _encoded(pcm: Pcm) -> bytes:
    return np.clip(pcm * 32768, -32768, 32767).astype("<i2").tobytes()
