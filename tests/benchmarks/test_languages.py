"""Languages of the shared recordings over the live path, held against faster-whisper itself."""

from pathlib import Path

import pytest
from faster_whisper import WhisperModel

from benchmarks.languages import Clip, clips, live, row, whole
from vivavoce.config import load_settings
from vivavoce.engines.whisper.engine import Whisper
from vivavoce.testing.words import word_error_rate

pytestmark = pytest.mark.speech


@pytest.fixture(scope="module")
def few(speech: Path) -> list[Clip]:
    """One of each of three languages."""
    return [clip for language in ("de", "es", "fr") for clip in clips(speech, language, 1)]


def test_live_is_as_good_as_the_whole_clip(few: list[Clip], whisper_base: Path) -> None:
    engine = Whisper(load_settings(whisper_model=str(whisper_base), whisper_device="cpu"))
    engine.load()
    model = WhisperModel(str(whisper_base), device="cpu", compute_type="int8", cpu_threads=1)
    ours = [live(engine, clip) for clip in few]
    theirs = [whole(model, clip) for clip in few]
    assert [heard.language for heard in ours] == ["de", "es", "fr"]
    said = [clip.said for clip in few]
    here = word_error_rate(said, [heard.text for heard in ours])
    there = word_error_rate(said, [heard.text for heard in theirs])
    assert here <= there + 0.02
    assert row("all", few, ours, theirs).startswith("| all | 3 | 3 |")
