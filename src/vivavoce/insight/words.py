"""Words as they are compared: without case, accents, endings of number and words that say little.

Scripts without spaces between words are compared by pairs of characters.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_DENSE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")

_COMMON: Final = """
    a about after again all also am an and any are aren't as at be because been before being
    but by can can't cannot could couldn't did didn't do does doesn't doing don't down each even
    ever few for from further get gets getting go goes going gonna good got had hadn't has hasn't
    have haven't having he he'd he'll he's her here here's hers him his how how's i i'd i'll i'm
    i've if in into is isn't it it'd it'll it's its just kind know let let's like lot made make
    many may maybe me mean might more most much must my no nor not now of off oh ok okay on once
    one only or other ought our out over own please quite really right said same say saying see
    she she'd she'll she's should shouldn't so some sort still such than that that'd that'll
    that's the their them then there there's these they they'd they'll they're they've thing
    things think this those through to too uh um under until up us very want was wasn't way we
    we'd we'll we're we've well were weren't what what's when where which while who who's whom
    why will with without won't would wouldn't yeah yes yet you you'd you'll you're you've your

    aber alle als also am an auch auf aus bei bin bis da dann das dass dem den der des die dies
    doch du ein eine einem einen einer er es für hab habe haben hat hier ich ihr im in ist ja kann
    man mit nach nicht noch nun nur oder schon sehr sich sie sind so und uns von vor war was weil
    wenn wer wie wir wird zu zum zur

    au aux avec ce ces cette dans de des du elle en est et eux il ils je la le les leur lui mais
    mes moi mon ne nos notre nous on ou par pas pour qu que qui sa se ses son sur ta te tu un une
    vos votre vous c'est j'ai n'est qu'il

    al como con del el ella ellos entre era esa ese eso esta este esto hay lo los las más me mi
    muy no nos o os para pero por qué que se si sin sobre su sus también te tiene todo un una uno
    y ya"""
_LITTLE: Final = frozenset(_COMMON.split())
"""Words of English, German, French and Spanish that occur in any talk."""


@lru_cache(maxsize=65_536)
def plain(word: str) -> str:
    """One word as it is compared."""
    folded = unicodedata.normalize("NFKD", word.replace("\u2019", "'")).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c)).removesuffix("'s")
    if len(bare) > 4 and bare.endswith("ies"):
        return f"{bare[:-3]}y"
    if len(bare) > 3 and bare.endswith("s") and not bare.endswith(("ss", "us", "is")):
        return bare[:-1]
    return bare


def content(text: str) -> list[str]:
    """The words that say something, in order and as they are compared."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0]
        if _DENSE.search(word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        elif (low := word.casefold().replace("\u2019", "'")) not in _LITTLE and len(low) > 1:
            found.append(plain(word))
    return found


def count(text: str) -> int:
    """How many words a text has, all of them."""
    return sum(1 for _ in _WORD.finditer(text))
