"""Events as JSON: what the log, the page and foreign programs read."""

from typing import get_args

import msgspec
import pytest

from vivavoce.core.events import (
    AnyEvent,
    Edited,
    Ended,
    EngineSwitched,
    Event,
    Final,
    Gap,
    Interim,
    Lagging,
    Marker,
    Named,
    Numbered,
    Revised,
    Speaker,
    Speech,
    Started,
    Translated,
    Warning,
)
from vivavoce.core.types import AudioFormat, Word

WORD = Word("hello", 0, 800, 0.5)
SHAPES: list[tuple[AnyEvent, str]] = [
    (
        Started(session="s", engine="moonshine", format=AudioFormat()),
        '{"type":"started","session":"s","engine":"moonshine",'
        '"format":{"encoding":"pcm_s16le","rate":16000,"channels":1},'
        '"language":null,"title":null}',
    ),
    (
        Speech(state="started", at=5),
        '{"type":"speech","state":"started","at":5,"track":0}',
    ),
    (
        Interim(id="u1", start=0, end=9, stable="hello", tail=" world"),
        '{"type":"interim","id":"u1","start":0,"end":9,"stable":"hello","tail":" world","track":0}',
    ),
    (
        Final(id="u1", start=0, end=900, text="hello", engine="e", model="m", words=(WORD,)),
        '{"type":"final","id":"u1","start":0,"end":900,"text":"hello","engine":"e","model":"m",'
        '"language":null,"words":[{"text":"hello","start":0,"end":800,"confidence":0.5}],'
        '"track":0}',
    ),
    (
        Revised(id="u1", text="Hello", engine="e", model="m"),
        '{"type":"revised","id":"u1","text":"Hello","engine":"e","model":"m","words":[]}',
    ),
    (
        Speaker(id="u1", speaker="A", words=("A", None)),
        '{"type":"speaker","id":"u1","speaker":"A","words":["A",null],"actor":null}',
    ),
    (Named(speaker="A", name="Ada"), '{"type":"named","speaker":"A","name":"Ada"}'),
    (
        Translated(id="u1", language="de", text="hallo"),
        '{"type":"translated","id":"u1","language":"de","text":"hallo"}',
    ),
    (
        Edited(id="u1", actor="me", base_revision=0, text="Hi"),
        '{"type":"edited","id":"u1","actor":"me","base_revision":0,"text":"Hi","words":[]}',
    ),
    (Marker(at=3, label="vote"), '{"type":"marker","at":3,"label":"vote","actor":null}'),
    (Lagging(behind=80000), '{"type":"lagging","behind":80000}'),
    (
        EngineSwitched(at=3, previous="a", engine="b", reason="slow"),
        '{"type":"engine_switched","at":3,"previous":"a","engine":"b","reason":"slow"}',
    ),
    (Gap(start=1, end=2, reason="x"), '{"type":"gap","start":1,"end":2,"reason":"x"}'),
    (Warning(code="c", message="m"), '{"type":"warning","code":"c","message":"m"}'),
    (Ended(reason="finished", duration=7), '{"type":"ended","reason":"finished","duration":7}'),
]


@pytest.mark.parametrize(("event", "shape"), SHAPES, ids=lambda each: type(each).__name__)
def test_an_event_is_this_json_and_back(event: AnyEvent, shape: str) -> None:
    assert msgspec.json.encode(event).decode() == shape
    assert msgspec.json.decode(shape, type=AnyEvent) == event


def test_every_event_has_its_shape_here() -> None:
    assert {type(event) for event, _ in SHAPES} == set(get_args(AnyEvent))
    assert set(Event.__subclasses__()) == set(get_args(AnyEvent))


def test_a_numbered_event_says_its_place() -> None:
    numbered = Numbered(4, 2, Marker(at=3))
    shape = b'{"n":4,"epoch":2,"event":{"type":"marker","at":3,"label":"","actor":null}}'
    assert msgspec.json.encode(numbered) == shape
    assert msgspec.json.decode(shape, type=Numbered) == numbered
