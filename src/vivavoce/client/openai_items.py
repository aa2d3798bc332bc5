"""What a server of OpenAI's protocol tells of its items, as events.

An item is an utterance. Its deltas only add to its text, so all of it counts as stable; its
transcript replaces them. Transcripts are told in the order in which they come.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vivavoce.client.openai_messages import LONGEST, Told
from vivavoce.core.errors import BadMessage
from vivavoce.core.events import Final, Interim, Warning
from vivavoce.core.types import SAMPLE_RATE

ENGINE = "openai"
"""The engine that finals name: which one it is, such a server does not say."""

Heard = Final | Interim | Warning

OPEN = 256
"""Items whose words may be awaited; of more, the oldest is forgotten."""


@dataclass(slots=True)
class Item:
    """One that is not transcribed yet. Positions are in samples."""

    start: int = 0
    end: int = 0
    text: str = ""
    owed: bool = False  # it is committed, so its transcript must come


class Items:
    """Those of one session, which began at the sample `base`; `model` is what was asked for."""

    def __init__(self, model: str, base: int) -> None:
        self._model = model
        self._base = base
        self._items: dict[str, Item] = {}

    @property
    def owed(self) -> bool:
        return any(item.owed for item in self._items.values())

    def hear(self, told: Told) -> Iterator[Heard]:
        """Messages that are not about items tell nothing. Raises `BadMessage`."""
        match told.type:
            case "input_audio_buffer.speech_started":
                self._item(told).start = self._at(told.audio_start_ms)
            case "input_audio_buffer.speech_stopped":
                self._item(told).end = self._at(told.audio_end_ms)
            case "input_audio_buffer.committed":
                self._item(told).owed = True
            case "conversation.item.input_audio_transcription.delta":
                yield self._grown(told)
            case "conversation.item.input_audio_transcription.completed":
                item = self._taken(told)
                yield self._final(_id(told), item, told.transcript or "")
            case "conversation.item.input_audio_transcription.failed":
                item = self._taken(told)
                if item.text:
                    yield self._final(_id(told), item, item.text)
                yield Warning(code=told.fault.kind, message=told.fault.sentence)

    def kept(self) -> Iterator[Final]:
        """What was heard of items whose transcripts will not come."""
        for id, item in self._items.items():
            if item.text:
                yield self._final(id, item, item.text)
        self._items.clear()

    def _grown(self, told: Told) -> Interim:
        item = self._item(told)
        item.text += told.delta or ""
        if len(item.text) > LONGEST:
            raise BadMessage(f"The server's item {_id(told)!r} has over {LONGEST} characters.")
        return Interim(
            id=_id(told), start=item.start, end=item.end, stable=item.text.lstrip(), tail=""
        )

    def _final(self, id: str, item: Item, text: str) -> Final:
        return Final(
            id=id,
            start=item.start,
            end=max(item.start, item.end),
            text=text.strip(),
            engine=ENGINE,
            model=self._model,
        )

    def _item(self, told: Told) -> Item:
        if _id(told) not in self._items and len(self._items) >= OPEN:
            del self._items[next(iter(self._items))]
        return self._items.setdefault(_id(told), Item(self._base, self._base))

    def _taken(self, told: Told) -> Item:
        item = self._item(told)
        del self._items[_id(told)]
        return item

    def _at(self, milliseconds: float | None) -> int:
        return self._base + round((milliseconds or 0) * SAMPLE_RATE / 1000)


def _id(told: Told) -> str:
    return told.item_id or ""
