"""vosk's `KaldiRecognizer`, with its defaults.

python play_vosk.py MODEL
"""

import json
import sys
from collections.abc import Iterator

import player  # type: ignore[import-not-found]
from vosk import KaldiRecognizer, Model, SetLogLevel


class Stream:
    """`AcceptWaveform` says when an utterance is over; before that there is a partial result."""

    def __init__(self, model: Model) -> None:
        self._recognizer = KaldiRecognizer(model, 16000)
        self._utterance = 0
        self._seen = ""

    def feed(self, pcm: bytes) -> Iterator[player.Told]:
        if self._recognizer.AcceptWaveform(pcm):
            yield from self._over(self._recognizer.Result())
        else:
            text = json.loads(self._recognizer.PartialResult())["partial"]
            if text != self._seen:
                self._seen = text
                yield str(self._utterance), text, False

    def finish(self) -> Iterator[player.Told]:
        yield from self._over(self._recognizer.FinalResult())

    def _over(self, result: str) -> Iterator[player.Told]:
        yield str(self._utterance), json.loads(result)["text"], True
        self._utterance, self._seen = self._utterance + 1, ""


if __name__ == "__main__":
    SetLogLevel(-1)
    model = Model(sys.argv[1])
    player.serve(lambda: Stream(model))
