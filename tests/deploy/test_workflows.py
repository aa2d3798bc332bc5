"""The workflows of GitHub Actions: what they run is there. `make audit` holds their form."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_is_run_is_there(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    runs = [str(step["run"]) for step in steps(workflow) if "run" in step]
    assert runs
    for run in runs:
        for target in re.findall(r"\bmake ([a-z]+)", run):
            assert target in targets
        for script in re.findall(r"(?<![\w./])(?<!> )((?:scripts|deploy)/[\w./-]+)", run):
            assert (ROOT / script).exists(), script


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_it_may_do_little_and_not_for_ever(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for name, job in workflow["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 90, name
    checkouts = [s for s in steps(workflow) if s.get("uses", "").startswith("actions/checkout")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_both_pythons_are_tested_and_linted() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    for job in ("lint", "test"):
        assert workflow["jobs"][job]["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
