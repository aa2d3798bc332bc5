"""What Prometheus and a log's reader see of a server with several workers."""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from vivavoce.engines.fake import say
from vivavoce.telemetry.board import VARIABLE
from vivavoce.testing.family import family
from vivavoce.testing.process import GUNICORN, START_LIMIT, ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

SERVE = ("-c", "from vivavoce.cli.main import run; run()", "serve", "--port", "{port}")
TWO = {"engine": "scripted", "hosts": 1, "workers": 2}
FOLDERS = "vivavoce-metrics-*"


async def read(server: ServerProcess) -> dict[str, float]:
    """What whichever worker is asked tells, by name with the labels' values."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
        text = (await http.get("metrics")).text
    return {
        ",".join((sample.name, *sample.labels.values())): sample.value
        for each in text_string_to_metric_families(text)
        for sample in each.samples
    }


async def until(server: ServerProcess, name: str, value: float) -> dict[str, float]:
    """The metrics when one of them is so; a worker that is not asked tells every few seconds."""
    deadline = time.monotonic() + START_LIMIT
    while True:
        found = await read(server)
        if found.get(name) == value:
            return found
        assert time.monotonic() < deadline, (name, value, found)


async def test_workers_tell_of_all_and_one_that_dies_takes_what_it_had_open(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = launch(command=SERVE, **TWO)
    assert len(found_in(tmp_path, FOLDERS)) == 1
    for _ in range(4):
        async with open_wire(server.url) as wire:
            await wire.start()
            await wire.frame(0, say("alfa").tobytes())
            await wire.say(type="finish")
            assert await wire.closed() == 1000
    found = await until(server, "vivavoce_sessions_ended_total,finished", 4)
    assert found["vivavoce_connections_opened_total,native"] == 4
    assert found["vivavoce_final_delay_seconds_count"] >= 4
    assert len(found_in(tmp_path, f"{FOLDERS}/counter_*.db")) >= 2

    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("bravo").tobytes())
        await wire.until("ack", frame=0)
        await until(server, "vivavoce_connections,native", 1)
        os.kill(owner(server, ready["session"]), signal.SIGKILL)
        left = await until(server, "vivavoce_connections,native", 0)
    assert left["vivavoce_sessions_ended_total,finished"] == 4

    server.stop()
    assert found_in(tmp_path, FOLDERS) == []


def found_in(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


def owner(server: ServerProcess, session: str) -> int:
    """The worker that has the session's journal open."""
    for member in family(server.pid):
        links = f"/proc/{member.pid}/fd"
        for name in os.listdir(links):  # noqa: PTH208
            if os.readlink(f"{links}/{name}").endswith(f"/live/{session}/frames"):  # noqa: PTH115
                return member.pid
    raise AssertionError(f"nobody has {session}")


async def test_under_gunicorn_they_share_a_folder_that_is_named(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    monkeypatch.setenv(VARIABLE, str(folder))
    server = launch(command=(*GUNICORN, "--workers", "2"), **TWO)
    deadline = time.monotonic() + START_LIMIT
    while len(found_in(folder, "counter_*.db")) < 2:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    for _ in range(4):
        async with open_wire(server.url) as wire:
            await wire.start()
            await wire.say(type="finish")
            assert await wire.closed() == 1000
    await until(server, "vivavoce_connections_opened_total,native", 4)
    assert "tells of one worker at a time" not in server.log


async def test_without_a_folder_the_log_says_what_the_metrics_are(launch: Launch) -> None:
    server = launch(engine="scripted", hosts=1, workers=2)
    assert "/metrics tells of one worker at a time: workers is 2" in server.log


async def test_every_line_of_a_log_for_programs_is_json(launch: Launch) -> None:
    server = launch(command=SERVE, **TWO, log_format="json", log_level="debug")
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    server.stop()
    said = server.log
    greeting = ("Vivavoce", "  ", "Ctrl-C")
    lines = [json.loads(line) for line in said.splitlines() if not line.startswith(greeting)]
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    (spoken,) = [line for line in lines if line.get("route") == "/api/v1/live"]
    assert (spoken["method"], spoken["status"]) == ("WEBSOCKET", 1000)
    assert re.fullmatch(r"[0-9a-f]{16}", spoken["request"])
    assert ready["token"] not in said
    named = [line for line in lines if line.get("session") == ready["session"]]
    assert all(line.get("request") == spoken["request"] for line in named)
