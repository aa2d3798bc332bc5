"""Written words as the words and sounds that an English pronouncing dictionary knows.

For alignment only: what is said for "1455" or "Dr." need not be right to the letter, it only
has to take about as long and sound about so.
"""

import re
import unicodedata

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))

ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
SYMBOLS = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "%": "percent",
    "#": "number",
    "$": "dollars",
    "£": "pounds",
    "€": "euros",
    "°": "degrees",
}
ABBREVIATIONS = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "st": "saint",
    "vs": "versus",
    "etc": "et cetera",
    "jr": "junior",
    "sr": "senior",
}

CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
_PIECE = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?|[&+=@%#$£€°]")
_ORDINAL = re.compile(r"(\d[\d,]*)(?:st|nd|rd|th)")

SOUNDS = (
    *(("tion", "SH AH N"), ("igh", "AY"), ("tch", "CH"), ("sch", "SH"), ("eau", "OW")),
    *(("ch", "CH"), ("sh", "SH"), ("th", "TH"), ("ph", "F"), ("gh", "G"), ("wh", "W")),
    *(("ck", "K"), ("qu", "K W"), ("ng", "NG"), ("kn", "N"), ("wr", "R"), ("dg", "JH")),
    *(("ee", "IY"), ("ea", "IY"), ("oo", "UW"), ("ou", "AW"), ("ow", "OW"), ("oi", "OY")),
    *(("oy", "OY"), ("ai", "EY"), ("ay", "EY"), ("au", "AO"), ("aw", "AO"), ("ie", "IY")),
    *(("ei", "EY"), ("ey", "IY"), ("oa", "OW"), ("ew", "UW"), ("ue", "UW"), ("er", "ER")),
    *(("ir", "ER"), ("ur", "ER"), ("ar", "AA R"), ("or", "AO R"), ("x", "K S")),
    *(("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G")),
    *(("h", "HH"), ("i", "IH"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N")),
    *(("o", "AA"), ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"), ("u", "AH")),
    *(("v", "V"), ("w", "W"), ("y", "IY"), ("z", "Z")),
)
"""Letters and what they mostly sound like, the longer first; the phones are ARPABET's."""


def spoken(word: str) -> list[str]:
    """What is said for a written word, in lower-case letters; empty when nothing is."""
    pieces = _PIECE.findall(_plain(word))
    pieces.sort(key=lambda piece: piece in "$£€")  # five dollars, though it is written $5
    return [said for piece in pieces for said in _said(piece)]


def sounds(word: str) -> str:
    """The phones of a word that no dictionary has, by its letters. Never empty."""
    phones: list[str] = []
    rest = word.rstrip("e") or word
    while rest:
        letters, sound = next(((a, b) for a, b in SOUNDS if rest.startswith(a)), (rest[0], ""))
        if sound and phones[-1:] != [sound]:  # a doubled consonant sounds once
            phones.append(sound)
        rest = rest[len(letters) :]
    return " ".join(phones) or "AH"


def _plain(word: str) -> str:
    """Lower case, without accents, with one kind of apostrophe."""
    decomposed = unicodedata.normalize("NFKD", word.lower().replace("\u2019", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _said(piece: str) -> list[str]:
    if piece[0].isdigit():
        return _digits(piece)
    return ABBREVIATIONS.get(piece, SYMBOLS.get(piece, piece)).split()


def _digits(piece: str) -> list[str]:
    if ordinal := _ORDINAL.fullmatch(piece):
        *first, last = _number(int(ordinal[1].replace(",", "")))
        return [
            *first,
            ORDINALS.get(last, f"{last.removesuffix('y')}{'ie' * last.endswith('y')}th"),
        ]
    whole, _, fraction = piece.replace(",", "").partition(".")
    said = _year(whole) if whole == piece else _counted(whole)
    return said + (["point", *(ONES[int(d)] for d in fraction)] if fraction else [])


def _year(digits: str) -> list[str]:
    """Four digits are mostly a year: fourteen fifty five."""
    century, rest = divmod(int(digits), 100) if len(digits) == 4 else (0, 0)
    if not 11 <= century <= 20 or (century == 20 and rest < 10):
        return _counted(digits)
    if rest == 0:
        return [*_number(century), "hundred"]
    return [*_number(century), *(["oh"] if rest < 10 else []), *_number(rest)]


def _counted(digits: str) -> list[str]:
    """A number too long to be counted, or with a leading zero, is said digit by digit."""
    if len(digits) > 12 or (digits[0] == "0" and len(digits) > 1):
        return [ONES[int(digit)] for digit in digits]
    return _number(int(digits))


def _number(number: int) -> list[str]:
    for scale, name in SCALES:
        if number >= scale:
            many, rest = divmod(number, scale)
            return [*_number(many), name, *(_number(rest) if rest else [])]
    if number >= 20:
        tens, one = divmod(number, 10)
        return [TENS[tens], *([ONES[one]] if one else [])]
    return [ONES[number]]
