"""A recording: what the library says of one session, without its audio or its words."""

import re
import secrets
import time
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vivavoce.core.transcript import Transcript
from vivavoce.core.types import Use
from vivavoce.library.speakers import speakers
from vivavoce.library.terms import count_words

RecordingState = Literal["live", "transcribing", "done", "failed"]

UNFINISHED: Final[tuple[RecordingState, ...]] = ("live", "transcribing")
"""States of a recording whose session is not in the library."""

Mode = Literal["live", "upload"]

PREVIEW: Final = 200  # characters

_ID: Final = re.compile(r"[a-z0-9]{26}")
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's, without i, l, o, u


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list. While the session is live its numbers are those of its start."""

    id: str
    owner: str
    title: str
    created_at: datetime  # aware, UTC
    state: RecordingState
    reason: str | None = None  # why it ended as it did: a word of `Ended`, or an error's code
    duration: float = 0.0  # seconds
    language: str | None = None
    engine: str | None = None
    model: str | None = None
    media_type: str = "application/octet-stream"
    bytes: int = 0  # of the audio as it came
    preview: str = ""  # the first words
    mode: Mode = "live"  # how the audio came
    diarization: bool = False  # it was asked, or is known, who speaks
    speakers: tuple[str, ...] = ()  # their names, or labels, as they begin to speak
    words: int = 0
    tags: tuple[str, ...] = ()  # in alphabetical order
    deleted_at: datetime | None = None  # when it was put into the bin; aware, UTC
    keep: bool = False  # no rule deletes anything of it
    audio_until: datetime | None = None  # its own rule, which only makes it shorter
    text_until: datetime | None = None
    audio_gone_at: datetime | None = None  # when a rule deleted it
    text_gone_at: datetime | None = None
    uses: tuple[Use, ...] = ()  # what was sent to engines, once it has ended


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change in a recording; what is `UNSET` stays as it is."""

    title: str | UnsetType = UNSET
    state: RecordingState | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    duration: float | UnsetType = UNSET  # seconds
    language: str | UnsetType | None = UNSET
    engine: str | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    media_type: str | UnsetType = UNSET
    bytes: int | UnsetType = UNSET
    preview: str | UnsetType = UNSET
    diarization: bool | UnsetType = UNSET
    speakers: tuple[str, ...] | UnsetType = UNSET
    words: int | UnsetType = UNSET
    deleted_at: datetime | UnsetType | None = UNSET

    @property
    def given(self) -> dict[str, Any]:
        """Those that are not `UNSET`."""
        return {k: v for k, v in msgspec.structs.asdict(self).items() if v is not UNSET}


class Page(msgspec.Struct, frozen=True):
    """Some recordings, newest first. `next` is the cursor of the page after, None on the last."""

    items: tuple[Recording, ...]
    next: str | None


def new_id() -> str:
    """A ULID in lower case: 48 bits of milliseconds, 80 of chance. Sorts by time."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(text: str) -> bool:
    """Whether this can be an id; what cannot is refused before a table or a path sees it."""
    return _ID.fullmatch(text) is not None


def gist(transcript: Transcript) -> Changes:
    """What the list says of a transcript."""
    who = speakers(transcript)
    return Changes(
        preview=preview(transcript),
        words=sum(count_words(u.text) for u in transcript.utterances),
        speakers=who,
        diarization=bool(who) or UNSET,
    )


def preview(transcript: Transcript) -> str:
    """The first characters of the text, on one line."""
    return " ".join(transcript.text[: 2 * PREVIEW].split())[:PREVIEW]


def folder(recording: str) -> str:
    """The prefix of every blob of a recording; deleting it deletes them all."""
    return f"recordings/{recording}/"


def audio_key(recording: str) -> str:
    """The blob that holds the audio as it came."""
    return f"{folder(recording)}audio"
