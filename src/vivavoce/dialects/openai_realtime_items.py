"""A session's utterances as OpenAI's conversation items: announced, committed, transcribed.

With turn detection an item is an utterance:

    speech_started  delta*  speech_stopped  committed  item.added  item.done  delta?  completed

Without, it is what the client commits, however many utterances that is:

    delta*  committed  item.added  item.done  delta*  completed

A commit, and a clear too, is a flush of the session: what comes before the flush is answered
belongs to it. Of a cleared one nothing is said.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vivavoce.core.events import AnyEvent, Ended, Final, Interim, Speech
from vivavoce.core.types import SAMPLE_RATE, Word, seconds
from vivavoce.dialects.base import Flushed
from vivavoce.dialects.openai_realtime_messages import Refused

Said = dict[str, Any]
"""A server's message, still without its `event_id`."""

LEAST = SAMPLE_RATE // 10
"""Samples that a client must have sent to commit them."""

WAITING = 256
"""Commits and clears that may wait for their flush."""

LONGEST = 65_536
"""Characters after which an item that nobody commits is committed: an hour of speech or so."""

TRANSCRIPTION = "conversation.item.input_audio_transcription"


@dataclass(slots=True)
class Item:
    """What will be, or is, an item of the conversation. Positions are in samples."""

    id: str
    start: int
    end: int = 0  # known when it is committed
    flush: int | None = None  # the count of the flush that completes it; None: its final does
    wanted: bool = True  # False: it was cleared
    text: str = ""  # of the finals so far
    words: list[Word] = field(default_factory=list)
    begun: bool = False  # whether an earlier utterance of it was told in deltas
    shown: str = ""  # of the open utterance, in deltas

    def delta(self, text: str) -> str:
        """What to append to the text that clients have, if it is the beginning of this one."""
        if not text.startswith(self.shown) or text == self.shown:
            return ""
        new = text[len(self.shown) :]
        lead = " " if self.begun and not self.shown else ""
        self.shown = text
        return lead + new

    def add(self, text: str) -> None:
        self.begun, self.shown = self.begun or bool(self.shown), ""
        self.text = f"{self.text} {text}".strip()


