"""What a client of Amazon Transcribe asks for, in the headers of its request or in its address.

Both have the same names, the headers with a prefix. What would only help an engine that is not
here is passed over. What would change what the text says, or whose it is, is refused where it
cannot be had: nobody should read unmasked what was asked to be masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import AudioFormat, Brief

PREFIX: Final = "x-amzn-transcribe-"
"""Of the headers; a presigned address has the names without it."""

ENCODINGS: Final = ("pcm", "ogg-opus", "flac")
STABILITIES: Final = ("low", "medium", "high")
RATES: Final = range(8000, 48_001)

REFUSED: Final = {
    "vocabulary-filter-name": "no words are masked, removed or tagged here",
    "vocabulary-filter-names": "no words are masked, removed or tagged here",
    "content-redaction-type": "personal information is not redacted here",
    "content-identification-type": "personal information is not identified here",
    "pii-entity-types": "personal information is neither redacted nor identified here",
}
"""What cannot be had, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be served. `said` is what it said, as its answer repeats it."""

    session_id: UUID
    format: AudioFormat
    language: str | None  # None: one of `languages`
    languages: tuple[str, ...]  # candidates, the preferred one first
    speakers: bool
    stabilized: bool  # whether the client is told which items are stable
    said: Mapping[str, str]

    @property
    def options(self) -> Options:
        """Of the session."""
        brief = Brief(languages=self.languages, diarization=self.speakers)
        return Options(language=self.language, brief=brief)

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        return {**{PREFIX + name: value for name, value in self.said.items()}, **self._session}

    @property
    def _session(self) -> dict[str, str]:
        return {f"{PREFIX}session-id": str(self.session_id)}


def of_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The parameters among a request's headers, whose names are in lower case."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }


def read(said: Mapping[str, str], new: UUID) -> Asked:
    """What is asked for by these parameters; `new` is the session's id if it brings none.

    Raises `BadMessage` for what no client of theirs may ask, and for what cannot be had here.
    """
    said = {name: value for name, value in said.items() if value}
    for name, why in REFUSED.items():
        if name in said:
            raise BadMessage(f"{name} cannot be had: {why}.")
    if _flag(said, "enable-channel-identification"):
        raise BadMessage(
            "enable-channel-identification cannot be had: channels are mixed here, not told apart."
        )
    language, languages = _languages(said)
    _one_of(said, "partial-results-stability", STABILITIES)
    return Asked(
        session_id=_session_id(said.get("session-id"), new),
        format=_format(said),
        language=language,
        languages=languages,
        speakers=_flag(said, "show-speaker-label"),
        stabilized=_flag(said, "enable-partial-results-stabilization"),
        said=said,
    )


def _format(said: Mapping[str, str]) -> AudioFormat:
    rate = _number(said, "sample-rate", RATES)
    channels = _number(said, "number-of-channels", range(1, 3), 1)
    if _one_of(said, "media-encoding", ENCODINGS, required=True) == "pcm":
        return AudioFormat("pcm_s16le", rate, channels)
    return AudioFormat("container")


def _languages(said: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """The language, or else those that it may be."""
    names = ("language-code", "identify-language", "identify-multiple-languages")
    language = said.get(names[0])
    ways = [language is not None, *(_flag(said, name) for name in names[1:])]
    if sum(ways) != 1:
        raise BadMessage(f"A request is to have one of {names[0]}, {names[1]} and {names[2]}.")
    if language is not None:
        return language, ()
    options = [code.strip() for code in said.get("language-options", "").split(",")]
    candidates = dict.fromkeys(filter(None, (said.get("preferred-language"), *options)))
    if not candidates:
        raise BadMessage("language-options is missing: the languages to identify.")
    return None, tuple(candidates)


def _session_id(text: str | None, new: UUID) -> UUID:
    if text is None:
        return new
    try:
        return UUID(text)
    except ValueError:
        raise BadMessage("session-id is to be a UUID.") from None


def _flag(said: Mapping[str, str], name: str) -> bool:
    return _one_of(said, name, ("true", "false", "True", "False")).lower() == "true"


def _one_of(
    said: Mapping[str, str], name: str, values: tuple[str, ...], *, required: bool = False
) -> str:
    value = said.get(name)
    if value is None and required:
        raise BadMessage(f"{name} is missing; it is one of {', '.join(values)}.")
    if value is not None and value not in values:
        raise BadMessage(f"{name} is {value[:64]!r}, but it is to be one of {', '.join(values)}.")
    return value or ""


def _number(said: Mapping[str, str], name: str, values: range, default: int | None = None) -> int:
    text = said.get(name)
    bounds = f"{values.start} to {values.stop - 1}"
    if text is None:
        if default is None:
            raise BadMessage(f"{name} is missing; it is a number from {bounds}.")
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) in values):
        raise BadMessage(f"{name} is {text[:64]!r}, but it is to be a number from {bounds}.")
    return int(text)
