"""Digits as they are written and as they are spoken, and the runs that they make.

A telephone number comes out of an engine as `555-123-4567`, as `five five five, one two three
four`, or as something between. What is looked for is therefore not a way of writing but a run:
digits, or words for digits, with nothing between them but spaces, marks and words that a speaker
thinks in. The words of seven languages are known at once: nobody need say which is spoken, and
six words in a row that are digits somewhere are a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

_Kind = Literal["digits", "zero", "times", "filler", "word"]

_UNITS: Final = (
    "zero one two three four five six seven eight nine",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zero uno due tre quattro cinque sei sette otto nove",
    "zero um dois três quatro cinco seis sete oito nove",
    "nul een twee drie vier vijf zes zeven acht negen",
)
_TEENS: Final = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "dix onze douze treize quatorze quinze seize",
    "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
    "dez onze doze treze catorze quinze dezasseis dezassete dezoito dezanove",
    "tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
)
_TENS: Final = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "vingt trente quarante cinquante soixante septante huitante nonante",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
)
_MORE: Final = {"zwo": "2", "één": "1", "meia": "6", "uma": "1", "una": "1"}
_AND: Final = (("und", 1), ("en", 6), ("ën", 6))
"""What stands between the unit and the ten where the unit is said first, and in which language."""

ZEROS: Final = frozenset({"o", "oh", "nought", "naught"})
"""Words that are a zero among digits and mean something else elsewhere."""

TIMES: Final = {"double": 2, "triple": 3, "treble": 3, "doppel": 2, "doble": 2}

_BETWEEN: Final = (
    "uh um er erm eh ah äh ähm öhm euh hum hm and then und dann et puis y luego e poi en dan",
    "plus dash hyphen minus slash space comma point dot bindestrich strich tiret guion trattino",
    "hundred hundert cent cien ciento cento honderd extension",
)
FILLERS: Final = frozenset(word for line in _BETWEEN for word in line.split())
"""Words within a number that are no digit themselves, as in `one eight hundred, five five ...`."""

GAP: Final = re.compile(r"[\s\-\u2010-\u2015./,;:()+*#_'\u2019·|]{0,6}")
"""What may stand between two digits of a number."""

_AFTER_TEN: Final = frozenset("123456789")

_PIECE: Final = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Digits, or a word, at [start, end) of a text."""

    start: int
    end: int
    kind: _Kind
    digits: str = ""  # as 0 ... 9


@dataclass(frozen=True, slots=True)
class Run:
    """A number, as far as one can see, at [start, end) of a text."""

    start: int
    end: int
    digits: str
    plain: str  # the same text with its digits as 0 ... 9 and no words


def runs(text: str) -> Iterator[Run]:
    """Those of a text, in order; the shortest is one digit."""
    found: list[Piece] = []
    for piece in _pieces(text):
        joins = piece.kind != "word" and (not found or _near(text, found[-1], piece))
        if not joins and found:
            yield from _run(text, found)
            found = []
        if piece.kind != "word" and (joins or not found):
            found.append(piece)
    yield from _run(text, found)


def open_run(text: str) -> int:
    """Where a number begins that the end of a text may be within; its length: nowhere."""
    start = len(text)
    after: Piece | None = None
    for piece in reversed(list(_pieces(text))):
        if piece.kind == "word" or not (_near(text, piece, after) if after else _ends(text, piece)):
            break
        start, after = piece.start, piece
    return start


def run_at(text: str, at: int) -> int:
    """Where the number begins that goes on at a place in a text; the place: none does."""
    piece = _PIECE.search(text, at)
    return at if piece is None else min(at, open_run(text[: piece.end()]))


def _ends(text: str, piece: Piece) -> bool:
    return GAP.fullmatch(text, piece.end) is not None


def _near(text: str, one: Piece, other: Piece) -> bool:
    return GAP.fullmatch(text, one.end, other.start) is not None


def _run(text: str, pieces: list[Piece]) -> Iterator[Run]:
    """Without words at its edges that are no digits."""
    sure = [at for at, piece in enumerate(pieces) if piece.kind == "digits"]
    if not sure:
        return
    first, last = sure[0], sure[-1]
    while first > 0 and pieces[first - 1].kind in ("zero", "times"):
        first -= 1
    while last + 1 < len(pieces) and pieces[last + 1].kind == "zero":
        last += 1
    inner = pieces[first : last + 1]
    digits, plain, at, times = "", "", inner[0].start, 1
    for piece in inner:
        value = piece.digits[:1] * (times - 1) + piece.digits
        digits += value
        plain += text[at : piece.start] + value
        at = piece.end
        times = TIMES[text[piece.start : piece.end].casefold()] if piece.kind == "times" else 1
    yield Run(inner[0].start, inner[-1].end, digits, plain)


def _pieces(text: str) -> Iterator[Piece]:
    """What a text is made of; a ten and the unit after it are one."""
    ten: Piece | None = None
    for match in _PIECE.finditer(text):
        piece = _piece(match)
        if ten is not None:
            close = text[ten.end : piece.start] in (" ", "-")
            if close and match[0].isalpha() and piece.digits in _AFTER_TEN:
                yield Piece(ten.start, piece.end, "digits", ten.digits[0] + piece.digits)
                ten = None
                continue
            yield ten
            ten = None
        if match[0].isalpha() and len(piece.digits) == 2 and piece.digits[1] == "0":
            ten = piece
        else:
            yield piece
    if ten is not None:
        yield ten


def _piece(match: re.Match[str]) -> Piece:
    said = match[0].casefold()
    if said[0].isdecimal():
        return Piece(match.start(), match.end(), "digits", "".join(str(int(c)) for c in said))
    if (digits := _words().get(said)) is not None:
        return Piece(match.start(), match.end(), "digits", digits)
    kind: _Kind = "word"
    if said in ZEROS:
        return Piece(match.start(), match.end(), "zero", "0")
    if said in TIMES:
        kind = "times"
    elif said in FILLERS:
        kind = "filler"
    return Piece(match.start(), match.end(), kind)


@cache
def _words() -> dict[str, str]:
    """Every word that says digits, and which."""
    words = dict(_MORE)
    for rows, first, step in ((_UNITS, 0, 1), (_TEENS, 10, 1), (_TENS, 20, 10)):
        for row in rows:
            words |= {word: str(first + step * at) for at, word in enumerate(row.split())}
    for between, language in _AND:
        units, tens = _UNITS[language].split(), _TENS[language].split()
        units[1] = "ein" if language == 1 else units[1]
        for u, unit in enumerate(units[1:], 1):
            for t, ten in enumerate(tens, 2):
                words[f"{unit}{between}{ten}"] = f"{t}{u}"
    return {word.casefold(): digits for word, digits in words.items()}