class Items:
    """`name` gives each item an id. What is public may be changed at any time."""

    def __init__(self, name: Callable[[], str]) -> None:
        self._name = name
        self.manual = False
        self.logprobs = False
        self.sent = 0  # samples that the client has appended
        self._from = 0  # where the client's buffer begins
        self._flushes = 0
        self._open: Item | None = None  # not committed yet
        self._speaking: Item | None = None  # the client knows of its speech, and not of the end
        self._waiting: deque[Item] = deque()  # committed or cleared, not completed, in order
        self._last: str | None = None  # committed

    def commit(self) -> list[Said]:
        """Make an item of the buffer, when the session is flushed. Raises `Refused`."""
        if (sent := self.sent - self._from) < LEAST:
            raise Refused(
                "The input audio buffer cannot be committed: it is too small. At least 100 ms of "
                f"audio are needed, and it has {1000 * sent / SAMPLE_RATE:.2f} ms.",
                "input_audio_buffer_commit_empty",
            )
        return [*self._committed(self._take())]

    def clear(self) -> bool:
        """Forget the buffer; whether the session is to be flushed for it. Raises `Refused`."""
        if self.sent == self._from:
            return False
        self._take().wanted = False
        return True

    def hear(self, said: AnyEvent | Flushed) -> Iterator[Said]:
        match said:
            case Speech(state="started"):
                yield from self._started(said.at)
            case Speech():
                yield from self._stopped(said.at)
            case Interim():
                yield from self._interim(said)
            case Final():
                yield from self._final(said)
            case Flushed():
                while any(i.flush is not None and i.flush <= said.count for i in self._waiting):
                    yield from self._completed(self._waiting.popleft())
            case Ended():
                yield from self._ended(said.reason)

    def fail(self, code: str, message: str) -> Iterator[Said]:
        """What was committed and is not transcribed will not be."""
        error = {"type": "server_error", "code": code, "message": message, "param": None}
        while self._waiting:
            item = self._waiting.popleft()
            if item.wanted:
                yield self._of(item, "failed", error=error)

    def _take(self) -> Item:
        """The buffer, as it waits for the next flush."""
        if len(self._waiting) >= WAITING:
            raise Refused(
                f"{WAITING} commits wait for their transcripts already.", "rate_limit_exceeded"
            )
        self._flushes += 1
        item = self._open or Item(self._name(), self._from)
        item.start, item.end, item.flush = self._from, self.sent, self._flushes
        self._open, self._from = None, self.sent
        self._waiting.append(item)
        return item

    def _started(self, at: int) -> Iterator[Said]:
        # What is heard before a flush is answered is already in somebody's item.
        if self.manual or any(item.flush is not None for item in self._waiting):
            return
        item = self._open = self._speaking = self._open or Item(self._name(), at)
        yield {
            "type": "input_audio_buffer.speech_started",
            "audio_start_ms": _milliseconds(at),
            "item_id": item.id,
        }

    def _stopped(self, at: int) -> Iterator[Said]:
        item = self._speaking or (None if self.manual else self._open)
        self._speaking = None
        if item is None:
            return
        yield {
            "type": "input_audio_buffer.speech_stopped",
            "audio_end_ms": _milliseconds(at),
            "item_id": item.id,
        }
        if item is self._open and not self.manual:
            yield from self._close(item, at)

    def _close(self, item: Item, at: int) -> Iterator[Said]:
        """Commit the open item without its client."""
        item.end, self._open = at, None
        self._from = max(self._from, at)
        self._waiting.append(item)
        yield from self._committed(item)

    def _interim(self, interim: Interim) -> Iterator[Said]:
        item = next(
            (i for i in self._waiting if i.flush is not None or i.end > interim.start), None
        )
        if item is None and self._open is None:
            yield from self._begin(interim.start)
        item = item or self._open
        if item is not None:
            yield from self._delta(item, interim.stable)

    def _begin(self, at: int) -> Iterator[Said]:
        """An item whose speech nobody announced: the speaker went on where it was cut."""
        if self.manual:
            self._open = Item(self._name(), at)
        yield from self._started(at)

    def _final(self, final: Final) -> Iterator[Said]:
        while self._waiting and self._waiting[0].flush is None:
            if self._waiting[0].end > final.start:
                break
            yield from self._completed(self._waiting.popleft())  # its final never came
        if not self._waiting:
            if self._open is None:
                yield from self._begin(final.start)
            if not self.manual:  # the speaker goes on, and this was long enough for one item
                yield from self._stopped(final.end)
            elif self._open is not None and len(self._open.text) > LONGEST:
                yield from self._close(self._open, final.end)
        item = self._waiting[0] if self._waiting else self._open
        assert item is not None
        yield from self._delta(item, final.text)
        item.add(final.text)
        if self.logprobs:
            item.words += final.words
        if self._waiting and item.flush is None:
            yield from self._completed(self._waiting.popleft())

    def _delta(self, item: Item, text: str) -> Iterator[Said]:
        if item.wanted and (delta := item.delta(text)):
            yield self._of(item, "delta", delta=delta)

    def _committed(self, item: Item) -> Iterator[Said]:
        previous, self._last = self._last, item.id
        place = {"previous_item_id": previous}
        yield {"type": "input_audio_buffer.committed", "item_id": item.id, **place}
        for type in ("conversation.item.added", "conversation.item.done"):
            yield {"type": type, **place, "item": _message(item.id)}

    def _completed(self, item: Item) -> Iterator[Said]:
        if not item.wanted:
            return
        usage = {"type": "duration", "seconds": round(seconds(item.end - item.start), 3)}
        more = {"logprobs": chances} if self.logprobs and (chances := _logprobs(item)) else {}
        yield self._of(item, "completed", transcript=item.text, usage=usage, **more)

    def _ended(self, reason: str) -> Iterator[Said]:
        if reason != "finished":
            yield from self.fail(reason, "The session ended before this was transcribed.")
        while self._waiting:
            yield from self._completed(self._waiting.popleft())

    def _of(self, item: Item, kind: str, **more: Any) -> Said:
        return {"type": f"{TRANSCRIPTION}.{kind}", "item_id": item.id, "content_index": 0, **more}


def _milliseconds(at: int) -> int:
    return at * 1000 // SAMPLE_RATE


def _message(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }


def _logprobs(item: Item) -> list[dict[str, Any]]:
    """Of each word, where the engine is sure of all of them in some measure."""
    if len(item.words) != len(item.text.split()):
        return []
    found = []
    for word in item.words:
        if word.confidence is None:
            return []
        found.append(
            {
                "token": word.text,
                "logprob": math.log(max(word.confidence, 1e-6)),
                "bytes": list(word.text.encode()),
            }
        )
    return found
