"""What a client of OpenAI's Realtime transcription says, checked field by field.

The generally available names and the beta's are both understood, in one form: `Changes` is
what an update asks of a session, whatever names it came under. Fields that are not listed
here are passed over: the service grows some every month, and they ask for what is not here.
"""

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vivavoce.core.errors import BadMessage

MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes of the largest message: OpenAI takes 15 MiB of base64 in one append."""

MAX_CONTROL = 64 * 1024
"""Characters of the largest message that brings no audio."""

Changes = dict[str, Any]
"""Of `format`, `transcription`, `noise_reduction`, `turn_detection` and `include` those that an
update names; None clears."""

Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]
T = TypeVar("T")

BETA_FORMATS = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}


class Refused(BadMessage):
    """What a client asked for and cannot have, in the words of OpenAI's errors.

    It is told so, and its connection stays.
    """

    def __init__(
        self, message: str, kind: str | None = "invalid_value", param: str | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.param = param


class Head(msgspec.Struct, frozen=True):
    type: str
    event_id: str | None = None


class Append(msgspec.Struct, frozen=True):
    audio: bytes  # base64 on the wire


class Format(msgspec.Struct, frozen=True):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
    rate: int | None = None


class Transcription(msgspec.Struct, frozen=True):
    model: str | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    languages: list[str] | UnsetType | None = UNSET
    prompt: str | UnsetType | None = UNSET
    keywords: list[str] | UnsetType | None = UNSET
    delay: str | UnsetType | None = UNSET


class NoiseReduction(msgspec.Struct, frozen=True):
    type: Literal["near_field", "far_field"] | UnsetType | None = UNSET
    strength: float | UnsetType | None = UNSET


class TurnDetection(msgspec.Struct, frozen=True):
    type: Literal["server_vad", "semantic_vad"] | UnsetType = UNSET
    threshold: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    prefix_padding_ms: Milliseconds | UnsetType | None = UNSET
    silence_duration_ms: Milliseconds | UnsetType | None = UNSET
    idle_timeout_ms: Milliseconds | UnsetType | None = UNSET
    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET


class Input(msgspec.Struct, frozen=True):
    format: Format | UnsetType = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class Audio(msgspec.Struct, frozen=True):
    input: Input = Input()


class Fields(msgspec.Struct, frozen=True):
    """A session's fields, under either name."""

    audio: Audio = Audio()
    include: list[str] | UnsetType | None = UNSET
    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"] | UnsetType = UNSET
    input_audio_transcription: Transcription | UnsetType | None = UNSET
    input_audio_noise_reduction: NoiseReduction | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class Session(Fields, frozen=True):
    type: str | UnsetType = UNSET


class Update(msgspec.Struct, frozen=True):
    session: Session


class ExpiresAfter(msgspec.Struct, frozen=True):
    seconds: Annotated[int, Meta(ge=10, le=7200)] = 600
    anchor: Literal["created_at"] = "created_at"


class SecretRequest(msgspec.Struct, frozen=True):
    """The body of `POST /v1/realtime/client_secrets`."""

    expires_after: ExpiresAfter = ExpiresAfter()
    session: Session = Session()


class BetaSecret(msgspec.Struct, frozen=True):
    expires_at: ExpiresAfter = ExpiresAfter()


class BetaSecretRequest(Fields, frozen=True):
    """The body of the beta's `POST /v1/realtime/transcription_sessions`."""

    client_secret: BetaSecret = BetaSecret()
    model: str | None = None


def decode(text: str | bytes, kind: type[T]) -> T:
    """JSON as one of these messages. Raises `Refused`."""
    try:
        return msgspec.json.decode(text, type=kind)
    except RecursionError:
        raise Refused("The message is nested too deep.", "invalid_json") from None
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise Refused(f"The message is not JSON: {error}.", "invalid_json") from None


def changes(fields: Fields) -> Changes:
    """What is asked for. Raises `Refused` for a session or a rate that is not served."""
    kind = getattr(fields, "type", UNSET)
    if kind not in (UNSET, "transcription"):
        raise Refused(
            f"A session of type '{kind[:64]}' is not served here: only 'transcription' is.",
            param="session.type",
        )
    asked = msgspec.to_builtins(fields)
    found: Changes = dict(asked["audio"]["input"])
    for name in ("transcription", "noise_reduction"):
        if f"input_audio_{name}" in asked:
            found[name] = asked[f"input_audio_{name}"]
    for name in ("turn_detection", "include"):
        if name in asked:
            found[name] = asked[name]
    if "format" in found:
        found["format"] = _format(found["format"])
    if "input_audio_format" in asked:
        found["format"] = BETA_FORMATS[asked["input_audio_format"]]
    return found


def _format(format: dict[str, Any]) -> str:
    name, rate = str(format["type"]), format["rate"]
    due = 24_000 if name == "audio/pcm" else 8000
    if rate not in (None, due):
        raise Refused(
            f"The rate of {name} is {due} samples per second; {rate} cannot be taken.",
            param="session.audio.input.format.rate",
        )
    return name


def _invalid(complaint: str) -> Refused:
    """msgspec's complaint, which names the place as `$.session.type`, with that as `param`."""
    reason, _, place = complaint.partition(" - at `$.")
    missing = re.search(r"missing required field `(\w+)`", reason)
    path = [part for part in (place.rstrip("`"), missing and missing[1]) if part]
    param = ".".join(path) or None
    kind = "missing_required_parameter" if missing else "invalid_value"
    where = f"'{param}'" if param else "the message"
    return Refused(f"{where} cannot be taken: {reason[:1].lower()}{reason[1:]}.", kind, param)
