"""What the Speech SDKs ask for, in their own words: queries and contexts as they were seen."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import Brief
from vivavoce.dialects.azure_speech_options import Asked, of_query, with_context

DICTATION = {
    "phraseDetection": {
        "language": "en-US",
        "enrichment": {"profanity": "raw"},
        "initialSilenceTimeout": 3000,
        "mode": "DICTATION",
        "DICTATION": {"segmentation": {"segmentationSilenceTimeoutMs": 700, "mode": "Custom"}},
    },
    "dgi": {
        "Groups": [{"Type": "Generic", "Items": [{"Text": "Beckett"}, {"Text": "Godot"}]}],
        "bias": 1.0,
    },
    "audio": {"streams": {"1": None}},
    "phraseOutput": {
        "interimResults": {"stableThreshold": 3},
        "format": "Detailed",
        "detailed": {"options": ["WordTimings", "WordConfidence"]},
    },
}
CANDIDATES = {
    "languageId": {
        "languages": ["en-US", "de-DE"],
        "onSuccess": {"action": "Recognize"},
        "onUnknown": {"action": "None"},
        "mode": "DetectAtAudioStart",
        "Priority": "PrioritizeLatency",
    },
    "phraseDetection": {"onSuccess": {"action": "None"}, "onInterim": {"action": "None"}},
}
SPEAKERS = {
    "phraseDetection": {
        "mode": "Conversation",
        "language": "en-US",
        "speakerDiarization": {
            "mode": "Anonymous",
            "audioSessionId": "1",
            "audioOffsetMS": 0,
            "identityProvider": None,
            "diarizeIntermediates": "True",
        },
    }
}
TRANSLATION = {
    "phraseDetection": {"mode": "CONVERSATION", "language": "en-US"},
    "translation": {
        "targetLanguages": ["de", "fr"],
        "output": {"includePassThroughResults": True},
    },
}
OF_OLD = {"translationcontext": {"to": ["de", "fr"]}, "phraseDetection": {"language": "en-US"}}
SCRIPT = {
    "phraseDetection": {
        "language": "en-US",
        "mode": "Interactive",
        "trailingSilenceTimeout": "900",
        "interactive": {"segmentation": {"segmentationForcedTimeoutMs": 20_000}},
    },
    "phraseOutput": {"format": "Simple"},
}


def context(asked: dict[str, Any], base: Asked | None = None) -> Asked:
    return with_context(base or Asked(), json.dumps(asked).encode())


def test_a_query_of_the_first_interface() -> None:
    query = {
        "format": "detailed",
        "initialSilenceTimeoutMs": "3000",
        "language": "en-US",
        "profanity": "raw",
        "stableIntermediateThreshold": "3",
        "wordLevelTimestamps": "true",
        "segmentationSilenceTimeoutMs": "700",
        "segmentationMaximumTimeMs": "20000",
        "Ocp-Apim-Subscription-Key": "any",
    }
    assert of_query("dictation", query.items()) == Asked(
        language="en-US",
        detailed=True,
        words=True,
        endpoint_ms=700,
        max_utterance_ms=20_000,
        initial_silence_ms=3000,
    )


def test_the_path_says_that_one_phrase_is_wanted() -> None:
    assert of_query("interactive", []) == Asked(once=True)
    assert of_query("conversation", []) == of_query("", []) == Asked()


@pytest.mark.parametrize(
    "query",
    [[("from", "en-US"), ("to", "de"), ("to", "fr")], [("from", "en-US"), ("to", "de,fr")]],
    ids=["native", "javascript"],
)
def test_a_query_of_a_translation(query: list[tuple[str, str]]) -> None:
    assert of_query("", query) == Asked(language="en-US", translate_to=("de", "fr"))


def test_a_query_of_candidates() -> None:
    assert of_query("", [("lidEnabled", "en-US,de-DE")]).languages == ("en-US", "de-DE")
    assert of_query("", [("lidEnabled", "true")]).languages == ()


@pytest.mark.parametrize("wish", ["masked", "Removed", "Tagged"])
def test_masking_is_refused(wish: str) -> None:
    sentence = f"Profanity cannot be {wish} here: nothing is masked or removed."
    with pytest.raises(BadMessage, match=sentence):
        of_query("", [("profanity", wish)])
    with pytest.raises(BadMessage, match=sentence):
        context({"phraseDetection": {"enrichment": {"profanity": wish}}})


def test_contexts() -> None:
    assert context(DICTATION) == Asked(
        language="en-US",
        phrases=("Beckett", "Godot"),
        detailed=True,
        words=True,
        endpoint_ms=700,
        initial_silence_ms=3000,
    )
    assert context(CANDIDATES) == Asked(languages=("en-US", "de-DE"))
    assert context(SPEAKERS) == Asked(language="en-US", speakers=True)
    translation = Asked(language="en-US", translate_to=("de", "fr"))
    assert context(TRANSLATION) == context(OF_OLD) == translation
    assert context(SCRIPT) == Asked(
        once=True, language="en-US", endpoint_ms=900, max_utterance_ms=20_000
    )


def test_a_context_beats_the_query() -> None:
    query = of_query("interactive", [("language", "en-us"), ("format", "detailed")])
    assert context({}, query) == query
    assert context(SCRIPT, query) == context(SCRIPT)
    assert context({"phraseDetection": {"mode": "Conversation"}}, query).once is False


def test_in_the_words_of_a_session() -> None:
    asked = Asked(
        language="en-us",
        languages=("en-US", "de-DE"),
        translate_to=("fr",),
        phrases=("Godot",),
        speakers=True,
        endpoint_ms=20,
        max_utterance_ms=70_000,
    )
    assert asked.options() == Options(
        endpoint_ms=100,
        max_utterance_ms=30_000,
        brief=Brief(
            languages=("en-US", "de-DE"),
            hot_words=("Godot",),
            translate_to=("fr",),
            diarization=True,
        ),
    )
    assert Asked(language="en-US").options() == Options(language="en-US")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The speech.context is not JSON."),
        (b"\xff", "The speech.context is not JSON."),
        (b"[]", "The speech.context cannot be taken: Expected 'object', got 'array'."),
        (b"[" * 100_000, "The speech.context is nested too deep."),
        (
            b'{"phraseDetection": {"initialSilenceTimeout": "soon"}}',
            "The speech.context cannot be taken: Expected 'int | null', got 'str' - at "
            "'$.phrasedetection.initialsilencetimeout'.",
        ),
    ],
)
def test_what_is_no_context_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(BadMessage) as refused:
        with_context(Asked(), body)
    assert refused.value.message == sentence


def test_a_query_that_counts_in_words_is_refused() -> None:
    with pytest.raises(BadMessage, match="initialSilenceTimeoutMs in the query is to be a number"):
        of_query("", [("initialSilenceTimeoutMs", "soon")])


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists)))
def test_any_other_field_is_passed_over(more: dict[str, Any]) -> None:
    known = {"phrasedetection", "phraseoutput", "languageid", "dgi", "translation"}
    others = {k: v for k, v in more.items() if k.lower() not in {*known, "translationcontext"}}
    assert context(others) == Asked()
