"""Who speaks when, by the pipeline that comes inside `moonshine-voice`.

That is pyannote's community-1 in C++: every second a look at the last ten (who of up to three
speaks, and how each sounds), and now and then all looks of the last half hour are put together
by voice (VBx). What is older stays as it was told, and only voices heard in that half hour are
known again. The library takes no number of speakers; `core/speakers.py: fewer` sees to that.

The library tells turns only within what its own voice detector hears, and detects nothing that
community-1 does not hear for itself; so that is set to let everything through, and none of it
is transcribed.
"""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from vivavoce.core.errors import EngineError
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.core.types import SAMPLE_RATE, samples
from vivavoce.engines.base import Capabilities, Pcm

LOOK: Final = 1.0  # seconds from look to look, as its makers have it
HASTY: Final = 2.0  # of one that somebody watches: half the work, and two points worse
WINDOW: Final = 1800.0  # seconds that are put together; the work grows with its cube
TOGETHER: Final = 300.0  # seconds from one time to the next
TOGETHER_HASTY: Final = 15.0
WINDOW_HASTY: Final = 600.0
SEAM: Final = SAMPLE_RATE // 1000
"""Samples: a turn goes on where the library only ends a line."""


def assets() -> Path | None:
    """The folder of the library's models, None when it is not installed."""
    spec = importlib.util.find_spec("moonshine_voice")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "assets" / "tiny-en"
    return folder if folder.is_dir() else None


class Community1:
    """A `Diarizer`."""

    capabilities = Capabilities(
        name="community-1",
        kind="diarizer",
        model="pyannote-community-1",
        languages=("*",),
        diarization=True,
        licence="MIT",
        size_mb=8,
    )

    def load(self) -> None:
        if assets() is None:
            raise EngineError("The diarizer is not here: install moonshine-voice 0.1.0.")
        _transcriber(hasty=True).close()  # to see that it works

    def open(self, *, hasty: bool) -> "_Voices":
        return _Voices(_transcriber(hasty=hasty))


def _transcriber(*, hasty: bool) -> Any:
    from moonshine_voice import ModelArch, Transcriber

    options = {
        "identify_speakers": "true",
        "skip_transcription": "true",
        "return_audio_data": "false",
        "vad_threshold": "0.0",
        "diarization_analyze_cadence": str(HASTY if hasty else LOOK),
        "diarization_cluster_cadence": str(TOGETHER_HASTY if hasty else TOGETHER),
        "diarization_cluster_window_sec": str(WINDOW_HASTY if hasty else WINDOW),
    }
    try:
        with _quiet():
            return Transcriber(str(assets()), ModelArch.TINY, options=options)
    except Exception as error:
        raise EngineError(f"The diarizer cannot be loaded: {error}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the library prints: it misses a model that nobody needs here."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Voices:
    """A `DiarizerStream` on a stream of the library."""

    def __init__(self, transcriber: Any) -> None:
        from moonshine_voice.moonshine_api import MOONSHINE_FLAG_FORCE_UPDATE

        self._transcriber = transcriber
        self._stream = transcriber.create_stream(update_interval=float("inf"))
        self._now = MOONSHINE_FLAG_FORCE_UPDATE
        self._stream.start()
        self._lines: Sequence[Any] = ()

    def feed(self, pcm: Pcm) -> None:
        self._stream.add_audio(pcm.tolist(), SAMPLE_RATE)
        self._lines = self._stream.update_transcription(self._now).lines

    def finish(self) -> None:
        if (transcript := self._stream.stop()) is not None:
            self._lines = transcript.lines

    def turns(self) -> list[SpeakerTurn]:
        return list(joined(self._spans()))

    def close(self) -> None:
        self._stream.close()
        self._transcriber.close()

    def _spans(self) -> Iterator[SpeakerTurn]:
        for line in self._lines:
            for span in line.speaker_spans or ():
                end = span.start_time + span.duration
                yield SpeakerTurn(samples(span.start_time), samples(end), span.speaker_index)


def joined(spans: Iterator[SpeakerTurn]) -> Iterator[SpeakerTurn]:
    """Turns whole again that were cut where lines end, in order of start."""
    open_: dict[int, SpeakerTurn] = {}
    whole: list[SpeakerTurn] = []
    for span in sorted(spans, key=lambda each: each.start):
        last = open_.get(span.speaker)
        if last is not None and span.start <= last.end + SEAM:
            open_[span.speaker] = SpeakerTurn(last.start, max(last.end, span.end), span.speaker)
            continue
        if last is not None:
            whole.append(last)
        open_[span.speaker] = span
    yield from sorted([*whole, *open_.values()], key=lambda each: each.start)
