"""OpenAI's Realtime transcription: what each message means, and what is said of a session."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vivavoce.core.commands import Audio, Configure, Flush, Options, Start
from vivavoce.core.errors import BadMessage, EngineError, Full
from vivavoce.core.events import Ended, Event, Final, Interim, Numbered, Speech
from vivavoce.core.types import AudioFormat, Brief, Word
from vivavoce.dialects.base import Bye, Failed, Flushed, Ready, Request, Say
from vivavoce.dialects.openai_realtime import FRAME, KNOWN, OpenAIRealtimeDialect
from vivavoce.dialects.openai_realtime_items import WAITING
from vivavoce.dialects.openai_realtime_messages import (
    MAX_CONTROL,
    Transcription,
    TurnDetection,
)
from vivavoce.dialects.openai_realtime_session import NEVER, SEMANTIC_VAD, SERVER_VAD, Session
from vivavoce.testing.dialects import DialectContract

SECOND = bytes(48_000)  # of pcm16 at 24 kHz
APPEND = {"type": "input_audio_buffer.append", "audio": b64encode(SECOND).decode()}
COMMIT = {"type": "input_audio_buffer.commit"}
CLEAR = {"type": "input_audio_buffer.clear"}
ASKED = "conversation.item.input_audio_transcription"
LOGPROBS = "item.input_audio_transcription.logprobs"

# As openai 3.51 (Python) sends them.
GA_UPDATE = {
    "type": "session.update",
    "session": {
        "type": "transcription",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                "turn_detection": {"type": "server_vad"},
                "noise_reduction": None,
            }
        },
        "include": [LOGPROBS],
    },
}
BETA_UPDATE = {
    "type": "transcription_session.update",
    "session": {
        "input_audio_format": "pcm16",
        "input_audio_transcription": {
            "model": "gpt-4o-transcribe",
            "language": "en",
            "prompt": "",
        },
        "turn_detection": {"type": "server_vad"},
        "include": [LOGPROBS],
    },
}
# As the program of the course does (protocols of the ancestors, S2).
ALIAS_UPDATE = {
    "type": "transcription.update",
    "id": "session_abc123",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "whisper-1", "prompt": "", "language": "en"},
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 500,
            },
        }
    },
}


def dialect(**options: Any) -> OpenAIRealtimeDialect:
    return OpenAIRealtimeDialect("0", **options)


def manual() -> OpenAIRealtimeDialect:
    return dialect(session=Session(turn_detection=None))


def receive(dialect: OpenAIRealtimeDialect, message: dict[str, Any]) -> Sequence[Request]:
    return dialect.receive(json.dumps(message))


def update(dialect: OpenAIRealtimeDialect, **heard: Any) -> list[Any]:
    """What a `session.update` of `audio.input` leads to, answers as JSON."""
    session = {"type": "transcription", "audio": {"input": heard}}
    return read(receive(dialect, {"type": "session.update", "session": session}))


def read(requests: Sequence[Request]) -> list[Any]:
    return [json.loads(r.message) if isinstance(r, Say) else r for r in requests]


def heard(dialect: OpenAIRealtimeDialect, *answers: Event | Flushed) -> list[dict[str, Any]]:
    """What is said of these, without the ids of the messages."""
    said = []
    for answer in answers:
        known = answer if isinstance(answer, Interim | Flushed) else Numbered(1, 1, answer)  # type: ignore[arg-type]
        said += [json.loads(wire) for wire in dialect.send(known)]
    for message in said:
        assert message.pop("event_id").startswith("event_0")
    return said


def names(said: list[dict[str, Any]]) -> list[str]:
    return [message["type"].removeprefix(f"{ASKED}.") for message in said]


def deltas(said: list[dict[str, Any]]) -> str:
    return "".join(message["delta"] for message in said if message["type"] == f"{ASKED}.delta")


def transcripts(said: list[dict[str, Any]]) -> list[str]:
    return [m["transcript"] for m in said if m["type"] == f"{ASKED}.completed"]


def started(at: int) -> Speech:
    return Speech(state="started", at=at)


def ended(at: int) -> Speech:
    return Speech(state="ended", at=at)


def interim(stable: str, tail: str = "", start: int = 0, end: int = 16_000) -> Interim:
    return Interim(id="u1", start=start, end=end, stable=stable, tail=tail)


def final(text: str, start: int = 0, end: int = 16_000, words: tuple[Word, ...] = ()) -> Final:
    return Final(id="u1", start=start, end=end, text=text, engine="e", model="m", words=words)


class TestContract(DialectContract):
    conversation = tuple(
        json.dumps(message) for message in (GA_UPDATE, APPEND, COMMIT, APPEND, CLEAR, APPEND)
    )

    def dialect(self) -> OpenAIRealtimeDialect:
        return dialect()


class TestContractOfBeta(DialectContract):
    conversation = tuple(json.dumps(message) for message in (BETA_UPDATE, APPEND, COMMIT, APPEND))

    def dialect(self) -> OpenAIRealtimeDialect:
        return dialect(session=Session(turn_detection=None), beta=True)


class TestContractOfTheCourse(DialectContract):
    conversation = tuple(json.dumps(message) for message in (ALIAS_UPDATE, APPEND, APPEND))

    def dialect(self) -> OpenAIRealtimeDialect:
        return dialect()


# --- the session's settings


def test_the_session_is_said_at_once() -> None:
    (greeting,) = dialect(session=Session().of_model("whisper-1")).greet()
    assert json.loads(greeting) == {
        "type": "session.created",
        "event_id": "event_0000001",
        "session": {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": "sess_0",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "whisper-1"},
                    "noise_reduction": None,
                    "turn_detection": SERVER_VAD,
                }
            },
            "include": None,
        },
    }


@pytest.mark.parametrize(
    ("message", "answer"),
    [(GA_UPDATE, "session.updated"), (ALIAS_UPDATE, "session.updated")],
    ids=["ga", "alias"],
)
def test_an_update_is_answered_with_the_whole_session(message: dict[str, Any], answer: str) -> None:
    (said,) = read(receive(dialect(), message))
    body = message.get("session", message)
    asked = body["audio"]["input"]
    assert said["type"] == answer
    assert said["session"]["audio"]["input"] == asked | {"turn_detection": SERVER_VAD}
    assert said["session"]["include"] == body.get("include")


def test_the_beta_has_names_of_its_own() -> None:
    (said,) = read(receive(dialect(), BETA_UPDATE))
    assert said["type"] == "transcription_session.updated"
    assert said["session"] == {
        "object": "realtime.transcription_session",
        "id": "sess_0",
        "input_audio_format": "pcm16",
        "input_audio_transcription": BETA_UPDATE["session"]["input_audio_transcription"],  # type: ignore[index]
        "input_audio_noise_reduction": None,
        "turn_detection": SERVER_VAD,
        "include": [LOGPROBS],
        "client_secret": None,
    }


def test_an_update_keeps_what_it_does_not_name_and_clears_what_is_null() -> None:
    told = dialect()
    update(told, transcription={"model": "a", "language": "en", "prompt": "Names: Ada"})
    update(told, noise_reduction={"type": "far_field", "strength": 0.5})
    update(told, turn_detection={"type": "server_vad", "silence_duration_ms": 900})
    update(told, turn_detection={"threshold": 0.7}, noise_reduction={"type": "near_field"})
    (said,) = update(told, transcription={"prompt": None})
    assert said["session"]["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "transcription": {"model": "a", "language": "en"},
        "noise_reduction": {"type": "near_field", "strength": 0.5},
        "turn_detection": SERVER_VAD | {"silence_duration_ms": 900, "threshold": 0.7},
    }
    (said,) = update(told, transcription=None, noise_reduction=None, turn_detection=None)
    assert said["session"]["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "transcription": {},
        "noise_reduction": None,
        "turn_detection": None,
    }


def test_another_kind_of_turn_detection_begins_with_its_defaults() -> None:
    told = dialect()
    update(told, turn_detection={"type": "server_vad", "silence_duration_ms": 900})
    (said,) = update(told, turn_detection={"type": "semantic_vad"})
    assert said["session"]["audio"]["input"]["turn_detection"] == SEMANTIC_VAD
    (said,) = update(told, turn_detection={"type": "server_vad", "silence_duration_ms": None})
    assert said["session"]["audio"]["input"]["turn_detection"] == SERVER_VAD


@pytest.mark.parametrize(
    ("turns", "endpoint_ms"),
    [
        ({"type": "server_vad"}, 500),
        ({"type": "server_vad", "silence_duration_ms": 200}, 200),
        ({"type": "server_vad", "silence_duration_ms": 0}, 100),
        ({"type": "server_vad", "silence_duration_ms": 60_000}, 10_000),
        ({"type": "semantic_vad"}, 500),
        ({"type": "semantic_vad", "eagerness": "low"}, 900),
        ({"type": "semantic_vad", "eagerness": "medium"}, 500),
        ({"type": "semantic_vad", "eagerness": "high"}, 300),
        (None, NEVER),
    ],
)
def test_turn_detection_says_how_long_a_pause_ends_an_utterance(
    turns: dict[str, Any] | None, endpoint_ms: int
) -> None:
    before, during = dialect(), dialect()
    update(before, turn_detection=turns)
    assert receive(before, APPEND)[0] == Start(
        AudioFormat("pcm_s16le", 24_000), Options(endpoint_ms=endpoint_ms)
    )
    receive(during, APPEND)
    _, *changed = update(during, turn_detection=turns)
    assert changed == ([Configure(endpoint_ms=endpoint_ms)] if endpoint_ms != 500 else [])


@pytest.mark.parametrize(
    ("ga", "beta", "format"),
    [
        ({"type": "audio/pcm", "rate": 24000}, "pcm16", AudioFormat("pcm_s16le", 24_000)),
        ({"type": "audio/pcmu"}, "g711_ulaw", AudioFormat("mulaw", 8000)),
        ({"type": "audio/pcma"}, "g711_alaw", AudioFormat("alaw", 8000)),
    ],
)
def test_the_formats(ga: dict[str, Any], beta: str, format: AudioFormat) -> None:
    new, old = dialect(), dialect()
    (said,) = update(new, format=ga)
    assert said["session"]["audio"]["input"]["format"] == ga
    message = {"type": "transcription_session.update", "session": {"input_audio_format": beta}}
    (said,) = read(receive(old, message))
    assert said["session"]["input_audio_format"] == beta
    for told in (new, old):
        start = receive(told, APPEND)[0]
        assert isinstance(start, Start)
        assert start.format == format


def test_language_and_an_engines_name_are_the_sessions() -> None:
    told = dialect(engines=["moonshine"])
    update(told, transcription={"model": "moonshine", "language": "en"})
    start = receive(told, APPEND)[0]
    assert isinstance(start, Start)
    assert (start.options.engine, start.options.language) == ("moonshine", "en")
    _, change = update(told, transcription={"language": "de"})
    assert change == Configure(language="de")


def test_hints_and_a_choice_of_languages_reach_the_engine() -> None:
    told = dialect()
    hints = {"keywords": ["Ada"], "prompt": "About Ada."}
    update(told, transcription={"languages": ["de", "fr"], **hints})
    start = receive(told, APPEND)[0]
    assert isinstance(start, Start)
    assert start.options.language is None
    assert start.options.brief == Brief(
        languages=("de", "fr"), hot_words=("Ada",), prompt="About Ada."
    )


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "gpt-of-next-year"])
def test_any_other_model_runs_the_servers_engine(model: str) -> None:
    told = dialect(engines=["moonshine"])
    update(told, transcription={"model": model, "languages": ["en"]})
    start = receive(told, APPEND)[0]
    assert isinstance(start, Start)
    assert (start.options.engine, start.options.language) == (None, "en")


# --- audio


def test_audio_begins_the_session_and_is_numbered() -> None:
    told = dialect()
    start, first = receive(told, APPEND)
    assert isinstance(start, Start)
    assert first == Audio(0, SECOND)
    assert receive(told, APPEND) == [Audio(1, SECOND)]


def test_a_long_append_is_more_frames_than_one() -> None:
    audio = bytes(range(256)) * (FRAME // 128)
    _, *frames = receive(dialect(), {**APPEND, "audio": b64encode(audio).decode()})
    assert frames == [Audio(0, audio[:FRAME]), Audio(1, audio[FRAME:])]


def test_an_empty_append_is_nothing() -> None:
    assert receive(dialect(), {**APPEND, "audio": ""}) == []


# --- what is wrong


@pytest.mark.parametrize(
    ("message", "code", "param", "sentence"),
    [
        ("", "invalid_json", None, "not JSON"),
        ("{", "invalid_json", None, "not JSON"),
        ('{"x": ' + "[" * 100_000, "invalid_json", None, "not JSON|too deep"),
        ('{"type": "\ud800"}', "invalid_json", None, "surrogates"),
        ("[]", "invalid_value", None, "expected `object`"),
        ({}, "missing_required_parameter", "type", "`type`"),
        ({"type": 7}, "invalid_value", "type", "expected `str`"),
        ({"type": "sing"}, "invalid_value", "type", "'sing' cannot be asked for here"),
        ({"type": "response.create"}, "invalid_value", "type", "'response.create'"),
        (b"\0\0", "invalid_value", None, "binary"),
        ({**APPEND, "audio": "%%%"}, "invalid_value", "audio", "base64"),
        ({**APPEND, "audio": 7}, "invalid_value", "audio", "'audio' cannot be taken"),
        ({"type": APPEND["type"]}, "missing_required_parameter", "audio", "`audio`"),
        ({"type": "session.update"}, "missing_required_parameter", "session", "`session`"),
        (
            {"type": "session.update", "session": {"type": "realtime"}},
            "invalid_value",
            "session.type",
            "only 'transcription'",
        ),
        (
            {"type": "session.update", "session": {"include": [LOGPROBS] * 2000}},
            "invalid_value",
            None,
            str(MAX_CONTROL),
        ),
        (COMMIT, "input_audio_buffer_commit_empty", None, "100 ms"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_else_happens(
    message: Any, code: str, param: str | None, sentence: str
) -> None:
    told = dialect()
    wire = json.dumps(message) if isinstance(message, dict) else message
    (said,) = read(told.receive(wire))
    assert (said["type"], said["error"]["type"]) == ("error", "invalid_request_error")
    assert (said["error"]["code"], said["error"]["param"]) == (code, param)
    assert re.search(sentence, said["error"]["message"])
    assert isinstance(receive(told, APPEND)[0], Start)


@pytest.mark.parametrize(
    ("heard", "param"),
    [
        ({"format": {"type": "audio/mp3"}}, "format.type"),
        ({"format": {"type": "audio/pcm", "rate": 16_000}}, "format.rate"),
        ({"format": {"type": "audio/pcmu", "rate": 24_000}}, "format.rate"),
        ({"format": None}, "format"),
        ({"turn_detection": {"type": "magic"}}, "turn_detection.type"),
        ({"turn_detection": {"threshold": 2}}, "turn_detection.threshold"),
        ({"turn_detection": {"silence_duration_ms": -1}}, "turn_detection.silence_duration_ms"),
        ({"turn_detection": {"eagerness": "very"}}, "turn_detection.eagerness"),
        ({"noise_reduction": {"type": "no_field"}}, "noise_reduction.type"),
        ({"transcription": {"language": 7}}, "transcription.language"),
        ({"transcription": {"language": "tlh"}}, "transcription"),
    ],
)
def test_a_setting_that_cannot_be_is_named(heard: dict[str, Any], param: str) -> None:
    def check(engine: str | None, language: str | None) -> None:
        if language == "tlh":
            raise BadMessage("It understands en, not tlh.")

    told = dialect(check=check)
    before = json.loads(told.greet()[0])["session"]
    (said,) = update(told, **heard)
    assert said["error"]["param"] == f"session.audio.input.{param}"
    (said,) = update(told)
    assert said["session"] == before


def test_the_clients_own_id_comes_back_with_an_error() -> None:
    (said,) = read(receive(dialect(), {"type": "sing", "event_id": "event_mine"}))
    assert said["error"]["event_id"] == "event_mine"


def test_the_format_stays_once_there_is_audio() -> None:
    told = dialect()
    receive(told, APPEND)
    (said,) = update(told, format={"type": "audio/pcmu"})
    assert said["error"]["param"] == "session.audio.input.format"
    (said,) = update(told, format={"type": "audio/pcm"})
    assert said["type"] == "session.updated"


# --- with turn detection


def test_an_utterance_is_an_item() -> None:
    told = dialect()
    receive(told, APPEND)
    said = heard(
        told,
        started(1600),
        interim("", "Hel"),
        interim("Hello", " the"),
        interim("Hello", " there"),
        ended(14_400),
        final("Hello there.", 1600, 14_400),
    )
    item = {
        "id": "item_000001",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    of = {"item_id": "item_000001", "content_index": 0}
    assert said == [
        {
            "type": "input_audio_buffer.speech_started",
            "audio_start_ms": 100,
            "item_id": "item_000001",
        },
        {"type": f"{ASKED}.delta", **of, "delta": "Hello"},
        {
            "type": "input_audio_buffer.speech_stopped",
            "audio_end_ms": 900,
            "item_id": "item_000001",
        },
        {
            "type": "input_audio_buffer.committed",
            "item_id": "item_000001",
            "previous_item_id": None,
        },
        {"type": "conversation.item.added", "previous_item_id": None, "item": item},
        {"type": "conversation.item.done", "previous_item_id": None, "item": item},
        {"type": f"{ASKED}.delta", **of, "delta": " there."},
        {
            "type": f"{ASKED}.completed",
            **of,
            "transcript": "Hello there.",
            "usage": {"type": "duration", "seconds": 0.8},
        },
    ]


def test_items_follow_one_another() -> None:
    said = heard(
        dialect(),
        *(started(0), ended(9000), started(10_000), final("One.", 0, 9000)),
        *(interim("Two", start=10_000), ended(15_000), final("Two.", 10_000, 15_000)),
    )
    committed = [m for m in said if m["type"] == "input_audio_buffer.committed"]
    assert [(m["item_id"], m["previous_item_id"]) for m in committed] == [
        ("item_000001", None),
        ("item_000002", "item_000001"),
    ]
    done = {m["item_id"]: m["transcript"] for m in said if "transcript" in m}
    assert done == {"item_000001": "One.", "item_000002": "Two."}


def test_a_final_that_says_otherwise_is_the_truth() -> None:
    said = heard(dialect(), started(0), interim("I scream"), ended(16_000), final("Ice cream."))
    assert deltas(said) == "I scream"
    assert transcripts(said) == ["Ice cream."]


def test_who_goes_on_speaking_gets_an_item_for_each_cut() -> None:
    said = heard(
        dialect(),
        *(started(0), final("So it goes", 0, 16_000)),
        *(interim("on", start=16_000, end=20_000), ended(32_000), final("on.", 16_000, 32_000)),
    )
    life = ["speech_started", "delta", "speech_stopped", "committed", "added", "done"]
    told = [name.rpartition(".")[2] for name in names(said)]
    assert told == [
        *("speech_started", "speech_stopped", "committed", "added", "done", "delta", "completed"),
        *(*life, "delta", "completed"),
    ]
    assert transcripts(said) == ["So it goes", "on."]


def test_a_cut_that_nobody_announced_is_an_item_too() -> None:
    said = heard(dialect(), started(0), final("So", 0, 100), ended(200), final("it", 100, 200))
    assert transcripts(said) == ["So", "it"]
    assert names(said).count("input_audio_buffer.speech_started") == 2
    assert names(said).count("input_audio_buffer.speech_stopped") == 2


def test_speech_that_another_engine_does_not_hear_is_empty() -> None:
    said = heard(
        dialect(),
        *(started(0), ended(5000), started(6000), ended(9000), final("Here.", 6000, 9000)),
    )
    done = {m["item_id"]: m["transcript"] for m in said if "transcript" in m}
    assert done == {"item_000001": "", "item_000002": "Here."}


def test_the_beta_says_that_an_item_is_created() -> None:
    said = heard(dialect(beta=True), started(0), ended(16_000), final("Hello."))
    assert [name for name in names(said) if name.startswith("conversation.item.")] == [
        "conversation.item.created"
    ]


def test_a_commit_takes_the_open_utterance() -> None:
    told = dialect()
    receive(told, APPEND)
    said = heard(told, started(0), interim("Hello"))
    *answers, flush = read(receive(told, COMMIT))
    said += answers
    assert flush == Flush()
    said += heard(told, interim("Hello there"), ended(16_000), final("Hello there."))
    assert transcripts(said) == []
    said += heard(told, Flushed(1))
    assert {m.get("item_id", "item_000001") for m in said} == {"item_000001"}
    assert names(said).count("input_audio_buffer.committed") == 1
    assert names(said).count("input_audio_buffer.speech_stopped") == 1
    assert (deltas(said), transcripts(said)) == ("Hello there.", ["Hello there."])


def test_speech_noticed_before_a_commit_is_answered_belongs_to_it() -> None:
    told = dialect()
    receive(told, APPEND)
    receive(told, COMMIT)
    said = heard(told, started(0), ended(16_000), final("Hello."), Flushed(1), started(17_000))
    assert names(said) == ["delta", "completed", "input_audio_buffer.speech_started"]


# --- without


def test_a_commit_joins_what_was_said() -> None:
    told = manual()
    receive(told, APPEND)
    said = heard(told, started(0), interim("So it", " goes"), final("So it goes"), interim("on"))
    assert deltas(said) == "So it goes on"
    *answers, flush = read(receive(told, COMMIT))
    assert flush == Flush()
    assert names(answers) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    said += heard(told, ended(16_000), final("on and on.", 16_000, 20_000))
    assert transcripts(said) == []
    said += heard(told, Flushed(1))
    assert {m["item_id"] for m in said} == {answers[0]["item_id"]}
    assert deltas(said) == "So it goes on and on."
    assert said[-1]["transcript"] == "So it goes on and on."
    assert said[-1]["usage"] == {"type": "duration", "seconds": 1.0}


def test_each_commit_gets_what_came_before_it() -> None:
    told = manual()
    for _ in range(2):
        receive(told, APPEND)
        receive(told, COMMIT)
    said = heard(told, final("One."), Flushed(1), final("Two.", 16_000, 32_000), Flushed(2))
    assert [(m["item_id"], m["transcript"]) for m in said if "transcript" in m] == [
        ("item_000001", "One."),
        ("item_000002", "Two."),
    ]


def test_silence_that_is_committed_is_an_empty_item() -> None:
    told = manual()
    receive(told, APPEND)
    receive(told, COMMIT)
    assert transcripts(heard(told, Flushed(1))) == [""]


def test_what_is_cleared_is_in_no_item() -> None:
    told = manual()
    receive(told, APPEND)
    said = heard(told, interim("Never"))
    cleared, flush = read(receive(told, CLEAR))
    assert (cleared["type"], flush) == ("input_audio_buffer.cleared", Flush())
    receive(told, APPEND)
    receive(told, COMMIT)
    said += heard(told, interim("Never mind"), final("Never mind."), Flushed(1))
    said += heard(told, final("Hello.", 16_000, 32_000), Flushed(2))
    assert transcripts(said) == ["Hello."]
    assert said[-1]["item_id"] != said[0]["item_id"]


def test_clearing_nothing_is_answered() -> None:
    (cleared,) = read(receive(manual(), CLEAR))
    assert cleared["type"] == "input_audio_buffer.cleared"


def test_what_is_committed_once_is_not_there_again() -> None:
    told = manual()
    receive(told, APPEND)
    receive(told, COMMIT)
    (said,) = read(receive(told, COMMIT))
    assert said["error"]["code"] == "input_audio_buffer_commit_empty"


def test_an_item_that_nobody_commits_does_not_grow_for_ever() -> None:
    told = manual()
    part = "word " * 8000
    said = heard(told, final(part), final(part), final("last", 32_000, 48_000), final("new"))
    assert transcripts(said) == [f"{part}{part}last"]
    assert names(said).count("input_audio_buffer.committed") == 1
    assert said[-1]["delta"] == "new"
    assert said[-1]["item_id"] != said[0]["item_id"]


def test_commits_that_wait_have_a_bound() -> None:
    told = manual()
    for _ in range(WAITING):
        receive(told, APPEND)
        assert Flush() in receive(told, COMMIT)
    receive(told, APPEND)
    for message in (COMMIT, CLEAR):
        (said,) = read(receive(told, message))
        assert said["error"]["code"] == "rate_limit_exceeded"
    heard(told, Flushed(WAITING))
    assert Flush() in receive(told, COMMIT)


def test_a_tenth_of_a_second_is_enough_to_commit() -> None:
    for size, enough in ((4800, True), (4797, False)):
        told = manual()
        receive(told, {**APPEND, "audio": b64encode(bytes(size)).decode()})
        assert (Flush() in receive(told, COMMIT)) is enough


def test_what_detection_began_a_commit_may_end() -> None:
    told = dialect()
    receive(told, APPEND)
    said = heard(told, started(0), interim("Hello"))
    update(told, turn_detection=None)
    said += heard(told, final("Hello there."), ended(16_000))
    receive(told, COMMIT)
    said += heard(told, Flushed(1))
    assert names(said).count("input_audio_buffer.committed") == 0  # that was the commit's answer
    assert names(said)[-1] == "completed"
    assert transcripts(said) == ["Hello there."]


def test_what_was_not_committed_detection_may_end() -> None:
    told = manual()
    receive(told, APPEND)
    said = heard(told, started(0), interim("Hello"))
    update(told, turn_detection={"type": "server_vad"})
    said += heard(told, ended(16_000), final("Hello."))
    assert transcripts(said) == ["Hello."]
    assert len({m["item_id"] for m in said if "item_id" in m}) == 1


# --- more of an answer


def words(*confidences: float | None) -> tuple[Word, ...]:
    return tuple(
        Word(text, 0, 1, confidence)
        for text, confidence in zip(("Grüß", "Gott"), confidences, strict=True)
    )


def test_chances_are_said_where_they_are_asked_for() -> None:
    told = dialect(session=Session(include=[LOGPROBS]))
    said = heard(told, started(0), ended(16_000), final("Grüß Gott", words=words(1.0, 0.5)))
    assert said[-1]["logprobs"] == [
        {"token": "Grüß", "logprob": 0.0, "bytes": list("Grüß".encode())},
        {"token": "Gott", "logprob": pytest.approx(-0.693, abs=1e-3), "bytes": list(b"Gott")},
    ]


@pytest.mark.parametrize(
    ("include", "found"),
    [(None, words(1.0, 0.5)), ([LOGPROBS], words(1.0, None)), ([LOGPROBS], ())],
)
def test_else_they_are_not(include: list[str] | None, found: tuple[Word, ...]) -> None:
    told = dialect(session=Session(include=include))
    said = heard(told, started(0), ended(16_000), final("Grüß Gott", words=found))
    assert "logprobs" not in said[-1]


def test_a_failure_is_told_of_every_item_that_waits() -> None:
    told = dialect()
    heard(told, started(0), ended(16_000))
    failed, error = (json.loads(w) for w in told.send(Failed(EngineError("It is gone."))))
    assert failed["type"] == f"{ASKED}.failed"
    assert failed["item_id"] == "item_000001"
    assert failed["error"] == {
        "type": "server_error",
        "code": "engine",
        "message": "It is gone.",
        "param": None,
    }
    assert error["error"] == {**failed["error"], "event_id": None}
    assert told.send(Bye("engine")) == ()


def test_a_refusal_is_an_error() -> None:
    (said,) = (json.loads(wire) for wire in dialect().send(Failed(Full("It is full."))))
    assert (said["error"]["type"], said["error"]["code"]) == ("server_error", "full")


def test_what_waits_when_the_session_ends_is_not_left_open() -> None:
    for reason, last in (("finished", "completed"), ("cancelled", "failed")):
        told = manual()
        receive(told, APPEND)
        receive(told, COMMIT)
        said = heard(told, final("Hello."), Ended(reason=reason, duration=16_000))
        assert names(said) == ["delta", last]


def test_there_is_no_word_for_the_rest() -> None:
    assert dialect().send(Ready("s", "t", 1, 0)) == ()


def test_every_message_has_an_id_of_its_own() -> None:
    told = dialect()
    wires = [*told.greet()]
    wires += [r.message for r in receive(told, GA_UPDATE) if isinstance(r, Say)]
    wires += told.send(Numbered(1, 1, started(0)))
    ids = [json.loads(wire)["event_id"] for wire in wires]
    assert len(set(ids)) == len(ids) == 3


def test_the_reference_leaves_nothing_out() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "openai-realtime.md").read_text()
    settings = {f for kind in (Transcription, TurnDetection) for f in kind.__struct_fields__}
    said = {m["type"] for m in heard(dialect(), started(0), ended(9), final("Hello."))}
    names = {*KNOWN, *settings, *said, f"{ASKED}.failed"} - {"type"}
    assert [name for name in names if f"`{name}`" not in page] == []
