"""Every refusal as `{"error": {"code", "message", "retryable"}}`, a stack trace to nobody.

What is asked of a protocol that is not ours is refused in that protocol's form.
"""

from math import ceil
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vivavoce.core.errors import (
    Conflict,
    FrameGap,
    NotFound,
    OurError,
    PeerError,
    Throttled,
    VivavoceError,
)
from vivavoce.library.recording import UNFINISHED, Recording
from vivavoce.server.protocols import openai_errors
from vivavoce.server.telemetry.access import refuse

RETRY_AFTER: Final = "2"  # seconds

UNFORESEEN: Final = OurError("Something went wrong in the server; its log says what.")

log = structlog.get_logger()


class StillLive(PeerError):
    """What is asked for is there when the session has ended."""

    code, status, retryable = "live", 409, True


def check_ended(recording: Recording) -> None:
    """Raises `StillLive`."""
    if recording.state in UNFINISHED:
        raise StillLive(f"The recording {recording.id} is still live; this is there at its end.")


class BadRange(PeerError):
    """A byte range that begins after the end."""

    code, status = "bad_range", 416


class BadParameter(PeerError):
    """A parameter or a body that a route does not take; `param` is its name."""

    status = 422

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


def install(app: FastAPI) -> None:
    """Make the app answer every error in our words."""
    app.add_exception_handler(VivavoceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def refusal(error: VivavoceError, headers: dict[str, str] | None = None) -> JSONResponse:
    """The response that says an error."""
    return JSONResponse(_body(error), error.status, headers)


def _body(error: VivavoceError) -> dict[str, Any]:
    said: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
    }
    if isinstance(error, FrameGap):
        said["expected"] = error.expected
    if isinstance(error, Conflict):
        said["conflicts"] = msgspec.to_builtins(error.current)
    return {"error": said}


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VivavoceError)
    if isinstance(error, OurError):
        log.warning("refused", code=error.code, reason=error.message)
    return _said(request, error, headers=_again(error))


def _again(error: VivavoceError) -> dict[str, str] | None:
    """When to come again, where that is known."""
    if isinstance(error, Throttled):
        return {"Retry-After": str(max(1, ceil(error.after)))}
    later = isinstance(error, OurError) and error.retryable
    return {"Retry-After": RETRY_AFTER} if later else None


NOT_AN_OBJECT = ("model_attributes_type", "dict_type")
OBJECT = "The body is to be a JSON object, with Content-Type: application/json."


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """The first complaint, as one sentence that names the field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _said(request, BadParameter("The body is not JSON."))
    if first["type"] in NOT_AN_OBJECT:
        return _said(request, BadParameter(OBJECT))
    param = ".".join(str(part) for part in first["loc"][1:]) or None
    reason = first["msg"][:1].lower() + first["msg"][1:]
    sentence = f"{param or 'The body'} cannot be taken: {reason}."
    return _said(request, BadParameter(sentence, param))


async def _http(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: a path or a method that nobody serves."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, VivavoceError):  # by which the reading of a body was stopped
        return await _ours(request, error.__cause__)
    if isinstance(error.__cause__, UnicodeDecodeError):
        return _said(request, BadParameter("The body is not JSON: it is not in UTF-8."))
    if isinstance(error.__cause__, RecursionError):
        return _said(request, BadParameter("The body is nested too deep."))
    path, method = request.url.path, request.method
    if error.status_code == 404:
        return _said(request, NotFound(f"There is nothing at {path}."))
    sentence = f"{path} does not answer to {method}." if error.status_code == 405 else error.detail
    return _said(request, PeerError(sentence), error.status_code, dict(error.headers or {}))


async def _unforeseen(request: Request, _error: Exception) -> JSONResponse:
    """The framework logs the error itself after this."""
    return _said(request, UNFORESEEN)


def _said(
    request: Request,
    error: VivavoceError,
    status: int | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    refuse(request.scope, error.code)
    if openai_errors.concerns(request.url.path):
        return openai_errors.refusal(error, status, headers)
    return JSONResponse(_body(error), status or error.status, headers)
