"""What is made of a transcript: text, and for each sentence of it where that was said."""

import msgspec

from vivavoce.insight.passages import Passage


class Source(msgspec.Struct, frozen=True):
    """Where something was said."""

    utterance: str
    start: float  # seconds
    end: float  # seconds

    @classmethod
    def of(cls, passage: Passage) -> "Source":
        return cls(passage.utterance, passage.start, passage.end)


class Sentence(msgspec.Struct, frozen=True):
    """`cited`: the model said where this was said, or it is copied from there. Otherwise the
    source is the passage with most of its words, and there may be none."""

    text: str
    sources: tuple[Source, ...] = ()
    cited: bool = False


class Section(msgspec.Struct, frozen=True):
    """A heading, and the sentences under it: `count` of them from the `first` on."""

    title: str
    first: int
    count: int
    sources: tuple[Source, ...] = ()  # for a chapter: where it begins


class Answer(msgspec.Struct, frozen=True):
    """`text` is plain: one sentence or several a line, `## ` before headings, `- ` before
    items. `truncated`: it is as long as an answer may be, and ends in the middle."""

    text: str
    sentences: tuple[Sentence, ...] = ()
    sections: tuple[Section, ...] = ()
    truncated: bool = False
