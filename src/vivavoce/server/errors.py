"""Every refusal as `{"error": {"code", "message", "retryable"}}`, a stack trace to nobody."""

from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vivavoce.core.errors import FrameGap, NotFound, OurError, PeerError, VivavoceError

RETRY_AFTER: Final = "2"  # seconds

log = structlog.get_logger()


class StillLive(PeerError):
    """What is asked for is there when the session has ended."""

    code, status, retryable = "live", 409, True


class BadRange(PeerError):
    """A byte range that begins after the end."""

    code, status = "bad_range", 416


class BadParameter(PeerError):
    """A parameter or a body that a route does not take."""

    status = 422


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
    return {"error": said}


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VivavoceError)
    if isinstance(error, OurError):
        log.warning("refused", code=error.code, reason=error.message)
    later = isinstance(error, OurError) and error.retryable
    return refusal(error, {"Retry-After": RETRY_AFTER} if later else None)


NOT_AN_OBJECT = ("model_attributes_type", "dict_type")
OBJECT = "The body is to be a JSON object, with Content-Type: application/json."


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """The first complaint, as one sentence that names the field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return refusal(BadParameter("The body is not JSON."))
    if first["type"] in NOT_AN_OBJECT:
        return refusal(BadParameter(OBJECT))
    where = ".".join(str(part) for part in first["loc"][1:]) or "The body"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return refusal(BadParameter(f"{where} cannot be taken: {reason}."))


async def _http(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: a path or a method that nobody serves."""
    assert isinstance(error, HTTPException)
    path, method = request.url.path, request.method
    if error.status_code == 404:
        return refusal(NotFound(f"There is nothing at {path}."))
    sentence = f"{path} does not answer to {method}." if error.status_code == 405 else error.detail
    body = _body(PeerError(sentence))
    return JSONResponse(body, error.status_code, dict(error.headers or {}))


async def _unforeseen(_request: Request, _error: Exception) -> JSONResponse:
    """The framework logs the error itself after this."""
    return refusal(OurError("Something went wrong in the server; its log says what."))
