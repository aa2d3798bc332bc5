"""What a client of Azure Speech asks for: by the path, the query, and a `speech.context`.

The older an interface, the more is in its query; a context beats it. Names differ in case
between the SDKs, so case means nothing here. What is not listed is passed over: most of it is
about how Microsoft's service is run. Masking is refused: nobody should read what was to be masked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import Brief

ENDPOINT: Final = (100, 10_000)
UTTERANCE: Final = (1000, 30_000)
"""Milliseconds that a session takes; what is beyond counts as the nearest."""

INITIAL_SILENCE: Final = 5000
"""Milliseconds of audio after which `recognize_once` has heard nobody, as with Microsoft."""

MOST: Final = 1024
"""Phrases, and languages, that are looked at."""


RAW: Final = "raw"
"""What the SDKs call profanity that is left as it is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one turn."""

    once: bool = False  # one phrase is wanted
    language: str | None = None
    languages: tuple[str, ...] = ()  # it is in one of these, and the client is to be told which
    translate_to: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    speakers: bool = False
    detailed: bool = False
    words: bool = False  # with their times
    endpoint_ms: int | None = None
    max_utterance_ms: int | None = None
    initial_silence_ms: int = INITIAL_SILENCE

    def options(self) -> Options:
        """The same in the words of a session."""
        return Options(
            language=None if self.languages else self.language,
            endpoint_ms=_within(self.endpoint_ms, ENDPOINT),
            max_utterance_ms=_within(self.max_utterance_ms, UTTERANCE),
            brief=Brief(
                languages=self.languages,
                hot_words=self.phrases,
                translate_to=self.translate_to,
                diarization=self.speakers,
            ),
        )


def of_query(mode: str, query: Iterable[tuple[str, str]]) -> Asked:
    """`mode` is the path's: interactive, conversation or dictation. Raises `BadMessage`."""
    first: dict[str, str] = {}
    targets: list[str] = []
    for name, value in query:
        first.setdefault(name.lower(), value)
        if name.lower() == "to":
            targets += _names(value)
    candidates = first.get("lidenabled", "")
    _check_profanity(first.get("profanity"))
    return Asked(
        once=mode == "interactive",
        language=first.get("language") or first.get("from") or None,
        languages=() if candidates.lower() in ("true", "false") else tuple(_names(candidates)),
        translate_to=tuple(dict.fromkeys(targets)),
        detailed=first.get("format", "").lower() == "detailed",
        words=first.get("wordleveltimestamps", "").lower() == "true",
        endpoint_ms=_number(first, "segmentationSilenceTimeoutMs", "endSilenceTimeoutMs"),
        max_utterance_ms=_number(first, "segmentationMaximumTimeMs"),
        initial_silence_ms=_number(first, "initialSilenceTimeoutMs") or INITIAL_SILENCE,
    )


class _Segmentation(msgspec.Struct, frozen=True):
    segmentationsilencetimeoutms: int | None = None
    segmentationforcedtimeoutms: int | None = None


class _Mode(msgspec.Struct, frozen=True):
    segmentation: _Segmentation | None = None


class _Diarization(msgspec.Struct, frozen=True):
    mode: str | None = None


class _Enrichment(msgspec.Struct, frozen=True):
    profanity: str | None = None


class _Detection(msgspec.Struct, frozen=True):
    enrichment: _Enrichment | None = None
    language: str | None = None
    mode: str | None = None
    initialsilencetimeout: int | None = None
    trailingsilencetimeout: int | None = None
    interactive: _Mode | None = None
    conversation: _Mode | None = None
    dictation: _Mode | None = None
    speakerdiarization: _Diarization | None = None


class _Detail(msgspec.Struct, frozen=True):
    options: list[str] | None = None


class _Output(msgspec.Struct, frozen=True):
    format: str | None = None
    detailed: _Detail | None = None


class _LanguageId(msgspec.Struct, frozen=True):
    languages: list[str] | None = None


class _Item(msgspec.Struct, frozen=True):
    text: str | None = None


class _Group(msgspec.Struct, frozen=True):
    items: list[_Item] | None = None


