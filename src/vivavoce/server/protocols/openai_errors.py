"""Errors as OpenAI's servers say them: whoever asks under `/v1/` is one of their clients."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi.responses import JSONResponse

from vivavoce.core.errors import (
    BadAudio,
    BadCredentials,
    NotFound,
    QuotaSpent,
    Throttled,
    VivavoceError,
)

PREFIX: Final = "/v1/"

CODES: Final[dict[str, str]] = {
    "bad_request": "invalid_value",
    "bad_message": "invalid_value",
    BadCredentials.code: "invalid_api_key",
    Throttled.code: "rate_limit_exceeded",
    QuotaSpent.code: "insufficient_quota",
}
"""Their words for codes of ours; the others are said as they are."""


class UnknownModel(NotFound):
    """A model that is neither an engine of this server nor a name of OpenAI's."""

    code = "model_not_found"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.param = "model"


def concerns(path: str) -> bool:
    """Whether a refusal of this path is said in this form."""
    return path.startswith(PREFIX)


def refusal(
    error: VivavoceError, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The response that says an error; `status` where it is not the error's own.

    They answer every fault in what was sent with 400, where ours tell 400 and 422 apart.
    """
    status = status or error.status
    return JSONResponse({"error": detail(error)}, 400 if status == 422 else status, headers)


def detail(error: VivavoceError) -> dict[str, Any]:
    """`{message, type, param, code}`; `param` is the field at fault where the error names it."""
    param = "file" if isinstance(error, BadAudio) else getattr(error, "param", None)
    return {
        "message": error.message,
        "type": "invalid_request_error" if error.status < 500 else "server_error",
        "param": param,
        "code": code(error),
    }


def code(error: VivavoceError) -> str:
    """Theirs, where they have one for it."""
    return CODES.get(error.code, error.code)
