"""Nothing is sent to anybody."""

import os
import subprocess
import sys
from pathlib import Path

LOAD = """
import vivavoce, sys
assert "onnxruntime" not in sys.modules
from vivavoce.audio.vad import Vad
Vad().open()
"""


def test_onnxruntime_does_not_report_to_its_maker(tmp_path: Path) -> None:
    """Its telemetry keeps an identifier of the machine in the home folder; there is none."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(tmp_path))
    subprocess.run([sys.executable, "-c", LOAD], env=environment | homes, check=True)
    assert list(tmp_path.rglob("*")) == []
