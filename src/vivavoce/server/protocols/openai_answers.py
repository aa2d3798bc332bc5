"""A transcript in the shapes of `/v1/audio/transcriptions` and `/translations`.

What an engine does not tell is said so: no tokens, a `temperature` and an `avg_logprob` of 0,
and a `no_speech_prob` of 0, because what holds no speech is never made a segment.
"""

import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

import msgspec
from starlette.responses import JSONResponse, Response

from vivavoce.core import events as core
from vivavoce.core.transcript import Fold, Transcript, Utterance
from vivavoce.core.types import SAMPLE_RATE, seconds
from vivavoce.library import export
from vivavoce.library.captions import placed
from vivavoce.server.protocols.openai_languages import name_of
from vivavoce.server.protocols.openai_request import ENGLISH, Asked
from vivavoce.server.protocols.openai_segments import segments

UNKNOWN: Final = "unknown"
"""The language where neither the client nor the engine has said one."""


def respond(asked: Asked, transcript: Transcript) -> Response:
    """The whole answer in the format that was asked for."""
    if asked.task == "translate":
        transcript = _translated(transcript, ENGLISH)
    match asked.format:
        case "json":
            return JSONResponse({"text": line(transcript), "usage": _usage(transcript)})
        case "verbose_json":
            return JSONResponse(_verbose(asked, transcript))
        case "diarized_json":
            return JSONResponse(_diarized(transcript))
        case "text":
            return _text(line(transcript) + "\n", "txt")
        case captions:
            return _text(export.render(transcript, captions), captions)


async def deltas(asked: Asked, events: AsyncIterator[core.AnyEvent]) -> AsyncGenerator[bytes, None]:
    """The answer as server-sent events; the deltas together are the text at the end. Segments
    come when all is heard: who speaks is known then."""
    text, whole = "", Fold()
    async for event in events:
        whole.add(event)
        if isinstance(event, core.Final) and event.text:
            delta = f" {event.text}" if text else event.text
            text += delta
            yield message({"type": "transcript.text.delta", "delta": delta})
    if asked.speakers:
        for segment in segments(whole.transcript):
            yield message(segment)
    yield message({"type": "transcript.text.done", "text": text})


def message(data: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: %b\n\n" % msgspec.json.encode(data)


def line(transcript: Transcript) -> str:
    """The text as they say it: on one line."""
    return " ".join(utterance.text for utterance in transcript.utterances)


def _translated(transcript: Transcript, language: str) -> Transcript:
    """The same in another language; what nobody has translated is left out."""
    replace = msgspec.structs.replace
    said = tuple(
        replace(each, text=each.translations[language], language=language, words=())
        for each in transcript.utterances
        if each.translations.get(language)
    )
    return replace(transcript, utterances=said)


def _text(content: str, format: str) -> Response:
    return Response(content, media_type=export.FORMATS[format])


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"type": "duration", "seconds": seconds(transcript.duration)}


def _diarized(transcript: Transcript) -> dict[str, Any]:
    return {
        "task": "transcribe",
        "duration": seconds(transcript.duration),
        "text": line(transcript),
        "segments": list(segments(transcript)),
        "usage": _usage(transcript),
    }


def _verbose(asked: Asked, transcript: Transcript) -> dict[str, Any]:
    said = (u.language for u in transcript.utterances if u.language)
    unsaid = ENGLISH if asked.task == "translate" else asked.language or UNKNOWN
    answer = {
        "task": asked.task,
        "language": name_of(next(said, unsaid)),
        "duration": seconds(transcript.duration),
        "text": line(transcript),
        "usage": _usage(transcript),
    }
    if "segment" in asked.granularities:
        answer["segments"] = [_segment(n, u) for n, u in enumerate(transcript.utterances)]
    if "word" in asked.granularities:
        answer["words"] = [
            {"word": word.text, "start": seconds(word.start), "end": seconds(word.end)}
            for utterance in transcript.utterances
            for word in placed(utterance)
        ]
    return answer


def _segment(number: int, utterance: Utterance) -> dict[str, Any]:
    text = f" {utterance.text}"  # theirs begin with a space, and programs join them as they are
    encoded = text.encode()
    return {
        "id": number,
        "seek": utterance.start * 100 // SAMPLE_RATE,  # of the window it was decoded in: itself
        "start": seconds(utterance.start),
        "end": seconds(utterance.end),
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": 0.0,
        "compression_ratio": len(encoded) / len(zlib.compress(encoded)),
        "no_speech_prob": 0.0,
    }
