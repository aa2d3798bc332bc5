"""Tokens as text, and the guard against a decoder that repeats itself."""

import re
from collections.abc import Sequence
from functools import cached_property

SPACE = "▁".encode()  # three bytes
SPECIAL = (0, 1, 2)  # <unk>, <s>, </s>

_WORD = re.compile(rb"\S+")
_LETTER = re.compile(rb"[A-Za-z0-9\x80-\xff]")


class Tokenizer:
    """Reads Moonshine's `tokenizer.bin`: length-prefixed byte strings, in order of their id.

    A length of 128 or more takes two bytes: the rest modulo 128 first, then the multiple.
    """

    def __init__(self, raw: bytes) -> None:
        self._pieces: list[bytes] = []
        at = 0
        while at < len(raw):
            length, at = raw[at], at + 1
            if length >= 128:
                length, at = raw[at] * 128 + length - 128, at + 1
            self._pieces.append(raw[at : at + length])
            at += length

    def __len__(self) -> int:
        return len(self._pieces)

    @cached_property
    def _known(self) -> dict[bytes, int]:
        return {piece: n for n, piece in enumerate(self._pieces) if n not in SPECIAL}

    def tokens(self, text: str) -> list[int]:
        """Tokens that spell the text: the longest that fit, one after the other.

        A decoder may have spelled it with others. What no piece spells is left out.
        """
        raw = b"".join(SPACE + word.encode() for word in text.split())
        longest = max(map(len, self._known), default=0)
        found, at = list[int](), 0
        while at < len(raw):
            ends = range(min(len(raw), at + longest), at, -1)
            end = next((end for end in ends if raw[at:end] in self._known), None)
            if end is not None:
                found.append(self._known[raw[at:end]])
            at = end or at + 1
        return found

    def words(self, tokens: Sequence[int], chances: Sequence[float]) -> list[tuple[str, float]]:
        """Each word with the least probability of its tokens, punctuation left out.

        Single bytes are tokens too, so a character may be cut: it shows as U+FFFD.
        """
        spelled, likely = bytearray(), list[float]()
        for token, chance in zip(tokens, chances, strict=True):
            piece = b"" if token in SPECIAL else self._pieces[token].replace(SPACE, b"   ")
            spelled += piece
            likely += [chance if _LETTER.search(piece) else 1.0] * len(piece)
        return [
            (word.group().decode("utf-8", "replace"), min(likely[word.start() : word.end()]))
            for word in _WORD.finditer(spelled)
        ]


def loop_start(tokens: Sequence[int]) -> int | None:
    """Where a repetition at the end begins to repeat, None if there is none.

    A phrase of two to eight tokens said four times in a row, or one token said eight times:
    people do not speak so, decoders that lost the audio do. The first saying is kept.
    """
    for size in range(1, 9):
        times = 8 if size == 1 else 4
        tail = tokens[-size * times :]
        if len(tail) == size * times and list(tail) == list(tail[:size]) * times:
            return len(tokens) - size * (times - 1)
    return None
