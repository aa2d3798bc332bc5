"""What is written down of requests and WebSockets."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from vivavoce.engines.fake import say
from vivavoce.testing.process import UVICORN, ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio


@pytest.fixture
async def plain(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without a prefix."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def asked(
    http: httpx2.AsyncClient, method: str, path: str, **more: Any
) -> tuple[httpx2.Response, dict[str, Any]]:
    """The answer, and the line of it."""
    with capture_logs() as logs:
        answer = await http.request(method, path, **more)
    (line,) = [log for log in logs if log["event"] == "request"]
    return answer, dict(line)


async def counted(http: httpx2.AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    """A metric's values by its labels', as `/metrics` has them."""
    text = (await http.get("/metrics")).text
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_a_line_has_the_route_and_never_the_path(plain: httpx2.AsyncClient) -> None:
    answer, line = await asked(plain, "GET", "/api/v1/recordings/01secret?token=SECRET")
    assert answer.status_code == 404
    assert "ecret" not in str(line).lower()
    assert {
        "method": "GET",
        "route": "/api/v1/recordings/{id}",
        "status": 404,
        "refused": "not_found",
        "log_level": "info",
        "received": 0,
        "sent": len(answer.content),
    }.items() <= line.items()
    assert line["ms"] >= 0


async def test_what_is_sent_is_counted(plain: httpx2.AsyncClient) -> None:
    _, line = await asked(plain, "PUT", "/api/v1/templates/mine", content=b"x" * 1000)
    assert (line["received"], line["status"]) == (1000, 422)


async def test_what_is_nowhere_is_elsewhere(plain: httpx2.AsyncClient) -> None:
    _, line = await asked(plain, "BREW", "/somebody/made/this/up")
    assert (line["method"], line["route"]) == ("other", "elsewhere")


@pytest.mark.parametrize("path", ["/health", "/metrics", "/", "/studio/app.js"])
async def test_what_nobody_reads_about_is_for_who_debugs(
    plain: httpx2.AsyncClient, path: str
) -> None:
    with capture_logs() as logs:
        assert (await plain.get(path)).status_code == 200
    assert [log for log in logs if log["event"] == "request"] == []  # the level is info
    _, line = await asked(plain, "POST", path)
    assert (line["status"], line["log_level"]) == (405, "info")


@pytest.mark.parametrize(
    ("given", "taken"), [("from-a-proxy.1", True), ("x" * 65, False), ('"><script>', False)]
)
async def test_a_request_has_an_id_in_and_out(
    plain: httpx2.AsyncClient, given: str, taken: bool
) -> None:
    answer = await plain.get("/health", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) == taken
    assert 1 <= len(answer.headers["x-request-id"]) <= 64


async def test_requests_and_refusals_are_counted(plain: httpx2.AsyncClient) -> None:
    labels = ("GET", "/api/v1/recordings/{id}", "404")
    before = await counted(plain, "vivavoce_requests_total")
    refused = await counted(plain, "vivavoce_refused_total")
    for _ in range(3):
        await plain.get("/api/v1/recordings/01nothing")
    after = await counted(plain, "vivavoce_requests_total")
    assert after[labels] - before.get(labels, 0) == 3
    now = await counted(plain, "vivavoce_refused_total")
    assert now["not_found",] - refused.get(("not_found",), 0) == 3
    assert not any("nothing" in route for _, route, _ in after)


@pytest.mark.parametrize("format", ["human", "json"])
async def test_a_websocket_is_one_line_and_its_session_is_named(tmp_path: Any, format: str) -> None:
    server = ServerProcess(tmp_path, UVICORN, engine="scripted", hosts=1, log_format=format)
    server.start()
    try:
        async with open_wire(server.url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa").tobytes())
            await wire.say(type="finish")
            assert await wire.closed() == 1000
    finally:
        server.stop()
    lines = [line for line in server.log.splitlines() if "WEBSOCKET" in line]
    assert len(lines) == 1
    assert "/api/v1/live" in lines[0]
    assert "1000" in lines[0]
    assert ready["token"] not in server.log
