"""What is not to be read: numbers of people and accounts, e-mail addresses, listed names.

Pure: a text goes in, and where in it they stand comes out. An utterance is all that is looked at,
so a number that is dictated with pauses comes in pieces. A piece is told by where it stands:
digits and nothing else, digits at the very end, or at the beginning after an utterance that ended
in a number. A card's check digit (Luhn) and an account's (IBAN) tell a number where it would
else pass for years or for money.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vivavoce.library.addresses import addresses, open_address
from vivavoce.library.digits import Run, open_run, run_at, runs
from vivavoce.library.terms import Phrase, spans, terms

Kind = Literal["numbers", "emails"]

MARKS: Final[dict[str, str]] = {"numbers": "[number]", "emails": "[email]", "names": "[name]"}
"""What stands for each. One word, because the words of an utterance have times."""

LONG: Final = 6
"""Digits of the shortest number that is one wherever it stands."""

PART: Final = 4
"""Digits at the end of an utterance that may be the beginning of a number."""

ALONE: Final = 3
"""Digits of an utterance that has nothing else."""

LONGEST: Final = 60
"""Characters of what may pass for days and amounts."""

_AMOUNT: Final = re.compile(
    r"""(?:
      \d{4}-\d\d-\d\d | \d\d?[./]\d\d?[./](?:\d\d)?\d\d     # a day
    | \d\d?:\d\d(?::\d\d)?                                  # a time of day
    | (?:19|20)\d\d                                         # a year
    | \d{1,3}(?:[.,'\u2019]\d{3})+(?:[.,]\d\d?)?                 # 1,234,567.89
    | \d{1,6}[.,]\d\d? | 0[.,]\d+                           # 1234.5
    )""",
    re.VERBOSE,
)
_AMOUNTS: Final = re.compile(
    rf"{_AMOUNT.pattern}(?:[\s,\u2013-]{{1,3}}{_AMOUNT.pattern})*", re.VERBOSE
)
_ROUND: Final = re.compile(r"\d{1,3}(?:[ .,]?000)+|[1-9]0{3,}")

_IBAN: Final = re.compile(
    r"(?<![^\W_])[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){10,30}(?![^\W_])", re.IGNORECASE
)
_GROUP_END: Final = re.compile(r"(?<=[A-Z0-9])(?=[ -]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Characters of a text, and what is to stand for them."""

    start: int
    end: int
    mark: str


class Redaction:
    """What is looked for. A name is a word or several, compared without case and accents."""

    def __init__(self, kinds: Iterable[Kind], names: Iterable[str] = ()) -> None:
        chosen = frozenset(kinds)
        self._numbers = "numbers" in chosen
        self._emails = "emails" in chosen
        cut = (tuple(term.text for term in terms(name)) for name in names)
        self._names = tuple(Phrase(words, prefix=False) for words in cut if words)

    def find(self, text: str, before: str = "", *, ends: bool = True) -> list[Found]:
        """Where it stands in an utterance, in order, nothing twice. `before`: how the utterance
        before it reads, with its marks; `ends`: whether this one does where the text does."""
        found: list[Found] = []
        if self._emails:
            found += (Found(*span, MARKS["emails"]) for span in addresses(text))
        if self._numbers:
            continues = before.rstrip(" .,;:!?").endswith(MARKS["numbers"])
            found += (Found(*span, MARKS["numbers"]) for span in _numbers(text, continues, ends))
        found += (Found(*span, MARKS["names"]) for span in spans(text, self._names))
        return _apart(found)

    def settled(self, text: str) -> str:
        """A text that goes on, without the end that may be the beginning of something."""
        end = min(_begun(text, self._names), default=len(text))
        if self._emails:
            end = min(end, open_address(text))
        if self._numbers:
            end = min(end, open_run(text), run_at(text, end))
        cut = (one.start for one in self.find(text, ends=False) if one.start < end < one.end)
        return text[: min(cut, default=end)].rstrip()


def _numbers(text: str, continues: bool, ends: bool) -> Iterator[tuple[int, int]]:
    yield from _accounts(text)
    for run in runs(text):
        first = not any(char.isalnum() for char in text[: run.start])
        last = ends and not any(char.isalnum() for char in text[run.end :])
        if _is_number(run) or _is_part(run, first, last, continues):
            yield _with_sign(text, run), run.end


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    """IBANs; what follows one may look as if it were a part of it."""
    for match in _IBAN.finditer(text):
        ends = (match.start() + end.start() for end in _GROUP_END.finditer(match[0]))
        for end in sorted(ends, reverse=True):
            if is_account(text[match.start() : end]):
                yield match.start(), end
                break


def _is_number(run: Run) -> bool:
    if len(run.digits) < LONG:
        return False
    return not _is_amount(run) or (13 <= len(run.digits) <= 19 and is_card(run.digits))


def _is_part(run: Run, first: bool, last: bool, continues: bool) -> bool:
    """Of a number that began before this utterance, or goes on after it."""
    count = len(run.digits)
    if first and continues:
        return last or count > 1
    return last and not _is_amount(run) and count >= (ALONE if first else PART)


def _is_amount(run: Run) -> bool:
    """Whether it reads as a day, a time, years or an amount, which are no one's number."""
    if len(run.plain) > LONGEST:
        return False
    return bool(_AMOUNTS.fullmatch(run.plain) or _ROUND.fullmatch(run.plain))


def _with_sign(text: str, run: Run) -> int:
    """Where a number begins, with the plus or the bracket before it."""
    start = run.start
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def is_card(digits: str) -> bool:
    """Whether the last digit is the check digit (Luhn) of those before it."""
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char) * (1 + at % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def is_account(text: str) -> bool:
    """Whether this is an IBAN whose check digits are right."""
    bare = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    turned = "".join(str(int(char, 36)) for char in bare[4:] + bare[:4])
    return 15 <= len(bare) <= 34 and int(turned) % 97 == 1


def _begun(text: str, names: Sequence[Phrase]) -> Iterator[int]:
    """Where names of several words begin that a text ends within."""
    words = terms(text)[-max((len(name.terms) for name in names), default=0) :]
    for name in names:
        for count in range(1, len(name.terms)):
            if tuple(word.text for word in words[-count:]) == name.terms[:count]:
                yield words[-count].start


def _apart(found: Iterable[Found]) -> list[Found]:
    """In order; what overlaps is one, by the mark of what begins first."""
    apart: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if apart and one.start < apart[-1].end:
            last = apart[-1]
            apart[-1] = Found(last.start, max(last.end, one.end), last.mark)
        else:
            apart.append(one)
    return apart
