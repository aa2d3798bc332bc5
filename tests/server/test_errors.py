"""Every error in the same form, whoever raises it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from vivavoce.core.errors import FrameGap, Full, NotFound
from vivavoce.server.errors import install

pytestmark = pytest.mark.anyio


class Body(BaseModel):
    count: int


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install(app)

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise {
            "found": NotFound("There is no such thing."),
            "full": Full("Try later."),
            "gap": FrameGap(3, 5),
            "bug": ZeroDivisionError("secret"),
        }[what]

    @app.post("/take")
    async def take(body: Body) -> None:
        """Nothing to do."""

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


async def test_an_error_of_the_tree_has_its_own_code_and_status(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/raise/found")
    assert answer.status_code == 404
    assert answer.json() == {
        "error": {"code": "not_found", "message": "There is no such thing.", "retryable": False}
    }


async def test_what_may_succeed_later_says_when(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/raise/full")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["error"]["retryable"] is True


async def test_a_gap_says_which_frame_is_due(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/raise/gap")).json()["error"]["expected"] == 3


async def test_a_bug_tells_nobody_about_itself(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/raise/bug")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "The body is not JSON."),
        (b'{"count": "x"}', "count cannot be taken: input should be a valid integer"),
        (b"{}", "count cannot be taken: field required."),
        (b"", "The body cannot be taken: field required."),
        (b"[]", "The body is to be a JSON object, with Content-Type: application/json."),
    ],
)
async def test_a_bad_body_is_named(
    client: httpx2.AsyncClient, content: bytes, message: str
) -> None:
    answer = await client.post(
        "/take", content=content, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")
    assert answer.json()["error"]["message"].startswith(message)


async def test_what_nobody_serves_is_said_in_the_same_form(client: httpx2.AsyncClient) -> None:
    nothing = await client.get("/nothing")
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (404, "not_found")
    wrong = await client.get("/take")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.json()["error"]["message"] == "/take does not answer to GET."
