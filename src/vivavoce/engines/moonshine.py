"""Moonshine tiny-en, the embedded default: 27 M parameters, English, on the CPU.

The weights come inside the vendor's wheel (`moonshine-voice`); only its files are used, by
onnxruntime. Two graphs: an encoder over raw samples (one frame per 384 of them) and a
decoder with a key-value cache that is fed one token at a time.
"""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Capabilities, Pcm, Reading, Window
from vivavoce.engines.tokens import Tokenizer, loop_start

BOS, EOS = 1, 2
SAMPLES_PER_FRAME = 384  # the decoder's attention mask is at audio rate
TOKENS_PER_SECOND = 6.5  # nobody speaks faster; a decoder that does is inventing
TAIL = int(0.3 * SAMPLE_RATE)  # silence after the last sample keeps it from inventing a tail
SHORTEST = SAMPLE_RATE // 2  # the encoder's convolutions need something to look at
INAUDIBLE = 0.001  # a peak of -60 dB: of less than that it says "You"

Cache = dict[str, np.ndarray[Any, Any]]


def weights() -> Path | None:
    """The folder of the graphs and the tokenizer, None when the wheel is not installed."""
    spec = importlib.util.find_spec("moonshine_voice")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "assets" / "tiny-en"
    return folder if (folder / "encoder_model.ort").is_file() else None


class Moonshine:
    """A windowed engine. One thread per host: the scheduler owns the cores."""

    capabilities = Capabilities(
        name="moonshine",
        kind="windowed",
        model="moonshine-tiny-en",
        languages=("en",),
        confidence=True,
        verifies=True,
        licence="MIT",
        size_mb=44,
    )

    def load(self) -> None:
        folder = weights()
        if folder is None:
            raise EngineError(
                "The weights of Moonshine are not here: install moonshine-voice==0.1.0."
            )
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._encoder = onnxruntime.InferenceSession(str(folder / "encoder_model.ort"), options)
        self._decoder = onnxruntime.InferenceSession(
            str(folder / "decoder_model_merged.ort"), options
        )
        self._tokenizer = Tokenizer((folder / "tokenizer.bin").read_bytes())
        names = [output.name for output in self._decoder.get_outputs()]
        self._all = names
        # The encoder's keys and values never change after the first step: asking for them
        # again would copy megabytes for every token.
        self._step = [n for n in names if n == "logits" or ".decoder." in n]
        self._empty = {
            i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
            for i in self._decoder.get_inputs()
            if i.name.startswith("past_key_values.")
        }

    def decode(self, window: Window) -> Reading:
        if np.abs(window.pcm).max(initial=0) < INAUDIBLE:
            return Reading(text="", language="en")
        pcm = _padded(window.pcm)
        limit = int(TOKENS_PER_SECOND * len(pcm) / SAMPLE_RATE) + 1
        decoding = _Decoding(self, pcm)
        decoding.begin([t for t in window.prefix if 0 <= t < len(self._tokenizer)][:limit])
        while decoding.next != EOS and len(decoding.tokens) < limit:
            decoding.step()
            if (start := loop_start(decoding.tokens)) is not None:
                decoding.cut(start)
                break
        words = self._tokenizer.words(decoding.tokens, decoding.chances)
        return Reading(
            text=" ".join(word for word, _ in words),
            tokens=tuple(decoding.tokens),
            chances=tuple(chance for _, chance in words),
            language="en",
            confidence=decoding.confidence,
        )


def _padded(pcm: Pcm) -> Pcm:
    """The samples with a tail of silence, long enough for the encoder."""
    return np.pad(pcm, (0, max(TAIL, SHORTEST - len(pcm))))


class _Decoding:
    """Greedy decoding of one window. `next` is the best token after `tokens`."""

    def __init__(self, engine: Moonshine, pcm: Pcm) -> None:
        self._engine = engine
        ones = np.ones((1, len(pcm)), np.int64)
        (hidden,) = engine._encoder.run(
            None, {"input_values": pcm[None, :], "attention_mask": ones}
        )
        mask = np.ones((1, SAMPLES_PER_FRAME * hidden.shape[1]), np.int64)
        self._fixed = {"encoder_hidden_states": hidden, "encoder_attention_mask": mask}
        self._cache: Cache = dict(engine._empty)
        self.chances: list[float] = []
        self.tokens: list[int] = []
        self.next = EOS

    @property
    def confidence(self) -> float | None:
        """The mean probability of the tokens taken."""
        return float(np.mean(self.chances)) if self.chances else None

    def begin(self, prefix: list[int]) -> None:
        """The first pass: it scores a known prefix at once and keeps what still holds.

        That costs about a fifth of decoding it again token by token.
        """
        logits = self._run([BOS, *prefix], self._engine._all, cached=False)
        best = logits.argmax(axis=-1)
        held = 0
        while held < len(prefix) and best[held] == prefix[held]:
            held += 1
        self.tokens = prefix[:held]
        self.chances = [_chance(logits[i], best[i]) for i in range(held)]
        if held < len(prefix):
            for name in self._engine._step[1:]:
                past = _past(name)
                self._cache[past] = np.ascontiguousarray(self._cache[past][:, :, : held + 1])
        self._take(logits[held])

    def step(self) -> None:
        """Take `next`, and find the one after it."""
        self.tokens.append(self.next)
        self.chances.append(self._chance)
        self._take(self._run([self.next], self._engine._step, cached=True)[-1])

    def cut(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        del self.tokens[length:], self.chances[length:]

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
        logits, *present = self._engine._decoder.run(outputs, feeds)
        for name, value in zip(outputs[1:], present, strict=True):
            self._cache[_past(name)] = value
        return np.asarray(logits[0])


def _past(present: str) -> str:
    return present.replace("present", "past_key_values")


def _chance(logits: Pcm, token: int) -> float:
    """The probability of a token."""
    return float(1.0 / np.exp(logits - logits[token]).sum())