class _Dgi(msgspec.Struct, frozen=True):
    groups: list[_Group] | None = None


class _Translation(msgspec.Struct, frozen=True):
    targetlanguages: list[str] | None = None
    to: list[str] | None = None


class _Context(msgspec.Struct, frozen=True):
    phrasedetection: _Detection | None = None
    phraseoutput: _Output | None = None
    languageid: _LanguageId | None = None
    dgi: _Dgi | None = None
    translation: _Translation | None = None
    translationcontext: _Translation | None = None  # of SDKs before 1.43 or so


def with_context(asked: Asked, body: bytes) -> Asked:
    """The same with a `speech.context` on top. Raises `BadMessage`."""
    context = _decoded(body)
    detection = context.phrasedetection or _Detection()
    _check_profanity((detection.enrichment or _Enrichment()).profanity)
    output = context.phraseoutput or _Output()
    translation = context.translation or context.translationcontext or _Translation()
    speakers = (detection.speakerdiarization or _Diarization()).mode
    details = {option.lower() for option in (output.detailed or _Detail()).options or ()}
    found: dict[str, Any] = {
        "once": _is(detection.mode, "interactive"),
        "language": detection.language,
        "languages": _tuple((context.languageid or _LanguageId()).languages),
        "translate_to": _tuple(translation.targetlanguages or translation.to),
        "phrases": _phrases(context.dgi),
        "speakers": _is(speakers, "anonymous", "identity"),
        "detailed": _is(output.format, "detailed"),
        "words": "wordtimings" in details or None,
        "initial_silence_ms": detection.initialsilencetimeout,
        **_limits(detection),
    }
    return replace(asked, **{name: value for name, value in found.items() if value is not None})


def _limits(detection: _Detection) -> dict[str, int | None]:
    """Of the mode that is used, or else of whichever is described."""
    modes = (detection.interactive, detection.conversation, detection.dictation)
    given = [mode.segmentation for mode in modes if mode and mode.segmentation]
    segmentation = given[0] if given else _Segmentation()
    return {
        "endpoint_ms": segmentation.segmentationsilencetimeoutms
        or detection.trailingsilencetimeout,
        "max_utterance_ms": segmentation.segmentationforcedtimeoutms,
    }


def _check_profanity(wish: str | None) -> None:
    """Who says nothing is not refused, though Microsoft's service masks for them: no SDK would be
    left."""
    if wish and wish.lower() != RAW:
        raise BadMessage(f"Profanity cannot be {wish[:32]} here: nothing is masked or removed.")


def _is(value: str | None, *names: str) -> bool | None:
    """None: nothing is said of it."""
    return None if value is None else value.lower() in names


def _phrases(dgi: _Dgi | None) -> tuple[str, ...] | None:
    if dgi is None:
        return None
    items = [item for group in dgi.groups or () for item in group.items or ()]
    return tuple(item.text for item in items[:MOST] if item.text)


def _decoded(body: bytes) -> _Context:
    try:
        return msgspec.convert(_lowered(msgspec.json.decode(body)), _Context, strict=False)
    except RecursionError:
        raise BadMessage("The speech.context is nested too deep.") from None
    except msgspec.ValidationError as error:
        reason = str(error).replace("`", "'")
        raise BadMessage(f"The speech.context cannot be taken: {reason}.") from None
    except (msgspec.DecodeError, ValueError):
        raise BadMessage("The speech.context is not JSON.") from None


def _lowered(value: Any) -> Any:
    """The same with the names of its fields in lower case."""
    if isinstance(value, dict):
        return {name.lower(): _lowered(inner) for name, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(values[:MOST]))


def _names(value: str) -> list[str]:
    """A comma list's parts."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _number(query: Mapping[str, str], *names: str) -> int | None:
    for name in names:
        if (value := query.get(name.lower())) is not None:
            if not (value.isascii() and value.isdigit() and len(value) < 10):
                raise BadMessage(f"{name} in the query is to be a number, not '{value[:32]}'.")
            return int(value)
    return None


def _within(value: int | None, limits: tuple[int, int]) -> int | None:
    return None if value is None else min(max(value, limits[0]), limits[1])
