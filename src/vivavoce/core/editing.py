"""A person's reading of an utterance, word by word against the one before.

A word that stays keeps its times and what the engine made of it; a change of case or of
punctuation leaves a word what it is. Words that take the place of others share their time by
length, and words that are put in share what lies between their neighbours.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vivavoce.core.errors import Conflict, NotFound, PeerError
from vivavoce.core.events import Edited
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word

TABLE = 40_000
"""Pairs of words that are compared at most; a longer stretch counts as changed throughout."""

WORDS = 1000
"""Words that an edit has times for. Of a longer one nobody needs them to read along, and an
event must fit into a client's message."""

_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_AFTER = "\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_TOKEN = re.compile(f"[{_ALONE}][{_AFTER}]*|[^\\s{_ALONE}]+")
"""What may be a word: all between spaces, and each character of a script that has none."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SILENT = re.compile(r"[\W_]+")

_Subsequence = Callable[[list[str], list[str]], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants an utterance to read, having seen it in `base_revision`."""

    utterance: str
    text: str
    base_revision: int


def edited(utterance: Utterance, text: str, base_revision: int, actor: str) -> Edited:
    """The event that makes the utterance read so. Raises `Conflict`: it reads otherwise by now.

    White space is made one space each; an empty text strikes the utterance out.
    """
    if base_revision != utterance.revision:
        raise Conflict(f"The utterance {utterance.id} has changed since.", [utterance])
    text = plain(text)
    words = tuple(_words(utterance, text))
    return Edited(id=utterance.id, actor=actor, base_revision=base_revision, text=text, words=words)


def plain(text: str) -> str:
    """On one line, with single spaces and without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def apply(
    transcript: Transcript, edits: Sequence[Edit], actor: str
) -> tuple[list[Edited], list[Utterance]]:
    """What can be changed, and how those utterances read that were not to be changed so.

    What reads so already is neither. Raises `NotFound`, `PeerError` (one is named twice), and
    `Conflict` when nothing is left of it all.
    """
    known = {u.id: u for u in (*transcript.utterances, *transcript.empty)}
    events: list[Edited] = []
    conflicts: list[Utterance] = []
    seen: set[str] = set()
    for edit in edits:
        if (utterance := known.get(edit.utterance)) is None:
            raise NotFound(f"There is no utterance {edit.utterance} in this recording.")
        if edit.utterance in seen:
            raise PeerError(f"The utterance {edit.utterance} is named twice.")
        seen.add(edit.utterance)
        if plain(edit.text) == utterance.text:
            continue
        try:
            events.append(edited(utterance, edit.text, edit.base_revision, actor))
        except Conflict:
            conflicts.append(utterance)
    if conflicts and not events:
        names = ", ".join(u.id for u in conflicts[:5])
        raise Conflict(f"Somebody has changed this meanwhile: {names}.", conflicts)
    return events, conflicts


def _words(utterance: Utterance, text: str) -> Iterator[Word]:
    old = utterance.words
    if utterance.text and not old:
        return  # nobody knows when its words were said
    tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(text)]
    if len(tokens) > WORDS:
        return
    kept = _kept([_key(text[a:b]) for a, b in tokens], old)
    next_old = next_token = 0
    for i, first, last in [*kept, (len(old), len(tokens), len(tokens))]:
        if fresh := [text[a:b] for a, b in tokens[next_token:first]]:
            yield from _put(fresh, utterance, next_old, i)
        if i < len(old):
            said = text[tokens[first][0] : tokens[last - 1][1]]
            yield Word(said, old[i].start, old[i].end, old[i].confidence, old[i].speaker)
        next_old, next_token = i + 1, last


def _put(fresh: list[str], utterance: Utterance, first: int, last: int) -> Iterator[Word]:
    """New words in the place of the old ones from `first` to before `last`."""
    old = utterance.words
    replaced = old[first:last]
    before, after = old[:first], old[last:]
    until = after[0].start if after else utterance.end
    if replaced:
        start = replaced[0].start
        end = max(start, min(max(word.end for word in replaced), until))
    else:
        start, end = min(before[-1].end if before else utterance.start, until), until
    speaker = next((w.speaker for w in (*replaced, *before[-1:], *after)), None)
    length, done = sum(map(len, fresh)), 0
    for word in fresh:
        begin = start + (end - start) * done // length
        done += len(word)
        yield Word(word, begin, start + (end - start) * done // length, speaker=speaker)


def _kept(new: list[str], old: Sequence[Word]) -> list[tuple[int, int, int]]:
    """The old words that the new text still has: (which, its first token, after its last)."""
    keys = [[_key(token) for token in _TOKEN.findall(word.text)] for word in old]
    belongs = [i for i, of_word in enumerate(keys) for _ in of_word]
    places: dict[int, list[int]] = {}
    for a, b in _common([key for of_word in keys for key in of_word], new):
        places.setdefault(belongs[a], []).append(b)
    return [
        (i, at[0], at[-1] + 1)
        for i, at in places.items()
        if len(at) == len(keys[i]) == at[-1] - at[0] + 1
    ]


def _key(token: str) -> str:
    """What makes it this word and not another."""
    folded = token.casefold()
    return folded if folded.isalnum() else _SILENT.sub("", folded) or token


def _common(a: list[str], b: list[str]) -> Iterator[tuple[int, int]]:
    """The places of a longest common subsequence, in order."""
    return _inward(a, b, _shared)


def _inward(a: list[str], b: list[str], amid: _Subsequence) -> Iterator[tuple[int, int]]:
    """The words that are the same at both ends, and what `amid` finds between them."""
    shorter = min(len(a), len(b))
    head = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if a[-1 - i] != b[-1 - i]), rest)
    yield from ((i, i) for i in range(head))
    middle = a[head : len(a) - tail], b[head : len(b) - tail]
    yield from ((head + i, head + j) for i, j in amid(*middle))
    yield from ((len(a) - i, len(b) - i) for i in range(tail, 0, -1))


def _shared(a: list[str], b: list[str]) -> Iterator[tuple[int, int]]:
    """As `_common`, where the ends differ. Words that only one of them has belong to none; where
    a word was replaced throughout nothing but equal ends is left without them."""
    in_a, in_b = set(a), set(b)
    of_a = [i for i, word in enumerate(a) if word in in_b]
    of_b = [j for j, word in enumerate(b) if word in in_a]
    for i, j in _inward([a[i] for i in of_a], [b[j] for j in of_b], _longest):
        yield of_a[i], of_b[j]


def _longest(a: list[str], b: list[str]) -> Iterator[tuple[int, int]]:
    if len(a) * len(b) > TABLE:
        return
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]  # of what is left from (i, j) on
    for i in range(len(a) - 1, -1, -1):
        row, below = longest[i], longest[i + 1]
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
