"""What may be asked of Amazon Transcribe, what of it can be had, and what is refused."""

from typing import Any
from uuid import UUID

import pytest

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.dialects.aws_transcribe_options import of_headers, read

NEW = UUID("6e9d6b54-6b0f-4c22-9d3a-0f6f0d1f2a55")
LEAST = {"language-code": "en-US", "sample-rate": "16000", "media-encoding": "pcm"}
IDENTIFY = {"language-code": "", "identify-language": "true", "language-options": "de-DE,en-US"}


def asked(changes: dict[str, str]) -> Any:
    return read(LEAST | changes, NEW)


def test_the_least() -> None:
    found = asked({})
    assert (found.session_id, found.format) == (NEW, AudioFormat())
    assert found.options == Options(language="en-US")
    assert not any((found.speakers, found.stabilized))


def test_headers_have_a_prefix() -> None:
    headers = {"host": "h", "x-amzn-transcribe-sample-rate": "8000", "language-code": "de-DE"}
    assert of_headers(headers) == {"sample-rate": "8000"}


@pytest.mark.parametrize(
    ("changes", "format"),
    [
        ({"sample-rate": "8000"}, AudioFormat("pcm_s16le", 8000)),
        ({"sample-rate": "48000", "number-of-channels": "2"}, AudioFormat("pcm_s16le", 48_000, 2)),
        ({"media-encoding": "ogg-opus"}, AudioFormat("container")),
        ({"media-encoding": "flac"}, AudioFormat("container")),
    ],
)
def test_formats(changes: dict[str, str], format: AudioFormat) -> None:
    assert asked(changes).format == format


@pytest.mark.parametrize(
    ("changes", "languages"),
    [
        ({}, ("de-DE", "en-US")),
        ({"preferred-language": "en-US"}, ("en-US", "de-DE")),
        ({"identify-language": "", "identify-multiple-languages": "True"}, ("de-DE", "en-US")),
        ({"language-options": " de-DE, fr-FR,"}, ("de-DE", "fr-FR")),
    ],
)
def test_languages_to_identify(changes: dict[str, str], languages: tuple[str, ...]) -> None:
    found = asked(IDENTIFY | changes)
    assert found.options == Options(brief=Brief(languages=languages))


def test_speakers_and_stabilisation() -> None:
    found = asked(
        {
            "show-speaker-label": "true",
            "enable-partial-results-stabilization": "True",
            "partial-results-stability": "high",
        }
    )
    assert found.stabilized
    assert found.options.brief.diarization


def test_a_session_may_bring_its_id() -> None:
    id = "F2A55000-6b0f-4c22-9d3a-0f6f0d1f2a55"
    assert asked({"session-id": id}).session_id == UUID(id)


@pytest.mark.parametrize(
    "hint",
    [
        {"vocabulary-name": "ours"},
        {"vocabulary-names": "ours,theirs"},
        {"language-model-name": "ours"},
        {"session-resume-window": "30"},
        {"transcript-format": "spoken"},
        {"enable-channel-identification": "false"},
        {"user-agent": "aws-sdk-js"},
    ],
)
def test_what_would_only_help_is_passed_over(hint: dict[str, str]) -> None:
    assert asked(hint).options == asked({}).options


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"language-code": ""}, "one of language-code, identify-language and"),
        ({"identify-language": "true"}, "one of language-code"),
        (IDENTIFY | {"identify-multiple-languages": "true"}, "one of language-code"),
        (IDENTIFY | {"language-options": ""}, "language-options is missing"),
        (IDENTIFY | {"identify-language": "yes"}, "identify-language is 'yes'"),
        ({"sample-rate": ""}, "sample-rate is missing; it is a number from 8000 to 48000"),
        ({"sample-rate": "7999"}, "sample-rate is '7999'"),
        ({"sample-rate": "16000.0"}, "sample-rate is '16000.0'"),
        ({"sample-rate": "9" * 5000}, "is to be a number from 8000"),
        ({"sample-rate": "\u0661\u0666\u0660\u0660\u0660"}, "is to be a number from 8000"),
        ({"media-encoding": ""}, "media-encoding is missing; it is one of pcm, ogg-opus, flac"),
        ({"media-encoding": "mp3"}, "media-encoding is 'mp3'"),
        ({"number-of-channels": "3"}, "number-of-channels is '3'"),
        ({"enable-channel-identification": "true"}, "channels are mixed here"),
        ({"partial-results-stability": "rock"}, "partial-results-stability is 'rock'"),
        ({"session-id": "mine"}, "session-id is to be a UUID"),
        ({"vocabulary-filter-name": "swearing"}, "vocabulary-filter-name cannot be had: no words"),
        ({"vocabulary-filter-names": "a,b"}, "vocabulary-filter-names cannot be had"),
        ({"content-redaction-type": "PII"}, "personal information is not redacted"),
        ({"pii-entity-types": "NAME"}, "personal information is neither redacted nor identified"),
        ({"content-identification-type": "PII"}, "personal information is not identified"),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadMessage, match=sentence):
        asked(changes)
