"""Everything that can be refused or go wrong, as one small tree.

Each class carries its code, its HTTP status, its WebSocket close code, and whether trying
again can help. `PeerError`: the other side asked for something it cannot have. `OurError`:
the fault is here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from vivavoce.core.transcript import Utterance


class VivavoceError(Exception):
    """The base. The message is one sentence that names what and where."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    close: ClassVar[int] = 1011
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PeerError(VivavoceError):
    code, status, close = "bad_request", 400, 1008


class BadMessage(PeerError):
    """A message that is not of the protocol."""

    code = "bad_message"


class BadAudio(PeerError):
    """Bytes that are not the audio they are said to be."""

    code, status = "bad_audio", 422


class TooLarge(PeerError):
    code, status, close = "too_large", 413, 1009


class BadCredentials(PeerError):
    code, status, close = "bad_credentials", 401, 4401


class Forbidden(PeerError):
    """Who asks is known, and may not."""

    code, status = "forbidden", 403


class NotFound(PeerError):
    code, status = "not_found", 404


class TooSlow(PeerError):
    """What was begun does not get on."""

    code, status = "too_slow", 408


class Throttled(PeerError):
    """More than one client may have now; `after` is in seconds."""

    code, status, close, retryable = "rate_limited", 429, 1013, True

    def __init__(self, message: str, after: float = 60) -> None:
        super().__init__(message)
        self.after = after


class QuotaSpent(Throttled):
    """As much audio as one owner may have in a day."""

    code = "quota"


class Deleted(NotFound):
    """What a rule has deleted of a recording that is still there."""

    code, status = "deleted", 410


class Held(PeerError):
    """Another client holds the session."""

    code, status, close, retryable = "held", 409, 4409, True


class Conflict(PeerError):
    """What was to be changed has changed since it was looked at; `current` is how it reads."""

    code, status = "conflict", 409

    def __init__(self, message: str, current: "Sequence[Utterance]") -> None:
        super().__init__(message)
        self.current = tuple(current)


class Gone(PeerError):
    """The session ended, or its grace time is over."""

    code, status, close = "gone", 410, 4410


class FrameGap(PeerError):
    """A frame is missing before this one; the client sends again from `expected`."""

    code, status, retryable = "gap", 409, True

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"Frame {got} came, but frame {expected} was due.")
        self.expected = expected


class OurError(VivavoceError):
    code, status, close = "internal", 500, 1011


class Full(OurError):
    """As many sessions as this machine can serve are running."""

    code, status, close, retryable = "full", 503, 1013, True


class Draining(OurError):
    """The server is stopping; the session may be resumed elsewhere or later."""

    code, status, close, retryable = "draining", 503, 1001, True


class DiskError(OurError):
    """The data directory cannot keep what was sent."""

    code, status, close, retryable = "disk", 507, 1013, True


class EngineError(OurError):
    """No engine could decode this."""

    code, status, close, retryable = "engine", 503, 1011, True
    grave: ClassVar[bool] = False  # whether trying again at once is no use


class EngineRefused(EngineError):
    """A service does not let us in: its credentials are missing or wrong, or it has had enough."""

    code, grave = "engine_refused", True


class EngineExpired(EngineError):
    """A service ended a stream at a limit of its own. Another stream goes on."""

    code = "engine_expired"


class NotInstalled(OurError):
    """A part of the server that is an extra, and is not here."""

    code, status = "not_installed", 501


class SettingError(OurError):
    """A setting that cannot be used; it names the setting."""

    code = "setting"
