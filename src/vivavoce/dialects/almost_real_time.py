"""The forms of the almost real-time app, and what its page makes of the answers.

    POST /transcribe       audio, language_setting, diarization, mode -> {"transcript"}
    POST /summarise        edited_transcript -> {"html_summary", "summary"}
    POST /save-transcript  edited_transcript, mode, language, diarization -> {"msg"}
    POST /send-email       filename, mode, language, diarization, transcript, summary,
                           user_email -> {"success"}
    GET  /list-audio       a page
    POST /delete-recording filename -> {"success"}

A refusal is 400 and {"error"}.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Final

from vivavoce.core.errors import BadMessage
from vivavoce.core.events import AnyEvent, Ended, Speaker, Started
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.transcript import Transcript
from vivavoce.core.types import AudioFormat

MODES: Final = ("Recording", "Upload")
SUCCESS: Final = "Success!"
SAVED: Final = "Successful!"
NOTHING_HEARD: Final = "Nothing was heard in the audio, so there is no text."
NOTHING_TO_SAVE: Final = "No text provided when trying to save."
NOTHING_TO_SEND: Final = "There is no transcript and no summary, so there is nothing to send."

NONE: Final = "No audio saved."

UNKNOWN: Final = "Unknown"
"""Who speaks where nobody knows."""

PIECE: Final = 1000
"""Characters of an utterance that was only written; a paragraph of a page."""

NOBODY: Final = "person"
"""What stands for the name of an engine where somebody wrote the text."""

_SPOKEN: Final = re.compile(r"(Speaker-\d{1,3}): (.+)")
_FILE: Final = re.compile(r"([a-z0-9]{26})(\.[a-z0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file or a text came about. `mode` is None for other programs that use the route."""

    mode: str | None
    language: str | None  # BCP-47
    diarization: bool

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Asked":
        """From the fields of a form. Raises `BadMessage`."""
        mode = fields.get("mode") or None
        if mode is not None and mode not in MODES:
            raise BadMessage(f"mode '{mode}' not recognised.")
        language = fields.get("language_setting") or fields.get("language") or None
        return cls(mode, language, fields.get("diarization", "").lower() == "true")


def text(transcript: Transcript, *, diarized: bool) -> str:
    """All on one line; or one line for each utterance, and who said it before, where that is
    known of any."""
    said = transcript.utterances
    if not (diarized and any(utterance.speaker for utterance in said)):
        return " ".join(utterance.text for utterance in said)
    numbers: dict[str, int] = {}
    return "\n".join(f"{_who(utterance.speaker, numbers)}: {utterance.text}" for utterance in said)


def _who(speaker: str | None, numbers: dict[str, int]) -> str:
    """They are numbered as they begin to speak."""
    if speaker is None:
        return UNKNOWN
    return f"Speaker-{numbers.setdefault(speaker, len(numbers) + 1)}"


def saved(session: str, text: str, asked: Asked, title: str) -> Sequence[AnyEvent]:
    """A text that somebody put right, as the events of a session that had no audio."""
    events: list[AnyEvent] = [
        Started(
            session=session,
            engine=NOBODY,
            format=AudioFormat(),
            language=asked.language,
            title=title,
        )
    ]
    for number, (speaker, words) in enumerate(_lines(text, asked.diarization), 1):
        id = f"u{number}"
        events.append(
            FinalEvent(
                id=id,
                start=0,
                end=0,
                text=words,
                engine=NOBODY,
                model=NOBODY,
                language=asked.language,
            )
        )
        if speaker is not None:
            events.append(Speaker(id=id, speaker=speaker, actor=NOBODY))
    return [*events, Ended(reason="finished", duration=0)]


def _lines(text: str, diarized: bool) -> Iterator[tuple[str | None, str]]:
    """Who said what; what is on one endless line comes in pieces."""
    for line in filter(None, map(str.strip, text.splitlines())):
        said = _SPOKEN.fullmatch(line) if diarized else None
        speaker, words = said.groups() if said else (None, line)
        for piece in wrap(words, PIECE):
            yield speaker, piece


def settings(fields: Mapping[str, str], at: str) -> Sequence[tuple[str, str]]:
    """What is said at the head of an e-mail, as theirs does; `at` is the time."""
    named = ("Filename", "Mode", "Language", "Diarization")
    values = [(name, fields.get(name.lower(), "").strip()) for name in named]
    return (("Date and Time", at), *((name, value) for name, value in values if value))


def recording_of(filename: str) -> str:
    """The recording that a name of the list means. Raises `BadMessage`."""
    if (match := _FILE.fullmatch(filename.strip())) is None:
        raise BadMessage("Couldn't delete file: there is no recording of this name.")
    return match[1]


@dataclass(frozen=True, slots=True)
class Listed:
    """A recording in the list. `file` is its name there, `audio` the address of its audio."""

    file: str
    title: str
    about: str  # date and length, for people
    audio: str


def page(items: Sequence[Listed], more: str | None) -> str:
    """The list, with which to hear, download and delete. `more`: the address of the next."""
    rows = "".join(map(_row, items))
    found = f'<ul class="recordings">{rows}</ul>' if rows else f'<p class="empty">{NONE}</p>'
    link = f'<p><a class="button" href="{escape(more)}">Older recordings</a></p>' if more else ""
    return _PAGE.replace("{rows}", found + link)


def _row(item: Listed) -> str:
    title, audio = escape(item.title), escape(item.audio)
    return (
        f"<li><h2>{title}</h2><p>{escape(item.about)}</p>"
        f'<audio controls preload="none" src="{audio}" aria-label="{title}"></audio>'
        f'<a class="button" href="{audio}?download=true" aria-label="Download {title}">Download</a>'
        '<form method="post" action="delete-recording">'
        f'<input type="hidden" name="filename" value="{escape(item.file)}">'
        f'<button class="button" aria-label="Delete {title}">Delete</button></form></li>'
    )


_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Recordings &ndash; Vivavoce</title>
<link rel="icon" href="studio/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="studio/style/base.css">
<link rel="stylesheet" href="studio/style/list-audio.css">
<script src="studio/list-audio.js" type="module"></script>
</head>
<body>
<main>
<h1>Saved recordings</h1>
<p><a class="button" href="./">Return</a></p>
<p class="trouble" id="trouble" role="alert" hidden>Failed to delete.</p>
{rows}
</main>
</body>
</html>
"""
