"""A Whisper model that is loaded, by way of faster-whisper and CTranslate2.

faster-whisper's own `transcribe` is for files: it encodes once to find the language and again
to transcribe, always 30 s of it, and tries again at random. Here a window is encoded once,
for its language, its words, their times and its translation, and no longer than it is; and
what is tried again is tried the same way each time, so that the same samples give the same
words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.types import SAMPLE_RATE, Word
from vivavoce.engines.base import Pcm
from vivavoce.engines.whisper.guards import Written

FRAME: Final = 160  # samples
FRAMES: Final = 3000  # that Whisper was taught on: 30 s
LENGTH: Final = FRAME * FRAMES  # samples
LEAST: Final = 1000  # frames that are encoded
QUIET: Final = 400  # frames of silence after the last sample: without any it knows no end
BEAM: Final = 5  # as faster-whisper's
TOLD: Final = 223  # tokens that fit before the words: half of what the decoder sees
SHORTEST: Final = 12  # tokens that any window may have, and
PER_SECOND: Final = 25  # for each second, which nobody can say more of in any script

PREPENDED: Final = "\"'“¿([{-"
APPENDED: Final = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001
"""Punctuation that belongs to the word after it, or before; as faster-whisper has it."""

CODES: Final = {"jv": "jw", "nb": "no", "fil": "tl", "iw": "he", "in": "id", "cmn": "zh"}
TAGS: Final = {"jw": "jv"}
"""Where Whisper names a language otherwise than BCP-47 does."""

TYPES: Final = {"cpu": ("int8", "int8_float32", "float32"), "cuda": ("float16", "float32")}
"""What to compute with: the first that the device can."""


def has_cuda() -> bool:
    """Whether there is a graphics card that CTranslate2 can use."""
    import ctranslate2

    return bool(ctranslate2.get_cuda_device_count())


@dataclass(frozen=True, slots=True)
class Encoded:
    """A window as Whisper's decoder sees it."""

    storage: Any
    pcm: Pcm
    whole: bool  # as 30 s


