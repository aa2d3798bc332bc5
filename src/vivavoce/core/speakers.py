"""Who said which words: turns that were found in the sound, told of the words of a transcript.

A word is said by whoever speaks for most of it; where two speak at once, by who says the most
of its utterance. What nobody is heard in goes with the words beside it. A speaker found again
keeps the label that most of what they say has already, and a new one gets the next: S1, S2 in
order of appearance. What a person has said of an utterance stands.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from vivavoce.core.events import Speaker
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import SAMPLE_RATE

REACH = SAMPLE_RATE
"""Samples from an utterance in which nobody is heard to the turn that it may belong to."""


class SpeakerTurn(msgspec.Struct, frozen=True):
    """Somebody speaks in [start, end), samples. Turns of two speakers may overlap."""

    start: int
    end: int
    speaker: int  # the same number, the same person


def fewer(turns: Iterable[SpeakerTurn], most: int) -> list[SpeakerTurn]:
    """The turns of at most so many speakers: those who speak the most.

    Each turn of the others goes to whoever of those speaks nearest to it in time: of the
    voices themselves nothing is known here.
    """
    turns = _ordered(turns)
    talk: Counter[int] = Counter()
    for turn in turns:
        talk[turn.speaker] += turn.end - turn.start
    if len(talk) <= most:
        return turns
    kept = {speaker for speaker, _ in talk.most_common(most)}
    main = _Turns([turn for turn in turns if turn.speaker in kept])
    return [
        turn
        if turn.speaker in kept
        else SpeakerTurn(turn.start, turn.end, main.nearest(turn.start, turn.end)[1])
        for turn in turns
    ]


def assigned(transcript: Transcript, turns: Iterable[SpeakerTurn]) -> list[Speaker]:
    """What the turns say of the transcript that it does not say already."""
    known = _Turns(_ordered(turns))
    said = {u.id: heard for u in transcript.utterances if (heard := _heard(u, known))}
    labels = _labels(transcript.utterances, said, transcript.names)
    events = []
    for utterance in transcript.utterances:
        if utterance.speaker_by is None and utterance.id in said:
            event = _event(utterance, [labels[speaker] for speaker in said[utterance.id]])
            if not _reads_so(utterance, event):
                events.append(event)
    return events


class _Turns:
    """Turns in order of start, and who speaks where."""

    def __init__(self, turns: Sequence[SpeakerTurn]) -> None:
        self._turns = turns
        self._starts = [turn.start for turn in turns]
        self._reach = list(accumulate((turn.end for turn in turns), max))  # of it and those before

    def within(self, start: int, end: int) -> Counter[int]:
        """Samples of [start, end) by speaker."""
        spoken: Counter[int] = Counter()
        at = bisect_left(self._starts, end)
        while at and self._reach[at - 1] > start:
            at -= 1
            turn = self._turns[at]
            if (shared := min(end, turn.end) - max(start, turn.start)) > 0:
                spoken[turn.speaker] += shared
        return spoken

    def nearest(self, start: int, end: int) -> tuple[int, int]:
        """Samples to the next turn, and whose it is. There is one at least."""
        if spoken := self.within(start, end):
            return 0, spoken.most_common(1)[0][0]
        after = bisect_left(self._starts, end)
        found = []
        if after < len(self._turns):
            found.append((self._starts[after] - end, self._turns[after].speaker))
        if after:
            reach = self._reach[after - 1]
            last = next(t for t in reversed(self._turns[:after]) if t.end == reach)
            found.append((start - reach, last.speaker))
        return min(found, key=lambda each: each[0])

    def __bool__(self) -> bool:
        return bool(self._turns)


def _ordered(turns: Iterable[SpeakerTurn]) -> list[SpeakerTurn]:
    return sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker))


def _heard(utterance: Utterance, turns: _Turns) -> list[int]:
    """Who says each word, or, of an utterance whose words have no times, all of it; empty:
    nobody is heard."""
    spoken = turns.within(utterance.start, utterance.end)
    if not spoken:
        if not turns:
            return []
        gap, speaker = turns.nearest(utterance.start, utterance.end)
        return [speaker] * max(1, len(utterance.words)) if gap <= REACH else []
    main = spoken.most_common(1)[0][0]
    if not utterance.words:
        return [main]
    heard = [_most(turns.within(word.start, word.end), main) for word in utterance.words]
    return _filled(heard, main)


def _most(spoken: Counter[int], main: int) -> int | None:
    if not spoken:
        return None
    most = max(spoken.values())
    return main if spoken[main] == most else spoken.most_common(1)[0][0]


def _filled(heard: Sequence[int | None], main: int) -> list[int]:
    """Words in which nobody is heard go with the word before, the first with the one after."""
    last = next((speaker for speaker in heard if speaker is not None), main)
    filled = []
    for speaker in heard:
        last = last if speaker is None else speaker
        filled.append(last)
    return filled


def _labels(
    utterances: Sequence[Utterance], said: dict[str, list[int]], names: Iterable[str]
) -> dict[int, str]:
    """A label for each speaker: the one that most of what they say has, if no other has more
    of it, or the next that is free."""
    agree: Counter[tuple[int, str]] = Counter()
    used = set(names)
    for utterance in utterances:
        before = _labelled(utterance)
        used.update(label for label, _ in before if label)
        speakers = said.get(utterance.id, [])
        if len(speakers) == 1:
            speakers *= len(before)
        for (label, weight), speaker in zip(before, speakers, strict=False):
            if label:
                agree[speaker, label] += weight
    labels: dict[int, str] = {}
    for (speaker, label), _ in agree.most_common():
        if speaker not in labels and label not in labels.values():
            labels[speaker] = label
    number = 0
    for speakers in (said[u.id] for u in utterances if u.id in said):
        for speaker in speakers:
            while speaker not in labels:
                number += 1
                if f"S{number}" not in used:
                    labels[speaker] = f"S{number}"
    return labels


def _labelled(utterance: Utterance) -> list[tuple[str | None, int]]:
    """The label that each word has, or all of it, and how much it counts: samples."""
    if not utterance.words:
        return [(utterance.speaker, max(1, utterance.end - utterance.start))]
    return [
        (word.speaker or utterance.speaker, max(1, word.end - word.start))
        for word in utterance.words
    ]


def _event(utterance: Utterance, labels: list[str]) -> Speaker:
    if len(set(labels)) == 1:
        return Speaker(id=utterance.id, speaker=labels[0])
    weights: Counter[str] = Counter()
    for label, word in zip(labels, utterance.words, strict=True):
        weights[label] += max(1, word.end - word.start)
    main = weights.most_common(1)[0][0]
    words = tuple(None if label == main else label for label in labels)
    return Speaker(id=utterance.id, speaker=main, words=words)


def _reads_so(utterance: Utterance, event: Speaker) -> bool:
    words = event.words or (None,) * len(utterance.words)
    own = (event.speaker, None)
    return utterance.speaker == event.speaker and all(
        word.speaker == label or (word.speaker in own and label is None)
        for word, label in zip(utterance.words, words, strict=True)
    )
