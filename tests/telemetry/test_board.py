"""What Prometheus is told, by one process and by several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vivavoce.telemetry import metrics
from vivavoce.telemetry.board import VARIABLE, Board, forget_the_dead
from vivavoce.telemetry.metrics import METRICS

WORKER = """
import sys
from vivavoce.telemetry import metrics
from vivavoce.telemetry.board import Board
board = Board()
assert board.shared
board.add(metrics.REFUSED, 2, reason="full")
board.observe(metrics.FINAL_DELAY, 0.4)
board.set(metrics.CONNECTIONS, 3, protocol="native")
board.set(metrics.LAG, float(sys.argv[1]))
board.set(metrics.DISK_FREE, float(sys.argv[1]))
print(board.text()[0].decode() if "tell" in sys.argv else "ready", flush=True)
sys.stdin.read()
"""


def samples(text: str) -> dict[str, float]:
    """By name, with the labels as they are written."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_each_metric_is_told_with_its_help_and_kind() -> None:
    board = Board()
    text, media_type = board.text()
    assert media_type.startswith("text/plain")
    for metric in METRICS:
        assert f"# HELP {metric.full} {metric.help}\n" in text.decode()
        assert f"# TYPE {metric.full} {metric.kind}\n" in text.decode()
    assert "_created" not in text.decode()


def test_counts_gauges_and_histograms() -> None:
    board = Board()
    board.add(metrics.JOURNAL, 100)
    board.add(metrics.JOURNAL, 28)
    board.add(metrics.REFUSED, reason="full")
    board.set(metrics.LAG, 7.5)
    board.set(metrics.LAG, 1.5)
    board.observe(metrics.FINAL_DELAY, 0.4)
    found = samples(board.text()[0].decode())
    assert found["vivavoce_journal_bytes_total"] == 128
    assert found["vivavoce_refused_total{reason=full}"] == 1
    assert found["vivavoce_lag_seconds"] == 1.5
    assert found["vivavoce_final_delay_seconds_count"] == 1
    assert found["vivavoce_final_delay_seconds_bucket{le=0.3}"] == 0
    assert found["vivavoce_final_delay_seconds_bucket{le=0.5}"] == 1


def test_two_applications_in_a_process_have_boards_of_their_own() -> None:
    one, other = Board(), Board()
    one.add(metrics.JOURNAL, 1)
    assert samples(other.text()[0].decode())["vivavoce_journal_bytes_total"] == 0


def test_open_metrics_for_who_asks() -> None:
    text, media_type = Board().text("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


def test_workers_are_put_together_and_the_dead_forgotten(tmp_path: Path) -> None:
    environment = {**os.environ, VARIABLE: str(tmp_path)}

    def worker(*arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    with worker("5") as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        with worker("9", "tell") as other:
            both = samples(other.communicate()[0])
        one.communicate()
    assert both["vivavoce_refused_total{reason=full}"] == 4
    assert both["vivavoce_final_delay_seconds_count"] == 2
    assert both["vivavoce_connections{protocol=native}"] == 6
    assert (both["vivavoce_lag_seconds"], both["vivavoce_disk_free_bytes"]) == (9, 5)

    with worker("1", "tell") as later:
        left = samples(later.communicate()[0])
    assert left["vivavoce_refused_total{reason=full}"] == 6
    assert left["vivavoce_connections{protocol=native}"] == 3
    assert (left["vivavoce_lag_seconds"], left["vivavoce_disk_free_bytes"]) == (1, 1)


def test_who_lives_is_not_forgotten(tmp_path: Path) -> None:
    files = [tmp_path / name for name in (f"gauge_livesum_{os.getpid()}.db", "counter_1.db")]
    dead = tmp_path / "gauge_livemax_999999999.db"
    for file in (*files, dead):
        file.touch()
    forget_the_dead(tmp_path)
    assert [file.exists() for file in (*files, dead)] == [True, True, False]
