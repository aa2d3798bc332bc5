"""When the words of a known English text were said, by PocketSphinx's forced alignment.

The acoustic model and the dictionary come inside its wheel. A word that the dictionary lacks
is spelled out by its letters; one that cannot be spoken, and a text that does not fit the
sound, are spread over the time that is left, by characters. The model takes silence before a
soft consonant for the consonant; so a word's edges are drawn in to where something is heard.
"""

import importlib.util
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.audio.pcm import pcm16
from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.aligning.spelling import sounds, spoken
from vivavoce.engines.base import Capabilities, Pcm, Span

FRAME = SAMPLE_RATE // 100  # samples
MIDDLE = 125  # samples from a frame's place to the middle of what it looks at, less half a frame
DECAY = SAMPLE_RATE * 3 // 100  # samples that a word is heard on when silence follows
SHORTEST = 10 * FRAME  # samples; of less it makes nothing
HISS = 0.006  # of the sound's peak: -44 dB
SOFTEST = 30  # dB below what is loud; no sound of speech is softer
ABOVE = 10  # dB; what is less above the silence is not heard beside it
DEEPEST = 50  # dB below what is loud: deeper silence is no other than this
BEAMS = 1e-60, 1e-200
"""How unlikely a way through the text may be beside the best and still be followed. Within the
first lies what fits, for a fifth less work; the second is tried where nothing did, and loses
nothing: the text is known, so there is little to search."""
FILLERS = "<[+("  # how the names of silence and noise begin
MOST_LEARNT = 10_000
"""Words that may be added to the dictionary before it is read anew: it must not grow for ever."""


def model() -> Path | None:
    """The folder of the model and the dictionary, None when the wheel is not installed."""
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model" / "en-us"
    return folder if folder.is_dir() else None


class PocketSphinx:
    """An `Aligner`."""

    capabilities = Capabilities(
        name="pocketsphinx",
        kind="aligner",
        model="cmusphinx-en-us",
        languages=("en",),
        word_times=True,
        licence="BSD-2-Clause",
        size_mb=38,
    )

    def load(self) -> None:
        folder = model()
        if folder is None:
            raise EngineError("The aligner is not here: install pocketsphinx.")
        from pocketsphinx import Decoder

        self._learnt = 0
        self._decoder: Any = Decoder(
            hmm=str(folder / "en-us"),
            dict=str(folder / "cmudict-en-us.dict"),
            lm=None,
            bestpath=False,
            cmn="batch",
            loglevel="FATAL",
        )

    def align(self, pcm: Pcm, words: Sequence[str]) -> list[Span]:
        if self._learnt >= MOST_LEARNT:
            self.load()
        said = [self._known(word) for word in words]
        heard = iter(self._heard(pcm, [one for several in said for one in several]))
        known = [_together([next(heard, None) for _ in several]) for several in said]
        return spread(words, known, len(pcm))

    def _known(self, word: str) -> list[str]:
        """What is said for a word, all of it in the dictionary."""
        said = spoken(word)
        for one in said:
            if self._decoder.lookup_word(one) is None:
                self._decoder.add_word(one, sounds(one), True)
                self._learnt += 1
        return said

    def _heard(self, pcm: Pcm, said: list[str]) -> list[Span]:
        """Where each was said; nothing when the sound does not fit the text."""
        if not said or len(pcm) < SHORTEST:
            return []
        sound, text = _pcm16(pcm), " ".join(said)
        for beam in BEAMS:
            spans = self._searched(sound, text, beam)
            if len(spans) == len(said):
                return drawn_in(_lengthened(spans, len(pcm)), pcm)
        return []

    def _searched(self, sound: bytes, text: str, beam: float) -> list[Span]:
        """Where each word of the text was said, by the ways that `beam` leaves."""
        for which in ("beam", "pbeam", "wbeam"):
            self._decoder.config[which] = beam  # a new text makes a new search, which reads them
        self._decoder.set_align_text(text)
        self._decoder.reinit_feat()  # forget what earlier utterances sounded like
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(sound, full_utt=True)
        finally:
            self._decoder.end_utt()
        found = [segment for segment in self._decoder.seg() or () if segment.word[0] not in FILLERS]
        return [(_begin(segment.start_frame), _begin(segment.end_frame + 1)) for segment in found]


def spread(words: Sequence[str], known: Sequence[Span | None], end: int) -> list[Span]:
    """The known spans, and the others in between, each as long as its characters."""
    spans: list[Span] = []
    for placed, group in groupby(range(len(words)), lambda i: known[i] is not None):
        several = list(group)
        if placed:
            spans += [span for i in several if (span := known[i])]
            continue
        first = spans[-1][1] if spans else 0
        after = known[several[-1] + 1] if several[-1] + 1 < len(words) else None
        last = after[0] if after else end
        spans += _shared([len(words[i]) for i in several], first, last)
    return spans


def drawn_in(spans: Sequence[Span], pcm: Pcm) -> list[Span]:
    """The spans, less the silence at either end of each.

    Where noise lies over what is soft, and where nothing of a span is heard, it stays.
    """
    loud = _heard_frames(pcm)
    drawn = list[Span]()
    for start, end in spans:
        first, last = np.searchsorted(loud, (start // FRAME, -(-end // FRAME)))
        if first < last:
            start = max(start, int(loud[first]) * FRAME)
            end = min(end, int(loud[last - 1] + 1) * FRAME)
        drawn.append((start, end))
    return drawn


def _heard_frames(pcm: Pcm) -> Any:
    """The numbers of the frames that are not silence, in order."""
    count = len(pcm) // FRAME
    power = np.square(pcm[: count * FRAME]).reshape(count, FRAME).mean(axis=1)
    levels = 10 * np.log10(power + 1e-12)
    silence, top = np.percentile(levels, (10, 95))
    silence = max(silence, top - DEEPEST)
    return np.flatnonzero(levels > min(silence + ABOVE, top - SOFTEST))


def _shared(sizes: Sequence[int], start: int, end: int) -> Iterable[Span]:
    edges = [start + (end - start) * sum(sizes[:i]) // sum(sizes) for i in range(len(sizes) + 1)]
    return pairwise(edges)


def _together(spans: Sequence[Span | None]) -> Span | None:
    """From the first's start to the last's end, if all are known."""
    whole = [span for span in spans if span is not None]
    return (whole[0][0], whole[-1][1]) if whole and len(whole) == len(spans) else None


def _lengthened(spans: Sequence[Span], end: int) -> list[Span]:
    """Words sound on a little after what the model takes for their end."""
    limits = [*(start for start, _ in spans[1:]), end]
    return [
        (start, min(last + DECAY, limit))
        for (start, last), limit in zip(spans, limits, strict=True)
    ]


def _begin(frame: int) -> int:
    return frame * FRAME + MIDDLE


def _pcm16(pcm: Pcm) -> bytes:
    """With a little noise, always the same: the model has never heard perfect silence, and
    takes what is next to it for something else."""
    noise = np.random.default_rng(0).standard_normal(len(pcm), np.float32)
    hissing = pcm + noise * (HISS * float(np.abs(pcm).max()))
    return pcm16(hissing)
