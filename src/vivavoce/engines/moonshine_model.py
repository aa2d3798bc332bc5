"""One of Moonshine's models, loaded: samples in, tokens and their probabilities out.

Two graphs, run by onnxruntime: an encoder over raw samples and a decoder with a key-value
cache that is fed one token at a time. The sizes differ in their shapes, which the graphs
themselves tell, and in what `Size` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm
from vivavoce.engines.tokens import Tokenizer, loop_start

BOS, EOS = 1, 2
SAMPLES_PER_FRAME = 384  # the decoder's attention mask is at audio rate
TOKENS_PER_SECOND = 6.5  # nobody speaks faster; a decoder that does is inventing
TAIL = int(0.3 * SAMPLE_RATE)  # silence after the last sample keeps it from inventing a tail
SHORTEST = SAMPLE_RATE // 2  # the encoder's convolutions need something to look at

Cache = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Size:
    """What a size is called, the files of its folder, and its habits."""

    name: str  # as finals say it
    encoder: str
    decoder: str
    tokenizer: str = "tokenizer.bin"
    hasty: bool = False  # now and then ends good speech before the first word

    @property
    def files(self) -> tuple[str, str, str]:
        return self.encoder, self.decoder, self.tokenizer


@dataclass(frozen=True, slots=True)
class Spelled:
    """What a window reads as."""

    tokens: tuple[int, ...]
    words: tuple[tuple[str, float], ...]  # each with its probability
    confidence: float | None  # the mean probability of the tokens


class Model:
    """Uses one thread: the scheduler owns the cores."""

    def __init__(self, size: Size, folder: Path) -> None:
        """Load it. Raises what onnxruntime and the file system do."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.size = size
        self.encoder = onnxruntime.InferenceSession(str(folder / size.encoder), options)
        self.decoder = onnxruntime.InferenceSession(str(folder / size.decoder), options)
        self.tokenizer = Tokenizer((folder / size.tokenizer).read_bytes())
        self.masked = {
            given.name
            for session in (self.encoder, self.decoder)
            for given in session.get_inputs()
            if given.name.endswith("attention_mask")
        }
        self.outputs = [output.name for output in self.decoder.get_outputs()]
        # The encoder's keys and values never change after the first step: asking for them
        # again would copy megabytes for every token.
        self.stepped = [n for n in self.outputs if n == "logits" or ".decoder." in n]
        self.empty = {
            given.name: np.zeros((1, given.shape[1], 0, given.shape[3]), np.float32)
            for given in self.decoder.get_inputs()
            if given.name.startswith("past_key_values.")
        }

    def spell(self, pcm: Pcm, prefix: Sequence[int] = (), said: str = "") -> Spelled:
        """Decode greedily; `prefix`: the tokens of an earlier hypothesis, to be verified first.

        `said`: what the samples begin with, which is believed; what follows it is spelled.
        """
        pcm = _padded(pcm)
        limit = int(TOKENS_PER_SECOND * len(pcm) / SAMPLE_RATE) + 1
        decoding = _Decoding(self, pcm)
        given = self.tokenizer.tokens(said)[:limit]
        begin = [t for t in prefix if 0 <= t < len(self.tokenizer)][: limit - len(given)]
        decoding.begin(given, begin)
        while decoding.next != EOS and len(given) + len(decoding.tokens) < limit:
            decoding.step()
            if (start := loop_start(decoding.tokens)) is not None:
                decoding.cut(start)
                break
        words = self.tokenizer.words(decoding.tokens, decoding.chances)
        return Spelled(tuple(decoding.tokens), tuple(words), decoding.confidence)


def _padded(pcm: Pcm) -> Pcm:
    """The samples with a tail of silence, long enough for the encoder."""
    return np.pad(pcm, (0, max(TAIL, SHORTEST - len(pcm))))


class _Decoding:
    """Greedy decoding of one window. `next` is the best token after `tokens`."""

    def __init__(self, model: Model, pcm: Pcm) -> None:
        self._model = model
        heard: Cache = {
            "input_values": pcm[None, :],
            "attention_mask": np.ones((1, len(pcm)), np.int64),
        }
        (hidden,) = model.encoder.run(None, self._taken(heard))
        mask = np.ones((1, SAMPLES_PER_FRAME * hidden.shape[1]), np.int64)
        fixed: Cache = {"encoder_hidden_states": hidden, "encoder_attention_mask": mask}
        self._fixed = self._taken(fixed)
        self._cache: Cache = dict(model.empty)
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
        logits = self._run([*begun, *prefix], self._model.outputs, cached=False)
        logits = logits[len(given) :]
        if self._model.size.hasty:
            logits[0, EOS] = -np.inf
        best = logits.argmax(axis=-1)
        held = 0
        while held < len(prefix) and best[held] == prefix[held]:
            held += 1
        self.tokens = prefix[:held]
        self.chances = [_chance(logits[i], best[i]) for i in range(held)]
        if held < len(prefix):
            for name in self._model.stepped[1:]:
                past = _past(name)
                self._cache[past] = np.ascontiguousarray(
                    self._cache[past][:, :, : len(begun) + held]
                )
        self._take(logits[held])

    def step(self) -> None:
        """Take `next`, and find the one after it."""
        self.tokens.append(self.next)
        self.chances.append(self._chance)
        self._take(self._run([self.next], self._model.stepped, cached=True)[-1])

    def cut(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        del self.tokens[length:], self.chances[length:]

    def _taken(self, feeds: Cache) -> Cache:
        """Without the masks that this size's graphs do not have."""
        masked = self._model.masked
        return {n: v for n, v in feeds.items() if not n.endswith("attention_mask") or n in masked}

    def _take(self, logits: Pcm) -> None:
        self.next = int(logits.argmax())
        self._chance = _chance(logits, self.next)

    def _run(self, ids: list[int], outputs: list[str], *, cached: bool) -> Pcm:
        """Logits, shape (len(ids), vocabulary); the cache grows by the same length."""
        feeds = {
            "input_ids": np.array([ids], np.int64),
            "use_cache_branch": np.array([cached]),
            **self._fixed,
            **self._cache,
        }
        logits, *present = self._model.decoder.run(outputs, feeds)
        for name, value in zip(outputs[1:], present, strict=True):
            self._cache[_past(name)] = value
        return np.asarray(logits[0])


def _past(present: str) -> str:
    return present.replace("present", "past_key_values")


def _chance(logits: Pcm, token: int) -> float:
    """The probability of a token."""
    return float(1.0 / np.exp(logits - logits[token]).sum())
