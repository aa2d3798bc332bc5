"""A process that decodes what strangers send, as it is inside.

It is a process because what reads strangers' bytes is native code: if that crashes, hangs or
takes all memory, this process ends and no other. It writes no file, and is told none of our
secrets.
"""

import json
import os
from collections.abc import Callable
from typing import BinaryIO, Final

from vivavoce.audio.bounds import bound

FAULT: Final = 2
"""The exit status for what cannot be decoded."""


class Fault(Exception):
    """Why something cannot be decoded, to be read after its name: "has no sound track"."""


def run(decode: Callable[[BinaryIO], None]) -> int:
    """Run the process; its exit status. What is decoded goes to stdout, by way of `decode`'s
    argument. Where that raises a `Fault`, one line of JSON goes to stderr: {"fault": "..."}."""
    out, err = take_outputs()
    bound()
    try:
        decode(out)
        out.flush()
    except Fault as fault:
        fault_text = str(fault)
    except MemoryError:
        fault_text = "needs more memory to decode than it may have"
    else:
        return 0
    err.write(json.dumps({"fault": fault_text}).encode())
    return FAULT


def take_outputs() -> tuple[BinaryIO, BinaryIO]:
    """Stdout and stderr for us alone: native libraries that print write to nowhere."""
    out, err = os.fdopen(os.dup(1), "wb", 1 << 16), os.fdopen(os.dup(2), "wb", 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out, err
