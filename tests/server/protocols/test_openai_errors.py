"""Under /v1/ every refusal has OpenAI's form; elsewhere it keeps ours."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from vivavoce.core.errors import BadAudio, BadCredentials, Full, TooLarge
from vivavoce.server.errors import BadParameter, install
from vivavoce.server.protocols.openai_errors import UnknownModel

pytestmark = pytest.mark.anyio


class Body(BaseModel):
    count: int


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install(app)

    @app.get("/v1/raise/{what}")
    async def fail(what: str) -> None:
        raise {
            "audio": BadAudio("This is no audio."),
            "param": BadParameter("The field x cannot be y.", "x"),
            "model": UnknownModel("There is no model y."),
            "key": BadCredentials("This key is not known."),
            "large": TooLarge("This is too large."),
            "full": Full("Try later."),
            "bug": ZeroDivisionError("secret"),
        }[what]

    @app.post("/v1/take")
    async def take(body: Body) -> None:
        """Nothing to do."""

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


@pytest.mark.parametrize(
    ("what", "status", "kind", "param", "code"),
    [
        ("audio", 400, "invalid_request_error", "file", "bad_audio"),
        ("param", 400, "invalid_request_error", "x", "invalid_value"),
        ("model", 404, "invalid_request_error", "model", "model_not_found"),
        ("key", 401, "invalid_request_error", None, "invalid_api_key"),
        ("large", 413, "invalid_request_error", None, "too_large"),
        ("full", 503, "server_error", None, "full"),
        ("bug", 500, "server_error", None, "internal"),
    ],
)
async def test_an_error_has_their_form(
    client: httpx2.AsyncClient, what: str, status: int, kind: str, param: str | None, code: str
) -> None:
    answer = await client.get(f"/v1/raise/{what}")
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error.pop("message").endswith(".")
    assert error == {"type": kind, "param": param, "code": code}
    assert "secret" not in answer.text


async def test_who_may_try_again_is_told_when(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/v1/raise/full")).headers["Retry-After"] == "2"


async def test_a_field_that_cannot_be_is_named(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/v1/take", json={"count": "x"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "count")


async def test_what_the_framework_refuses_has_their_form_too(client: httpx2.AsyncClient) -> None:
    nothing = await client.get("/v1/nothing")
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (404, "not_found")
    wrong = await client.get("/v1/take")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json()["error"]["message"] == "/v1/take does not answer to GET."


async def test_elsewhere_the_form_is_ours(client: httpx2.AsyncClient) -> None:
    assert "retryable" in (await client.get("/v10/nothing")).json()["error"]
