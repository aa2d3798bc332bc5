"""Scripted engines that fail when they are told to, also in host processes of a real server.

`faulty` decodes windows, `faulty-native` streams; both hear tones as `scripted` does. They look
into the folder that the environment variable SCRIPTED_FAULTS names at every call. A file in it
is a fault:

    raise   the call fails with an exception
    hang    the call does not return
    exit    the process dies in mid-call
    load    the engine cannot be loaded

`raise` holds while the file is there. `raise.1`, `raise.second`, ... (whatever follows the dot)
is one fault: the call that it befalls deletes it. A file may name words, as `scripted` hears
them; then it is for calls in which one of these is heard. One for one of the two engines only
is in a folder of the engine's name: `faulty-native/exit.1`.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Reading, Result
from vivavoce.engines.base import Capabilities, NativeStream, Pcm, StreamOptions, Window
from vivavoce.engines.fake import Scripted, ScriptedNative, silence, tones

FOLDER = "SCRIPTED_FAULTS"
"""The environment variable; the folder is read by every process that inherits it."""


class Faults:
    """The faults of a folder, for those who make them and for the engines that have them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set(self, fault: str, *words: str) -> None:
        """From now on, until it is cleared: `raise`, or `faulty/raise` for one engine."""
        path = self.folder / fault
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"new-{path.name}")  # never seen half-written
        fresh.write_text(" ".join(words))
        fresh.replace(path)

    def clear(self, fault: str) -> None:
        (self.folder / fault).unlink(missing_ok=True)

    def due(self, engine: str, kind: str, said: Callable[[], Iterable[str]]) -> bool:
        """Whether a call in which these words are heard has this fault; one for once is used up."""
        return any(self._befalls(path, said) for path in self._files(engine, kind))

    def _files(self, engine: str, kind: str) -> Iterator[Path]:
        for folder in (self.folder / engine, self.folder):
            if folder.is_dir():
                yield from sorted(p for p in folder.iterdir() if p.name.split(".")[0] == kind)

    def _befalls(self, path: Path, said: Callable[[], Iterable[str]]) -> bool:
        with suppress(FileNotFoundError):  # another process was faster
            words = path.read_text().split()
            if words and not set(words) & set(said()):
                return False
            if "." in path.name:
                path.unlink()
            return True
        return False


def fail(engine: str, pcm: Pcm) -> None:
    """Have whatever fault a call with these samples has; else return."""
    if FOLDER not in os.environ:
        return
    faults = Faults(Path(os.environ[FOLDER]))

    def said() -> list[str]:
        return [word.text for word in tones(pcm)]

    if faults.due(engine, "exit", said):
        os._exit(9)
    if faults.due(engine, "hang", said):
        time.sleep(3600)
    if faults.due(engine, "raise", said):
        raise RuntimeError("it was told to fail")


def fail_to_load(engine: str) -> None:
    """Raises `EngineError` if that is its fault."""
    folder = os.environ.get(FOLDER)
    if folder and Faults(Path(folder)).due(engine, "load", list):
        raise EngineError(f"{engine} was told not to load.")


class Faulty(Scripted):
    """The windowed one."""

    capabilities: Capabilities = replace(Scripted.capabilities, name="faulty")

    def load(self) -> None:
        fail_to_load(self.capabilities.name)

    def decode(self, window: Window) -> Reading:
        fail(self.capabilities.name, window.pcm)
        return super().decode(window)


class FaultyNative:
    """The natively streaming one: what is heard in a call is what its own samples hold."""

    capabilities: Capabilities = replace(ScriptedNative.capabilities, name="faulty-native")

    def load(self) -> None:
        fail_to_load(self.capabilities.name)

    def open(self, options: StreamOptions) -> NativeStream:
        return _Failing(self.capabilities.name, ScriptedNative().open(options))


class _Failing:
    def __init__(self, engine: str, inner: NativeStream) -> None:
        self._engine = engine
        self._inner = inner

    def feed(self, pcm: Pcm) -> Sequence[Result]:
        fail(self._engine, pcm)
        return self._inner.feed(pcm)

    def flush(self) -> Sequence[Result]:
        fail(self._engine, silence(0))
        return self._inner.flush()

    def close(self) -> None:
        self._inner.close()
