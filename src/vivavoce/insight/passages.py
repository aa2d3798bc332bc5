"""A transcript as numbered lines: what a prompt shows, what an answer cites, what is searched."""

import hashlib
from collections.abc import Sequence

import msgspec

from vivavoce.core.transcript import Transcript
from vivavoce.core.types import seconds


class Passage(msgspec.Struct, frozen=True):
    """One utterance with text. `number` counts from 1 and is its tag in prompts and answers."""

    number: int
    utterance: str  # its id
    start: float  # seconds
    end: float  # seconds
    text: str  # on one line
    speaker: str = ""  # the name or label that is shown; empty: nobody knows

    @property
    def line(self) -> str:
        """As a prompt shows it."""
        who = f"{self.speaker}: " if self.speaker else ""
        return f"[{self.number}] {who}{self.text}"


def passages(transcript: Transcript) -> list[Passage]:
    """In order; utterances without text are left out."""
    spoken = [(u, " ".join(u.text.split())) for u in transcript.utterances]
    return [
        Passage(
            number,
            utterance.id,
            seconds(utterance.start),
            seconds(utterance.end),
            text,
            shown(transcript, utterance.speaker),
        )
        for number, (utterance, text) in enumerate((s for s in spoken if s[1]), 1)
    ]


def shown(transcript: Transcript, speaker: str | None) -> str:
    """What a speaker is called, on one line."""
    name = transcript.names.get(speaker, speaker) if speaker else ""
    return " ".join(name.split())


def revision(passages: Sequence[Passage]) -> str:
    """The same for as long as the words and who said them are: 16 hexadecimal digits."""
    said = [(p.utterance, p.speaker, p.text) for p in passages]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def parts(passages: Sequence[Passage], budget: int) -> list[list[Passage]]:
    """In pieces of at most `budget` characters of prompt; a longer passage stands alone."""
    pieces: list[list[Passage]] = []
    room = 0
    for passage in passages:
        size = len(passage.line) + 1
        if size > room:
            pieces.append([])
            room = budget
        pieces[-1].append(passage)
        room -= size
    return pieces
