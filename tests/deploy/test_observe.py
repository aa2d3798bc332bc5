"""What Prometheus and Grafana are given speaks of metrics that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vivavoce.config import Settings
from vivavoce.telemetry.metrics import METRICS, Metric

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "vivavoce.json"

TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<text>"[^"]*")|(?P<range>\[(?:\d+[smhd]|\$__rate_interval)\])
    |(?P<number>\d+(?:\.\d+)?(?:e\d+)?)|(?P<name>\$?[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/<>=(){},])""",
    re.VERBOSE,
)
WORDS = {"sum", "max", "min", "rate", "increase", "histogram_quantile", "topk", "by"}
EVERYWHERE = {"job", "instance", "le"}
"""Labels that Prometheus and its histograms have by themselves."""

FOREIGN = {"up": Metric(name="up", kind="gauge", help="")}
"""Prometheus's own."""


def series() -> dict[str, Metric]:
    """By the names under which they are stored."""
    found = dict(FOREIGN)
    for metric in METRICS:
        ends = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        found |= {f"{metric.full}{end}": metric for end in ends}
    return found


def tokens(expression: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(expression):
        match = TOKEN.match(expression, at)
        assert match, f"{expression!r} cannot be read from {expression[at:]!r} on"
        at = match.end()
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match[0]))
    return found


def used(expression: str) -> set[str]:
    """The metrics that an expression names; every name in it must mean something."""
    known, labels, found = series(), set[str](), set[str]()
    inside: list[str] = []
    read = tokens(expression)
    for (kind, text), (_, before) in zip(read, [("", ""), *read], strict=False):
        if text in ("(", "{"):
            inside.append("by" if before == "by" else text)
        elif text in (")", "}"):
            assert inside, expression
            assert {")": ("(", "by"), "}": ("{",)}[text].count(inside.pop()), expression
        elif kind == "name" and inside[-1:] in (["by"], ["{"]):
            labels.add(text)
        elif kind == "name" and text not in WORDS:
            assert text in known, f"there is no metric {text}"
            found.add(text)
    assert not inside, expression
    assert found, expression
    allowed = EVERYWHERE.union(*(known[name].labels for name in found))
    assert labels <= allowed, f"{expression}: {labels - allowed}"
    kinds = {known[name].kind for name in found}
    over_time = "rate(" in expression or "increase(" in expression
    assert over_time == (kinds != {"gauge"}), expression
    return found


def panels() -> Iterator[dict[str, Any]]:
    yield from (p for p in json.loads(DASHBOARD.read_text())["panels"] if p["type"] != "row")


@pytest.mark.parametrize("panel", list(panels()), ids=lambda panel: panel["title"])
def test_every_panel_shows_what_there_is(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    names = {name for target in panel["targets"] for name in used(target["expr"])}
    shown = {name for target in panel["targets"] for name in re.findall(r"{{(\w+)}}", str(target))}
    assert shown <= set().union(*(series()[name].labels for name in names))
    assert all('job=~"$job", instance=~"$instance"' in t["expr"] for t in panel["targets"])


def test_every_metric_has_a_panel() -> None:
    shown = {
        series()[name].full
        for panel in panels()
        for target in panel["targets"]
        for name in used(target["expr"])
    }
    assert [metric.full for metric in METRICS if metric.full not in shown] == []


def test_panels_lie_beside_each_other_and_have_names_of_their_own() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    places: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        own = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not own & places, panel["title"]
        places |= own
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {v["name"]: v for v in dashboard["templating"]["list"]}
    assert variables.keys() == {"datasource", "job", "instance"}
    for name in ("job", "instance"):
        assert used(re.sub(r"label_values\((.*), \w+\)", r"\1", variables[name]["query"]))


def test_every_alert_is_of_what_there_is() -> None:
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(set(names)) == len(names)
    for rule in group["rules"]:
        used(rule["expr"])
        assert rule["labels"]["severity"] in ("warning", "critical")
        summary = rule["annotations"]["summary"]
        asked = set(re.findall(r"\$labels\.(\w+)", summary))
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
        assert asked <= kept | ({"instance", "job"} if "by" not in rule["expr"] else set())
        assert summary.endswith(".")


def test_prometheus_is_told_where_to_ask() -> None:
    told = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    assert [(DEPLOY / "prometheus" / name).exists() for name in told["rule_files"]] == [True]
    (job,) = told["scrape_configs"]
    assert job["job_name"] == "vivavoce"
    assert "metrics_path" not in job  # /metrics is where it looks by itself
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    (asked,) = job["dns_sd_configs"]
    assert (asked["type"], asked["port"]) == ("A", Settings.model_fields["port"].default)
    for name in asked["names"]:
        assert set(services[name]["networks"]) & set(services["prometheus"]["networks"])


def test_grafana_finds_both() -> None:
    provisioning = DEPLOY / "grafana" / "provisioning"
    (source,) = provisioning.glob("datasources/*.yml")
    (told,) = yaml.safe_load(source.read_text())["datasources"]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    host = re.fullmatch(r"http://(\w+):9090", told["url"])
    assert host is not None
    assert host[1] in services
    (boards,) = provisioning.glob("dashboards/*.yml")
    (provider,) = yaml.safe_load(boards.read_text())["providers"]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    assert DASHBOARD.parent == DEPLOY / "grafana" / "dashboards"


@pytest.mark.parametrize(
    "wrong",
    [
        "sum(vivavoce_nothing)",
        "sum(vivavoce_sessions",
        'sum(vivavoce_sessions{colour="red"})',
        "vivavoce_refused_total",
        "rate(vivavoce_sessions[5m])",
        "vivavoce_sessions ; drop",
    ],
)
def test_what_is_wrong_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError):
        used(wrong)
