"""What Whisper wrote, and whether to believe it.

It was taught on captions, so where nobody speaks it writes what captions end with, and where
it loses its way it writes one phrase again and again. Its own numbers show most of that; the
thresholds that carry Whisper's names are Whisper's.
"""

import re
import zlib
from collections.abc import Sequence
from math import exp
from typing import Final

import msgspec

from vivavoce.core.types import SAMPLE_RATE, Brief, Word

NO_SPEECH: Final = 0.6
LOGPROB: Final = -1.0
COMPRESSION: Final = 2.4

SURE: Final = -0.5
"""A mean log probability over which even what is often invented is believed."""

HOPELESS: Final = -1.5
"""One under which nothing is, and over `LOGPROB` only where there is hardly doubt of speech."""

DOUBT: Final = 0.25
"""As `NO_SPEECH`, of what is improbable."""

SILENCE: Final = 2 * SAMPLE_RATE
"""Words that stand so far from all others are believed only if they look like words."""

INVENTED: Final = re.compile(
    "|".join(
        (
            r"you|so|the|bye( bye)*|(thank you|thanks)( (so|very) much)?( everyone)?",
            r"(.* )?for (watching|listening|viewing)( .*)?|.*\bsubscribe( .*)?",
            r"(i'll )?see you (in the )?next (time|video|week).*|.* by the \S*amara.*",
            r".*\bamara\s?org\b.*|(subtitles|captions|transcription|transcribed) by .*",
            r"sous-titr.*|untertitel.*|subt[ií]tulos.*|sottotitoli.*|legendas.*|napisy.*",
            r"vielen dank( fürs (zuschauen|zuhören|zusehen))?|.*\b(swr|zdf|wdr|ndr) \d{4}",
            r"merci( d'avoir regardé.*)?|(muchas )?gracias( por ver.*)?|obrigad[oa]( por .*)?",
            r"субтитры .*|редактор субтитров.*|продолжение следует|спасибо за просмотр.*",
            r"ご視聴ありがとうございました|字幕.*|請不吝點贊.*|谢谢(大家|观看).*",
            r"시청해\s?주셔서\s?감사합니다|(mbc|kbs) 뉴스.*",
        )
    )
)
"""What captions say while nobody speaks, in `bare` form."""


class Written(msgspec.Struct, frozen=True):
    """One decoding. `logprob` is the mean over its tokens; `no_speech` is 0 ... 1."""

    text: str
    tokens: tuple[int, ...]
    logprob: float
    no_speech: float

    @property
    def confidence(self) -> float:
        """0 ... 1."""
        return min(1.0, exp(self.logprob))

    @property
    def repetitive(self) -> bool:
        return compression(self.text) > COMPRESSION

    @property
    def good(self) -> bool:
        """Whether another decoding need not be tried."""
        least = SURE if self.no_speech > NO_SPEECH else LOGPROB
        return not self.repetitive and self.logprob >= least

    @property
    def believed(self) -> bool:
        """Whether somebody said it, rather than nobody anything."""
        if self.repetitive or not any(character.isalnum() for character in self.text):
            return False
        if self.logprob < SURE and invented(self.text):
            return False
        if self.no_speech > NO_SPEECH:
            return self.good
        return self.logprob > (HOPELESS if self.no_speech < DOUBT else LOGPROB)


def best(tries: Sequence[Written]) -> Written:
    """Of decodings none of which is good: the likeliest, unless it goes round in circles."""
    straight = [each for each in tries if not each.repetitive]
    return max(straight or tries, key=lambda each: each.logprob)


def compression(text: str) -> float:
    """How much smaller the text can be written; prose of some length has 1.5 to 2."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0


def invented(text: str) -> bool:
    """Whether it is one of the phrases that are written where nobody speaks."""
    return INVENTED.fullmatch(bare(text)) is not None


def echoes(text: str, brief: Brief) -> bool:
    """Whether every word of it was told beforehand, so that it may not have been heard."""
    told = bare(" ".join((*brief.hot_words, brief.prompt))).split()
    return set(bare(text).split()) <= set(told)


def bare(text: str) -> str:
    """The words without punctuation and capitals."""
    return " ".join(re.sub(r"[^\w\s'-]", " ", text.lower()).split())


def grounded(words: Sequence[Word]) -> list[Word]:
    """The words without those that stand alone between silences and were hardly heard.

    Whisper fills a long pause with a phrase; its words are then improbable and have odd
    lengths.
    """
    runs: list[list[Word]] = []
    for word in words:
        if runs and word.start - runs[-1][-1].end < SILENCE:
            runs[-1].append(word)
        else:
            runs.append([word])
    if len(runs) > 1:
        runs = [run for run in runs if not _odd(run)]
    return [word for run in runs for word in run]


def _odd(words: Sequence[Word]) -> bool:
    """As faster-whisper judges it, by the first eight."""
    first = words[:8]
    score = sum(map(_oddity, first))
    return score >= 3 or score + 0.01 >= len(first)


def _oddity(word: Word) -> float:
    length = (word.end - word.start) / SAMPLE_RATE
    improbable = 1.0 if (word.confidence or 0) < 0.15 else 0.0
    return improbable + max(0.0, (0.133 - length) * 15) + max(0.0, length - 2)
