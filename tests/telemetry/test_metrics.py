"""The list of metrics: what Prometheus expects of names, and what other files make of it."""

import re

import pytest

from vivavoce.telemetry import metrics
from vivavoce.telemetry.metrics import METRICS, Metric

IDS = [metric.full for metric in METRICS]


def test_every_metric_is_in_the_list_once() -> None:
    declared = [value for value in vars(metrics).values() if isinstance(value, Metric)]
    assert sorted(declared, key=str) == sorted(METRICS, key=str)
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("metric", METRICS, ids=IDS)
def test_names_are_as_prometheus_has_them(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name)
    assert not metric.name.endswith(("_total", "_bucket", "_sum", "_count", "_created", "_info"))
    assert not metric.unit or metric.name.endswith(f"_{metric.unit}")
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)
    assert metric.help.endswith(".")


@pytest.mark.parametrize("metric", METRICS, ids=IDS)
def test_histograms_and_no_others_have_buckets_in_order(metric: Metric) -> None:
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
