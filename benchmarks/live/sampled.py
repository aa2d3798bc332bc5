"""A program with a look at it each time that it has computed for 4 milliseconds.

    python sampled.py LOOKS serve --port 9000

Runs `vivavoce` with the arguments. It is looked at from one SIGUSR1 to the next. When it ends
it writes into the file LOOKS how many looks found it at what, as JSON. A look counts for the
innermost of the project's files that is at work, or, where there is none, for the library.
"""

import json
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY = 0.004  # seconds of processor time
PACKAGE = "/vivavoce/"
OUTERMOST = ("vivavoce.__main__", "vivavoce.cli")
"""Files that are at work as long as the program is."""


def part(frame: FrameType | None) -> str:
    """What the program is at."""
    library = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        top = module.partition(".")[0]
        if top == "vivavoce" and not module.startswith(OUTERMOST):
            return frame.f_code.co_filename.rpartition(PACKAGE)[2]
        library = library or (top if top not in ("", "__main__", "runpy") else "")
        frame = frame.f_back
    return library or "python"


def _turn() -> None:
    """On, or off."""
    on = signal.getitimer(signal.ITIMER_PROF)[1] > 0
    signal.setitimer(signal.ITIMER_PROF, *((0.0, 0.0) if on else (EVERY, EVERY)))


def main() -> None:
    looks: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: looks.update([part(frame)]))
    signal.signal(signal.SIGUSR1, lambda *_: _turn())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # the server raises it again in the end
    written = Path(sys.argv.pop(1)).absolute()
    try:
        runpy.run_module("vivavoce", run_name="__main__")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        written.write_text(json.dumps(looks), encoding="utf-8")


if __name__ == "__main__":
    main()
