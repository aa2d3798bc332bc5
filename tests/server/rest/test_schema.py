"""Every route of the OpenAPI document, asked in ways that it allows and in ways that it does not.

Nothing that is asked makes the server fail, and what it answers is what the document says. `make
schema` asks longer.
"""

import os
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from vivavoce.audio.wav import wav_header
from vivavoce.config import Settings
from vivavoce.core.types import AudioFormat
from vivavoce.server.app import create_app
from vivavoce.testing.process import ServerProcess

EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
"""Requests for each way of asking each route."""

DELETING = ("delete", "bin")

DOCUMENT: dict[str, Any] = create_app(Settings()).openapi()

KNOWN = {"maxLength", "enum", "const", "pattern"}
FORMATS = ("binary", "date", "date-time")
"""What bounds a text."""

LONG = 1000

schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(modes=list(GenerationMode))

AUDIO = bytes(32_000)
FILE = wav_header(AudioFormat(), len(AUDIO)) + AUDIO


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with room for all that is begun and never ended."""
    folder = tmp_path_factory.mktemp("schema")
    quick: dict[str, Any] = {"engines": "scripted", "hosts": 1, "commit_ms": 0, "grace_s": 1}
    server = ServerProcess(folder, **quick, max_sessions=100_000)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def recording(server: ServerProcess) -> str:
    """One that there is."""
    answer = httpx2.post(
        f"{server.url}api/v1/recordings", content=FILE, params={"wait": "true"}, trust_env=False
    )
    found: str = answer.json()["id"]
    return found


def no_failure(_context: CheckContext, response: Any, case: schemathesis.Case[Any]) -> None:
    """A 501 says what this server is not set up for, and a 503 that it is full: these it means."""
    assert response.status_code in (501, 503) or response.status_code < 500, response.text


def short(value: Any) -> Any:
    """As long as a text may be that is too long for what it is."""
    if isinstance(value, list):
        return [short(one) for one in value[:100]]
    return value[:LONG] if isinstance(value, str) else value


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
def test_every_route(case: schemathesis.Case[Any], server: ServerProcess, recording: str) -> None:
    deletes = case.method.lower() in DELETING or case.path.endswith(DELETING)
    if "id" in (case.path_parameters or {}) and "/recordings/{id}" in case.path and not deletes:
        case.path_parameters["id"] = recording
    if case.path.endswith("/events"):
        case.query = {name: value for name, value in (case.query or {}).items() if name != "follow"}
    # What no server takes as an address is said beneath the application.
    case.query = {name: short(value) for name, value in (case.query or {}).items()}
    case.call_and_validate(
        base_url=server.url.rstrip("/"),
        timeout=120,
        checks=[
            no_failure,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ],
    )


def unbounded(schema: dict[str, Any], where: str) -> Iterator[str]:
    """Texts and lists without a length in what a client may send."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from unbounded(DOCUMENT["components"]["schemas"][name], name)
    for one in (one for kind in ("anyOf", "allOf", "oneOf") for one in schema.get(kind, ())):
        yield from unbounded(one, where)
    match schema.get("type"):
        case "object":
            for name, one in schema.get("properties", {}).items():
                yield from unbounded(one, f"{where}.{name}")
        case "array":
            if "maxItems" not in schema:
                yield where
            yield from unbounded(schema.get("items", {}), f"{where}[]")
        case "string" if not KNOWN & set(schema) and schema.get("format") not in FORMATS:
            yield where


def test_every_text_and_every_list_has_a_length() -> None:
    """But for what is in paths and headers, which have one together."""
    found: list[str] = []
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for one in operation.get("parameters", ()):
                if one["in"] == "query":
                    found += unbounded(one["schema"], f"{where}?{one['name']}")
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found += unbounded(content["schema"], where)
    assert found == []
