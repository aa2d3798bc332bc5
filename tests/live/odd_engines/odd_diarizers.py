"""Diarizers that misbehave. Where they take notes is in `ODD_ENGINES`."""

import os
import time
from pathlib import Path

from vivavoce.engines.base import Pcm
from vivavoce.engines.fake import ScriptedDiarizer, _Voices


def note(name: str) -> Path:
    return Path(os.environ["ODD_ENGINES"]) / name


class Stuck(ScriptedDiarizer):
    """Hears nothing more once it has said so, until it may."""

    def open(self, *, hasty: bool) -> "StuckVoices":
        return StuckVoices()


class StuckVoices(_Voices):
    def feed(self, pcm: Pcm) -> None:
        super().feed(pcm)
        note("stuck").touch()
        while not note("go").exists():
            time.sleep(0.01)


class Mortal(ScriptedDiarizer):
    """Dies of the first piece as often as the note says."""

    def open(self, *, hasty: bool) -> "MortalVoices":
        return MortalVoices()


class MortalVoices(_Voices):
    def feed(self, pcm: Pcm) -> None:
        left = int(note("deaths").read_text())
        if left:
            note("deaths").write_text(str(left - 1))
            os._exit(1)
        super().feed(pcm)


class Unloadable(ScriptedDiarizer):
    def load(self) -> None:
        raise RuntimeError("its models are gone")
