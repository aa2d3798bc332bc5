"""One process writes a session, and its death frees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from vivavoce.core.errors import Held
from vivavoce.journal.lease import Lease

CHILD = """
import sys, time
from pathlib import Path
from vivavoce.journal.lease import Lease

lease = Lease(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_a_lease_ends_with_its_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            with pytest.raises(Held, match=f"writes the session {tmp_path.name}"):
                Lease(tmp_path)
        finally:
            child.kill()
    Lease(tmp_path).release()


def test_a_lease_may_be_released_and_taken_again(tmp_path: Path) -> None:
    first = Lease(tmp_path)
    first.release()
    second = Lease(tmp_path)
    first.release()
    with pytest.raises(Held):
        Lease(tmp_path)
    second.release()
