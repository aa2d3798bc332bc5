"""Audio that holds no words, made here where no recordings of it are at hand."""

import numpy as np
import numpy.typing as npt

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm

Seconds = npt.NDArray[np.float64]

KINDS = ("silence", "room", "breath", "music")


def made(samples: int) -> dict[str, Pcm]:
    """Silence, room noise, breath and music, each of that many samples."""
    random = np.random.default_rng(2)
    t = np.arange(samples) / SAMPLE_RATE
    return {
        "silence": np.zeros(samples, np.float32),
        "room": _coloured(random, samples, 400) * np.float32(0.003),
        "breath": _breath(random, t),
        "music": _music(t),
    }


def _coloured(random: np.random.Generator, samples: int, corner: float) -> Pcm:
    """Noise that falls off above `corner` Hz, its mean square 1."""
    spectrum = np.fft.rfft(random.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    noise = np.fft.irfft(spectrum / np.sqrt(1 + (hertz / corner) ** 2), samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float32)


def _breath(random: np.random.Generator, t: Seconds) -> Pcm:
    """In and out every four seconds, close to a microphone."""
    swell = np.maximum(0, np.sin(2 * np.pi * t / 2)) ** 2
    return np.asarray(0.05 * swell * _coloured(random, len(t), 1500), np.float32)


def _music(t: Seconds) -> Pcm:
    """Chords of plucked notes with overtones, two in a second."""
    scale = 220 * 2 ** (np.array([0, 4, 7, 12, 9, 5, 2, 11]) / 12)
    since = t % 0.5
    step = (t // 0.5).astype(int)
    sound = np.zeros(len(t))
    for voice in (0, 2, 4):
        note = scale[(step * 3 + voice) % len(scale)]
        for overtone in range(1, 6):
            sound += np.sin(2 * np.pi * note * overtone * t) / overtone**1.5
    return np.asarray(0.1 * sound * np.exp(-4 * since), np.float32)
