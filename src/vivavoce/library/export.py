"""A transcript in the forms that people and programs take it in."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from vivavoce.core.spoken import PARAGRAPH
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.core.types import Word, seconds
from vivavoce.library import spreadsheet
from vivavoce.library.captions import Cue, cues
from vivavoce.library.speakers import named, speakers, turns

FORMATS: Final[dict[str, str]] = {
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "jsonl": "application/x-ndjson",
}
"""Names of the formats, and the media type of each."""


def render(transcript: Transcript, format: str, *, title: str | None = None) -> str:
    """The transcript as text in one of `FORMATS`.

    `title` is used where the format has a place for one (vtt, json, md); the transcript's own
    stands in for it. Times are in seconds in json, jsonl and csv. Speakers have their names;
    where several speak in an utterance, it is one part for each, but for json and jsonl, whose
    words say who. Raises `KeyError` for an unknown format.
    """
    return _RENDER[format](transcript, title or transcript.title)


def _txt(transcript: Transcript, _title: str | None) -> str:
    lines: list[str] = []
    breaks = [marker.at for marker in transcript.markers if marker.label == PARAGRAPH]
    for u in turns(transcript).utterances:
        if lines and any(at <= u.start for at in breaks):
            lines.append("")
        breaks = [at for at in breaks if at > u.start]
        lines.append(_spoken(u))
    return "".join(f"{line}\n" for line in lines)


def _md(transcript: Transcript, title: str | None) -> str:
    name = _markdown(title or "")
    blocks = [f"# {name}"] if name else []
    for u in turns(transcript).utterances:
        who = f" {_markdown(u.speaker)}:" if u.speaker else ""
        blocks.append(f"**{_time(u.start)}{who}** {_markdown(u.text)}")
    if markers := [m for m in transcript.markers if m.label != PARAGRAPH]:
        listed = [f"- {_time(m.at)} {_markdown(m.label)}".rstrip() for m in markers]
        blocks += ["## Markers", "\n".join(listed)]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _srt(transcript: Transcript, _title: str | None) -> str:
    numbered = enumerate(cues(turns(transcript)), 1)
    return "\n".join(f"{n}\n{_times(cue, ',')}\n{_srt_text(cue)}\n" for n, cue in numbered)


def _vtt(transcript: Transcript, title: str | None) -> str:
    # An arrow in the header line would begin a cue.
    name = " ".join((title or "").replace("-->", "->").split())
    blocks = [f"WEBVTT - {name}\n" if name else "WEBVTT\n"]
    blocks += [f"{_times(cue, '.')}\n{_vtt_text(cue)}\n" for cue in cues(turns(transcript))]
    return "\n".join(blocks)


def _json(transcript: Transcript, title: str | None) -> str:
    document = {
        "title": title,
        "language": transcript.language,
        "duration": seconds(transcript.duration),
        "ended": transcript.ended,
        "text": transcript.text,
        "speakers": speakers(transcript),
        "utterances": [_plain(u) for u in named(transcript).utterances],
        "markers": [{"at": seconds(m.at), "label": m.label} for m in transcript.markers],
        "gaps": [
            {"start": seconds(g.start), "end": seconds(g.end), "reason": g.reason}
            for g in transcript.gaps
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _jsonl(transcript: Transcript, _title: str | None) -> str:
    lines = (msgspec.json.encode(_plain(u)).decode() for u in named(transcript).utterances)
    return "".join(f"{line}\n" for line in lines)


def _csv(transcript: Transcript, _title: str | None) -> str:
    rows = [spreadsheet.row(("id", "start", "end", "speaker", "text"))]
    for u in turns(transcript).utterances:
        times = f"{seconds(u.start):.3f}", f"{seconds(u.end):.3f}"
        rows.append(spreadsheet.row((u.id, *times, u.speaker or "", u.text)))
    return "".join(rows)


_RENDER: Final[dict[str, Callable[[Transcript, str | None], str]]] = {
    "txt": _txt,
    "srt": _srt,
    "vtt": _vtt,
    "json": _json,
    "csv": _csv,
    "md": _md,
    "jsonl": _jsonl,
}


def _spoken(utterance: Utterance) -> str:
    return f"{utterance.speaker}: {utterance.text}" if utterance.speaker else utterance.text


def _plain(utterance: Utterance) -> dict[str, Any]:
    """An utterance as JSON data, its times in seconds."""
    return {
        **msgspec.to_builtins(utterance),
        "start": seconds(utterance.start),
        "end": seconds(utterance.end),
        "words": [_plain_word(word) for word in utterance.words],
    }


def _plain_word(word: Word) -> dict[str, Any]:
    times = {"start": seconds(word.start), "end": seconds(word.end)}
    return {**msgspec.to_builtins(word), **times}


# What Markdown, in the dialects there are, takes for more than text within a line.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&$])")


def _markdown(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _time(position: int) -> str:
    minutes, s = divmod(int(seconds(position)), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def _times(cue: Cue, point: str) -> str:
    return f"{_clock(cue.start, point)} --> {_clock(cue.end, point)}"


def _clock(milliseconds: int, point: str) -> str:
    rest, ms = divmod(milliseconds, 1000)
    minutes, s = divmod(rest, 60)
    hours, m = divmod(minutes, 60)
    return f"{hours:02}:{m:02}:{s:02}{point}{ms:03}"


# SubRip has no escapes, and players take <...> for tags and {\...} for commands, so these
# few are written with their look-alikes.
_SRT_SAFE: Final = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})  # noqa: RUF001


def _srt_text(cue: Cue) -> str:
    lines = "\n".join(cue.lines).translate(_SRT_SAFE)
    return f"{cue.speaker.translate(_SRT_SAFE)}: {lines}" if cue.speaker else lines


def _vtt_text(cue: Cue) -> str:
    lines = _entities("\n".join(cue.lines))
    return f"<v {_entities(' '.join(cue.speaker.split()))}>{lines}" if cue.speaker else lines


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
