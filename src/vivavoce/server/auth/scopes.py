"""What each address asks for: one row for each, and what has no row is refused.

A row has a route's own path, so that a test can hold the table against the routes. The rows are
tried in order, as routes are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern
from typing import Final, Literal

from starlette.routing import compile_path
from starlette.types import Scope as AsgiScope

from vivavoce.core.errors import BadCredentials, Forbidden
from vivavoce.server.auth.principal import Principal, Scope

Need = Scope | Literal["public", "known", "inside"]
"""`public`: no key. `known`: any key. `inside`: a key that may come later, in the protocol's own
messages; whoever serves the address looks at it before anything else."""

MISSING: Final = "This server asks for a key: Authorization: Bearer <key>."

WS: Final = "WS"
"""In place of a method: a WebSocket."""

ANY: Final = "*"
"""In place of a method: every one of HTTP's."""

_V1: Final = "/api/v1"
_ONE: Final = f"{_V1}/recordings/{{id}}"

TABLE: Final[tuple[tuple[str, str, Need], ...]] = (
    # Whether it is alive, and pages and scripts, which hold nothing of anybody's.
    ("GET", "/health", "public"),
    ("GET", "/ready", "public"),
    ("GET", "/sign-in", "public"),
    ("GET", f"{_V1}/session", "public"),
    ("POST", f"{_V1}/session", "public"),
    ("DELETE", f"{_V1}/session", "public"),
    ("GET", "/docs", "public"),
    ("GET", "/openapi.json", "public"),
    (ANY, "/studio/{path:path}", "public"),
    (ANY, "/embed/{path:path}", "public"),
    # What was shared: the link's own token is what opens it.
    ("GET", "/s/{token}", "public"),
    ("GET", "/captions/{token}", "public"),
    ("GET", f"{_V1}/shared/{{token}}", "public"),
    ("GET", f"{_V1}/shared/{{token}}/events", "public"),
    ("GET", f"{_V1}/shared/{{token}}/audio", "public"),
    # What a server is and can do, for whoever it knows; a person is sent to sign in.
    ("GET", "/", "known"),
    ("GET", "/dictate", "known"),
    ("GET", "/connect", "known"),
    ("GET", f"{_V1}/info", "known"),
    ("GET", f"{_V1}/heard", "known"),
    ("POST", f"{_V1}/tokens", "known"),
    ("GET", "/v1/models", "known"),
    ("GET", "/v1/models/{model:path}", "known"),
    (WS, "/ws/echo", "known"),
    # To speak, and to send files.
    (WS, f"{_V1}/live", "transcribe"),
    ("POST", f"{_V1}/live", "transcribe"),
    ("POST", f"{_V1}/live/{{session}}/frames", "transcribe"),
    ("POST", f"{_V1}/live/{{session}}/control", "transcribe"),
    ("POST", f"{_V1}/recordings", "transcribe"),
    ("POST", "/v1/audio/transcriptions", "transcribe"),
    ("POST", "/v1/audio/translations", "transcribe"),
    (WS, "/v1/realtime", "transcribe"),
    ("POST", "/v1/realtime/client_secrets", "transcribe"),
    ("POST", "/v1/realtime/sessions", "transcribe"),
    ("POST", "/v1/realtime/transcription_sessions", "transcribe"),
    (WS, "/ws", "transcribe"),
    (WS, "/ws/transcribe", "transcribe"),
    (WS, "/ws/transcribe/{workspace}/{step}", "transcribe"),
    ("POST", "/transcribe", "transcribe"),
    ("POST", "/summarise", "transcribe"),
    ("POST", "/save-transcript", "transcribe"),
    ("POST", "/stream-transcription", "transcribe"),
    (WS, "/stream-transcription-websocket", "transcribe"),
    ("POST", "/medical-stream-transcription", "transcribe"),
    ("POST", "/medical-scribe-stream", "transcribe"),
    ("POST", "/call-analytics-stream-transcription", "transcribe"),
    (WS, "/medical-stream-transcription-websocket", "transcribe"),
    (WS, "/call-analytics-stream-transcription-websocket", "transcribe"),
    ("POST", "/webrtc/offer", "transcribe"),
    ("GET", "/test-emit", "transcribe"),
    (ANY, "/socket.io/{path:path}", "inside"),
    (WS, "/socket.io/{path:path}", "inside"),
    # To work on what was recorded.
    ("PATCH", _ONE, "transcribe"),
    ("POST", f"{_ONE}/edits", "transcribe"),
    ("POST", f"{_ONE}/speakers", "transcribe"),
    ("POST", f"{_ONE}/markers", "transcribe"),
    ("POST", f"{_ONE}/diarization", "transcribe"),
    ("DELETE", f"{_ONE}/diarization", "transcribe"),
    ("POST", f"{_ONE}/summaries", "transcribe"),
    ("POST", f"{_ONE}/questions", "transcribe"),
    ("POST", f"{_ONE}/translations", "transcribe"),
    # To read, to listen, to find.
    ("GET", f"{_V1}/recordings", "read"),
    ("GET", _ONE, "read"),
    ("GET", f"{_ONE}/transcript", "read"),
    ("GET", f"{_ONE}/audio", "read"),
    ("GET", f"{_ONE}/peaks", "read"),
    ("GET", f"{_ONE}/events", "read"),
    ("GET", f"{_ONE}/diarization", "read"),
    ("GET", f"{_ONE}/summaries", "read"),
    ("GET", f"{_ONE}/translations", "read"),
    ("GET", f"{_V1}/search", "read"),
    ("GET", f"{_V1}/tags", "read"),
    ("GET", f"{_V1}/usage", "read"),
    ("GET", f"{_V1}/templates", "read"),
    ("GET", f"{_V1}/transcripts.csv", "read"),
    ("GET", "/list-audio", "read"),
    # To see the server as a whole.
    ("GET", "/metrics", "manage"),
    # To delete, and to let out to others.
    ("DELETE", _ONE, "manage"),
    ("POST", f"{_ONE}/bin", "manage"),
    ("DELETE", f"{_ONE}/bin", "manage"),
    ("DELETE", f"{_ONE}/summaries/{{sid}}", "manage"),
    ("POST", "/delete-recording", "manage"),
    ("PUT", f"{_V1}/templates/{{name}}", "manage"),
    ("DELETE", f"{_V1}/templates/{{name}}", "manage"),
    ("GET", f"{_ONE}/shares", "manage"),
    ("POST", f"{_ONE}/shares", "manage"),
    ("DELETE", f"{_V1}/shares/{{id}}", "manage"),
    ("GET", f"{_ONE}/emails", "manage"),
    ("POST", f"{_ONE}/emails", "manage"),
    ("POST", "/send-email", "manage"),
    ("GET", f"{_V1}/webhooks", "manage"),
    ("POST", f"{_V1}/webhooks", "manage"),
    ("DELETE", f"{_V1}/webhooks/{{id}}", "manage"),
    ("POST", f"{_V1}/webhooks/{{id}}/test", "manage"),
    ("GET", f"{_V1}/webhooks/{{id}}/deliveries", "manage"),
    # Speech SDKs look for their service wherever they are pointed.
    (WS, "/speech/recognition/interactive/cognitiveservices/v1", "transcribe"),
    (WS, "/speech/recognition/conversation/cognitiveservices/v1", "transcribe"),
    (WS, "/speech/recognition/dictation/cognitiveservices/v1", "transcribe"),
    (WS, "/speech/universal/v2", "transcribe"),
    (WS, "/stt/speech/universal/v2", "transcribe"),
    (WS, "/speech/translation/cognitiveservices/v1", "transcribe"),
    (WS, "/", "transcribe"),
    (WS, "/{path:path}", "transcribe"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What an address asks for. `path` is the route's, `values` are what it has in its braces."""

    path: str
    need: Need
    values: Mapping[str, str]

    @property
    def recording(self) -> str | None:
        """The one that it is about, if it is about one."""
        return self.values["id"] if self.path.startswith(_ONE) else None

    def check(self, who: Principal | None) -> None:
        """Raises `BadCredentials` where somebody known is needed, `Forbidden` where another is."""
        if self.need in ("public", "inside"):
            return
        if who is None:
            raise BadCredentials(MISSING)
        if self.need != "known" and self.need not in who.scopes:
            raise Forbidden(f"This needs a key with the scope {self.need}, which yours has not.")
        if who.recording is not None and who.recording != self.recording:
            raise Forbidden("This token is for one recording, and for nothing else.")


@lru_cache(maxsize=1)
def _compiled() -> dict[str, list[tuple[Pattern[str], str, Need]]]:
    """The rows by method."""
    rows: dict[str, list[tuple[Pattern[str], str, Need]]] = {}
    for method, path, need in TABLE:
        rows.setdefault(method, []).append((compile_path(path)[0], path, need))
    return rows


def asked(scope: AsgiScope) -> tuple[str, str]:
    """The method and the path of a request."""
    return (WS if scope["type"] == "websocket" else scope["method"]), route(scope)


def route(scope: AsgiScope) -> str:
    """The path as our own routes know it, wherever the application is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def rule(method: str, path: str) -> Rule | None:
    """The row of an address; `WS` is a WebSocket's method. None: nobody may, there is none.

    What may GET may HEAD.
    """
    rows = _compiled()
    asked = "GET" if method == "HEAD" else method
    tried = rows.get(asked, []) if asked == WS else [*rows.get(asked, []), *rows[ANY]]
    for pattern, own, need in tried:
        if (match := pattern.fullmatch(path)) is not None:
            return Rule(own, need, match.groupdict())
    return None
