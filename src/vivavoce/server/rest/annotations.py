"""What people say of a recording: its text put right, who spoke, places to find again.

While it is live and after its end alike. Positions in what is answered are samples, as in the
stream of events, in which each of these appears.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from vivavoce.core import editing, events, types
from vivavoce.core.errors import NotFound
from vivavoce.core.events import AnyEvent, Numbered
from vivavoce.core.transcript import Transcript, Utterance
from vivavoce.server.errors import BadParameter
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Owner, Parts

TEXT: Final = 10_000
"""Characters of one utterance: some services hear a minute and more as one."""
EDITS: Final = 1000
ASSIGNED: Final = 5000
LABELS: Final = 2000
"""Words of one utterance that are said by several: the event must fit into a client's message."""
NAMES: Final = 200

router = APIRouter(
    tags=["recordings"],
    responses={
        404: {"model": Error, "description": "There is no such recording or utterance."},
        409: {
            "model": Error,
            "description": "It was changed meanwhile, or another process has it.",
        },
    },
)

Id = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(editing.plain)
]


_OBJECT: Final = WithJsonSchema({"type": "object"})
SaidEvent = Annotated[dict[str, Any], _OBJECT]
Reading = Annotated[dict[str, Any], _OBJECT]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OneEdit(_Model):
    utterance: Id
    text: Annotated[str, Field(max_length=TEXT, description="empty: it is struck out")]
    base_revision: Annotated[int, Field(ge=0, description="`revision` of what was edited")]


class Edits(_Model):
    edits: Annotated[list[OneEdit], Field(min_length=1, max_length=EDITS)]


class Assigned(_Model):
    utterance: Id
    speaker: Annotated[Label, Field(description="a label; empty: nobody knows")]
    words: Annotated[
        list[Label | None],
        Field(
            max_length=LABELS, description="a label or null for each word; none: all by `speaker`"
        ),
    ] = []


class NamedSpeaker(_Model):
    speaker: Annotated[Label, Field(min_length=1, description="the label")]
    name: Annotated[Label, Field(description="empty: the label is shown again")]


class Speakers(_Model):
    assign: Annotated[list[Assigned], Field(max_length=ASSIGNED)] = []
    names: Annotated[list[NamedSpeaker], Field(max_length=NAMES)] = []


class NewMarker(_Model):
    at: Annotated[float, Field(ge=0, le=10_000_000, description="seconds")]
    label: Annotated[str, Field(max_length=200), AfterValidator(editing.plain)] = ""


class Said(BaseModel):
    """What was said of the recording, as its stream of events has it."""

    events: list[SaidEvent] = Field(description="`{n, epoch, event}` each")


class Edited(Said):
    conflicts: list[Reading] = Field(
        description="utterances that read otherwise by now, as they do; they are not edited"
    )


@router.post("/recordings/{id}/edits")
async def edit(recording: Found, asked: Edits, parts: Parts, owner: Owner) -> Edited:
    """Put texts right, each on the revision that its editor saw.

    What was changed since is a conflict and is left as it is; 409 `conflict`, with
    `conflicts` in the error, when nothing else was asked for.
    """
    conflicts: list[Utterance] = []
    edits = [editing.Edit(one.utterance, one.text, one.base_revision) for one in asked.edits]

    def make(transcript: Transcript) -> Sequence[AnyEvent]:
        said, conflicts[:] = editing.apply(transcript, edits, owner)
        return said

    said = await parts.annotations.add(owner, recording.id, make)
    return Edited(events=_events(said), conflicts=[msgspec.to_builtins(u) for u in conflicts])


@router.post("/recordings/{id}/speakers")
async def speakers(recording: Found, asked: Speakers, parts: Parts, owner: Owner) -> Said:
    """Say who spoke, by labels, and what the speakers of labels are called."""
    if not asked.assign and not asked.names:
        raise BadParameter("There is nothing to assign and nobody to name.")

    def make(transcript: Transcript) -> Sequence[AnyEvent]:
        named = [events.Named(speaker=one.speaker, name=one.name) for one in asked.names]
        return [*_spoken(transcript, asked.assign, owner), *named]

    return Said(events=_events(await parts.annotations.add(owner, recording.id, make)))


@router.post("/recordings/{id}/markers")
async def mark(recording: Found, asked: NewMarker, parts: Parts, owner: Owner) -> Said:
    """Mark a place to find again."""
    at = types.samples(asked.at)

    def make(transcript: Transcript) -> Sequence[AnyEvent]:
        if transcript.ended is not None and at > transcript.duration:
            length = types.seconds(transcript.duration)
            raise BadParameter(f"at is {asked.at} s, but the recording ends at {length} s.", "at")
        return [events.Marker(at=at, label=asked.label, actor=owner)]

    return Said(events=_events(await parts.annotations.add(owner, recording.id, make)))


def _spoken(transcript: Transcript, assign: Sequence[Assigned], actor: str) -> list[events.Speaker]:
    known = {u.id: u for u in (*transcript.utterances, *transcript.empty)}
    said = []
    for one in assign:
        if (utterance := known.get(one.utterance)) is None:
            raise NotFound(f"There is no utterance {one.utterance} in this recording.")
        if one.words and len(one.words) != len(utterance.words):
            raise BadParameter(
                f"words has {len(one.words)} labels, but the utterance {one.utterance} "
                f"has {len(utterance.words)} words.",
                "words",
            )
        words = tuple(word or None for word in one.words)
        said.append(events.Speaker(id=one.utterance, speaker=one.speaker, words=words, actor=actor))
    return said


def _events(said: list[Numbered]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(numbered) for numbered in said]
