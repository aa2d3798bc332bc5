"""Moonshine, the embedded engine: English, on the CPU.

Tiny-en (27 M parameters) is the default. Its weights come inside the vendor's wheel
(`moonshine-voice`); only its files are used. Where `moonshine-cpp` is installed as well,
finals may be decoded by base-en (61 M).
"""

import importlib.util
from pathlib import Path

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Capabilities, Pcm, Reading, Window
from vivavoce.engines.moonshine.model import ENCODER, Model, Size, Spelled

TINY = Size("moonshine-tiny-en")
BASE = Size("moonshine-base-en", hasty=True, led=True)
NEEDED = "pip install 'vivavoce[better]'"
INAUDIBLE = 0.001  # a peak of -60 dB: of less than that tiny says "You"


def weights() -> Path | None:
    """The folder of tiny's weights, None when the wheel is not installed."""
    return _folder("moonshine_voice", "assets/tiny-en")


def better_weights() -> Path | None:
    """The folder of base's weights, None when `moonshine-cpp` is not installed."""
    return _folder("moonshine_cpp", "models/base-en")


def _folder(package: str, inside: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / inside
    return folder if (folder / ENCODER).is_file() else None


class Moonshine:
    """A windowed engine with a second, better model for finals."""

    capabilities = Capabilities(
        name="moonshine",
        kind="windowed",
        model=TINY.name,
        better=BASE.name if better_weights() else "",
        languages=("en",),
        confidence=True,
        verifies=True,
        continues=True,
        licence="MIT",
        size_mb=44,
    )

    def missing(self) -> str:
        if weights() is None:
            return "The weights of Moonshine are not here: install moonshine-voice==0.1.0."
        return ""

    def load(self) -> None:
        folder = weights()
        if folder is None:
            raise EngineError(self.missing())
        self._tiny = self._best = Model(TINY, folder)

    def load_better(self) -> None:
        folder = better_weights()
        if folder is None:
            raise EngineError(f"The weights of {BASE.name} are not here: {NEEDED}.")
        self._best = Model(BASE, folder)

    def decode(self, window: Window) -> Reading:
        if _inaudible(window.pcm):
            return Reading(text="", language="en")
        model = self._best if window.model == BASE.name else self._tiny
        pcm, said = window.pcm, window.said
        lead = pcm[: window.lead]
        if model.size.led and not _inaudible(lead):
            said = _text(model.spell(lead))
        if not said:
            pcm = pcm[window.lead :]
        read = model.spell(pcm, window.prefix, said)
        return Reading(
            text=_text(read),
            tokens=read.tokens,
            chances=tuple(chance for _, chance in read.words),
            language="en",
            confidence=read.confidence,
            model=model.size.name,
        )


def _inaudible(pcm: Pcm) -> bool:
    return bool(np.abs(pcm).max(initial=0) < INAUDIBLE)


def _text(read: Spelled) -> str:
    return " ".join(word for word, _ in read.words)
