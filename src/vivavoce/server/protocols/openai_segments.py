"""A transcript as OpenAI's `diarized_json` has it: a segment for each turn of a speaker.

Speakers are letters, in order of appearance, as theirs are where nobody has named them.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import seconds

UNKNOWN: Final = "unknown"
"""Of whom nobody is heard."""


def segments(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """In order, numbered."""
    letters: dict[str, str] = {}
    number = 0
    for utterance in transcript.utterances:
        for start, end, text, label in _turns(utterance):
            if label is not None and label not in letters:
                letters[label] = _letter(len(letters))
            yield {
                "type": "transcript.text.segment",
                "id": f"seg_{number}",
                "start": seconds(start),
                "end": seconds(end),
                "text": text,
                "speaker": letters.get(label or "", UNKNOWN),
            }
            number += 1


def _turns(utterance: Utterance) -> Iterator[tuple[int, int, str, str | None]]:
    labels = {word.speaker or utterance.speaker for word in utterance.words}
    if len(labels) < 2:
        label = labels.pop() if labels else utterance.speaker
        yield utterance.start, utterance.end, utterance.text, label
        return
    for label, group in groupby(utterance.words, lambda word: word.speaker or utterance.speaker):
        words = list(group)
        yield words[0].start, words[-1].end, " ".join(word.text for word in words), label


def _letter(number: int) -> str:
    """A ... Z, then AA, as columns of a sheet."""
    letter = chr(ord("A") + number % 26)
    return letter if number < 26 else _letter(number // 26 - 1) + letter
