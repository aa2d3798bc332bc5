"""Engines that misbehave as native libraries do, for hosts that run in child processes.

They are found by the dist-info beside this file, in a child by PYTHONPATH. What must happen
once in all processes is noted in the folder that ODD_ENGINES names.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from vivavoce.core.errors import EngineError, EngineExpired, EngineRefused
from vivavoce.core.results import Reading, Result, SpeechStarted
from vivavoce.engines.base import Capabilities, Pcm, Span, StreamOptions, Window
from vivavoce.engines.fake import Scripted, ScriptedAligner, ScriptedNative, ScriptedService


def first(what: str) -> bool:
    """Whether no process has asked this before."""
    try:
        (Path(os.environ["ODD_ENGINES"]) / what).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def named(name: str, base: Capabilities = Scripted.capabilities) -> Capabilities:
    return msgspec.structs.replace(base, name=name)


class Noisy(Scripted):
    """Prints on the standard output, from Python and beneath it."""

    capabilities = named("noisy")

    def load(self) -> None:
        print("loading", flush=True)
        os.write(1, b"loaded by C\n")

    def decode(self, window: Window) -> Reading:
        print("decoding", flush=True)
        os.write(1, b"\0\0\0\0 decoding by C\n")
        return super().decode(window)


class Failing(Scripted):
    """Cannot decode an empty window."""

    capabilities = named("failing")

    def decode(self, window: Window) -> Reading:
        if not window.samples:
            raise ValueError("nothing to decode")
        return super().decode(window)


def answer_pipe() -> int:
    """The descriptor that the host answers on: the highest pipe of the process."""
    pipes = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own
            if str(link.readlink()).startswith("pipe:"):
                pipes.append(int(link.name))
    return max(pipes)


class Garbled(Scripted):
    """Writes rubbish between two answers, once."""

    capabilities = named("garbled")
    rubbish = b"\x05\0\0\0hello"

    def decode(self, window: Window) -> Reading:
        if first("garbled"):
            os.write(answer_pipe(), self.rubbish)
        return super().decode(window)


class Huge(Garbled):
    """The rubbish reads as the length of an answer that never comes."""

    capabilities = named("huge")
    rubbish = b"\xff\xff\xff\x7f"


class StuckOnce(Scripted):
    """Hangs in its first call."""

    capabilities = named("stuck-once")

    def decode(self, window: Window) -> Reading:
        if first("stuck"):
            time.sleep(3600)
        return super().decode(window)


class Stuck(Scripted):
    """Hangs in every call."""

    capabilities = named("stuck")

    def decode(self, window: Window) -> Reading:
        first("stuck")
        time.sleep(3600)
        raise AssertionError


class Fatal(Scripted):
    """Takes its process with it whenever it decodes."""

    capabilities = named("fatal")

    def decode(self, window: Window) -> Reading:
        os.abort()


class Unloadable(Scripted):
    capabilities = named("unloadable")

    def load(self) -> None:
        raise EngineError("The weights are not here.")


class BrokenLoad(Scripted):
    capabilities = named("broken-load")

    def load(self) -> None:
        raise OSError("libodd.so.1: cannot open shared object file")


class HalfLoadable(Scripted):
    """Only the first of its hosts can load it."""

    capabilities = named("half-loadable")

    def load(self) -> None:
        if not first("loaded"):
            raise EngineError("There is memory for one only.")


class TwoModels(Scripted):
    """Has a better model, which reads in capitals."""

    capabilities = msgspec.structs.replace(named("two-models"), better="tones-better")
    loaded = False

    def load_better(self) -> None:
        self.loaded = True

    def decode(self, window: Window) -> Reading:
        reading = super().decode(window)
        if not self.loaded or window.model != self.capabilities.better:
            return reading
        return msgspec.structs.replace(reading, text=reading.text.upper(), model=window.model)


class OneOnly(TwoModels):
    """Its better model cannot be loaded here."""

    capabilities = msgspec.structs.replace(TwoModels.capabilities, name="one-only")

    def load_better(self) -> None:
        raise EngineError("There is memory for one only.")


class TooLarge(TwoModels):
    """Its better model takes the process with it that loads it."""

    capabilities = msgspec.structs.replace(TwoModels.capabilities, name="too-large")

    def load_better(self) -> None:
        os.abort()


class Untimed(Scripted):
    """Does not say when the words were."""

    capabilities = msgspec.structs.replace(
        Scripted.capabilities, name="untimed", languages=("en",), word_times=False
    )

    def decode(self, window: Window) -> Reading:
        reading = super().decode(window)
        chances = tuple(0.9 for _ in reading.words)
        return msgspec.structs.replace(reading, words=(), chances=chances)


class FatalAligner(ScriptedAligner):
    """Takes its process with it at the word bravo."""

    def align(self, pcm: Pcm, words: Sequence[str]) -> list[Span]:
        if "bravo" in words:
            os.abort()
        return super().align(pcm, words)


class StuckAligner(ScriptedAligner):
    """Hangs at the word bravo."""

    def align(self, pcm: Pcm, words: Sequence[str]) -> list[Span]:
        if "bravo" in words:
            time.sleep(3600)
        return super().align(pcm, words)


class FailingAligner(ScriptedAligner):
    """Cannot place bravo, and places charlie twice."""

    def align(self, pcm: Pcm, words: Sequence[str]) -> list[Span]:
        if "bravo" in words:
            raise ValueError("no such place")
        return super().align(pcm, words) * (2 if "charlie" in words else 1)


class UnloadableAligner(ScriptedAligner):
    def load(self) -> None:
        raise EngineError("The model is not here.")


class SlowNative(ScriptedNative):
    """Hears at half a second a call."""

    capabilities = named("slow-native", ScriptedNative.capabilities)

    def open(self, options: StreamOptions) -> "SlowNative._Slow":  # type: ignore[override]
        return SlowNative._Slow(super().open(options))

    class _Slow:
        def __init__(self, inner: object) -> None:
            self._inner = inner

        def feed(self, pcm: Pcm) -> Sequence[Result]:
            time.sleep(0.3)
            return self._inner.feed(pcm)  # type: ignore[attr-defined, no-any-return]

        def flush(self) -> Sequence[Result]:
            return self._inner.flush()  # type: ignore[attr-defined, no-any-return]

        def close(self) -> None:
            pass


class RefusingService(ScriptedService):
    """Does not let us in."""

    capabilities = named("refusing-service", ScriptedService.capabilities)

    async def open(self, options: StreamOptions) -> NoReturn:
        raise EngineRefused("The key is wrong.")


class ExpiringService(ScriptedService):
    """Ends every connection after its first audio."""

    capabilities = named("expiring-service", ScriptedService.capabilities)

    async def open(self, options: StreamOptions) -> "ExpiringService._Turn":  # type: ignore[override]
        return ExpiringService._Turn()

    class _Turn:
        async def feed(self, pcm: Pcm) -> None:
            raise EngineExpired("An hour is over.")

        async def finish(self) -> None:
            pass

        async def results(self) -> AsyncIterator[Result]:
            await asyncio.Event().wait()
            yield SpeechStarted(at=0)

        async def close(self) -> None:
            pass


class FailingService(ScriptedService):
    """Has a mistake in it."""

    capabilities = named("failing-service", ScriptedService.capabilities)

    async def open(self, options: StreamOptions) -> NoReturn:
        raise ZeroDivisionError("by a secret")


class HangingService(ScriptedService):
    """Never answers."""

    capabilities = named("hanging-service", ScriptedService.capabilities)

    async def open(self, options: StreamOptions) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError
