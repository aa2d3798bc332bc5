"""What a peer may ask of a session, in the words of no particular protocol.

`Mark` carries the native protocol's `mark`, whose effect is a `Marker` event.
"""

from dataclasses import dataclass, field
from typing import Literal

from vivavoce.core.types import AudioFormat, Brief

Endpointing = Literal["dictation", "conversation"]
"""How patiently an utterance's end is waited for: quick answers, or long thoughts whole."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a session may choose. `None` means the server's setting."""

    language: str | None = None  # BCP-47 tag, or None: the engine's own
    engine: str | None = None
    interims: bool = True  # a file upload has nobody watching, so it asks for none
    title: str | None = None
    endpointing: Endpointing | None = None
    endpoint_ms: int | None = None  # silence that ends an utterance; beats `endpointing`
    max_utterance_ms: int | None = None
    voice_commands: bool = False  # phrases in `core/spoken.py` do what they say
    translations_follow: bool = False  # they may come after the final, by a language model
    brief: Brief = field(default_factory=Brief)
    audio_days: int | None = None  # that its audio is kept at the most, and its text
    text_days: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    format: AudioFormat
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Audio:
    """One wire frame, as it came. Frames count from 0 without holes."""

    frame: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed without audio, in samples of the one clock."""

    elapsed: int


@dataclass(frozen=True, slots=True)
class Flush:
    """Make everything said so far final, now."""


@dataclass(frozen=True, slots=True)
class Configure:
    """Change what may change in mid-session. The limits hold at once, for the open utterance
    too; the language for what an engine that decodes windows reads from now on; the title
    is the recording's; voice commands are obeyed, or not, in utterances that end later."""

    language: str | None = None
    endpoint_ms: int | None = None
    max_utterance_ms: int | None = None
    title: str | None = None
    voice_commands: bool | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Note a moment in the transcript: this one, or that of an earlier sample."""

    label: str = ""
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """No more audio: give the last words and end."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """End at once; what is not final yet is not wanted."""


Command = Start | Audio | Tick | Flush | Configure | Mark | Finish | Cancel
