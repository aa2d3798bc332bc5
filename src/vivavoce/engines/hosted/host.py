"""The main loop of a host process: `python -m vivavoce.engines.hosted.host KIND NAME`.

Kinds: engine, aligner, diarizer. One of them, one thread, calls in and answers out until the
pipe closes. A native library that hangs or dies takes this process with it and nothing else.
"""

import asyncio
import io
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.core.speakers import SpeakerTurn
from vivavoce.engines.base import (
    Aligner,
    BetterEngine,
    Diarizer,
    DiarizerStream,
    Engine,
    NativeEngine,
    NativeStream,
    Result,
    WindowedEngine,
)
from vivavoce.engines.hosted.calls import (
    LENGTH,
    Align,
    Answer,
    AskTurns,
    Call,
    CloseStream,
    Decode,
    Feed,
    FinishStream,
    FlushStream,
    LoadBetter,
    OpenStream,
    OpenVoices,
    fault,
    pack,
    unpack_call,
)
from vivavoce.engines.hosted.turns import serve_turns
from vivavoce.plugins import create, create_aligner, create_diarizer

POLITE = 5  # niceness of an aligner: beside an engine it gets a quarter of a core
POLITER = 10  # of a diarizer: a tenth

Hosted = Engine | Aligner | Diarizer


class Host:
    """Carries out calls on one that is loaded."""

    def __init__(self, engine: Hosted) -> None:
        self._engine = engine
        self._streams: dict[int, NativeStream] = {}
        self._voices: dict[int, DiarizerStream] = {}

    def answer(self, call: Call) -> Answer:
        """Never raises: an engine's exception is this call's error."""
        try:
            return self._carry_out(call)
        except EngineError as error:
            return Answer(error=error.message, fault=fault(error))
        except Exception as error:
            name = self._engine.capabilities.name
            return Answer(error=f"{name} failed: {type(error).__name__}: {error}")

    def _carry_out(self, call: Call) -> Answer:
        match call:
            case Decode():
                return Answer(reading=_windowed(self._engine).decode(call.window))
            case LoadBetter():
                _better(self._engine).load_better()
                return Answer()
            case Align():
                pcm = np.frombuffer(call.samples, dtype="<f4")
                return Answer(spans=list(_aligner(self._engine).align(pcm, call.words)))
            case OpenStream():
                self._streams[call.stream] = _native(self._engine).open(call.options)
                return Answer()
            case OpenVoices():
                self._voices[call.stream] = _diarizer(self._engine).open(hasty=call.hasty)
                return Answer()
            case Feed() if call.stream in self._voices:
                self._voices[call.stream].feed(np.frombuffer(call.samples, dtype="<f4"))
                return Answer()
            case AskTurns():
                return Answer(turns=_turns(self._voices[call.stream], last=call.last))
            case Feed():
                pcm = np.frombuffer(call.samples, dtype="<f4")
                return _heard(self._streams[call.stream].feed(pcm))
            case FlushStream():
                return _heard(self._streams[call.stream].flush())
            case FinishStream():
                raise EngineError(f"{self._engine.capabilities.name} is not a service.")
            case CloseStream():
                for streams in (self._streams, self._voices):
                    if (stream := streams.pop(call.stream, None)) is not None:
                        stream.close()
                return Answer()


def _heard(results: object) -> Answer:
    assert isinstance(results, list | tuple)
    return Answer(results=list[Result](results))


def _turns(voices: DiarizerStream, *, last: bool) -> list[SpeakerTurn]:
    if last:
        voices.finish()
    return list(voices.turns())


def _diarizer(engine: Hosted) -> Diarizer:
    if engine.capabilities.kind != "diarizer":
        raise EngineError(f"{engine.capabilities.name} does not tell speakers apart.")
    return engine  # type: ignore[return-value]


def _aligner(engine: Hosted) -> Aligner:
    if engine.capabilities.kind != "aligner":
        raise EngineError(f"{engine.capabilities.name} does not align.")
    return engine  # type: ignore[return-value]


def _windowed(engine: Hosted) -> WindowedEngine:
    if engine.capabilities.kind != "windowed":
        raise EngineError(f"{engine.capabilities.name} does not decode windows.")
    return engine  # type: ignore[return-value]


def _better(engine: Hosted) -> BetterEngine:
    if not engine.capabilities.better:
        raise EngineError(f"{engine.capabilities.name} has no better model here.")
    return engine  # type: ignore[return-value]


def _native(engine: Hosted) -> NativeEngine:
    if engine.capabilities.kind != "native":
        raise EngineError(f"{engine.capabilities.name} does not stream by itself.")
    return engine  # type: ignore[return-value]


def serve(host: Host, calls: BinaryIO, answers: BinaryIO) -> None:
    """Answer calls until there are no more."""
    while len(head := calls.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        if len(body := calls.read(length)) < length:
            return  # who called is gone
        answers.write(pack(host.answer(unpack_call(body))))
        answers.flush()


def _created(kind: str, name: str) -> Hosted:
    if kind == "engine":
        return create(name)
    if kind == "aligner":
        _yield(POLITE)
        return create_aligner(name)
    _yield(POLITER)
    return create_diarizer(name)


def _yield(niceness: int) -> None:
    """Let others go first, where the system knows of that."""
    if hasattr(os, "nice"):
        os.nice(niceness)


def main(kind: str, name: str) -> None:
    # Ctrl-C in a terminal reaches every process of the group; the server decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a native library prints must not end up between two answers.
    answers = io.FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    engine = _created(kind, name)
    try:
        engine.load()
    except EngineError as error:
        hello = Answer(error=error.message)
    except Exception as error:
        hello = Answer(error=f"{name} cannot be loaded: {type(error).__name__}: {error}")
    else:
        hello = Answer()
    # A server that was killed hears no answer, and its log needs no word of that.
    with suppress(BrokenPipeError), io.BufferedWriter(answers) as out:
        out.write(pack(hello))
        out.flush()
        if hello.error is None:
            if engine.capabilities.kind == "service":
                asyncio.run(serve_turns(engine, sys.stdin.buffer, out))  # type: ignore[arg-type]
            else:
                serve(Host(engine), sys.stdin.buffer, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
