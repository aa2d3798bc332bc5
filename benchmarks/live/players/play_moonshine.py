"""moonshine-voice's own streaming `Transcriber`, with its defaults."""

from collections.abc import Iterator

import player  # type: ignore[import-not-found]
from moonshine_voice import ModelArch, get_model_path
from moonshine_voice.transcriber import (
    LineCompleted,
    LineTextChanged,
    Transcriber,
    TranscriptEvent,
)
from numpy import frombuffer


class Stream:
    """Text of a line changes until the line is completed."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._told: list[player.Told] = []
        self._stream = transcriber.create_stream()
        self._stream.add_listener(self._note)
        self._stream.start()

    def feed(self, pcm: bytes) -> Iterator[player.Told]:
        self._stream.add_audio((frombuffer(pcm, "<i2") / 32768).tolist(), 16000)
        return self._new()

    def finish(self) -> Iterator[player.Told]:
        self._stream.stop()
        yield from self._new()
        self._stream.close()

    def _new(self) -> Iterator[player.Told]:
        told, self._told = self._told, []
        return iter(told)

    def _note(self, event: TranscriptEvent) -> None:
        if isinstance(event, LineTextChanged | LineCompleted):
            done = isinstance(event, LineCompleted)
            self._told.append((str(event.line.line_id), event.line.text, done))


if __name__ == "__main__":
    weights = get_model_path("tiny-en")
    transcriber = Transcriber(weights, ModelArch.TINY, update_interval=0.5)
    player.serve(lambda: Stream(transcriber))
