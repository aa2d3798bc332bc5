"""Utterances as Amazon Transcribe's results: words and punctuation, each with its time."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.events import Interim
from vivavoce.core.types import Word, seconds
from vivavoce.dialects.aws_transcribe_options import Asked

_WORD: Final = re.compile(r"\S+")
_PARTS: Final = re.compile(r"(.*?)([.,?!;:…。，、？！；：]*)", re.DOTALL)  # noqa: RUF001
"""A word and the punctuation that ends it."""

Said = dict[str, Any]


class Results:
    """One session's. An utterance's partial results and its final one bear the same id."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._partial: str | None = None  # the utterance that the client has a partial result of

    def partial(self, interim: Interim) -> Said | None:
        """None where there is nothing to tell."""
        text = interim.stable + interim.tail
        if not text.strip() and interim.id != self._partial:
            return None
        self._partial = interim.id
        items: list[Said] = []
        for match, word in zip(
            _WORD.finditer(text), spread(text, interim.start, interim.end), strict=True
        ):
            items += self._items(word, stable=match.end() <= len(interim.stable))
        return self._result(interim, text, items, partial=True)

    def final(self, final: FinalEvent) -> Said | None:
        """None for silence, unless something was shown where there was nothing in the end."""
        if not final.text and final.id != self._partial:
            return None
        self._partial = None
        words = final.words or spread(final.text, final.start, final.end)
        items = [item for word in words for item in self._items(word, stable=True)]
        return self._result(final, final.text, items, partial=False)

    def _result(
        self, said: Interim | FinalEvent, text: str, items: list[Said], *, partial: bool
    ) -> Said:
        result: Said = {
            "ResultId": _id(self._asked.session_id, said.id),
            "StartTime": _time(said.start),
            "EndTime": _time(said.end),
            "IsPartial": partial,
            "ChannelId": f"ch_{said.track}",
            "Alternatives": [{"Transcript": text.strip(), "Items": items}],
        }
        language = self._asked.language
        if language is None and isinstance(said, FinalEvent) and said.language:
            language = self._code(said.language)
        if language is not None:
            result["LanguageCode"] = language
        return result

    def _code(self, tag: str) -> str:
        """The engine's language as the client named it: `en-US` where it says `en`."""
        for code in self._asked.languages:
            if _primary(code) == _primary(tag):
                return code
        return tag

    def _items(self, word: Word, *, stable: bool) -> Iterator[Said]:
        found = _PARTS.fullmatch(word.text.strip())
        assert found is not None  # both parts match anything
        for kind, content in zip(("pronunciation", "punctuation"), found.groups(), strict=True):
            if content:
                yield self._item(word, kind, content, stable=stable)

    def _item(self, word: Word, kind: str, content: str, *, stable: bool) -> Said:
        spoken = kind == "pronunciation"
        item: Said = {
            "Type": kind,
            "Content": content,
            "StartTime": _time(word.start if spoken else word.end),
            "EndTime": _time(word.end),
            "VocabularyFilterMatch": False,
        }
        if spoken and word.confidence is not None:
            item["Confidence"] = word.confidence
        if word.speaker is not None and self._asked.speakers:
            item["Speaker"] = word.speaker
        if self._asked.stabilized:
            item["Stable"] = stable
        return item


def spread(text: str, start: int, end: int) -> Sequence[Word]:
    """A text's words over its samples, as if each letter took as long as any other: where their
    times are not known, which is so of what is not final, and of some engines' finals."""
    length = max(len(text), 1)
    return [
        Word(
            match.group(),
            start + (end - start) * match.start() // length,
            start + (end - start) * match.end() // length,
        )
        for match in _WORD.finditer(text)
    ]


def _id(session: UUID, utterance: str) -> str:
    return str(uuid5(session, utterance))


def _time(position: int) -> float:
    return round(seconds(position), 3)


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
