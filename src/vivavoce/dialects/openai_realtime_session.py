"""A transcription session as OpenAI's clients configure it: merged, echoed, and what it means.

What this server can do for a setting it does; the rest is kept and said back, because clients
compare what they asked for with what they got.
"""

from typing import Any, Final

import msgspec

from vivavoce.core.commands import Options
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.dialects.openai_realtime_messages import BETA_FORMATS, Changes

NEVER: Final = 24 * 3600 * 1000
"""Milliseconds of silence that nobody keeps: only a commit ends what is said."""

LEAST, MOST = 100, 10_000
"""Milliseconds of silence that can end an utterance; what is beyond counts as the nearest."""

EAGERNESS: Final = {"low": 900, "medium": 500, "auto": 500, "high": 300}
"""Milliseconds of silence after which a semantic VAD believes that the speaker is done."""

SERVER_VAD: Final[dict[str, Any]] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
}
SEMANTIC_VAD: Final[dict[str, Any]] = {"type": "semantic_vad", "eagerness": "auto"}
DEFAULTS: Final = {"server_vad": SERVER_VAD, "semantic_vad": SEMANTIC_VAD}

FORMATS: Final = {
    "audio/pcm": AudioFormat("pcm_s16le", 24_000),
    "audio/pcmu": AudioFormat("mulaw", 8000),
    "audio/pcma": AudioFormat("alaw", 8000),
}
BETA_NAMES: Final = {name: beta for beta, name in BETA_FORMATS.items()}
LOGPROBS: Final = "item.input_audio_transcription.logprobs"


class Session(msgspec.Struct, frozen=True):
    """The effective configuration."""

    format: str = "audio/pcm"
    transcription: dict[str, Any] = {}
    noise_reduction: dict[str, Any] | None = None
    turn_detection: dict[str, Any] | None = msgspec.field(default_factory=SERVER_VAD.copy)
    include: list[str] | None = None

    def changed(self, changes: Changes) -> "Session":
        """The same with an update on top: what it does not name stays, what is null goes."""
        return Session(
            format=changes.get("format", self.format),
            transcription=_merged(self.transcription, changes, "transcription") or {},
            noise_reduction=_merged(self.noise_reduction, changes, "noise_reduction"),
            turn_detection=_turns(self.turn_detection, changes),
            include=changes.get("include", self.include),
        )

    def of_model(self, model: str | None) -> "Session":
        """The same for a client that names a model where it connects."""
        return self.changed({"transcription": {"model": model}}) if model else self

    @property
    def manual(self) -> bool:
        """Whether the client says where an utterance ends."""
        return self.turn_detection is None

    @property
    def logprobs(self) -> bool:
        return LOGPROBS in (self.include or ())

    @property
    def audio(self) -> AudioFormat:
        return FORMATS[self.format]

    @property
    def language(self) -> str | None:
        """None where none, or a choice of several, is asked for."""
        languages = self.transcription.get("languages", [])
        only = languages[0] if len(languages) == 1 else None
        return self.transcription.get("language") or only

    @property
    def model(self) -> str | None:
        return self.transcription.get("model")

    @property
    def endpoint_ms(self) -> int:
        """Silence that ends an utterance."""
        match self.turn_detection:
            case None:
                return NEVER
            case {"type": "semantic_vad", "eagerness": eagerness}:
                return EAGERNESS[eagerness]
            case turns:
                return min(max(int(turns["silence_duration_ms"]), LEAST), MOST)

    def options(self, engine: str | None) -> Options:
        return Options(
            language=self.language,
            engine=engine,
            endpoint_ms=self.endpoint_ms,
            brief=Brief(
                languages=tuple(self.transcription.get("languages", ())),
                hot_words=tuple(self.transcription.get("keywords", ())),
                prompt=self.transcription.get("prompt", ""),
            ),
        )

    def said(self, id: str) -> dict[str, Any]:
        """As the generally available interface says it."""
        rate = {"rate": 24_000} if self.format == "audio/pcm" else {}
        heard = {
            "format": {"type": self.format, **rate},
            "transcription": self.transcription,
            "noise_reduction": self.noise_reduction,
            "turn_detection": self.turn_detection,
        }
        return {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": id,
            "audio": {"input": heard},
            "include": self.include,
        }

    def said_in_beta(self, id: str) -> dict[str, Any]:
        """As the beta says it."""
        return {
            "object": "realtime.transcription_session",
            "id": id,
            "input_audio_format": BETA_NAMES[self.format],
            "input_audio_transcription": self.transcription,
            "input_audio_noise_reduction": self.noise_reduction,
            "turn_detection": self.turn_detection,
            "include": self.include,
            "client_secret": None,
        }


def _merged(old: dict[str, Any] | None, changes: Changes, name: str) -> dict[str, Any] | None:
    if name not in changes:
        return old
    if changes[name] is None:
        return None
    both = {**(old or {}), **changes[name]}
    return {field: value for field, value in both.items() if value is not None}


def _turns(old: dict[str, Any] | None, changes: Changes) -> dict[str, Any] | None:
    """Of one kind the rest stays; another kind begins with its defaults."""
    asked = changes.get("turn_detection")
    if asked is None:
        return None if "turn_detection" in changes else old
    kind = asked.get("type") or (old or SERVER_VAD)["type"]
    base = old if old is not None and old["type"] == kind else DEFAULTS[kind]
    merged = _merged(base, {"turns": asked}, "turns")
    return {**DEFAULTS[kind], **(merged or {}), "type": kind}