class Model:
    """`device` is `cpu` or `cuda`; `threads` are of the CPU."""

    def __init__(self, folder: Path, device: str, threads: int) -> None:
        """Raises `EngineError` for files that are no such model, or a device that fails."""
        import ctranslate2
        from faster_whisper import WhisperModel

        if not (folder / "tokenizer.json").is_file():  # or it would be downloaded
            raise EngineError(
                f"The Whisper model in {folder} has no tokenizer.json: convert it with "
                "--copy_files tokenizer.json."
            )
        try:
            can = ctranslate2.get_supported_compute_types(device)
            compute = next(kind for kind in TYPES[device] if kind in can)
            self._model = WhisperModel(
                str(folder), device=device, compute_type=compute, cpu_threads=threads
            )
            self._device = device
            self.encode(np.zeros(SAMPLE_RATE, np.float32))  # a GPU's libraries are loaded by this
        except (RuntimeError, ValueError, OSError) as error:
            why = str(error).strip().rstrip(".")
            raise EngineError(
                f"The Whisper model in {folder} cannot be loaded on {device}: {why}."
            ) from error
        self.english_only = not self._model.model.is_multilingual

    def encode(self, pcm: Pcm, *, whole: bool = False) -> Encoded:
        """At most `LENGTH` samples. `whole`: as the 30 s that Whisper was taught on, which
        costs up to ten times what it does to encode no more than there is."""
        whole = whole or self._device != "cpu"
        frames = FRAMES if whole else min(max(len(pcm) // FRAME + QUIET, LEAST), FRAMES)
        padded = np.pad(pcm[:LENGTH], (0, max(0, frames * FRAME - len(pcm))))
        features = self._model.feature_extractor(padded, padding=0)[:, :frames]
        return Encoded(self._model.encode(features), pcm[:LENGTH], frames == FRAMES)

    def language(self, encoded: Encoded, among: Sequence[str] = ()) -> str:
        """The likeliest language, as Whisper calls it, `among` these if there are any."""
        if self.english_only:
            return "en"
        (found,) = self._model.model.detect_language(encoded.storage)
        codes: list[str] = [token[2:-2] for token, _ in found]
        return next((code for code in codes if code in among), codes[0])

    def code(self, tag: str) -> str | None:
        """What Whisper calls the language of a BCP-47 tag; None: it does not know it."""
        primary = tag.lower().partition("-")[0]
        code = CODES.get(primary, primary)
        if self.english_only:
            return "en" if code == "en" else None
        known = self._model.hf_tokenizer.token_to_id(f"<|{code}|>") is not None
        return code if known else None

    def tokens(self, hot_words: Sequence[str], prompt: str) -> list[int]:
        """What the decoder is told beforehand: likely words, then the end of the prompt."""
        hot = self._tokens(", ".join(hot_words))[: TOLD // 2]
        before = self._tokens(prompt)[-(TOLD - len(hot)) :]
        return [*hot, *before]

    def write(
        self,
        encoded: Encoded,
        language: str,
        told: Sequence[int] = (),
        *,
        task: Literal["transcribe", "translate"] = "transcribe",
        beam: int = 1,
        varied: bool = False,
    ) -> Written:
        """The words, from the likeliest of so many beams. `varied`: no three tokens twice."""
        tokenizer = self._tokenizer(language, task)
        before = [tokenizer.sot_prev, *told] if told else []
        prompt = [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = len(prompt) + SHORTEST + PER_SECOND * len(encoded.pcm) // SAMPLE_RATE
        (result,) = self._model.model.generate(
            encoded.storage,
            [prompt],
            beam_size=beam,
            no_repeat_ngram_size=3 if varied else 0,
            max_length=min(most, self._model.max_length),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
        # CTranslate2's score is the mean without the end of text; Whisper's threshold is with it.
        logprob = result.scores[0] * len(result.sequences_ids[0]) / (len(tokens) + 1)
        text = " ".join(tokenizer.decode(tokens).split())
        return Written(text, tuple(tokens), logprob, result.no_speech_prob)

    def words(self, encoded: Encoded, language: str, written: Written) -> list[Word]:
        """When each word of the text was said, in samples from the window's start."""
        frames = -(-len(encoded.pcm) // FRAME)
        end = len(encoded.pcm)
        tokens = list(written.tokens)
        segment: dict[str, Any]
        segment = {"seek": 0, "start": 0.0, "end": end / SAMPLE_RATE, "tokens": tokens}
        self._model.add_word_timestamps(
            [[segment]],
            self._tokenizer(language, "transcribe"),
            encoded.storage,
            max(1, frames),
            PREPENDED,
            APPENDED,
            last_speech_timestamp=0.0,
        )
        return _whole_words(segment["words"], end)

    def _tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        model = self._model
        return Tokenizer(model.hf_tokenizer, not self.english_only, task=task, language=language)

    def _tokens(self, text: str) -> list[int]:
        stripped = " ".join(text.split())
        if not stripped:
            return []
        encoded = self._model.hf_tokenizer.encode(f" {stripped}", add_special_tokens=False)
        return list(encoded.ids)


def _whole_words(pieces: Sequence[dict[str, Any]], end: int) -> list[Word]:
    """faster-whisper's words, which may be parts of what stands between two spaces; placed
    within the window and in order."""
    words: list[Word] = []
    for piece in pieces:
        text = str(piece["word"])
        at = words[-1].start if words else 0
        start = min(max(at, round(piece["start"] * SAMPLE_RATE)), end)
        stop = min(max(start, round(piece["end"] * SAMPLE_RATE)), end)
        chance = min(max(float(piece["probability"]), 0.0), 1.0)
        if words and not text[:1].isspace():
            last = words[-1]
            least = min(last.confidence or 0.0, chance)
            words[-1] = Word(last.text + text.strip(), last.start, max(last.end, stop), least)
        elif text.strip():
            words.append(Word(text.strip(), start, stop, chance))
    return words
