"""Spans, in memory and at a real receiver."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.server.conftest import wav
from vivavoce.core.errors import SettingError
from vivavoce.deliver.postman import NotNow, Postman
from vivavoce.engines.fake import say, silence
from vivavoce.library.outbox import Parcel
from vivavoce.telemetry import traces
from vivavoce.telemetry.traces import noted, request_span, set_up_traces, span, stop_traces
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is recorded in this process."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "ours")
    exporter = InMemorySpanExporter()
    set_up_traces(SimpleSpanProcessor(exporter))
    yield exporter
    stop_traces()


def test_spans_are_in_each_other_and_have_our_names(memory: InMemorySpanExporter) -> None:
    with span("upload", size=3) as outer:
        noted("utterance", 2.0, engine="scripted")
        outer.set_attribute("vivavoce.model", "m")
    inner, upload = memory.get_finished_spans()
    assert (upload.name, dict(upload.attributes or {})) == (
        "upload",
        {"vivavoce.size": 3, "vivavoce.model": "m"},
    )
    assert inner.parent is not None
    assert inner.parent.span_id == upload.context.span_id
    assert inner.end_time is not None
    assert inner.start_time is not None
    assert inner.end_time - inner.start_time >= 2_000_000_000
    assert upload.resource.attributes["service.name"] == "ours"


def test_an_error_is_noted_by_its_class_alone(memory: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"), span("session"):
        raise ValueError("a secret")
    (failed,) = memory.get_finished_spans()
    assert failed.attributes == {"error.type": "ValueError"}
    assert not failed.status.is_ok
    assert "secret" not in failed.to_json()


def test_a_request_is_part_of_the_callers_trace(memory: InMemorySpanExporter) -> None:
    headers = [(b"traceparent", f"00-{TRACE}-{PARENT}-01".encode()), (b"x", b"y")]
    with request_span("GET", headers) as opened:
        opened.update_name("GET /x")
    (request,) = memory.get_finished_spans()
    assert (request.name, request.kind.name) == ("GET /x", "SERVER")
    assert format(request.context.trace_id, "032x") == TRACE
    assert request.parent is not None
    assert format(request.parent.span_id, "016x") == PARENT


def test_while_it_is_off_a_span_is_nothing() -> None:
    with span("x") as nothing, request_span("GET", []) as request:
        assert nothing is request is traces.NO_SPAN
        nothing.set_attribute("a", 1)
        nothing.update_name("b")
    noted("x", 1.0)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(traces, "import_module", missing)
    with pytest.raises(SettingError, match=r"needs the extra otel: pip install 'vivavoce\[otel\]'"):
        set_up_traces()


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin-none"}, "There is no exporter 'zipkin-none'"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "pigeon"}, "There is no exporter 'pigeon'"),
    ],
)
def test_an_exporter_that_is_not_here_is_named(
    variables: dict[str, str], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=wrong):
        set_up_traces()


def test_none_is_an_exporter_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    set_up_traces()
    stop_traces()


class Noting:
    """An outbox and a carrier that takes nothing."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    async def send(self, parcel: Parcel) -> None:
        raise NotNow(f"{parcel.address} does not answer.")

    async def again(self, parcel: Parcel, message: str, at: datetime) -> None:
        self.noted.append(message)


@pytest.mark.anyio
async def test_each_attempt_to_send_is_a_span_without_whom_it_is_for(
    memory: InMemorySpanExporter,
) -> None:
    now = datetime.now(UTC)
    parcel = Parcel(
        id="p1",
        owner="local",
        channel="webhook",
        address="https://reader.example.org/hook",
        kind="summary.made",
        body="{}",
        created_at=now,
        due_at=now,
        attempts=2,
    )
    noting: Any = Noting()
    await Postman(noting, "webhook", noting)._attempt(parcel)
    (attempt,) = memory.get_finished_spans()
    assert (attempt.name, attempt.kind.name) == ("webhook", "CLIENT")
    assert attempt.attributes == {
        "vivavoce.attempt": 2,
        "vivavoce.event": "summary.made",
        "error.type": "NotNow",
    }
    assert noting.noted
    assert "reader" not in attempt.to_json()


class Receiver:
    """Takes what is sent by OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[Any] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.path, self.headers["Content-Encoding"], body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, encoding: str | None, body: bytes) -> None:
        assert (path, encoding) == ("/v1/traces", None)
        for found in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(found.resource)
            self.spans += [span for scope in found.scope_spans for span in scope.spans]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.mark.anyio
async def test_a_server_sends_them_where_the_variables_say(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = wav(say("alfa", "bravo"), silence(1.5))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    server = ServerProcess(tmp_path, engine="scripted", hosts=1, traces=True)
    server.start()
    try:
        async with httpx2.AsyncClient(base_url=server.url, timeout=120) as http:
            secret = {"traceparent": f"00-{TRACE}-{PARENT}-01", "authorization": "Bearer SECRET"}
            sent = await http.post(
                "api/v1/recordings?wait=true&title=Secret", content=talk, headers=secret
            )
            assert sent.status_code == 200
            id = sent.json()["id"]
            made = await http.post(
                f"api/v1/recordings/{id}/summaries?stream=false", json={"template": "short"}
            )
            assert made.status_code == 200
        async with open_wire(server.url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("charlie").tobytes())
            await wire.say(type="finish")
            assert await wire.closed() == 1000
    finally:
        server.stop()
    names = {span.name for span in receiver.spans}
    assert names >= {
        *("POST /api/v1/recordings", "WEBSOCKET /api/v1/live"),
        *("upload", "session", "decode", "utterance", "summary"),
    }
    by_id = {span.span_id: span for span in receiver.spans}
    (upload,) = [span for span in receiver.spans if span.name == "upload"]
    assert upload.trace_id.hex() == TRACE
    assert by_id[upload.parent_span_id].name == "POST /api/v1/recordings"
    assert by_id[upload.parent_span_id].parent_span_id.hex() == PARENT
    sessions = {
        attribute.value.string_value: span
        for span in receiver.spans
        for attribute in span.attributes
        if span.name == "session" and attribute.key == "vivavoce.session"
    }
    assert sessions.keys() == {id, ready["session"]}
    live = sessions[ready["session"]]
    assert by_id[live.parent_span_id].name == "WEBSOCKET /api/v1/live"
    within = {span.name for span in receiver.spans if span.parent_span_id == live.span_id}
    assert within >= {"utterance"}
    told = str(receiver.spans) + str(receiver.resources)
    assert not [word for word in ("SECRET", "Secret", "charlie", "alfa") if word in told]
    assert "vivavoce" in str(receiver.resources)
