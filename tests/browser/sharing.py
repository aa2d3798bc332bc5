"""What the tests of shared pages do on the server's side, over plain HTTP."""

import json
import urllib.request
import wave
from pathlib import Path
from typing import Any

from vivavoce.core.commands import Audio
from vivavoce.dialects.native_messages import pack_batch
from vivavoce.testing.process import ServerProcess


def call(
    server: ServerProcess, path: str, body: bytes | dict[str, Any] | None = None, **how: str
) -> Any:
    """The JSON answer to a request under `/api/v1`."""
    headers = {"Content-Type": "application/json"}
    if "token" in how:
        headers["Authorization"] = f"Bearer {how['token']}"
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    address = f"{server.url}api/v1/{path}"
    request = urllib.request.Request(address, data, headers, method=how.get("method"))
    with urllib.request.urlopen(request, timeout=120) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Speaker:
    """A live session that says what a WAV file holds, as far as it is told to."""

    def __init__(self, server: ServerProcess, clip: Path, **options: Any) -> None:
        with wave.open(str(clip)) as file:
            self._rate = file.getframerate()
            self._pcm = file.readframes(file.getnframes())
        self._server, self._frame, self._sent = server, 0, 0
        format = {"encoding": "pcm_s16le", "rate": self._rate, "channels": 1}
        start = {"type": "start", "format": format, "options": options}
        seat = call(server, "live", start)
        self.recording, self._token = seat["session"], seat["token"]

    def say(self, seconds: float | None = None) -> None:
        """So much more of the file, and silence after its end; None: what is left of it."""
        size = len(self._pcm) - self._sent if seconds is None else round(seconds * self._rate) * 2
        payload = self._pcm[self._sent : self._sent + size].ljust(size, b"\0")
        self._sent += size
        frames = pack_batch([Audio(self._frame, payload[:200_000])])
        rest = payload[200_000:]
        self._frame += 1
        call(self._server, f"live/{self.recording}/frames", frames, token=self._token)
        if rest:
            self._sent -= len(rest)
            self.say(len(rest) / 2 / self._rate)

    def finish(self) -> None:
        path = f"live/{self.recording}/control"
        call(self._server, path, {"type": "finish"}, token=self._token)

    def share(self, **wish: Any) -> dict[str, Any]:
        made: dict[str, Any] = call(self._server, f"recordings/{self.recording}/shares", wish)
        return made
