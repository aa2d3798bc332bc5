"""One of Moonshine's models, loaded: samples in, tokens and their probabilities out.

Two graphs, run by onnxruntime: one listens to raw samples, the other spells what it heard,
many known tokens at once or a new one at a time. `graph` describes both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm
from vivavoce.engines.moonshine.graph import HEADS, listening, shape_of, spelling
from vivavoce.engines.moonshine.weights import Weights
from vivavoce.engines.onnx.ort_weights import Stored
from vivavoce.engines.tokens import Tokenizer, loop_start

BOS, EOS = 1, 2
TOKENS_PER_SECOND = 6.5  # nobody speaks faster; a decoder that does is inventing
TAIL = int(0.3 * SAMPLE_RATE)  # silence after the last sample keeps it from inventing a tail
ENDS = ".?!"
SHORTEST = SAMPLE_RATE // 2  # the encoder's convolutions need something to look at

ENCODER, DECODER, TOKENIZER = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"
"""The files of a size, as the vendor has them."""

Cache = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Size:
    """What a size is called, and its habits."""

    name: str  # as finals say it
    hasty: bool = False  # now and then ends good speech before the first word
    led: bool = False  # reads better after a lead that is read for it


@dataclass(frozen=True, slots=True)
class Spelled:
    """What a window reads as."""

    tokens: tuple[int, ...]
    words: tuple[tuple[str, float], ...]  # each with its probability
    confidence: float | None  # the mean probability of the tokens


class Model:
    """Uses one thread: the scheduler owns the cores."""

    def __init__(self, size: Size, folder: Path) -> None:
        """Load it. Raises `EngineError`, and what onnxruntime and the file system do."""
        encoder, decoder = (Weights(Stored(folder / name)) for name in (ENCODER, DECODER))
        shape = shape_of(decoder)
        self.size = size
        self.listening = listening(encoder, decoder, shape).session()
        self.spelling = spelling(decoder, shape).session()
        self.tokenizer = Tokenizer((folder / TOKENIZER).read_bytes())
        self.heard, self.past, present = map(shape.names, ("heard", "past", "present"))
        self.outputs = ["logits", *present]
        self.nothing = np.zeros((1, HEADS, 0, shape.wide), np.float32)

    def spell(self, pcm: Pcm, prefix: Sequence[int] = (), said: str = "") -> Spelled:
        """Decode greedily; `prefix`: the tokens of an earlier hypothesis, to be verified first.

        `said`: what the samples begin with, which is believed; what follows it is spelled. Its
        full stop is not believed: pauses make one, and after it nothing more may be heard.
        """
        pcm = _padded(pcm)
        limit = int(TOKENS_PER_SECOND * len(pcm) / SAMPLE_RATE) + 1
        decoding = _Decoding(self, pcm)
        given = self.tokenizer.tokens(said.rstrip(ENDS))[:limit]
        begin = [t for t in prefix if 0 <= t < len(self.tokenizer)][: limit - len(given)]
        decoding.begin(given, begin)
        while decoding.next != EOS and len(given) + len(decoding.tokens) < limit:
            decoding.step()
            if (start := loop_start(decoding.tokens)) is not None:
                decoding.cut(start)
                break
        words = self.tokenizer.words(decoding.tokens, decoding.chances)
        while given and words and not any(map(str.isalnum, words[0][0])):
            del words[0]  # the stop that was not believed, or a comma in its place
        return Spelled(tuple(decoding.tokens), tuple(words), decoding.confidence)


def _padded(pcm: Pcm) -> Pcm:
    """The samples with a tail of silence, long enough for the encoder."""
    return np.pad(pcm, (0, max(TAIL, SHORTEST - len(pcm))))


class _Decoding:
    """Greedy decoding of one window. `next` is the best token after `tokens`."""

    def __init__(self, model: Model, pcm: Pcm) -> None:
        self._model = model
        heard = model.listening.run(model.heard, {"pcm": pcm[None, None, None]})
        self._heard: Cache = dict(zip(model.heard, heard, strict=True))
        self._past: Cache = dict.fromkeys(model.past, model.nothing)
        self._spelled = 0  # so many tokens are in the past
        self.chances: list[float] = []
        self.tokens: list[int] = []
        self.next = EOS

    @property
    def confidence(self) -> float | None:
        """The mean probability of the tokens taken."""
        return float(np.mean(self.chances)) if self.chances else None

    def begin(self, given: list[int], prefix: list[int]) -> None:
        """The first pass: it scores a known prefix at once and keeps what still holds.

        That costs about a fifth of decoding it again token by token. The tokens `given` come
        before it, hold, and are not among those taken.
        """
        begun = [BOS, *given]
        logits = self._run([*begun, *prefix])
        logits = logits[len(given) :]
        if self._model.size.hasty and not given:
            logits[0, EOS] = -np.inf
        best = logits.argmax(axis=-1)
        held = 0
        while held < len(prefix) and best[held] == prefix[held]:
            held += 1
        self.tokens = prefix[:held]
        self.chances = [_chance(logits[i], best[i]) for i in range(held)]
        if held < len(prefix):
            self._spelled = len(begun) + held
            for name, past in self._past.items():
                self._past[name] = np.ascontiguousarray(past[:, :, : self._spelled])
        self._take(logits[held])

    def step(self) -> None:
        """Take `next`, and find the one after it."""
        self.tokens.append(self.next)
        self.chances.append(self._chance)
        self._take(self._run([self.next])[-1])

    def cut(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        del self.tokens[length:], self.chances[length:]

    def _take(self, logits: Pcm) -> None:
        self.next = int(logits.argmax())
        self._chance = _chance(logits, self.next)

    def _run(self, ids: list[int]) -> Pcm:
        """Logits, shape (len(ids), vocabulary); the past grows by the same length."""
        model = self._model
        self._spelled += len(ids)
        feeds: Cache = {
            "ids": np.array([ids], np.int64),
            "last": np.array([self._spelled - 1], np.int32),
            "total": np.array([self._spelled], np.int32),
            **self._heard,
            **self._past,
        }
        logits, *present = model.spelling.run(model.outputs, feeds)
        self._past = dict(zip(model.past, present, strict=True))
        return np.asarray(logits[0])


def _chance(logits: Pcm, token: int) -> float:
    """The probability of a token."""
    odds = logits - logits[token]
    np.exp(odds, out=odds)  # in place: it is long, and this is done for every token
    return float(1.0 / odds.sum())
