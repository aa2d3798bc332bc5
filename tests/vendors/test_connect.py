"""The snippet of `/connect` that needs TLS, run as it is copied; tests/browser has the others."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from vivavoce.engines.fake import say
from vivavoce.server.pages.shown import FOLDER
from vivavoce.testing.process import ServerProcess

NODE_MODULES = Path(__file__).parent / "node_modules"
LIMIT = 120  # seconds


def test_the_javascript_that_is_copied(
    secure: ServerProcess, node: Any, certificate: Path, tmp_path: Path
) -> None:
    """`node` skips where there is none."""
    page = (FOLDER / "connect.html").read_text()
    found = re.search(r'"openai-realtime-javascript"><code>(.*?)</code>', page, re.DOTALL)
    assert found is not None
    code = html.unescape(found[1]).replace("https://localhost:8000/", secure.url)
    (tmp_path / "copied.mjs").write_text(code)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    pcm = (say(*["golf"] * 4).repeat(3)[::2] * 32767).astype("<i2")  # at 24 kHz
    (tmp_path / "speech.pcm").write_bytes(pcm.tobytes())
    done = subprocess.run(
        [str(shutil.which("node")), "copied.mjs"],
        cwd=tmp_path,
        env={"NODE_EXTRA_CA_CERTS": str(certificate)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["golf"] * 4
