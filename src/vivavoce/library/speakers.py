"""Who said what, by the names that people gave."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word

_replace = msgspec.structs.replace


def speakers(transcript: Transcript) -> tuple[str, ...]:
    """The names of those who speak, or their labels, in the order of their first words."""
    said = (label for u in transcript.utterances for label in _labels(u) if label)
    return tuple(dict.fromkeys(transcript.names.get(label, label) for label in said))


def named(transcript: Transcript) -> Transcript:
    """The same transcript with names where there were labels."""

    def name(label: str | None) -> str | None:
        return transcript.names.get(label, label) if label else None

    utterances = tuple(
        _replace(
            said,
            speaker=name(said.speaker),
            words=tuple(_replace(word, speaker=name(word.speaker)) for word in said.words),
        )
        for said in transcript.utterances
    )
    return _replace(transcript, utterances=utterances)


def turns(transcript: Transcript) -> Transcript:
    """The same with names, and with an utterance for each speaker where one has several.

    All parts have the id of the whole.
    """
    apart = named(transcript)
    utterances = (part for said in apart.utterances for part in _parts(said))
    return _replace(apart, utterances=tuple(utterances))


def _parts(said: Utterance) -> Iterator[Utterance]:
    texts = [word.text.strip() for word in said.words]
    if len({_of(said, word) for word in said.words}) < 2 or texts != said.text.split():
        yield said
        return
    for speaker, run in groupby(said.words, key=lambda word: _of(said, word)):
        words = tuple(run)
        text = " ".join(word.text.strip() for word in words)
        start, end = words[0].start, words[-1].end
        yield _replace(said, start=start, end=end, text=text, words=words, speaker=speaker)


def _of(said: Utterance, word: Word) -> str | None:
    return word.speaker or said.speaker


def _labels(said: Utterance) -> list[str | None]:
    return [_of(said, word) for word in said.words] or [said.speaker]
