"""A server that says what a test wants it to: the page's line, without a server behind it."""

import json
import struct
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute

ID = "0" * 26


class ScriptedServer:
    """Takes every session of the page: says `ready`, and acknowledges each frame at once."""

    def __init__(self, page: Page) -> None:
        self.heard: list[dict[str, Any]] = []
        """The control messages that the page has sent, on all lines."""
        self.frames: list[int] = []
        """The numbers of all frames that came."""
        self.acknowledges = True
        self.ends = True
        """Whether it ends when it is asked to."""
        self._gone = False
        self._n = 0
        self._line: WebSocketRoute | None = None
        page.route_web_socket("**/api/v1/live", self._open)
        page.route(f"**/api/v1/recordings/{ID}*", self._answer)

    def say(self, type: str, **fields: Any) -> None:
        """The next event of the log."""
        self._n += 1
        self._send(type="event", n=self._n, epoch=1, event={"type": type, **fields})

    def break_line(self, close: int = 1011, **error: Any) -> None:
        if error:
            self._send(type="error", retryable=True, **error)
        assert self._line is not None
        self._line.close(code=close)

    def forget(self) -> None:
        """Lose the session and all that it had: nobody may resume it."""
        self._gone = True
        self.break_line()

    def _answer(self, route: Route) -> None:
        if self._gone:
            route.fulfill(status=404)
        else:
            recording = {"id": ID, "title": "Scripted", "state": "live", "duration": 0}
            route.fulfill(json=recording | {"created_at": "2026-01-01T00:00:00Z", "preview": ""})

    def _open(self, line: WebSocketRoute) -> None:
        self._line = line
        line.on_message(self._take)

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            (number,) = struct.unpack_from(">Q", message)
            self.frames.append(number)
            if self.acknowledges:
                self._send(type="ack", frame=number)
            return
        said = json.loads(message)
        self.heard.append(said)
        if said["type"] == "resume" and self._gone:
            self._send(type="error", code="not_found", message="Gone.", retryable=False)
            self.break_line(4410)
        elif said["type"] in ("start", "resume"):
            if said["type"] == "start":
                self._n, self._gone = 0, False
            following = len(set(self.frames)) if said["type"] == "resume" else 0
            self._send(type="ready", session=ID, token="t", epoch=1, next_frame=following)
        elif said["type"] == "finish" and self.ends:
            self.say("ended", reason="finished", duration=0)
            self._send(type="bye", reason="finished")
            self.break_line(1000)

    def _send(self, **message: Any) -> None:
        assert self._line is not None
        self._line.send(json.dumps(message))
