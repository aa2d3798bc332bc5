"""The player protocol for a system that is a library: `vivavoce.bench.generator` is its twin.

Only the standard library, because it runs in the peers' environments. Each stream has a thread
that feeds frames of 100 ms at the pace of speech, a frame when its last sample would have been
spoken; what the library answers is noted with the time at which the call returned.
"""

import json
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterable
from typing import Any, Protocol

FRAME = 0.1  # seconds
STEP = 3200  # bytes of 16 kHz, 16 bit, mono

Told = tuple[str, str, bool]
"""An utterance, its text so far, and whether that is final."""


class Stream(Protocol):
    def feed(self, pcm: bytes) -> Iterable[Told]:
        """What is new after this frame."""
        ...

    def finish(self) -> Iterable[Told]: ...


def serve(open_stream: Callable[[], Stream]) -> None:
    """Play one plan after the other."""
    print(flush=True)  # ready
    for line in sys.stdin:
        streams = json.loads(line)["streams"]
        told: list[list[dict[str, object]]] = [[] for _ in streams]
        opened = [open_stream() for _ in streams]
        zero = time.monotonic() + 1.0
        threads = [
            threading.Thread(target=speak, args=(plan, stream, zero + plan["begin"], lines))
            for plan, stream, lines in zip(streams, opened, told, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, lines in enumerate(told):
            for one in lines:
                print(json.dumps({"stream": number, **one}))
        print(flush=True)


def speak(
    plan: dict[str, Any], stream: Stream, zero: float, lines: list[dict[str, object]]
) -> None:
    with wave.open(plan["wav"]) as file:
        length = file.getnframes() if plan["length"] is None else round(plan["length"] * 16000)
        pcm = file.readframes(length)
    for number, at in enumerate(range(0, len(pcm), STEP)):
        time.sleep(max(0.0, zero + (number + 1) * FRAME - time.monotonic()))
        note(stream.feed(pcm[at : at + STEP]), zero, lines)
    note(stream.finish(), zero, lines)


def note(told: Iterable[Told], zero: float, lines: list[dict[str, object]]) -> None:
    t = time.monotonic() - zero
    for utterance, text, final in told:
        stable = text if final else ""
        line = {"t": t, "utterance": utterance, "text": text, "stable": stable, "final": final}
        lines.append(line)
