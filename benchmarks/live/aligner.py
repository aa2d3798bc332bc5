"""Where each word of a known text is in the audio. Runs in an environment with pocketsphinx.

    python aligner.py < clips.json > words.json

Takes a list of `{"wav": path of 16 kHz mono 16 bit, "words": [...]}`; gives for each a list of
`[start, end]` in seconds, `null` for a word that the aligner could not place.
"""

import json
import math
import re
import sys
import wave
from array import array

from pocketsphinx import Decoder

Spans = list[list[float] | None]

SOUNDS = "AH B K D EH F G HH IH JH K L M N AA P K R S T AH V W K_S Y Z"
LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", SOUNDS.split(), strict=True))
"""How a word that the dictionary lacks is said, letter by letter. Rough, and rarely needed."""

MARGIN = 6.0
"""Decibels above the quietest tenth of a recording that still count as its silence."""


def place(decoder: Decoder, wav: str, words: list[str]) -> Spans:
    with wave.open(wav) as file:
        samples = file.readframes(file.getnframes())
    spelled = [re.sub(r"[^a-z']", "", word) for word in words]
    for word in spelled:
        if word and decoder.lookup_word(word) is None:
            phones = " ".join(LETTERS[c] for c in word if c != "'").replace("_", " ")
            decoder.add_word(word, phones, True)
    said = [i for i, word in enumerate(spelled) if word]
    decoder.set_align_text(" ".join(spelled[i] for i in said))
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    found = [
        [segment.start_frame / 100, (segment.end_frame + 1) / 100]
        for segment in decoder.seg() or ()
        if not segment.word.startswith(("<", "[", "++"))
    ]
    times: Spans = [None] * len(words)
    if len(found) == len(said):
        levels, floor = loudness(samples)
        for i, (start, end) in zip(said, found, strict=True):
            times[i] = [start, trimmed(levels, floor, start, end)]
    return times


def loudness(samples: bytes) -> tuple[list[float], float]:
    """The level of each hundredth of a second in dB, and the recording's floor."""
    values = array("h", samples)
    levels = [
        10 * math.log10(sum(v * v for v in values[at : at + 160]) / 160 + 1)
        for at in range(0, len(values) - 159, 160)
    ]
    return levels, sorted(levels)[len(levels) // 10] + MARGIN


def trimmed(levels: list[float], floor: float, start: float, end: float) -> float:
    """The end of a word without the pause that the aligner may have given to it."""
    last = min(round(end * 100), len(levels))
    while last > round(start * 100) + 10 and max(levels[last - 5 : last]) < floor:
        last -= 1
    return last / 100


def main() -> None:
    decoder = Decoder(samprate=16000, lm=None, loglevel="FATAL", beam=1e-80, wbeam=1e-60)
    clips = json.load(sys.stdin)
    json.dump([place(decoder, clip["wav"], clip["words"]) for clip in clips], sys.stdout)


if __name__ == "__main__":
    main()
